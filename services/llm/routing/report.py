"""`jarvis route --report`: what the router decided, where a person disagreed, what it cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from db import Database
from db.queries.routes import find_misroutes, sum_routes
from db.rows_routes import RouteRow, RouteSum
from services.clock import Clock, SystemClock

REPORT_DAYS = 30
MISROUTES_TOLD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteReport:
    """The decisions since a moment."""

    since: datetime
    sums: tuple[RouteSum, ...]
    misroutes: tuple[RouteRow, ...]
    """The latest first."""

    def as_text(self) -> str:
        """For a terminal."""
        if not self.sums:
            return f"No message was routed since {_day(self.since)}."
        return "\n".join([*self._totals(), "", *self._table(), "", *self._complaints()])

    def _totals(self) -> list[str]:
        routes = sum(one.routes for one in self.sums)
        misroutes = sum(one.misroutes for one in self.sums)
        spent = _usd(sum((one.cost_usd for one in self.sums), Decimal(0)))
        always = _usd(sum((_at_claude(one) for one in self.sums), Decimal(0)))
        wrong = f"{misroutes} of them called wrong ({100 * misroutes / routes:.1f} %)"
        return [
            f"Since {_day(self.since)}: {_many(routes, 'message')}, {wrong}.",
            f"Answers cost {spent}; from Claude alone they would have cost about {always}.",
        ]

    def _table(self) -> list[str]:
        head = ("answered by", "because of", "messages", "wrong", "cost", "from Claude")
        rows = [
            (
                one.provider,
                one.step,
                str(one.routes),
                str(one.misroutes),
                _usd(one.cost_usd),
                _usd(_at_claude(one)),
            )
            for one in self.sums
        ]
        widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
        return [
            "  ".join(
                cell.ljust(width) if at < 2 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in [head, *rows]
        ]

    def _complaints(self) -> list[str]:
        if not self.misroutes:
            return ["Nobody called a route wrong."]
        lines = ["Called wrong, the latest first:"]
        for one in self.misroutes:
            lines += [
                f"  {_moment(one.at)}  {one.excerpt or '—'}",
                f"    went to {_went(one)}: {one.because}",
                f"    should have been {one.should_have_been}, said {one.told_by or 'somebody'};"
                f" score {one.score:g}",
            ]
        return lines


def fetch_report(database: Database, *, clock: Clock | None = None) -> RouteReport:
    """Read what was stored in the last 30 days; blocks, for a command line."""
    since = (clock or SystemClock()).now() - timedelta(days=REPORT_DAYS)
    return RouteReport(
        since=since,
        sums=tuple(database.run_blocking(sum_routes, since=since)),
        misroutes=tuple(database.run_blocking(find_misroutes, since=since, limit=MISROUTES_TOLD)),
    )


def _at_claude(one: RouteSum) -> Decimal:
    """What Claude did cost, or would have."""
    return one.cost_usd if one.provider == "claude" else one.always_claude_usd


def _went(one: RouteRow) -> str:
    tools = "with tools" if one.needs_tools else "without tools"
    return f"{one.provider} {tools}"


def _usd(amount: Decimal) -> str:
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%MZ")
