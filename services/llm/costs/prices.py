"""What tokens cost: exact, by model and by the day.

`prices.json` lists, for each model, one entry for each change of its price with the day it took
effect. Prices are texts in USD per million tokens, so that no binary fraction creeps in.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from services.llm.claude.config import undated
from services.llm.messages import Usage

FILE = Path(__file__).with_name("prices.json")
_MILLION = Decimal(1_000_000)
_LINE = re.compile(r"^(claude-[a-z]+)")


class PriceUnknown(Exception):
    """No price is listed for a model."""

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(f"no price is listed for {model}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LongPrompt:
    """A prompt beyond a length makes the whole request dearer, its answer included."""

    above_tokens: int
    """Of the whole prompt: fresh, read from the cache and written to it."""
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a model from a day on, in USD per million tokens."""

    since: date
    input_usd: Decimal
    output_usd: Decimal
    cache_read_factor: Decimal
    """Against `input_usd`; it differs by model."""
    cache_write_factor: Decimal
    """Against `input_usd`, for an entry that lives five minutes."""
    long_prompt: LongPrompt | None = None

    def cost_usd(self, usage: Usage) -> Decimal:
        """What these tokens cost, to the last decimal."""
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        factor = Decimal(1)
        if self.long_prompt is not None and prompt > self.long_prompt.above_tokens:
            factor = self.long_prompt.factor
        weighed = (
            usage.input_tokens
            + usage.cache_read_tokens * self.cache_read_factor
            + usage.cache_write_tokens * self.cache_write_factor
        )
        total = weighed * self.input_usd + usage.output_tokens * self.output_usd
        return total * factor / _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The prices of every model that is listed, each oldest first."""

    by_model: Mapping[str, tuple[Price, ...]]

    def find(self, model: str, at: datetime) -> Price:
        """The price of a model at a moment; its earliest one before that. Raises PriceUnknown."""
        listed = self.by_model.get(model) or self.by_model.get(undated(model))
        if not listed:
            raise PriceUnknown(model)
        day = at.astimezone(UTC).date()
        return next((price for price in reversed(listed) if price.since <= day), listed[0])

    def price(self, model: str, usage: Usage, at: datetime) -> Decimal:
        """What the tokens cost in USD, exactly. Raises PriceUnknown."""
        return self.find(model, at).cost_usd(usage)

    def price_or_dearest(self, model: str, usage: Usage, at: datetime) -> tuple[Decimal, bool]:
        """What the tokens cost, and whether that is known.

        A model without a price counts as the dearest of its line, else of all: what is not known
        must not pass for free.
        """
        try:
            return self.price(model, usage, at), True
        except PriceUnknown:
            line = found[1] if (found := _LINE.match(model)) else model
            alike = [name for name in self.by_model if name.startswith(f"{line}-")]
            costs = [self.price(name, usage, at) for name in alike or self.by_model]
            return max(costs), False


def price(model: str, usage: Usage, at: datetime) -> Decimal:
    """What the tokens cost in USD by the list that Jarvis came with. Raises PriceUnknown."""
    return load_prices().price(model, usage, at)


@cache
def load_prices() -> Prices:
    """The list that Jarvis came with."""
    return parse_prices(FILE.read_text(encoding="utf-8"))


def parse_prices(text: str) -> Prices:
    """A list as it stands in the file. Raises ValueError where it is not whole."""
    told = _File.model_validate(json.loads(text))
    by_model = {
        name: tuple(sorted((entry.parsed() for entry in entries), key=lambda p: p.since))
        for name, entries in told.models.items()
    }
    return Prices(by_model=MappingProxyType(by_model))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _LongPrompt(_Strict):
    above_tokens: int = Field(gt=0)
    factor: Decimal = Field(ge=1)


class _Price(_Strict):
    since: date = Field(alias="from")
    input: Decimal = Field(ge=0, decimal_places=6)
    output: Decimal = Field(ge=0, decimal_places=6)
    cache_read_factor: Decimal = Field(ge=0)
    cache_write_factor: Decimal = Field(ge=1)
    long_prompt: _LongPrompt | None = None

    def parsed(self) -> Price:
        """The frozen value."""
        long = self.long_prompt
        return Price(
            since=self.since,
            input_usd=self.input,
            output_usd=self.output,
            cache_read_factor=self.cache_read_factor,
            cache_write_factor=self.cache_write_factor,
            long_prompt=LongPrompt(above_tokens=long.above_tokens, factor=long.factor)
            if long is not None
            else None,
        )


class _File(_Strict):
    unit: str = Field(pattern="^USD per million tokens$")
    as_of: date
    models: dict[str, list[_Price]]
