"""What can go wrong between Jarvis and a node over SSH, as facts.

    NodesError
    ├── NodeNotKnown            no such node, or no address is known for it
    ├── SshNotConfigured        no key file, or none that can be used
    ├── NodeAway                no connection comes about
    │   └── CommandLost           the connection died while a command ran; its effect is unknown
    ├── HostKeyUnknown          it shows a first host key, which waits for a person
    ├── HostKeyChanged          it shows another host key than the one that was trusted
    ├── HostKeyNotShown         the fingerprint to be trusted is not the one that was shown
    ├── HostKeyNotTrusted       the fingerprint to be forgotten is not the one that is trusted
    ├── LoginRefused            it does not take our key or our user
    ├── CommandUnspeakable      the words cannot be sent as one command
    ├── CommandRefused          the node would not start a command on a connection that stands
    ├── CommandTimedOut         it took longer than it may, and was killed
    ├── CommandCancelled        it was ended before its end, by us
    ├── ProgramMissing          the node has no such program
    ├── OutputFlooded           it wrote more than anyone will read, and was killed
    ├── OutputBroken            what it wrote is not what it should have written
    ├── DialForbidden           the address may not be dialled here
    └── NodesStopped            Jarvis itself is going down

Each has `because` and `remedy`, sentences for a person without a full stop, and chains its cause.
"""

from datetime import datetime

from services.nodes.model import CommandResult


class NodesError(Exception):
    """Something went wrong between Jarvis and a node."""

    def __init__(self, because: str, remedy: str | None = None, *, node: str | None = None) -> None:
        self.because = because
        self.remedy = remedy
        self.node = node
        super().__init__(f"{because}. {remedy}" if remedy else because)


class NodeNotKnown(NodesError):
    """Nobody has told which address this node has."""

    def __init__(self, node: str, *, listed: bool = False) -> None:
        self.listed = listed
        """Whether the cluster knows a node of this name."""
        because = f"No address of {node} is known" if listed else f"There is no node {node}"
        super().__init__(because, f"Set SSH_NODES={node}=host, or mend the name", node=node)


class SshNotConfigured(NodesError):
    """There is no key to sign in with."""

    def __init__(
        self,
        what: str = "no SSH key is configured",
        remedy: str = "Set SSH_KEY_FILE to an ed25519 key; docs/operating.md tells how to make one",
        *,
        node: str | None = None,
    ) -> None:
        super().__init__(f"Nodes are not reached over SSH: {what}", remedy, node=node)


class NodeAway(NodesError):
    """No connection to the node comes about."""

    def __init__(
        self,
        node: str,
        what: str,
        remedy: str | None = "Is the node up, and does a firewall let this machine through?",
        *,
        retry_at: datetime | None = None,
    ) -> None:
        self.what = what
        self.retry_at = retry_at
        """When it is tried again by itself."""
        super().__init__(f"{node} {what}", remedy, node=node)


class CommandLost(NodeAway):
    """The connection died while a command ran: whether it did its work is not known."""

    def __init__(self, node: str, told: str, so_far: CommandResult | None = None) -> None:
        self.so_far = so_far
        super().__init__(
            node,
            f"was lost while `{told}` ran: whether it did its work is not known",
            "Read what it was to change before it is run again",
        )


class HostKeyUnknown(NodesError):
    """A first host key, which nobody has trusted yet; nothing but the key exchange was sent."""

    def __init__(self, node: str, host: str, fingerprint: str) -> None:
        self.host = host
        self.fingerprint = fingerprint
        super().__init__(
            f"{node} shows a host key that nobody has trusted yet: {fingerprint}",
            f"Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on {node}, then "
            "trust it",
            node=node,
        )


class HostKeyChanged(NodesError):
    """Another host key than the trusted one; nothing but the key exchange was sent."""

    def __init__(
        self, node: str, host: str, fingerprint: str, trusted: str, *, revoked: bool = False
    ) -> None:
        self.host = host
        self.fingerprint = fingerprint
        self.trusted = trusted
        because = (
            f"{node} shows the host key {fingerprint}, which is revoked"
            if revoked
            else f"{node} shows the host key {fingerprint}, but {trusted} was trusted"
        )
        super().__init__(
            f"{because}; the connection was refused",
            "If the node was installed anew, forget the old key and compare the new one on its "
            "own screen; if not, somebody may be standing in between",
            node=node,
        )


