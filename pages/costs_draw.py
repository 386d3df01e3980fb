"""What the page of costs says: sums, bars and tables as HTML; pure, and every text escaped.

Money is exact, to the last decimal that was counted; `≈` marks what rests on a guess.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import escape
from urllib.parse import quote

from db.rows_talk import ConversationCost, CostSum, HourCost, ModelCost
from pages.paper import draw_field, draw_said, draw_time
from services.llm.costs.budget import BudgetState, Period
from services.llm.costs.report import CostReport, Saving

HOURS = 24
PROVIDERS = {"claude": "Claude", "local": "Local model", "direct": "No model"}
_PERIODS = {
    Period.DAY: ("Today", "midnight UTC"),
    Period.MONTH: ("This month", "the first of the next month, UTC"),
}
_SLOT, _BAR, _HEIGHT = 10.0, 7.0, 100.0
_LEAST = 1.5
"""Of the chart's height: what is not nothing is seen."""
_NBSP, _THIN = "\u00a0", "\u202f"
_MOST_DECIMALS = 4
"""Of a dollar, as shown; the file has them all."""
_LEAST_USD = Decimal("0.0001")


def draw_costs(
    report: CostReport, *, titles: Mapping[str, str], everyday: str, asked: Mapping[str, str]
) -> str:
    """The body of the page.

    `titles` are those of the reader's own conversations, by id; `everyday` is the model whose
    price the saving goes by; `asked` are the days wished for in the file.
    """
    return (
        _section("Budgets", _draw_budgets(report))
        + _section("Saved by routing, this month", _draw_saving(report.saving, everyday))
        + _section("The last 24 hours", draw_hours(report.by_hour, report.at))
        + _section("By model, this month", _draw_models(report.by_model))
        + _section("By conversation", _draw_conversations(report.by_conversation, titles))
        + _section("Take away", draw_file_form(asked))
    )


def draw_file_form(asked: Mapping[str, str], fault: str = "") -> str:
    """The form that asks for the file."""
    return (
        '<form class="fields" method="get" action="/costs.csv">'
        + draw_field("since", "From (UTC)", value=asked["since"], kind="date")
        + draw_field("until", "To (UTC)", value=asked["until"], kind="date")
        + '<button class="btn">Save as CSV</button></form>'
        + draw_said(fault)
        + '<p class="narrow">Every request to a model, oldest first, money with all its decimals. '
        "Without days: all there is.</p>"
    )


def usd(value: Decimal, *, decimals: int = 2, guessed: bool = False) -> str:
    """Dollars to the cent or, where that is not all, to its hundredth; with at least so many."""
    places = max(decimals, _decimals(value))
    told = f"{'−' if value < 0 else ''}${abs(value):,.{places}f}".replace(",", _THIN)
    if 0 < abs(value) < _LEAST_USD:
        told = f"under ${_LEAST_USD}"
    return f"{f'≈{_NBSP}' if guessed else ''}{told}"


def thousands(number: int) -> str:
    """3184 as `3 184`."""
    return f"{number:,}".replace(",", _THIN)


def _decimals(value: Decimal) -> int:
    """2 for whole cents, else as many as are shown."""
    return 2 if value == round(value, 2) else _MOST_DECIMALS


def _most_decimals(values: Iterable[Decimal]) -> int:
    """As many as a column of them needs to stand point below point."""
    return max((_decimals(value) for value in values), default=2)


def _section(title: str, body: str) -> str:
    return f'<section class="sheet"><h2>{escape(title)}</h2>{body}</section>'


def _count(number: int, word: str) -> str:
    return f"{thousands(number)}{_NBSP}{word}{'' if number == 1 else 's'}"


def _draw_budgets(report: CostReport) -> str:
    sums = {Period.DAY: report.today, Period.MONTH: report.month}
    # What is not Claude's costs nothing, however roughly its tokens are known.
    guesses = any(one.provider == "claude" and _is_guessed(one.sum) for one in report.by_model)
    lines = "".join(
        _draw_budget(state, sums[state.period], guessed=guesses and _is_guessed(sums[state.period]))
        for state in report.budgets
    )
    return f'<div class="budgets">{lines}</div>'


