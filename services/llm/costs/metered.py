"""A provider whose every request is reserved before, counted after, and written down once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from db.rows_talk import NewModelRequest
from services.clock import Clock
from services.llm.costs.budget import Reservation
from services.llm.costs.ledger import Ledger
from services.llm.errors import ProviderError, ProviderUnready
from services.llm.messages import ProviderName, Usage
from services.llm.provider import (
    Answered,
    Meter,
    ModelRequest,
    Provider,
    ProviderEvent,
    StopReason,
    TextDelta,
)

STOPPED = "stopped before its end"
TEXT_LIMIT_CHARS = 500

Cost = Callable[[ProviderName, str, Usage, datetime], tuple[Decimal, Decimal, bool]]
"""What the tokens cost, what they would have cost from Claude, and whether that is known."""


class Metered:
    """Wraps one provider."""

    def __init__(
        self,
        inner: Provider,
        *,
        clock: Clock,
        ledger: Ledger,
        cost: Cost,
        reserve: Callable[[ModelRequest], Reservation | None],
        counted: Callable[[Decimal, Reservation | None], None],
    ) -> None:
        """:param reserve: puts money aside, or raises BudgetSpent; None where nothing costs.
        :param counted: is told what a request has cost, once.
        """
        self._inner = inner
        self._clock = clock
        self._ledger = ledger
        self._cost = cost
        self._reserve = reserve
        self._counted = counted

    @property
    def name(self) -> ProviderName:
        """Which one it is."""
        return self._inner.name

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """See `services.llm.provider.Provider.stream`; `Answered` comes with its cost, and only
        once it is written down. Raises BudgetSpent as well."""
        meter = meter if meter is not None else Meter()
        reservation = self._reserve(request)
        at = self._clock.now()
        outcome, because, answered = "stopped", STOPPED, None
        try:
            async with aclosing(self._inner.stream(request, meter)) as events:
                async for event in events:
                    match event:
                        case TextDelta():
                            yield event
                        case Answered():
                            answered = event
            if answered is None:
                raise AssertionError(f"{self.name} ended its stream without an answer")
            outcome, because = _told_outcome(answered)
        except ProviderError as error:
            outcome, because = "failed", error.because
            if isinstance(error, ProviderUnready):
                outcome = ""  # nothing was sent, so there is nothing to write down
            raise
        finally:
            usage = answered.usage if answered is not None else meter.usage
            model = (answered.model if answered is not None else meter.model) or "unknown"
            cost_usd, always_usd, known = self._cost(self.name, model, usage, at)
            if self.name is not ProviderName.CLAUDE and outcome != "done":
                always_usd = Decimal(0)  # whoever has not answered has spared nothing
            meter.cost_usd = cost_usd
            self._counted(cost_usd, reservation)
            row = self._row(request, meter, usage, at=at, model=model)
            row = replace(
                row,
                is_estimated=usage.estimated or not known,
                cost_usd=cost_usd,
                always_claude_usd=always_usd,
                outcome=outcome or "failed",
                ended_because=because[:TEXT_LIMIT_CHARS],
            )
            written = self._ledger.note(row) if outcome else None
        if written is not None:
            await asyncio.shield(written)
        yield replace(answered, cost_usd=cost_usd)

    def _row(
        self, request: ModelRequest, meter: Meter, usage: Usage, *, at: datetime, model: str
    ) -> NewModelRequest:
        account = request.account
        return NewModelRequest(
            at=at,
            provider=self.name,
            model=model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            first_token_ms=meter.first_token_ms,
            total_ms=meter.total_ms,
            because=account.because[:TEXT_LIMIT_CHARS],
            conversation=account.conversation_id,
            message=account.message_id,
            session=account.session,
            user=account.user,
            actor=account.actor,
        )


def _told_outcome(answered: Answered) -> tuple[str, str]:
    if answered.stop is StopReason.REFUSAL:
        return "refused", answered.because
    return "done", ""
