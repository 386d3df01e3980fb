"""A turn while it runs: what was asked, what came of it so far, and how much of it is left."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from services.llm.errors import within
from services.llm.limits import Limits, TurnTime
from services.llm.messages import (
    Message,
    Part,
    ProviderName,
    Role,
    Text,
    ToolAnswer,
    ToolUse,
    Usage,
)
from services.llm.provider import Account, Meter
from services.llm.routing import Route
from services.llm.turn_events import Doing, DoingChanged, TurnEvent
from services.safety.actors import Actor
from services.safety.tiers import Tier
from services.tools.calls import Outcome, Payload, ToolResult


@dataclass(slots=True, kw_only=True)
class Deed:
    """One call of the turn and what came of it."""

    use: ToolUse
    tier: Tier | None
    writes: bool
    result: ToolResult

    @property
    def tried(self) -> bool:
        """Whether anything may have come of it."""
        return self.result.outcome not in (Outcome.REFUSED, Outcome.WAITING)

    @property
    def shown(self) -> bool:
        """Whether a read has shown its effect."""
        return self.result.outcome is Outcome.DONE and self.result.verified is True


@dataclass(slots=True, kw_only=True)
class Partial:
    """An answer that is being given."""

    message_id: str
    provider: ProviderName
    model: str | None
    meter: Meter
    pieces: list[str] = field(default_factory=list)
    began: bool = False

    @property
    def text(self) -> str:
        """Its words so far."""
        return "".join(self.pieces)


@dataclass(slots=True, kw_only=True)
class Turn:
    """Owned by the one task that runs it; others read it only once that has ended."""

    id: str
    by: Actor
    question: Message
    history: tuple[Message, ...]
    """What was said before the question, oldest first."""
    route: Route
    limits: Limits
    time: TurnTime
    context: str
    publish: Callable[[TurnEvent], None]
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    providers: list[ProviderName]
    """Who may still answer, the next one first."""
    needs_tools: bool
    said: list[Message] = field(default_factory=list)
    """The answers and tool results of this turn."""
    opaque: dict[str, tuple[Payload, ...]] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)
    """In the order in which they ended."""
    answers: dict[str, ToolAnswer] = field(default_factory=dict)
    """Of the present round, by the use's id."""
    tiers: dict[str, Tier | None] = field(default_factory=dict)
    """Of the present round, by the use's id."""
    approvals: dict[str, str] = field(default_factory=dict)
    """Questions that wait: the use's id to the approval's."""
    running: dict[str, asyncio.Task[ToolResult]] = field(default_factory=dict)
    """Changes that went on when the turn was stopped, by the use's id."""
    steps: list[str] = field(default_factory=list)
    """Each fallback on the way, for a person."""
    partial: Partial | None = None
    correction: tuple[str, str] | None = None
    """An answer that was not taken, and what is asked instead; told to the model alone."""
    rounds: int = 0
    idle_rounds: int = 0
    tokens: int = 0
    owed_usd: Decimal = Decimal(0)
    """What answers have cost that were not taken; the next one that is kept bears it."""
    rereads: int = 0
    corrected: bool = False
    foreseen: bool = False
    """Whether it was told what it may cost."""
    doing: Doing = Doing.THINKING

    @property
    def conversation_id(self) -> str:
        """Where it is held."""
        return self.question.conversation_id

    @property
    def asked(self) -> tuple[str, ...]:
        """The person's messages of this conversation, this one last."""
        before = (message.text for message in self.history if message.role is Role.USER)
        return (*before, self.question.text)

    @property
    def because(self) -> str:
        """Why who answers does: the route's words and each fallback."""
        return "; ".join([self.route.because, *(within(step) for step in self.steps)])

    @property
    def account(self) -> Account:
        """For whom its requests are made."""
        return Account(
            actor=self.by.id,
            user=self.by.user,
            session=self.by.session,
            conversation_id=self.conversation_id,
            message_id=self.question.id,
            because=self.because,
        )

    def change_doing(self, doing: Doing) -> None:
        """Go over to something else, and tell of it once."""
        if doing is not self.doing:
            self.doing = doing
            self.publish(
                DoingChanged(conversation_id=self.conversation_id, turn_id=self.id, doing=doing)
            )

    def message(
        self,
        role: Role,
        parts: Sequence[Part],
        *,
        id: str | None = None,
        provider: ProviderName | None = None,
        model: str | None = None,
        usage: Usage | None = None,
        cost_usd: Decimal | None = None,
        ended_by: str = "",
    ) -> Message:
        """A message of this turn, as it will be stored."""
        if role is Role.ASSISTANT and self.owed_usd:
            cost_usd, self.owed_usd = (cost_usd or Decimal(0)) + self.owed_usd, Decimal(0)
        return Message(
            id=id or self.new_id(),
            conversation_id=self.conversation_id,
            role=role,
            parts=tuple(parts),
            at=self.now(),
            provider=provider,
            model=model,
            usage=usage,
            cost_usd=cost_usd,
            total_ms=round(self.time.spent_s * 1000) if role is Role.ASSISTANT else None,
            because=self.because if role is Role.ASSISTANT else "",
            ended_by=ended_by,
        )

    def cut_off(self, partial: Partial, text: str, *, ended_by: str) -> Message:
        """An answer that has no end of its own, with `text` for its words; its usage is a guess."""
        return self.message(
            Role.ASSISTANT,
            (Text(text=text),) if text.strip() else (),
            id=partial.message_id,
            provider=partial.provider,
            model=partial.meter.model or partial.model,
            usage=replace(partial.meter.usage, estimated=True),
            cost_usd=partial.meter.cost_usd,
            ended_by=ended_by,
        )
