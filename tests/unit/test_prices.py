"""Prices: exact, by the day, and by the length of the prompt."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.money import from_picousd, to_picousd
from services.llm.claude.config import ClaudeConfig
from services.llm.costs.prices import PriceUnknown, load_prices, parse_prices, price
from services.llm.messages import Usage

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LISTED = Path(__file__).parents[3] / "shared/fixtures/llm/claude_prices.json"
listed = pytest.mark.skipif(not LISTED.is_file(), reason="the list of prices is not here")

tokens = st.integers(0, 2_000_000)
usages = st.builds(
    Usage,
    input_tokens=tokens,
    output_tokens=tokens,
    cache_read_tokens=tokens,
    cache_write_tokens=tokens,
)


def test_each_kind_of_token_has_its_price() -> None:
    usage = Usage(
        input_tokens=1_000, output_tokens=500, cache_read_tokens=20_000, cache_write_tokens=400
    )

    cost = price("claude-sonnet-5-5", usage, AT)

    assert cost == Decimal("0.002") + Decimal("0.005") + Decimal("0.002") + Decimal("0.001")


@pytest.mark.parametrize(("prompt", "cost"), [(100_000, "0.0105"), (100_001, "0.0525005")])
def test_a_long_prompt_makes_the_whole_request_dearer(prompt: int, cost: str) -> None:
    usage = Usage(input_tokens=prompt, output_tokens=1_000)

    assert price("claude-haiku-5-5", usage, AT) == Decimal(cost)


def test_what_the_cache_holds_counts_for_the_length_of_the_prompt() -> None:
    within = Usage(input_tokens=1_000, cache_read_tokens=99_000)
    beyond = Usage(input_tokens=1_000, cache_read_tokens=99_000, cache_write_tokens=1_000)

    assert price("claude-haiku-5-5", within, AT) == Decimal("0.0001") + Decimal("0.00099")
    assert price("claude-haiku-5-5", beyond, AT) == 5 * (
        Decimal("0.0001") + Decimal("0.00099") + Decimal("0.000125")
    )


@listed
def test_the_list_has_the_figures_it_was_made_from() -> None:
    told: dict[str, Any] = json.loads(LISTED.read_text(), parse_float=str, parse_int=str)
    million = 1_000_000
    for name, of in told["models"].items():
        kinds = {
            "input": Usage(input_tokens=million),
            "output": Usage(output_tokens=million),
            "cache_read": Usage(cache_read_tokens=million),
            "cache_write_5m": Usage(cache_write_tokens=million),
        }
        short = {"output"} if "over_100k_prompt" in of else set(kinds)
        long = of.get("over_100k_prompt", {})
        for kind, usage in kinds.items():
            wanted = of[kind] if kind in short else long[kind]
            assert price(name, usage, AT) == Decimal(wanted), (name, kind)
        if long:
            ten = Usage(input_tokens=10_000)
            assert price(name, ten, AT) == Decimal(of["input"]) / 100


def test_the_models_that_are_asked_by_default_have_a_price() -> None:
    defaults = ClaudeConfig.__dataclass_fields__

    for role in ("routine", "hard", "escalation"):
        assert price(defaults[role].default, Usage(input_tokens=1), AT) > 0


TWO = parse_prices(
    json.dumps(
        {
            "unit": "USD per million tokens",
            "as_of": "2027-01-01",
            "models": {
                "claude-a-1": [
                    {
                        "from": day,
                        "input": usd,
                        "output": usd,
                        "cache_read_factor": "0.1",
                        "cache_write_factor": "1.25",
                    }
                    for day, usd in (("2027-01-01", "2"), ("2026-06-01", "3"))
                ],
                "claude-a-2": [
                    {
                        "from": "2026-06-01",
                        "input": "9",
                        "output": "9",
                        "cache_read_factor": "0.1",
                        "cache_write_factor": "1.25",
                    }
                ],
                "claude-b-1": [
                    {
                        "from": "2026-06-01",
                        "input": "50",
                        "output": "50",
                        "cache_read_factor": "0.1",
                        "cache_write_factor": "1.25",
                    }
                ],
            },
        }
    )
)


@pytest.mark.parametrize(
    ("at", "usd"),
    [
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), 3, id="before the first"),
        pytest.param(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 3, id="the day before"),
        pytest.param(datetime(2027, 1, 1, tzinfo=UTC), 2, id="the day it changed"),
    ],
)
def test_a_price_counts_from_its_day_on(at: datetime, usd: int) -> None:
    assert TWO.price("claude-a-1", Usage(input_tokens=1_000_000), at) == usd


def test_a_model_with_a_date_in_its_name_has_the_price_of_the_model() -> None:
    assert TWO.find("claude-b-1-20270301", AT) is TWO.find("claude-b-1", AT)


def test_a_model_without_a_price_never_passes_for_free() -> None:
    usage = Usage(input_tokens=1_000_000)

    with pytest.raises(PriceUnknown):
        TWO.price("claude-c-1", usage, AT)
    assert TWO.price_or_dearest("claude-a-7", usage, AT) == (Decimal(9), False)
    assert TWO.price_or_dearest("something", usage, AT) == (Decimal(50), False)
    assert TWO.price_or_dearest("claude-a-2", usage, AT) == (Decimal(9), True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda told: told.update(unit="EUR"),
        lambda told: told["models"]["m"][0].pop("input"),
        lambda told: told["models"]["m"][0].update(input="-1"),
        lambda told: told["models"]["m"][0].update(batch="1"),
        lambda told: told["models"]["m"][0].update(input="0.0000001"),
    ],
)
def test_a_damaged_list_is_refused(damage: Any) -> None:
    entry = {
        "from": "2026-06-01",
        "input": "1",
        "output": "5",
        "cache_read_factor": "0.1",
        "cache_write_factor": "1.25",
    }
    told = {"unit": "USD per million tokens", "as_of": "2026-06-01", "models": {"m": [entry]}}
    parse_prices(json.dumps(told))

    damage(told)

    with pytest.raises(ValueError, match="validation error"):
        parse_prices(json.dumps(told))


@given(usages, st.sampled_from(sorted(load_prices().by_model)))
def test_no_cent_is_lost_between_a_price_and_the_database(usage: Usage, model: str) -> None:
    cost = price(model, usage, AT)

    assert from_picousd(to_picousd(cost)) == cost


@given(usages, usages, st.sampled_from(sorted(load_prices().by_model)))
def test_more_tokens_never_cost_less(some: Usage, more: Usage, model: str) -> None:
    both = Usage(
        input_tokens=some.input_tokens + more.input_tokens,
        output_tokens=some.output_tokens + more.output_tokens,
        cache_read_tokens=some.cache_read_tokens + more.cache_read_tokens,
        cache_write_tokens=some.cache_write_tokens + more.cache_write_tokens,
    )

    assert price(model, both, AT) >= price(model, some, AT)
