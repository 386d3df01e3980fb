"""`route()`: who answers a message, by the rules in their order; pure, without I/O.

1. What the person asks for by name: `@claude`, `@local`, `@direct`, “think harder”, the picker.
2. A call that waits for approval goes on where it was.
3. An open override means work at the cluster.
4. No key, no network. 5. The budget is spent.
6. The message needs tools. 7. It is too long for the local model.
8. Small talk and general knowledge stay at home. 9. Everything else: Claude.
"""

from services.llm.claude.config import ModelRole
from services.llm.errors import within
from services.llm.messages import ProviderName
from services.llm.routing.availability import Availability
from services.llm.routing.directives import Directive, find_directive, strip_mention
from services.llm.routing.inventory import Inventory
from services.llm.routing.reading import read
from services.llm.routing.settle import IN_DOUBT
from services.llm.routing.values import (
    Budget,
    Conversation,
    Kind,
    Picked,
    Reading,
    Route,
)

SIGNS_A_TOKEN = 3.5
LEAST_ANSWER = 0.25
"""This much of the local window is kept for the answer."""
PROMPT_TOKENS = 900
"""The local prompt and the few messages of history that go with a question."""


def estimate_tokens(message: str) -> int:
    """How many tokens a message is, roughly."""
    return int(len(message) / SIGNS_A_TOKEN) + 1


def route(
    message: str,
    conversation: Conversation,
    inventory: Inventory,
    availability: Availability,
    budget: Budget,
) -> Route:
    """Decide who answers `message`, and say why."""
    directive = find_directive(message)
    if directive is not None:
        message = strip_mention(message)
    reading = read(message, conversation, inventory)
    able = _Able(availability, budget)
    if (asked := directive or _picked(conversation.picker)) is not None:
        return _forced(asked, reading, able)
    if conversation.pending_approval:
        provider, why = able.nearest(conversation.last_provider or ProviderName.CLAUDE)
        because = f"a call waits for approval, and this goes on where it was{why}"
        return _decided(reading, provider, because, step="pending approval", needs_tools=True)
    if conversation.override:
        provider, why = able.nearest(ProviderName.CLAUDE)
        because = f"an override is open for work on the cluster{why}"
        return _decided(reading, provider, because, step="override", needs_tools=True)
    if not able.claude:
        provider, _ = able.nearest(ProviderName.LOCAL)
        because = f"{able.because_not_claude}; {reading.because}"
        if provider is ProviderName.DIRECT:
            because = f"{able.because_not_claude}, {able.because_not_local}; {reading.because}"
        return _decided(reading, provider, because, step=able.step_not_claude)
    return _chosen(message, reading, able)


def _chosen(message: str, reading: Reading, able: "_Able") -> Route:
    """Claude can be asked: is he needed?"""
    claude = ProviderName.CLAUDE
    if reading.needs_tools:
        doubt = IN_DOUBT if reading.ambiguous else ""
        return _decided(reading, claude, f"{reading.because}{doubt}", step="tools")
    if not able.local:
        because = f"{able.because_not_local}; {reading.because}"
        return _decided(reading, claude, because, step="default")
    if (room := able.room_tokens) is not None and estimate_tokens(message) > room:
        because = f"it is too long for the local model, about {estimate_tokens(message):,} tokens"
        return _decided(reading, claude, because, step="too long")
    if reading.kind is Kind.SMALLTALK:
        return _decided(reading, ProviderName.LOCAL, reading.because, step="small talk")
    if reading.kind is Kind.WRITING:
        return _decided(reading, claude, reading.because, step="default")
    return _decided(reading, ProviderName.LOCAL, reading.because, step="knowledge")


class _Able:
    """Who can be asked, money and network considered."""

    def __init__(self, availability: Availability, budget: Budget) -> None:
        offline = not availability.online
        self.claude = availability.claude and not offline and not budget.spent
        self.local = availability.local
        not_local, not_claude = (
            within(because) for because in (availability.because_local, availability.because_claude)
        )
        self.because_not_local = not_local or "the local model cannot be asked"
        if not availability.claude:
            self.step_not_claude = "no key"
            self.because_not_claude = not_claude or "Claude cannot be asked"
        elif offline:
            self.step_not_claude = "offline"
            self.because_not_claude = not_claude or "there is no network to Claude"
        else:
            self.step_not_claude = "budget"
            self.because_not_claude = within(budget.because) or "the budget is spent"
        window = availability.local_window_tokens
        self.room_tokens = (
            None
            if window is None
            else int(window * (1 - LEAST_ANSWER)) - min(PROMPT_TOKENS, window // 4)
        )

    def nearest(self, wanted: ProviderName) -> tuple[ProviderName, str]:
        """That one, or who stands in for it, with the words that say so."""
        if wanted is ProviderName.CLAUDE and not self.claude:
            stand_in = ProviderName.LOCAL if self.local else ProviderName.DIRECT
            return stand_in, f"; {self.because_not_claude}"
        if wanted is ProviderName.LOCAL and not self.local:
            stand_in = ProviderName.CLAUDE if self.claude else ProviderName.DIRECT
            return stand_in, f"; {self.because_not_local}"
        return wanted, ""


def _picked(picker: Picked) -> Directive | None:
    match picker:
        case Picked.AUTO:
            return None
        case Picked.CLAUDE:
            return Directive(provider=ProviderName.CLAUDE, words="Claude is picked")
        case Picked.LOCAL:
            return Directive(provider=ProviderName.LOCAL, words="the local model is picked")
        case Picked.DIRECT:
            return Directive(provider=ProviderName.DIRECT, words="no model is picked")
        case Picked.HARDER:
            return Directive(role=ModelRole.HARD, words="hard thinking is picked")
        case Picked.HARDEST:
            return Directive(role=ModelRole.ESCALATION, words="the best model is picked")


def _forced(asked: Directive, reading: Reading, able: _Able) -> Route:
    wanted = asked.provider or ProviderName.CLAUDE
    provider, why = able.nearest(wanted)
    # Whoever asks for the local model by name shall not be billed for Claude instead.
    if wanted is ProviderName.LOCAL and provider is ProviderName.CLAUDE:
        provider = ProviderName.DIRECT
    said = (
        asked.words
        if " " in asked.words and "“" not in asked.words
        else f"{asked.words} was asked for"
    )
    role = asked.role if provider is ProviderName.CLAUDE else None
    return _decided(reading, provider, f"{said}{why}", step="forced", role=role)


def _decided(
    reading: Reading,
    provider: ProviderName,
    because: str,
    *,
    step: str,
    needs_tools: bool | None = None,
    role: ModelRole | None = None,
) -> Route:
    return Route(
        provider=provider,
        model_role=role or ModelRole.ROUTINE,
        needs_tools=reading.needs_tools if needs_tools is None else needs_tools,
        because=because,
        step=step,
        ambiguous=reading.ambiguous and needs_tools is None,
        kind=reading.kind,
        score=reading.score,
        features=reading.evidence,
    )
