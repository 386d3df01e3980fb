"""Why a tool does not even try, as facts.

    ToolError
    └── CallRefused           nothing was sent
        ├── NotNamed            no guest, node, storage… of that name
        ├── NamedTwice          more than one of that name
        ├── NotReadYet          the cluster has not been read, so nothing in it can be named
        └── NotAsThings         what is asked for does not fit how things are

What was tried and went wrong is a ClusterError or a NodesError; `services/tools/answering.py`
makes an outcome of each. `because` is a clause for a person, without a full stop.
"""

from collections.abc import Sequence


class ToolError(Exception):
    """A tool does not do what was asked."""

    def __init__(self, because: str) -> None:
        self.because = because
        super().__init__(because)


class CallRefused(ToolError):
    """Nothing was sent."""


class NotNamed(CallRefused):
    """No thing of that name, or more than one."""

    def __init__(self, kind: str, name: str, nearest: Sequence[str]) -> None:
        self.nearest = tuple(nearest)
        near = f"; the nearest: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"There is no {kind} {name}{near}")


class NamedTwice(CallRefused):
    """More than one thing has that name."""

    def __init__(self, kind: str, name: str, found: Sequence[str], *, how: str) -> None:
        self.found = tuple(found)
        super().__init__(
            f"{len(found)} {kind}s are called {name}: {', '.join(found)}. Name one by {how}"
        )


class NotReadYet(CallRefused):
    """The cluster has not been read, so nothing in it can be named."""

    def __init__(self) -> None:
        super().__init__("The cluster has not been read yet, so nothing in it can be named")


class NotAsThings(CallRefused):
    """What is asked for does not fit how things are: it would come to nothing, or to harm."""
