"""A turn, as it happens: small frozen events for whoever draws it, and what stands of it by now.

A turn begins with a person's message and ends with the last answer to it. In between come rounds:
an answer that asks for tools, and the tools' results.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from services.llm.messages import Message, ProviderName, ToolUse
from services.safety.tiers import Tier
from services.tools.calls import Outcome


class Doing(StrEnum):
    """What Jarvis does at this moment of a turn; the reactor shows it."""

    THINKING = "thinking"
    """The model was asked and has not begun to answer."""
    ACTING = "acting"
    """Tools run."""
    WAITING = "waiting"
    """A person has to decide."""
    ANSWERING = "answering"
    """Words come."""


class TurnOutcome(StrEnum):
    """How a turn ended."""

    DONE = "done"
    STOPPED = "stopped"
    """A person stopped it; what was said is kept."""
    FAILED = "failed"
    """Nobody could answer."""
    LIMITED = "limited"
    """It met a limit of rounds, time or tokens, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEvent:
    """Something of a turn has happened."""

    conversation_id: str
    turn_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnBegan(TurnEvent):
    """A person's message is stored, and it was decided who answers."""

    message: Message
    provider: ProviderName
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoingChanged(TurnEvent):
    """Jarvis goes over to something else."""

    doing: Doing


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBegan(TurnEvent):
    """A provider begins to answer; its words follow under `message_id`."""

    message_id: str
    provider: ProviderName
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAdded(TurnEvent):
    """The answer has grown by this."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWithdrawn(TurnEvent):
    """What was said under this id does not hold (its provider fell); it is to be taken away."""

    message_id: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolBegan(TurnEvent):
    """A tool was asked for."""

    message_id: str
    use: ToolUse
    tier: Tier | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWanted(TurnEvent):
    """A tool waits for a person."""

    call_id: str
    approval_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEnded(TurnEvent):
    """A tool call is over."""

    call_id: str
    outcome: Outcome
    because: str
    text: str
    """What the model reads of it, redacted and capped."""
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack(TurnEvent):
    """A provider could not; the next one is asked."""

    fallen: ProviderName
    next: ProviderName | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostForeseen(TurnEvent):
    """What is still to come of the turn may cost more than goes without saying."""

    provider: ProviderName
    usd: Decimal
    because: str
    """A sentence for a person, without its full stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStored(TurnEvent):
    """A message of the assistant or of the tools is whole and kept."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(TurnEvent):
    """The turn is over."""

    outcome: TurnOutcome
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTool:
    """A tool call of the present round."""

    use: ToolUse
    tier: Tier | None
    approval_id: str | None = None
    outcome: Outcome | None = None
    because: str = ""
    text: str = ""
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTurn:
    """What stands of a turn by now and is not stored yet: for a page that comes in the middle."""

    conversation_id: str
    turn_id: str
    began_at: datetime
    doing: Doing
    message_id: str | None = None
    """The answer that is being given."""
    provider: ProviderName | None = None
    model: str | None = None
    text: str = ""
    tools: tuple[LiveTool, ...] = ()
    because: str = ""
