"""What can go wrong between Jarvis and Proxmox, as facts.

    ClusterError
    ├── EndpointFault             this address could not serve; another one may
    │   ├── EndpointUnreachable     no name, no route, refused, reset
    │   ├── EndpointTimedOut        no answer in time
    │   ├── CertificateRefused      its certificate is not the one we trust
    │   ├── EndpointFailed          it answered with a 5xx of its own
    │   └── AnswerUnreadable        what came is not Proxmox's JSON, or too much of it
    ├── ProxmoxUnreachable        no address is left to ask
    ├── NothingListed             the answer named no node
    ├── ReadingFailed             Jarvis itself stumbled over an answer
    ├── ChangeUncertain           a change was sent, and no answer came of it
    ├── DialForbidden             the address may not be dialled here
    ├── ClusterStopped            Jarvis itself is going down
    └── RequestRefused            Proxmox answered; any other address would say the same
        ├── TokenRefused            401
        ├── PermissionMissing       403
        ├── ParameterRefused        400
        ├── NotOffered              501
        ├── NodeUnreachable         595 and 596: the entry node cannot reach the node asked for
        ├── NodeTimedOut            the entry node waits in vain for the node asked for
        ├── NodeFailed              5xx about one node, guest or storage
        └── ChangeFailed            500 to a change that concerns no single node

Each has `because` and `remedy`, sentences for a person without a full stop, and chains its cause.
`because` begins with `brief`, which says what is wrong where there is no room for the detail.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

_CHECK_FAILED = re.compile(r"Permission check failed(?: \((?P<first>[^)]*)\))?")


def told_address(url: str) -> str:
    """`192.0.2.11:8006` of `https://192.0.2.11:8006`."""
    return urlsplit(url).netloc or url


class ClusterError(Exception):
    """Something went wrong between Jarvis and Proxmox."""

    def __init__(self, brief: str, remedy: str | None = None, *, detail: str = "") -> None:
        self.brief = brief
        self.detail = detail
        self.because = f"{brief}: {detail}" if detail else brief
        self.remedy = remedy
        super().__init__(f"{self.because}. {remedy}" if remedy else self.because)


class EndpointFault(ClusterError):
    """One address could not serve; nothing is said about the others."""

    def __init__(
        self, url: str, brief: str, remedy: str | None = None, *, detail: str = ""
    ) -> None:
        self.url = url
        super().__init__(brief, remedy, detail=detail)


class EndpointUnreachable(EndpointFault):
    """No connection came about, or it was cut before an answer."""

    def __init__(self, url: str, what: str, *, unsent: bool = False) -> None:
        self.unsent = unsent
        """Whether it is certain that no request was sent."""
        super().__init__(
            url, f"{told_address(url)} {what}", "Is the node up, and its address in reach?"
        )


class EndpointTimedOut(EndpointFault):
    """The address took longer than it may."""

    def __init__(self, url: str, timeout_s: float, *, connected: bool) -> None:
        self.timeout_s = timeout_s
        self.connected = connected
        what = "gave no answer" if connected else "could not be reached"
        super().__init__(
            url,
            f"{told_address(url)} {what} within {timeout_s:g} s",
            "If it is merely slow, raise PROXMOX_TIMEOUT_S" if connected else None,
        )


class CertificateRefused(EndpointFault):
    """The address showed a certificate that is not trusted; no token was sent to it."""

    def __init__(
        self, url: str, problem: str, *, shown: str | None = None, pinned: str | None = None
    ) -> None:
        self.problem = problem
        self.shown = shown
        self.pinned = pinned
        unsent = "nothing was sent to it"
        if pinned is not None:
            met = f" (shown {_short(shown)}, pinned {_short(pinned)})" if shown else ""
            what, detail = f"another certificate than the pinned one{met}; {unsent}", ""
            remedy = (
                "If it was renewed, compare its fingerprint on the node and mend "
                "PROXMOX_FINGERPRINTS"
            )
        else:
            what, detail = "a certificate that is not trusted", f"{problem}; {unsent}"
            remedy = (
                "If it was renewed, check PROXMOX_CA_FILE or pin it in PROXMOX_FINGERPRINTS; "
                "`jarvis doctor` tells what it shows"
            )
        super().__init__(url, f"{told_address(url)} showed {what}", remedy, detail=detail)


class EndpointFailed(EndpointFault):
    """The address answered, with a failure of its own."""

    def __init__(self, url: str, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(url, f"{told_address(url)} answered {status}", detail=_clean(text))


class AnswerUnreadable(EndpointFault):
    """Something came back that is not Proxmox's JSON."""

    def __init__(self, url: str, what: str) -> None:
        self.what = what
        super().__init__(
            url,
            f"{told_address(url)} sent an answer that cannot be read",
            "Is this the address of a Proxmox API?",
            detail=what,
        )