def _is_guessed(told: CostSum) -> bool:
    return bool(told.estimated_requests)


def _draw_budget(state: BudgetState, told: CostSum, *, guessed: bool) -> str:
    label, ends = _PERIODS[state.period]
    spent = f"{usd(state.spent_usd, guessed=guessed)} of {usd(state.limit_usd)}"
    notes = [_requests(told)]
    if state.reserved_usd:
        notes.append(f"up to {usd(state.reserved_usd)} set aside for what is being answered")
    tone = "arc"
    if state.is_spent:
        tone = "alert"
        notes.append(f"used up: Claude is not asked until {ends}")
    elif state.is_near:
        tone = "warn"
        notes.append("four fifths are spent")
    # Between the mark of a warning and the end there is no more to show than "full".
    width = min(1.0, state.spent_ratio) * _HEIGHT
    return (
        f'<div class="budget"><b>{label}</b><span class="mono">{spent}</span>'
        f'<svg class="spent" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}: {escape(spent)}"><rect class="track" width="100" height="4"/>'
        f'<rect class="{tone}" width="{width:.2f}" height="4"/>'
        '<rect class="mark" x="79.8" width=".4" height="4"/></svg>'
        f'<p class="narrow">{escape(" · ".join(notes))}</p></div>'
    )


def _requests(told: CostSum) -> str:
    failed = f", {thousands(told.failed_requests)} failed" if told.failed_requests else ""
    return f"{_count(told.requests, 'request')}{failed}"


def _draw_saving(saving: Saving, everyday: str) -> str:
    if not saving.requests:
        return (
            '<p class="narrow">Every request of this month went to Claude; nothing was saved.</p>'
        )
    return (
        f'<p><b class="mono ok">{usd(saving.saved_usd, guessed=True)}</b> against always asking '
        f"Claude, which would have cost {usd(saving.always_claude_usd, guessed=True)} instead of "
        f"{usd(saving.spent_usd)}: {_count(saving.requests, 'request')} "
        f"{'was' if saving.requests == 1 else 'were'} answered by the local model or by rules.</p>"
        '<p class="narrow">An estimate. It takes for granted that Claude would have read and '
        "written as many tokens as were counted here, none of them from its cache, at the price of "
        f"the everyday model ({escape(everyday)}) on that day. What electricity the local model "
        "used is not in it.</p>"
    )


def draw_hours(by_hour: Sequence[HourCost], at: datetime) -> str:
    """A bar for each of the last 24 hours, the present one last; and its figures as a table."""
    if not any(one.sum.requests for one in by_hour):
        return '<p class="narrow">No model was asked in the last 24 hours.</p>'
    sums = {one.hour.astimezone(UTC): one.sum for one in by_hour}
    last = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    told = [(hour, sums.get(hour, CostSum())) for hour in hours]
    top = max((max(one.cost_usd, one.always_claude_usd) for _, one in told), default=Decimal(0))
    bars = "".join(_draw_bar(n, hour, one, top) for n, (hour, one) in enumerate(told))
    marks = "".join(f"<span>{hour:%H:%M}</span>" for hour in hours[::3])
    whole = sum((one.cost_usd for _, one in told), Decimal(0))
    says = f"Costs by hour, {hours[0]:%H:%M} to {hours[-1]:%H:%M} UTC: {usd(whole)} in all"
    return (
        f'<div class="hours"><p class="narrow hours-top">{usd(top)}</p>'
        f'<svg viewBox="0 0 {HOURS * _SLOT:g} {_HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(says)}">{bars}</svg>'
        f'<div class="hours-marks" aria-hidden="true">{marks}</div></div>'
        '<p class="narrow"><i class="key arc"></i>spent <i class="key spared"></i>'
        "≈ spared: what Claude would have cost besides. Hours are UTC.</p>"
        + _draw_hour_table([(hour, one) for hour, one in told if one.requests])
    )


