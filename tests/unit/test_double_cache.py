"""The prompt cache of the Anthropic double: how long a prefix lives, and how far it is sought."""

from typing import Any

from simulator.llm.claude.cache import Counted, PromptCache
from simulator.llm.claude.request import VERSION, parse_request
from tests.support.turned_clock import TurnedClock

LONG = "A careful butler reads before he speaks. " * 120
MARK = {"type": "ephemeral"}


def take(cache: PromptCache, **more: Any) -> Counted:
    body = {
        "model": "claude-haiku-5-5",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "hello"}],
        **more,
    }
    return cache.take(parse_request(body, VERSION))


def marked(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": {**MARK, **more}}


def test_a_prefix_lives_five_minutes_and_each_reading_renews_it() -> None:
    clock = TurnedClock()
    cache = PromptCache(clock.monotonic_s)

    first = take(cache, system=[marked(LONG)])
    clock.turn(299)
    second = take(cache, system=[marked(LONG)])
    clock.turn(299)
    third = take(cache, system=[marked(LONG)])
    clock.turn(301)
    late = take(cache, system=[marked(LONG)])

    assert first.written == second.read == third.read == late.written > 512
    assert late.read == 0


def test_an_hour_is_counted_apart_and_lives_an_hour() -> None:
    clock = TurnedClock()
    cache = PromptCache(clock.monotonic_s)

    first = take(cache, system=[marked(LONG, ttl="1h")])
    clock.turn(3_500)
    second = take(cache, system=[marked(LONG, ttl="1h")])

    assert (first.written_5m, first.written_1h) == (0, second.read)
    assert second.read > 512


def test_what_follows_a_known_prefix_is_all_that_is_written() -> None:
    cache = PromptCache(TurnedClock().monotonic_s)

    first = take(cache, system=[marked(LONG)])
    second = take(
        cache,
        system=[marked(LONG)],
        messages=[{"role": "user", "content": [marked(LONG + "And he writes. ")]}],
    )

    assert second.read == first.written
    assert second.written > 512
    assert second.total == second.read + second.written


def test_a_prefix_more_than_twenty_blocks_back_is_not_found() -> None:
    cache = PromptCache(TurnedClock().monotonic_s)

    def words(count: int) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = [{"type": "text", "text": f"word {n}"} for n in range(count)]
        blocks[-1] = {**blocks[-1], "cache_control": MARK}
        return [{"role": "user", "content": blocks}]

    system = [{"type": "text", "text": LONG}]
    take(cache, system=system, messages=words(5))
    near = take(cache, system=system, messages=words(20))
    far = take(cache, system=system, messages=words(60))

    assert near.read > 512
    assert far.read == 0


def test_another_model_knows_nothing_and_another_thought_only_what_was_said_anew() -> None:
    cache = PromptCache(TurnedClock().monotonic_s)
    said: list[dict[str, Any]] = [{"role": "user", "content": [marked(LONG)]}]
    first = take(cache, system=[marked(LONG)], messages=said)

    other = take(cache, system=[marked(LONG)], messages=said, model="claude-sonnet-5-5")
    thinking = take(cache, system=[marked(LONG)], messages=said, thinking={"type": "adaptive"})
    same = take(cache, system=[marked(LONG)], messages=said)

    assert other.read == 0
    assert 512 < thinking.read < first.written
    assert same.read == first.written