class HostKeyNotShown(NodesError):
    """Only the very key a node has shown can be trusted."""

    def __init__(self, node: str, fingerprint: str, shown: str | None) -> None:
        self.fingerprint = fingerprint
        self.shown = shown
        met = f"it shows {shown}" if shown else "it has shown none"
        super().__init__(
            f"{node} does not wait for {fingerprint[:60]} to be trusted: {met}",
            "Look at the fingerprint again and trust that one",
            node=node,
        )


class HostKeyNotTrusted(NodesError):
    """Only the very key that a person has trusted can be forgotten."""

    def __init__(self, node: str, fingerprint: str, held: str | None, *, of_file: bool) -> None:
        remedy: str | None = None
        met = "none is"
        if held is not None:
            met = f"{held} is"
            remedy = "Look at the fingerprint again and forget that one"
        elif of_file:
            met = "the key of this node stands in SSH_KNOWN_HOSTS_FILE"
            remedy = "Take its line out of that file, and start Jarvis anew"
        super().__init__(
            f"No person has trusted {fingerprint[:60]} of {node}: {met}", remedy, node=node
        )


class LoginRefused(NodesError):
    """The node does not take our key or our user."""

    def __init__(self, node: str, user: str) -> None:
        self.user = user
        super().__init__(
            f"{node} does not let {user} in with Jarvis's key",
            f"Add the public key to ~{user}/.ssh/authorized_keys on {node}",
            node=node,
        )


class CommandUnspeakable(NodesError):
    """These words cannot be sent as one command."""

    def __init__(self, what: str, *, node: str | None = None) -> None:
        super().__init__(f"The command was not sent: {what}", node=node)


class CommandRefused(NodesError):
    """The connection stands, and the node would not start a command on it."""

    def __init__(self, node: str, what: str) -> None:
        super().__init__(
            f"{node} would not start the command: {what}",
            "Look at MaxSessions in its sshd_config, and for a forced command with the key",
            node=node,
        )


class CommandTimedOut(NodesError):
    """It took longer than it may; what it has done is not known."""

    def __init__(
        self,
        node: str,
        told: str,
        timeout_s: float,
        so_far: CommandResult | None = None,
        *,
        killed: bool = True,
    ) -> None:
        self.timeout_s = timeout_s
        self.so_far = so_far
        """What had arrived by then."""
        self.killed = killed
        super().__init__(
            f"`{told}` on {node} took longer than {timeout_s:g} s{_ended(killed)}", node=node
        )


class CommandCancelled(NodesError):
    """It was ended before its end, by us."""

    def __init__(self, node: str, told: str, because: str, *, killed: bool = True) -> None:
        self.killed = killed
        super().__init__(f"`{told}` on {node} was given up{_ended(killed)}: {because}", node=node)


class ProgramMissing(NodesError):
    """The node has no such program."""

    def __init__(self, node: str, program: str, package: str | None = None) -> None:
        self.program = program
        super().__init__(
            f"{node} has no {program}",
            f"Install it there: apt install {package}" if package else None,
            node=node,
        )


class OutputFlooded(NodesError):
    """It wrote more than anyone will read, and was killed for it."""

    def __init__(self, node: str, told: str, limit_bytes: int, so_far: CommandResult) -> None:
        self.limit_bytes = limit_bytes
        self.so_far = so_far
        super().__init__(
            f"`{told}` on {node} wrote more than {limit_bytes / 2**20:g} MiB and was killed",
            "Ask for less of it",
            node=node,
        )


class OutputBroken(NodesError):
    """What a command wrote is not what it should have written."""

    def __init__(self, node: str, told: str, what: str) -> None:
        self.what = what
        super().__init__(f"`{told}` on {node}: {what}", node=node)


class DialForbidden(NodesError):
    """The demo or a test was about to dial another machine."""


class NodesStopped(NodesError):
    """Jarvis is going down, so nothing more is sent."""

    def __init__(self, because: str = "Jarvis is going down") -> None:
        super().__init__(because)


def _ended(killed: bool) -> str:
    return " and was killed" if killed else "; whether it has ended is not known"
