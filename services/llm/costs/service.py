"""The costs as the rest of the house sees them."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from decimal import Decimal

from db import Database
from db.queries.costs import (
    find_conversation_cost,
    find_costs_by_conversation,
    find_costs_by_hour,
    find_costs_by_model,
    find_message_requests,
    sum_costs,
    sum_spared,
)
from db.rows_talk import ConversationCost, ModelRequestRow, NewModelRequest
from services.clock import Clock
from services.events import Event
from services.llm.claude.config import ClaudeConfig
from services.llm.costs.budget import Budget, BudgetState, Period, Reservation
from services.llm.costs.estimates import bound_usd, loop_usd
from services.llm.costs.export import export_csv
from services.llm.costs.foresight import Foreseen, decide_foreseen
from services.llm.costs.ledger import Ledger
from services.llm.costs.metered import Metered
from services.llm.costs.prices import Prices, load_prices
from services.llm.costs.report import CostReport, decide_saving
from services.llm.happenings import CostCounted
from services.llm.messages import ProviderName, Usage
from services.llm.provider import Account, ModelRequest, Provider
from services.llm.tokens import CLAUDE_CHARS_PER_TOKEN, guess_tokens
from services.tasks import Tasks

RULES = "rules"
"""The model of answers that no model gave."""
NOBODY = Account()
TELL_USD = Decimal("0.10")


class Costs:
    """Counts what requests cost, keeps to the budget, and tells of both."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        tasks: Tasks,
        publish: Callable[[Event], None],
        day_usd: Decimal,
        month_usd: Decimal,
        claude: ClaudeConfig,
        tell_usd: Decimal = TELL_USD,
        prices: Prices | None = None,
    ) -> None:
        """:param claude: names the everyday model, whether or not Claude can be asked.
        :param tell_usd: what a long loop may cost without a word beforehand.
        """
        self._tell_usd = tell_usd
        self._database = database
        self._clock = clock
        self._publish = publish
        self._claude = claude
        self._prices = prices or load_prices()
        self._ledger = Ledger(database, tasks)
        self.budget = Budget(day_usd=day_usd, month_usd=month_usd, clock=clock, publish=publish)

    async def start(self) -> None:
        """Go on from what was spent before."""
        now = self._clock.now()
        day, month = [
            await self._database.run(sum_costs, since=period.begins(now), until=_after(now))
            for period in (Period.DAY, Period.MONTH)
        ]
        self.budget.restore(day_spent_usd=day.cost_usd, month_spent_usd=month.cost_usd)

    async def stop(self) -> None:
        """Write what waits."""
        await self._ledger.flush()

    def metered(self, provider: Provider) -> Metered:
        """The provider with every request of it counted; Claude's within the budget."""
        paid = provider.name is ProviderName.CLAUDE
        return Metered(
            provider,
            clock=self._clock,
            ledger=self._ledger,
            cost=self._cost,
            reserve=self._reserve if paid else lambda _: None,
            counted=self._counted,
        )

    def foresee(
        self, request: ModelRequest, *, rounds: int, result_tokens: int, begun: bool
    ) -> Foreseen | None:
        """What a loop of so many rounds will likely cost, this request the first of them.

        None where it is too little to speak of. `result_tokens` and `begun` as `loop_usd` has them.
        """
        usd = loop_usd(
            request,
            rounds=rounds,
            result_tokens=result_tokens,
            begun=begun,
            model=self._model(request),
            at=self._clock.now(),
            prices=self._prices,
            config=self._claude,
        )
        return decide_foreseen(usd, tell_usd=self._tell_usd, budgets=self.budget.states)

    async def record_direct(
        self, *, question: str, answer: str, total_ms: float, account: Account = NOBODY
    ) -> None:
        """Count an answer that rules gave; it cost nothing, and spared a request."""
        usage = Usage(
            input_tokens=guess_tokens(question, chars_per_token=CLAUDE_CHARS_PER_TOKEN),
            output_tokens=guess_tokens(answer, chars_per_token=CLAUDE_CHARS_PER_TOKEN),
            estimated=True,
        )
        at = self._clock.now()
        _, always_usd, _ = self._cost(ProviderName.DIRECT, RULES, usage, at)
        await self._ledger.record(
            NewModelRequest(
                at=at,
                provider=ProviderName.DIRECT,
                model=RULES,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                is_estimated=True,
                always_claude_usd=always_usd,
                total_ms=total_ms,
                because=account.because,
                conversation=account.conversation_id,
                message=account.message_id,
                session=account.session,
                user=account.user,
                actor=account.actor,
            )
        )

    @property
    def today_usd(self) -> Decimal:
        """What was spent since midnight UTC."""
        return self.budget.states[0].spent_usd

    @property
    def states(self) -> tuple[BudgetState, BudgetState]:
        """The budgets of the day and the month."""
        return self.budget.states

    async def report(self) -> CostReport:
        """Everything the page of costs shows."""
        now = self._clock.now()
        day, month, until = Period.DAY.begins(now), Period.MONTH.begins(now), _after(now)
        run = self._database.run
        by_model = await run(find_costs_by_model, since=month, until=until)
        yesterday = until - timedelta(hours=24)
        return CostReport(
            at=now,
            today=await run(sum_costs, since=day, until=until),
            month=await run(sum_costs, since=month, until=until),
            by_model=tuple(by_model),
            by_hour=tuple(await run(find_costs_by_hour, since=yesterday, until=until)),
            by_conversation=tuple(
                await run(find_costs_by_conversation, since=month, until=until, limit=50)
            ),
            saving=decide_saving(await run(sum_spared, since=month, until=until), by_model),
            budgets=self.budget.states,
        )

    async def find_conversation(self, conversation_id: str) -> ConversationCost | None:
        """What one conversation has cost so far; None when no model was asked in it."""
        return await self._database.run(find_conversation_cost, conversation_id)

    async def find_requests_of(self, message_id: str) -> list[ModelRequestRow]:
        """The requests that were made to answer one message, oldest first."""
        return await self._database.run(find_message_requests, message_id)

    def export(self, *, since: datetime, until: datetime) -> AsyncIterator[str]:
        """The requests of that time as CSV, a page at a time."""
        return export_csv(self._database, since=since, until=until)

    def _model(self, request: ModelRequest) -> str:
        return request.model or self._claude.routine

    def _reserve(self, request: ModelRequest) -> Reservation:
        return self.budget.reserve(
            bound_usd(
                request,
                model=self._model(request),
                at=self._clock.now(),
                prices=self._prices,
                config=self._claude,
            )
        )

    def _cost(
        self, provider: ProviderName, model: str, usage: Usage, at: datetime
    ) -> tuple[Decimal, Decimal, bool]:
        if provider is ProviderName.CLAUDE:
            cost_usd, known = self._prices.price_or_dearest(model, usage, at)
            return cost_usd, cost_usd, known
        fresh = Usage(
            input_tokens=usage.input_tokens + usage.cache_read_tokens,
            output_tokens=usage.output_tokens,
        )
        always_usd, _ = self._prices.price_or_dearest(self._claude.routine, fresh, at)
        return Decimal(0), always_usd, True

    def _counted(self, cost_usd: Decimal, reservation: Reservation | None) -> None:
        if reservation is None:
            return
        reservation.settle(cost_usd)
        if cost_usd:
            day, month = self.budget.states
            self._publish(
                CostCounted(
                    at=self._clock.now(), today_usd=day.spent_usd, month_usd=month.spent_usd
                )
            )


def _after(now: datetime) -> datetime:
    """The next full hour, so that sums of whole hours hold the present one."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
