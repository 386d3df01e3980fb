"""The one place where what went wrong under a tool becomes an outcome and a reason."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

from services.cluster.errors import (
    ChangeUncertain,
    ClusterError,
    ClusterStopped,
    NodeTimedOut,
    PermissionMissing,
    TokenRefused,
)
from services.nodes.errors import (
    CommandCancelled,
    CommandLost,
    CommandTimedOut,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    NodesError,
    NodesStopped,
    SshNotConfigured,
)
from services.tools.calls import Outcome
from services.tools.errors import CallRefused
from services.tools.hands import Hands
from services.tools.spec import Arguments, Found

A = TypeVar("A", bound=Arguments)
Run = Callable[[A, Hands], Awaitable[Found]]

_REFUSED = (
    PermissionMissing,
    TokenRefused,
    HostKeyUnknown,
    HostKeyChanged,
    LoginRefused,
    SshNotConfigured,
)
_CUT_OFF = (ChangeUncertain, ClusterStopped, CommandLost, CommandCancelled, NodesStopped)
_LATE = (NodeTimedOut, CommandTimedOut)


class NotTaken(Exception):
    """A change came to nothing for certain; `found` says why."""

    def __init__(self, found: Found) -> None:
        self.found = found
        super().__init__(found.because)


def answering(run: Run[A]) -> Run[A]:
    """The tool's function, with every error of the services below it told as a Found."""

    @wraps(run)
    async def answered(arguments: A, hands: Hands) -> Found:
        try:
            return await run(arguments, hands)
        except CallRefused as refusal:
            return Found(outcome=Outcome.REFUSED, because=refusal.because)
        except NotTaken as refusal:
            return refusal.found
        except (ClusterError, NodesError) as error:
            return found_wrong(error)

    return answered


def found_wrong(error: ClusterError | NodesError) -> Found:
    """What an error means for a call that could only be made by asking."""
    return Found(outcome=outcome_of(error), because=told_error(error))


def outcome_of(error: ClusterError | NodesError) -> Outcome:
    """Refused for want of a right, late, cut off, or failed."""
    if isinstance(error, _REFUSED):
        return Outcome.REFUSED
    if isinstance(error, _LATE):
        return Outcome.TIMED_OUT
    if isinstance(error, _CUT_OFF):
        return Outcome.UNKNOWN
    return Outcome.FAILED


def told_error(error: ClusterError | NodesError) -> str:
    """Why, and what can be done about it."""
    return f"{error.because}. {error.remedy}" if error.remedy else error.because
