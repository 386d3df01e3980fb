"""The budget: warned of once, never overshot by more than one request, anew each period."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.events import Event
from services.llm.costs.budget import Budget, Period
from services.llm.errors import BudgetSpent
from services.llm.happenings import BudgetNearlySpent, BudgetUsedUp
from tests.support.turned_clock import TurnedClock


class Purse:
    """A budget, its clock, and what it told."""

    def __init__(self, day: str = "1", month: str = "10", at: datetime | None = None) -> None:
        self.clock = TurnedClock(at) if at else TurnedClock()
        self.told: list[Event] = []
        self.budget = Budget(
            day_usd=Decimal(day),
            month_usd=Decimal(month),
            clock=self.clock,
            publish=self.told.append,
        )

    def kinds(self) -> list[str]:
        return [f"{type(event).__name__} {event.period}" for event in self.told]  # type: ignore[attr-defined]


def usd(text: str) -> Decimal:
    return Decimal(text)


def test_what_was_put_aside_is_given_back_and_what_was_spent_is_counted() -> None:
    purse = Purse()

    reservation = purse.budget.reserve(usd("0.5"))
    day, month = purse.budget.states
    assert (day.spent_usd, day.reserved_usd, month.reserved_usd) == (0, usd("0.5"), usd("0.5"))
    reservation.settle(usd("0.02"))
    reservation.settle(usd("0.02"))

    day, month = purse.budget.states
    assert (day.spent_usd, day.reserved_usd) == (usd("0.02"), 0)
    assert month.spent_usd == usd("0.02")
    assert day.spent_ratio == pytest.approx(0.02)


def test_a_request_is_refused_while_others_under_way_may_spend_the_rest() -> None:
    purse = Purse(day="1")
    first = purse.budget.reserve(usd("0.6"))
    second = purse.budget.reserve(usd("0.6"))

    with pytest.raises(BudgetSpent) as caught:
        purse.budget.reserve(usd("0.01"))

    assert caught.value.period == "day"
    assert "1.00" in caught.value.because
    assert "BUDGET_DAY_USD" in str(caught.value.remedy)
    assert purse.told == [], "nothing is spent yet"
    first.settle(usd("0.1"))
    second.settle(usd("0.1"))
    purse.budget.reserve(usd("0.01"))


def test_four_fifths_are_told_once_and_the_end_once() -> None:
    purse = Purse(day="1", month="100")

    for _ in range(12):
        purse.budget.spend(usd("0.1"))
    for _ in range(3):
        with pytest.raises(BudgetSpent):
            purse.budget.reserve(usd("0.1"))

    assert purse.kinds() == ["BudgetNearlySpent day", "BudgetUsedUp day"]
    near, spent = purse.told
    assert isinstance(near, BudgetNearlySpent)
    assert near.sentence() == "80\u00a0% of the day's budget is spent: 0.80 of 1.00\u00a0USD"
    assert isinstance(spent, BudgetUsedUp)
    assert "until the next day in UTC" in spent.sentence()


def test_a_new_day_begins_anew_and_the_month_goes_on() -> None:
    purse = Purse(day="1", month="1.5", at=datetime(2026, 11, 20, 23, 59, tzinfo=UTC))
    purse.budget.spend(usd("1"))
    late = None
    with pytest.raises(BudgetSpent):
        late = purse.budget.reserve(usd("0.1"))
    assert late is None

    purse.clock.turn(120)

    reservation = purse.budget.reserve(usd("0.4"))
    reservation.settle(usd("0.5"))
    with pytest.raises(BudgetSpent) as caught:
        purse.budget.reserve(usd("0.1"))
    assert caught.value.period == "month"
    purse.clock.turn(10 * 86_400 + 3_600)
    assert not any(state.is_spent for state in purse.budget.states), "December"


def test_what_was_under_way_at_midnight_is_no_debt_of_the_new_day() -> None:
    purse = Purse(day="1", at=datetime(2026, 11, 20, 23, 59, tzinfo=UTC))
    reservation = purse.budget.reserve(usd("0.9"))

    purse.clock.turn(120)
    day, month = purse.budget.states
    assert day.reserved_usd == 0
    assert month.reserved_usd == usd("0.9")
    reservation.settle(usd("0.3"))

    day, month = purse.budget.states
    assert (day.spent_usd, month.spent_usd) == (0, usd("0.3"))
    assert month.reserved_usd == 0


def test_a_restart_goes_on_and_tells_nothing_twice() -> None:
    purse = Purse(day="1", month="10")

    purse.budget.restore(day_spent_usd=usd("0.9"), month_spent_usd=usd("3"))
    purse.budget.spend(usd("0.05"))

    assert purse.told == []
    purse.budget.spend(usd("0.05"))
    assert purse.kinds() == ["BudgetUsedUp day"]


def test_nothing_may_be_spent_where_the_budget_is_nothing() -> None:
    purse = Purse(day="0")
    purse.budget.restore(day_spent_usd=usd("0"), month_spent_usd=usd("0"))

    with pytest.raises(BudgetSpent):
        purse.budget.reserve(usd("0.01"))
    assert purse.told == []


@pytest.mark.parametrize(
    ("period", "begins"),
    [
        (Period.DAY, datetime(2026, 11, 20, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_periods_begin_at_midnight_utc(period: Period, begins: datetime) -> None:
    assert period.begins(datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)) == begins


calls = st.tuples(
    st.integers(0, 6),  # how many turns of the loop before it asks
    st.integers(0, 6),  # how many until it is answered
    st.integers(1, 400),  # the most it may cost, in thousandths
    st.floats(0, 1),  # how much of that it does cost
    st.booleans(),  # whether it fails
)


@settings(max_examples=300)
@given(st.lists(calls, max_size=60), st.integers(1, 1_000))
def test_many_at_once_overshoot_by_one_request_at_most(
    asked: list[tuple[int, int, int, float, bool]], limit: int
) -> None:
    purse = Purse(day=str(Decimal(limit) / 1000), month="1000000")
    admitted: list[Decimal] = []

    async def call(before: int, until: int, most: int, share: float, fails: bool) -> None:
        for _ in range(before):
            await asyncio.sleep(0)
        try:
            reservation = purse.budget.reserve(Decimal(most) / 1000)
        except BudgetSpent:
            return
        for _ in range(until):
            await asyncio.sleep(0)
        actual = Decimal(0) if fails else Decimal(int(most * share)) / 1000
        admitted.append(actual)
        reservation.settle(actual)

    async def all_at_once() -> None:
        await asyncio.gather(*(call(*one) for one in asked))

    asyncio.run(all_at_once())

    day, _ = purse.budget.states
    assert day.reserved_usd == 0
    assert day.spent_usd == sum(admitted)
    dearest = max(admitted, default=Decimal(0))
    assert day.spent_usd < day.limit_usd + max(dearest, Decimal("0.001"))