class ProxmoxUnreachable(ClusterError):
    """No address is left that could answer; `faults` tells of each."""

    def __init__(self, faults: Sequence[EndpointFault]) -> None:
        self.faults = tuple(faults)
        if len(self.faults) == 1:
            (fault,) = self.faults
            super().__init__(fault.brief, fault.remedy, detail=fault.detail)
            return
        told = "; ".join(_told_together(self.faults))
        strangers = [fault for fault in self.faults if isinstance(fault, CertificateRefused)]
        distrusted = 0 < len(strangers) == len(self.faults)
        what = "No endpoint of Proxmox is trusted" if distrusted else "Proxmox does not answer"
        remedies = dict.fromkeys(fault.remedy for fault in self.faults if fault.remedy)
        super().__init__(
            what,
            next(iter(remedies)) if len(remedies) == 1 else "`jarvis doctor` looks at each",
            detail=told,
        )


def _told_together(faults: Sequence[EndpointFault]) -> list[str]:
    """One clause for each thing that went wrong, the addresses it went wrong at before it."""
    alike: dict[str, list[str]] = {}
    for fault in faults:
        address = told_address(fault.url)
        alike.setdefault(fault.because.removeprefix(f"{address} "), []).append(address)
    return [f"{', '.join(addresses)} {what}" for what, addresses in alike.items()]


class NothingListed(ClusterError):
    """Proxmox lists every node to everyone, so a list without one is no answer."""

    def __init__(self) -> None:
        super().__init__("Proxmox answered, but its list of resources names no node")


class ReadingFailed(ClusterError):
    """A fault of Jarvis's own; the log has the whole of it."""

    def __init__(self) -> None:
        super().__init__("Jarvis could not make sense of an answer", "The log tells where")


class ChangeUncertain(ClusterError):
    """A change was sent, or may have been, and no answer came: nobody knows whether it was taken.

    It is not sent again; whoever asked for it reads how things are.
    """

    def __init__(self, doing: str, cause: ClusterError) -> None:
        self.doing = doing
        self.cause = cause
        super().__init__(
            f"No answer came to the request to {doing} ({cause.because}), "
            "so whether it was taken is not known",
            "Read how things are before asking again",
        )


class DialForbidden(ClusterError):
    """The demo or a test was about to dial another machine."""


class ClusterStopped(ClusterError):
    """Jarvis is going down, so nothing more is asked."""

    def __init__(self) -> None:
        super().__init__("Jarvis is going down")


class RequestRefused(ClusterError):
    """Proxmox answered a request with a refusal of its own."""

    def __init__(
        self, asked: str, brief: str, remedy: str | None = None, *, detail: str = ""
    ) -> None:
        self.asked = asked
        """The path that was asked, such as `/nodes/pve/status`."""
        super().__init__(brief, remedy, detail=detail)


class TokenRefused(RequestRefused):
    """401: who we are was not believed."""

    def __init__(self, asked: str, url: str, text: str) -> None:
        self.url = url
        self.text = text
        super().__init__(
            asked,
            f"{told_address(url)} refused the token (401)",
            "Mend PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET, and start Jarvis anew",
            detail="it was revoked, has expired, or is mistyped",
        )


