"""The money for a day and a month, in UTC: warned of, reserved before it is spent, and refused.

Everything here runs on the event loop and never awaits, so a check and its reservation are one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from services.clock import Clock
from services.events import Event
from services.llm.errors import BudgetSpent
from services.llm.happenings import BudgetNearlySpent, BudgetUsedUp

WARN_RATIO = Decimal("0.8")


class Period(StrEnum):
    """What a budget is for; both begin at midnight UTC."""

    DAY = "day"
    MONTH = "month"

    def begins(self, now: datetime) -> datetime:
        """When the period that holds this moment began."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self is Period.DAY else midnight.replace(day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """How a period stands."""

    period: Period
    since: datetime
    limit_usd: Decimal
    spent_usd: Decimal
    reserved_usd: Decimal
    """The most that the requests under way may still cost."""

    @property
    def spent_ratio(self) -> float:
        """Spent against the limit; 1 where nothing may be spent."""
        return float(self.spent_usd / self.limit_usd) if self.limit_usd else 1.0

    @property
    def left_usd(self) -> Decimal:
        """What neither was spent nor is spoken for; never below zero."""
        return max(Decimal(0), self.limit_usd - self.spent_usd - self.reserved_usd)

    @property
    def is_near(self) -> bool:
        """Whether four fifths are spent."""
        return self.spent_usd >= self.limit_usd * WARN_RATIO

    @property
    def is_spent(self) -> bool:
        """Whether one more request would be refused."""
        return self.spent_usd + self.reserved_usd >= self.limit_usd


class _Purse:
    """One period's money."""

    def __init__(self, period: Period, limit_usd: Decimal, now: datetime) -> None:
        self.period = period
        self.limit_usd = limit_usd
        self._begin(period.begins(now))

    def _begin(self, since: datetime) -> None:
        self.since = since
        self.spent_usd = Decimal(0)
        self.reserved_usd = Decimal(0)
        self.warned = False
        self.told_spent = False

    def turn(self, now: datetime) -> None:
        """Begin anew when the period is over; what is under way belongs to the one before."""
        since = self.period.begins(now)
        if since != self.since:
            self._begin(since)

    def state(self) -> BudgetState:
        return BudgetState(
            period=self.period,
            since=self.since,
            limit_usd=self.limit_usd,
            spent_usd=self.spent_usd,
            reserved_usd=self.reserved_usd,
        )


class Reservation:
    """Money put aside for one request, until it is known what it cost."""

    def __init__(self, budget: "Budget", usd: Decimal, periods: dict[Period, datetime]) -> None:
        self._budget = budget
        self._periods = periods
        self.usd = usd
        self.is_open = True

    def settle(self, actual_usd: Decimal) -> None:
        """Give back what was put aside and count what was spent; a second time does nothing."""
        if self.is_open:
            self.is_open = False
            self._budget._settle(self.usd, actual_usd, self._periods)


class Budget:
    """Both periods. A request is let through while what was spent, with the most that others under
    way may cost, is below the limit: so all together overshoot by one request at most."""

    def __init__(
        self,
        *,
        day_usd: Decimal,
        month_usd: Decimal,
        clock: Clock,
        publish: Callable[[Event], None],
    ) -> None:
        self._clock = clock
        self._publish = publish
        now = clock.now()
        self._purses = (
            _Purse(Period.DAY, day_usd, now),
            _Purse(Period.MONTH, month_usd, now),
        )

    def restore(self, *, day_spent_usd: Decimal, month_spent_usd: Decimal) -> None:
        """Go on from what was spent before a restart; what was told then is not told again."""
        for purse, spent in zip(self._turned(), (day_spent_usd, month_spent_usd), strict=True):
            purse.spent_usd = spent
            purse.warned = purse.state().is_near
            purse.told_spent = spent >= purse.limit_usd

    @property
    def states(self) -> tuple[BudgetState, BudgetState]:
        """The day and the month as they stand."""
        day, month = self._turned()
        return day.state(), month.state()

    def reserve(self, most_usd: Decimal) -> Reservation:
        """Put aside the most that a request may cost. Raises BudgetSpent."""
        purses = self._turned()
        for purse in purses:
            if purse.state().is_spent:
                self._tell_spent(purse)
                raise self._refusal(purse)
        for purse in purses:
            purse.reserved_usd += most_usd
        return Reservation(self, most_usd, {purse.period: purse.since for purse in purses})

    def spend(self, usd: Decimal) -> None:
        """Count what was spent without a reservation."""
        for purse in self._turned():
            self._count(purse, usd)

    def _settle(self, usd: Decimal, actual_usd: Decimal, periods: dict[Period, datetime]) -> None:
        for purse in self._turned():
            if periods[purse.period] == purse.since:
                purse.reserved_usd -= usd
                self._count(purse, actual_usd)

    def _count(self, purse: _Purse, usd: Decimal) -> None:
        purse.spent_usd += usd
        if purse.spent_usd >= purse.limit_usd:
            self._tell_spent(purse)
        elif purse.state().is_near and not purse.warned:
            purse.warned = True
            self._publish(
                BudgetNearlySpent(
                    at=self._clock.now(),
                    period=purse.period,
                    spent_usd=float(purse.spent_usd),
                    limit_usd=float(purse.limit_usd),
                )
            )

    def _tell_spent(self, purse: _Purse) -> None:
        if purse.told_spent or purse.spent_usd < purse.limit_usd:
            return
        purse.told_spent = purse.warned = True
        self._publish(
            BudgetUsedUp(
                at=self._clock.now(),
                period=purse.period,
                spent_usd=float(purse.spent_usd),
                limit_usd=float(purse.limit_usd),
            )
        )

    def _refusal(self, purse: _Purse) -> BudgetSpent:
        spent = purse.spent_usd + purse.reserved_usd
        return BudgetSpent(purse.period, limit_usd=purse.limit_usd, spent_usd=spent)

    def _turned(self) -> tuple[_Purse, _Purse]:
        now = self._clock.now()
        for purse in self._purses:
            purse.turn(now)
        return self._purses
