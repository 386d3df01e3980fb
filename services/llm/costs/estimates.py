"""What requests to Claude will cost, before they are sent: likely, and at the most."""

from datetime import datetime
from decimal import Decimal

from services.llm.claude.config import ClaudeConfig
from services.llm.claude.manners import KNOWN, Manner, ModelFacts, decide_manner
from services.llm.costs.prices import Prices
from services.llm.messages import Usage
from services.llm.provider import ModelRequest
from services.llm.tokens import (
    CLAUDE_BYTES_PER_TOKEN_LEAST,
    CLAUDE_CHARS_PER_TOKEN,
    guess_request_tokens,
)

TYPICAL_OUTPUT_SHARE = 0.25
"""How much of the longest answer allowed an answer usually is."""


def loop_usd(
    request: ModelRequest,
    *,
    rounds: int,
    result_tokens: int,
    begun: bool,
    model: str,
    at: datetime,
    prices: Prices,
    config: ClaudeConfig,
) -> Decimal:
    """What so many rounds will likely cost, this request the first of them.

    :param result_tokens: how many tokens the tools' results add from one round to the next.
    :param begun: whether the loop has had a round, so that all but its last results is cached.
    """
    output = int(_manner(request, model, config).max_tokens * TYPICAL_OUTPUT_SHARE)
    prompt = guess_request_tokens(request, chars_per_token=CLAUDE_CHARS_PER_TOKEN)
    added = result_tokens + min(output, int(request.max_output_tokens * TYPICAL_OUTPUT_SHARE))
    cached = max(0, prompt - added) if begun else 0
    total = Decimal(0)
    for _ in range(rounds):
        usage = Usage(
            cache_read_tokens=cached,
            cache_write_tokens=prompt - cached,
            output_tokens=output,
            estimated=True,
        )
        total += prices.price_or_dearest(model, usage, at)[0]
        cached, prompt = prompt, prompt + added
    return total


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
    manner = _manner(request, model, config, facts)
    usage = Usage(
        cache_write_tokens=guess_request_tokens(
            request, chars_per_token=CLAUDE_BYTES_PER_TOKEN_LEAST
        ),
        output_tokens=manner.max_tokens,
        estimated=True,
    )
    return prices.price_or_dearest(model, usage, at)[0]


def _manner(
    request: ModelRequest, model: str, config: ClaudeConfig, facts: ModelFacts | None = None
) -> Manner:
    return decide_manner(
        facts or KNOWN.get(model),
        roles=config.roles_of(model),
        effort=request.effort,
        max_output_tokens=request.max_output_tokens,
    )