class PermissionMissing(RequestRefused):
    """403: the token, or its user, lacks a right."""

    def __init__(self, asked: str, text: str, *, doing: str | None = None) -> None:
        """`doing` is what a change was to do: `start media (104)`."""
        self.path, self.privileges = parse_refused_permission(text)
        self.text = text
        wanted = " or ".join(self.privileges)
        barred = f"The token may not {doing or f'read {asked}'}"
        if wanted and self.path:
            brief, detail = barred, f"it lacks {wanted} on {self.path}"
            remedy = f"Give user and token a role with {wanted} on {self.path}"
        else:
            brief, detail = f"{barred} (403)", _clean(text)
            remedy = "`jarvis doctor` lists the rights that are missing"
        super().__init__(asked, brief, remedy, detail=detail)


class ParameterRefused(RequestRefused):
    """400: Proxmox does not take what was asked for."""

    def __init__(
        self, asked: str, text: str, errors: Mapping[str, str], *, doing: str | None = None
    ) -> None:
        """`doing` is what a change was to do: `start media (104)`."""
        self.errors = dict(errors)
        told = "; ".join(f"{name}: {why}" for name, why in errors.items()) or text
        refused = f"to {doing}" if doing else f"the question {asked}"
        super().__init__(asked, f"Proxmox refused {refused}", detail=_clean(told))


class NotOffered(RequestRefused):
    """501: this Proxmox does not know the path."""

    def __init__(self, asked: str) -> None:
        super().__init__(asked, f"This Proxmox does not offer {asked}")


class NodeUnreachable(RequestRefused):
    """595 or 596: the entry node could not reach the node the question was for."""

    def __init__(self, asked: str, node: str, status: int, text: str) -> None:
        self.node = node
        self.status = status
        brief = f"{node} cannot be reached from its cluster ({status})"
        super().__init__(asked, brief, detail=_clean(text))


class NodeTimedOut(RequestRefused):
    """What was asked of one node did not come in time.

    The node, or one hung mount on it, holds it up: nothing is said about the address that was
    asked, so no other is tried.
    """

    def __init__(self, asked: str, node: str, timeout_s: float) -> None:
        self.node = node
        self.timeout_s = timeout_s
        super().__init__(asked, f"{node} gave no answer to {asked} within {timeout_s:g} s")


class NodeFailed(RequestRefused):
    """A 5xx about one node, guest or storage: Proxmox works, what was asked for does not."""

    def __init__(
        self, asked: str, node: str, status: int, text: str, *, doing: str | None = None
    ) -> None:
        """`doing` is what a change was to do: `start media (104)`."""
        self.node = node
        self.status = status
        self.text = text
        told = f"would not {doing}" if doing else f"answered {asked} with {status}"
        super().__init__(asked, f"{node} {told}", detail=_clean(text))


class ChangeFailed(RequestRefused):
    """500 to a change that concerns no single node: Proxmox works, and would not do it."""

    def __init__(self, asked: str, doing: str, text: str) -> None:
        self.text = text
        super().__init__(asked, f"Proxmox would not {doing}", detail=_clean(text))


def parse_refused_permission(text: str) -> tuple[str | None, tuple[str, ...]]:
    """Path and privileges of `Permission check failed (/vms/100, VM.Audit|VM.Backup)`."""
    found = _CHECK_FAILED.search(text)
    path, _, wanted = (found["first"] or "").partition(",") if found else ("", "", "")
    if not path.startswith("/"):
        return None, ()
    return path, tuple(part.strip() for part in wanted.split("|") if part.strip())


def _clean(text: str) -> str:
    return " ".join(text.split())[:300].rstrip(".")


def _short(fingerprint: str | None) -> str:
    if not fingerprint:
        return "—"
    digits = fingerprint.replace(":", "").upper()
    return f"{digits[:8]}…{digits[-8:]}"
