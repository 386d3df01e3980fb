"""A provider asked once: what it streamed and answered, or the error it raised."""

import pytest

from services.llm.errors import ProviderError
from services.llm.provider import Answered, Meter, ModelRequest, Provider, TextDelta
from tests.support.talks import request


async def ask(
    provider: Provider, asked: ModelRequest | None = None, meter: Meter | None = None
) -> tuple[str, Answered]:
    """What was streamed, and the whole at its end, which says the same."""
    streamed, last = "", None
    async for event in provider.stream(asked or request(), meter):
        assert last is None, "nothing comes after the whole answer"
        if isinstance(event, TextDelta):
            streamed += event.text
        else:
            last = event
    assert last is not None
    assert streamed == last.text
    return streamed, last


async def failure(provider: Provider, asked: ModelRequest | None = None) -> ProviderError:
    """The error in which it ends; it says why, in words that can stand within a sentence."""
    with pytest.raises(ProviderError) as caught:
        await ask(provider, asked)
    assert caught.value.because
    assert not caught.value.because.endswith(".")
    return caught.value
