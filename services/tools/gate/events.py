"""What happens at the gate, as events with a sentence for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from services.events import Event, Happening, Severity
from services.safety.actors import RULES, ActorKind
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolResult

_RULES: Final = f"{ActorKind.MODEL.value}/{RULES}"


def told_who(by: str) -> str:
    """`owner` of `person/owner`, `claude (model)` of `model/claude`."""
    kind, _, name = by.partition("/")
    if by == _RULES:
        return "Jarvis's rules"
    return name if kind == "person" else f"{name} ({kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChanged(Event):
    """What the page shows of the gate is no longer as it was. Not kept in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHappening(Happening):
    """Something happened to a tool call."""

    tool: str
    by: str
    """`person/owner`."""
    touched: str
    """What it is about: `guest/104`, `node/pve`, or `cluster`."""
    what: str
    """The call in words, such as `stop_guest media (104)`."""

    @property
    def subject(self) -> str:
        return self.touched


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAsked(CallHappening):
    """A call waits for a person."""

    severity: ClassVar[Severity] = Severity.WARNING
    approval: str
    tier: Tier
    expires_s: int

    def sentence(self) -> str:
        asks = "ask" if self.by == _RULES else "asks"
        return (
            f"{told_who(self.by)} {asks} for {self.what}: {self.tier.name}, so a person has "
            f"{self.expires_s // 60} min to decide"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGiven(CallHappening):
    """A person said yes to a call."""

    approval: str
    decided_by: str

    def sentence(self) -> str:
        return f"{told_who(self.decided_by)} approved {self.what}, asked for by {told_who(self.by)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRefused(CallHappening):
    """A person said no to a call."""

    approval: str
    decided_by: str
    because: str

    def sentence(self) -> str:
        why = f": {self.because}" if self.because else ""
        who, asker = told_who(self.decided_by), told_who(self.by)
        return f"{who} refused {self.what}, asked for by {asker}{why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLapsed(CallHappening):
    """A question ended without a person's answer: nobody came in time, or it lost its ground."""

    approval: str
    because: str

    def sentence(self) -> str:
        return f"Not done: {self.what}, asked for by {told_who(self.by)}: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRan(CallHappening):
    """A call of YELLOW or above was done."""

    tier: Tier
    outcome: str
    told: str
    """What came of it, in a clause; may be empty."""
    duration_s: float

    def sentence(self) -> str:
        told = f": {self.told}" if self.told else ""
        return f"Done for {told_who(self.by)}: {self.what}{told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFailed(CallHappening):
    """A call of YELLOW or above did not come about, or what came of it is not known."""

    severity: ClassVar[Severity] = Severity.WARNING
    tier: Tier
    outcome: str
    """`failed`, `timed out` or `unknown`."""
    because: str
    duration_s: float

    def sentence(self) -> str:
        return f"{self.what} for {told_who(self.by)}: {self.outcome}; {self.because}"


def call_ended(
    result: ToolResult,
    *,
    at: datetime,
    node: str | None,
    by: str,
    touched: str,
    what: str,
    tier: Tier,
) -> ToolRan | ToolFailed:
    """The event of a call of YELLOW or above that has come to its end."""
    about: dict[str, Any] = {
        "at": at,
        "node": node,
        "tool": result.tool,
        "by": by,
        "touched": touched,
        "what": what,
        "tier": tier,
        "outcome": result.outcome.value,
        "duration_s": round(result.duration_ms / 1000, 1),
    }
    if result.outcome in (Outcome.DONE, Outcome.EMPTY):
        return ToolRan(told=result.because, **about)
    return ToolFailed(because=result.because, **about)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateHappening(Happening):
    """Something happened to the gate itself."""

    by: str

    @property
    def subject(self) -> str:
        return "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideOpened(GateHappening):
    """A person opened an override with the passkey."""

    severity: ClassVar[Severity] = Severity.WARNING
    minutes: int

    def sentence(self) -> str:
        return f"{told_who(self.by)} opened an override for {self.minutes} min"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideClosed(GateHappening):
    """The override is over."""

    because: str

    def sentence(self) -> str:
        return f"The override of {told_who(self.by)} is over: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideDenied(GateHappening):
    """A wrong passkey was given."""

    severity: ClassVar[Severity] = Severity.WARNING
    attempts: int
    retry_s: int

    def sentence(self) -> str:
        later = f"; next try in {self.retry_s} s" if self.retry_s else ""
        return f"{told_who(self.by)} gave a wrong passkey, attempt {self.attempts}{later}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodDown(GateHappening):
    """A person threw the kill switch: nothing acts on its own until a person lifts it."""

    severity: ClassVar[Severity] = Severity.ALARM
    because: str
    cancelled: int
    """How many questions and running calls were cancelled."""

    def sentence(self) -> str:
        why = f": {self.because}" if self.because else ""
        return f"{told_who(self.by)} stood Jarvis down{why}; {self.cancelled} cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandDownLifted(GateHappening):
    """A person lets Jarvis act again."""

    severity: ClassVar[Severity] = Severity.GOOD

    def sentence(self) -> str:
        return f"{told_who(self.by)} lifted the stand-down: Jarvis may act again"