def _draw_bar(number: int, hour: datetime, told: CostSum, top: Decimal) -> str:
    x = number * _SLOT + (_SLOT - _BAR) / 2
    parts = [
        _draw_rect("spared", x, told.always_claude_usd, top),
        _draw_rect("arc", x, told.cost_usd, top),
    ]
    if told.requests and not any(parts):
        parts = [_draw_rect("spared", x, Decimal(1), Decimal(1_000_000))]
    said = f"{hour:%H:%M} UTC: {_requests(told)}, {usd(told.cost_usd)}"
    # The title belongs to the whole column, so that a low bar can be pointed at.
    return (
        f'<g><title>{escape(said)}</title><rect class="none" x="{number * _SLOT:g}" '
        f'width="{_SLOT:g}" height="{_HEIGHT:g}"/>{"".join(parts)}</g>'
    )


def _draw_rect(tone: str, x: float, value: Decimal, top: Decimal) -> str:
    if not value or not top:
        return ""
    height = max(_LEAST, float(value / top) * _HEIGHT)
    return (
        f'<rect class="{tone}" x="{x:g}" y="{_HEIGHT - height:.2f}" width="{_BAR:g}" '
        f'height="{height:.2f}"/>'
    )


def _draw_hour_table(told: Sequence[tuple[datetime, CostSum]]) -> str:
    places = _most_decimals(one.cost_usd for _, one in told)
    rows = "".join(
        f"<tr><td>{draw_time(hour)}</td>{_cells(one, places)}</tr>" for hour, one in told
    )
    return (
        f"<details><summary>The figures, hour by hour</summary>{_table(('Hour',), rows)}</details>"
    )


def _draw_models(by_model: Sequence[ModelCost]) -> str:
    if not by_model:
        return '<p class="narrow">No model was asked this month.</p>'
    places = _most_decimals(one.sum.cost_usd for one in by_model)
    rows = "".join(
        f"<tr><td>{escape(PROVIDERS.get(one.provider, one.provider))}</td>"
        f'<td><span class="mono">{escape(one.model)}</span></td>'
        f"{_cells(one.sum, places, costs=one.provider == 'claude')}</tr>"
        for one in by_model
    )
    return _table(("Who", "Model"), rows)


def _draw_conversations(
    by_conversation: Sequence[ConversationCost], titles: Mapping[str, str]
) -> str:
    if not by_conversation:
        return '<p class="narrow">No conversation this month.</p>'
    places = _most_decimals(one.sum.cost_usd for one in by_conversation)
    rows = "".join(
        f"<tr><td>{_draw_title(one.conversation, titles)}</td><td>{draw_time(one.last_at)}</td>"
        f"{_cells(one.sum, places)}</tr>"
        for one in by_conversation
    )
    return (
        _table(("Conversation", "Last asked"), rows)
        + '<p class="narrow">Those of this month, the latest first, each with all it has cost '
        "since it began.</p>"
    )


def _draw_title(conversation: str, titles: Mapping[str, str]) -> str:
    title = titles.get(conversation)
    if title is None:
        return '<span class="faint">deleted, or another person’s</span>'
    return f'<a href="/#talk/{quote(conversation, safe="")}">{escape(title) or "untitled"}</a>'


def _cells(told: CostSum, places: int, *, costs: bool = True) -> str:
    """The figures of a row; `costs` is whether it could have cost anything."""
    read = told.input_tokens + told.cache_read_tokens + told.cache_write_tokens
    about = f"≈{_NBSP}" if _is_guessed(told) else ""
    figures = (
        _requests(told).replace(f"{_NBSP}requests", "").replace(f"{_NBSP}request", ""),
        about + thousands(read),
        thousands(told.cache_read_tokens),
        about + thousands(told.output_tokens),
        usd(told.cost_usd, decimals=places, guessed=costs and _is_guessed(told)),
    )
    return "".join(f'<td class="num to-right">{figure}</td>' for figure in figures)


def _table(first: Sequence[str], rows: str) -> str:
    heads = "".join(f"<th>{escape(head)}</th>" for head in first) + "".join(
        f'<th class="to-right">{head}</th>'
        for head in ("Requests", "Tokens in", "from the cache", "Tokens out", "Cost")
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
