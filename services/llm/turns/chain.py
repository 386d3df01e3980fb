"""Who answers: the chosen provider, once more where that may help, and then the next one.

Each step down is told. Rules without a model stand at the end, so somebody always answers.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from services.llm.claude.config import ModelRole
from services.llm.errors import (
    ContextExceeded,
    ModelUnknown,
    ProviderError,
    ProviderTimedOut,
    ProviderUnready,
    capital,
    told_name,
)
from services.llm.limits import tokens_of
from services.llm.messages import ProviderName
from services.llm.provider import Answered, Meter, ModelRequest, Provider, StopReason, TextDelta
from services.llm.turn import Partial, Turn
from services.llm.turn_events import AnswerBegan, AnswerWithdrawn, Doing, FellBack, TextAdded

log = structlog.get_logger("talk")

MakeRequest = Callable[[Turn, ProviderName, bool], ModelRequest]
"""The request of a turn for one provider; with True as little history as makes sense."""
Look = Callable[[Turn, ProviderName, ModelRequest], None]
"""Is shown each request before it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A whole answer and who gave it."""

    partial: Partial
    answered: Answered

    @property
    def provider(self) -> ProviderName:
        """Who gave it."""
        return self.partial.provider


class NobodyAnswers(Exception):
    """Every provider failed, the rules among them; `because` is the last one's reason."""

    def __init__(self, because: str) -> None:
        self.because = because
        super().__init__(because)


class TimeIsOver(Exception):
    """The turn's time ran out while an answer was being given."""


class Chain:
    """Asks for one answer of a turn."""

    def __init__(
        self,
        provider_of: Callable[[Turn, ProviderName], Provider],
        make_request: MakeRequest,
        *,
        look: Look = lambda *_: None,
    ) -> None:
        self._provider_of = provider_of
        self._make_request = make_request
        self._look = look

    async def ask(self, turn: Turn) -> Said:
        """The next answer of the turn. Raises NobodyAnswers and TimeIsOver.

        Whoever has failed is not asked again in this turn.
        """
        brief = repeated = False
        because = "nobody is left to ask"
        while turn.providers:
            name = turn.providers[0]
            try:
                return await self._stream(turn, name, brief=brief)
            except ProviderError as error:
                log.info("a provider could not answer", provider=name, because=error.because)
                because = error.because
                _withdraw(turn, because)
                if isinstance(error, ContextExceeded) and not brief:
                    brief = True
                    _tell(turn, name, name, error, "again with less of what was said before")
                elif isinstance(error, ModelUnknown) and _may_be_lesser(turn):
                    turn.route = replace(turn.route, model_role=ModelRole.ROUTINE)
                    _tell(turn, name, name, error, "so it went to the everyday model")
                elif _may_repeat(error) and not repeated:
                    repeated = True
                    _tell(turn, name, name, error, "asked once more")
                else:
                    brief = repeated = False
                    turn.providers.pop(0)
                    _tell(turn, name, turn.providers[0] if turn.providers else None, error)
        raise NobodyAnswers(because)

    async def _stream(self, turn: Turn, name: ProviderName, *, brief: bool) -> Said:
        turn.change_doing(Doing.THINKING)
        request = self._make_request(turn, name, brief)
        self._look(turn, name, request)
        meter = Meter()
        partial = Partial(message_id=turn.new_id(), provider=name, model=request.model, meter=meter)
        turn.partial = partial
        answered: Answered | None = None
        try:
            async with asyncio.timeout(turn.time.left_s) as within:
                provider = self._provider_of(turn, name)
                async with aclosing(provider.stream(request, meter)) as events:
                    async for event in events:
                        match event:
                            case TextDelta():
                                _begin(turn, partial)
                                _add(turn, partial, event.text)
                            case Answered():
                                answered = event
        except TimeoutError as error:
            if within.expired():
                raise TimeIsOver from error
            raise
        finally:
            turn.tokens += tokens_of(answered.usage if answered else meter.usage)
        assert answered is not None  # a stream ends with an answer or raises
        if answered.stop is StopReason.CONTEXT:
            raise ContextExceeded(name)
        partial.model = answered.model
        _begin(turn, partial)
        return Said(partial=partial, answered=answered)


def _begin(turn: Turn, partial: Partial) -> None:
    if partial.began:
        return
    partial.began = True
    turn.publish(
        AnswerBegan(
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            message_id=partial.message_id,
            provider=partial.provider,
            model=partial.meter.model or partial.model,
        )
    )


def _add(turn: Turn, partial: Partial, text: str) -> None:
    turn.change_doing(Doing.ANSWERING)
    partial.pieces.append(text)
    turn.publish(
        TextAdded(
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            message_id=partial.message_id,
            text=text,
        )
    )


def _withdraw(turn: Turn, because: str) -> None:
    partial, turn.partial = turn.partial, None
    if partial is not None:
        withdraw(turn, partial, because)


def withdraw(turn: Turn, partial: Partial, because: str) -> None:
    """Take away what was said under this answer, if a page has seen any of it."""
    if partial.meter.cost_usd is not None:
        turn.owed_usd += partial.meter.cost_usd
    if partial.began:
        turn.publish(
            AnswerWithdrawn(
                conversation_id=turn.conversation_id,
                turn_id=turn.id,
                message_id=partial.message_id,
                because=because,
            )
        )


def _may_be_lesser(turn: Turn) -> bool:
    """Whether it was another model than the everyday one that was asked."""
    return turn.route.model_role is not ModelRole.ROUTINE


def _may_repeat(error: ProviderError) -> bool:
    """Whether asking the same one once more makes sense.

    Its own library may have done so already, and after a long silence there is no time for another.
    """
    hopeless = isinstance(error, ProviderUnready | ProviderTimedOut)
    return error.repeat_helps and error.attempts < 2 and not hopeless


def _tell(
    turn: Turn,
    fallen: ProviderName,
    following: ProviderName | None,
    error: ProviderError,
    how: str = "",
) -> None:
    if how:
        step = f"{error.because}, {how}"
    elif following is not None:
        step = f"{error.because}, so it went to {told_name(following)}"
    else:
        step = error.because
    turn.steps.append(step)
    turn.publish(
        FellBack(
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            fallen=fallen,
            next=following,
            because=capital(step),
        )
    )


def providers_after(
    first: ProviderName, *, may_pay: bool, order: Mapping[ProviderName, tuple[ProviderName, ...]]
) -> list[ProviderName]:
    """Who may answer, the chosen one first; `may_pay` lets Claude stand in for the local model."""
    chosen = list(order[first])
    if first is not ProviderName.CLAUDE and not may_pay and ProviderName.CLAUDE in chosen:
        chosen.remove(ProviderName.CLAUDE)
    return chosen


ORDER: Mapping[ProviderName, tuple[ProviderName, ...]] = {
    ProviderName.CLAUDE: (ProviderName.CLAUDE, ProviderName.LOCAL, ProviderName.DIRECT),
    ProviderName.LOCAL: (ProviderName.LOCAL, ProviderName.CLAUDE, ProviderName.DIRECT),
    ProviderName.DIRECT: (ProviderName.DIRECT,),
}
