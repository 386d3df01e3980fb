"""What a request to Claude will cost, before it is sent: likely, and at the most."""

from datetime import datetime
from decimal import Decimal

from services.llm.claude_config import ClaudeConfig
from services.llm.claude_manners import KNOWN, ModelFacts, decide_manner
from services.llm.messages import Usage
from services.llm.prices import Prices
from services.llm.provider import ModelRequest
from services.llm.tokens import (
    CLAUDE_BYTES_PER_TOKEN_LEAST,
    CLAUDE_CHARS_PER_TOKEN,
    guess_request_tokens,
)

TYPICAL_OUTPUT_SHARE = 0.25
"""How much of the longest answer allowed an answer usually is."""


def estimate_usd(request: ModelRequest, *, model: str, at: datetime, prices: Prices) -> Decimal:
    """What it will likely cost with nothing in the cache yet."""
    usage = Usage(
        input_tokens=guess_request_tokens(request, chars_per_token=CLAUDE_CHARS_PER_TOKEN),
        output_tokens=int(request.max_output_tokens * TYPICAL_OUTPUT_SHARE),
        estimated=True,
    )
    return prices.price_or_dearest(model, usage, at)[0]


def bound_usd(
    request: ModelRequest,
    *,
    model: str,
    at: datetime,
    prices: Prices,
    config: ClaudeConfig,
    facts: ModelFacts | None = None,
) -> Decimal:
    """The most it can cost: all of it written to the cache, the answer as long as it may be."""
    manner = decide_manner(
        facts or KNOWN.get(model),
        roles=config.roles_of(model),
        effort=request.effort,
        max_output_tokens=request.max_output_tokens,
    )
    usage = Usage(
        cache_write_tokens=guess_request_tokens(
            request, chars_per_token=CLAUDE_BYTES_PER_TOKEN_LEAST
        ),
        output_tokens=manner.max_tokens,
        estimated=True,
    )
    return prices.price_or_dearest(model, usage, at)[0]
