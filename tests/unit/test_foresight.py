"""What a loop will likely cost, and whether it is worth a word."""

from decimal import Decimal

import pytest

from services.llm.claude.config import ClaudeConfig
from services.llm.costs.budget import BudgetState, Period
from services.llm.costs.estimates import TYPICAL_OUTPUT_SHARE, loop_usd
from services.llm.costs.foresight import decide_foreseen
from services.llm.costs.prices import load_prices
from services.llm.messages import Usage
from services.llm.provider import ModelRequest
from tests.support.talks import request
from tests.support.turned_clock import NOON

CENTS = Decimal("0.10")


def loop(
    asked: ModelRequest, *, rounds: int, model: str = "claude-sonnet-5-5", begun: bool = False
) -> Decimal:
    return loop_usd(
        asked,
        rounds=rounds,
        result_tokens=1_500,
        begun=begun,
        model=model,
        at=NOON,
        prices=load_prices(),
        config=ClaudeConfig(),
    )


def budget(period: Period, *, limit: str, spent: str = "0", reserved: str = "0") -> BudgetState:
    return BudgetState(
        period=period,
        since=NOON,
        limit_usd=Decimal(limit),
        spent_usd=Decimal(spent),
        reserved_usd=Decimal(reserved),
    )


DAY, MONTH = budget(Period.DAY, limit="2"), budget(Period.MONTH, limit="20")


def test_more_rounds_cost_more_and_a_later_one_less_than_the_first() -> None:
    one, two, three = (loop(request("word " * 20_000), rounds=n) for n in (1, 2, 3))

    assert one < two < three
    assert two - one < one / 2, "what was said before is read from the cache"
    assert three - two > two - one, "each round adds to what is read"


def test_a_loop_that_has_begun_finds_its_past_in_the_cache() -> None:
    long = request("word " * 20_000)

    assert loop(long, rounds=2, begun=True) < loop(long, rounds=2) / 2


def test_the_thinking_of_a_harder_model_is_counted() -> None:
    asked, model = request("why is pve slow?"), "claude-opus-5-5"
    as_long_as_it_may_say = Usage(output_tokens=asked.max_output_tokens)
    longest_usd, _ = load_prices().price_or_dearest(model, as_long_as_it_may_say, NOON)
    typical_usd = longest_usd * Decimal(TYPICAL_OUTPUT_SHARE)

    assert loop(asked, rounds=1, model=model) > 2 * typical_usd


def test_what_is_within_everything_is_not_spoken_of() -> None:
    assert decide_foreseen(CENTS, tell_usd=CENTS, budgets=(DAY, MONTH)) is None


def test_what_is_above_the_threshold_is_told() -> None:
    foreseen = decide_foreseen(Decimal("0.173"), tell_usd=CENTS, budgets=(DAY, MONTH))

    assert foreseen is not None
    assert foreseen.told == "may cost about 0.17\u00a0USD"


def test_what_is_more_than_a_budget_has_left_is_told_with_what_is_left() -> None:
    day = budget(Period.DAY, limit="2", spent="1.90", reserved="0.06")

    foreseen = decide_foreseen(Decimal("0.05"), tell_usd=CENTS, budgets=(day, MONTH))

    assert foreseen is not None
    assert foreseen.told == (
        "may cost about 0.05\u00a0USD, and the day's budget has 0.04\u00a0USD left"
    )


@pytest.mark.parametrize(("month", "told"), [("3", "day's"), ("0.5", "month's")])
def test_of_two_budgets_the_one_with_less_left_is_told(month: str, told: str) -> None:
    budgets = (budget(Period.DAY, limit="1"), budget(Period.MONTH, limit=month))

    foreseen = decide_foreseen(Decimal(2), tell_usd=CENTS, budgets=budgets)

    assert foreseen is not None
    assert told in foreseen.told


def test_less_than_a_cent_is_called_so() -> None:
    foreseen = decide_foreseen(Decimal("0.001"), tell_usd=Decimal(0), budgets=(DAY, MONTH))

    assert foreseen is not None
    assert foreseen.told == "may cost less than 0.01\u00a0USD"
