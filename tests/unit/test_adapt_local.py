"""What a small model is shown of a talk: alternating, framed, and fitted into its window."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.llm.digests import digest
from services.llm.errors import ContextExceeded
from services.llm.local.adapt import adapt_talk, render
from services.llm.local.config import LocalConfig
from services.llm.local.prompt import PROMPT_TOKENS_MOST, local_prompt
from services.llm.local.window import Fitted, fit_talk
from services.llm.messages import Message
from services.llm.provider import OfferedTool
from services.llm.turns.agent import TIGHT_RATIO
from services.tools.calls import Outcome
from tests.support import histories
from tests.support.llama_double import count_words
from tests.support.talks import answers, assistant, found, request, use, user

CONFIG = LocalConfig(base_url="http://127.0.0.1:9931")


def fit(
    messages: Sequence[Message], *, window: int = 4096, most: int = 2048, context: str = ""
) -> Fitted:
    async def count(told: Sequence[Mapping[str, Any]]) -> int:
        return count_words({"messages": told})

    return asyncio.run(
        fit_talk(
            adapt_talk(request(messages, context=context)),
            prompt="You are Jarvis.",
            window_tokens=window,
            max_output_tokens=most,
            config=CONFIG,
            count=count,
        )
    )


def check(messages: Sequence[Mapping[str, Any]]) -> None:
    assert messages[0]["role"] == "system"
    for n, told in enumerate(messages[1:]):
        assert told["role"] == ("user" if n % 2 == 0 else "assistant")
        assert told["content"].strip()
        assert not any(word in told["content"] for word in ("<|", "[INST]"))
        told["content"].encode()
    assert messages[-1]["role"] == "user"


@given(histories.messages() | histories.conversations(), st.text(max_size=20))
def test_any_history_makes_messages_that_alternate(messages: list[Message], context: str) -> None:
    talk = adapt_talk(request(messages, context=context))

    check(render("You are Jarvis.", [*talk.earlier, talk.present]))


@settings(max_examples=60)
@given(histories.conversations(), st.integers(64, 400))
def test_a_history_of_any_length_fits_any_window(messages: list[Message], window: int) -> None:
    present = adapt_talk(request(messages)).present
    fits = len(present.text.split()) + 4 + 3 + 4 <= window * 0.75 - 9
    try:
        fitted = fit(messages, window=window)
    except ContextExceeded:
        assert not fits, "only the user's own words may be too long"
        return

    check(fitted.messages)
    assert fitted.prompt_tokens <= window * 0.75
    assert window / 4 <= fitted.answer_tokens + 1
    assert fitted.prompt_tokens + fitted.answer_tokens <= window
    assert len(fitted.messages) <= 1 + 6 + 1


def test_an_earlier_exchange_is_one_line_beside_the_question_it_answered() -> None:
    history = (
        user("is media up?"),
        assistant("I shall look.", use("a", vmid=104)),
        answers(found("a", "lots\nof\nlines", digest="media runs </data>")),
        assistant("It runs."),
        user("thanks"),
    )

    system, asked, told, last = render("P", fit(history).messages and _entries(history))

    assert system["content"] == "P"
    assert 'guest_status{"vmid":104}: done, media runs &lt;/data&gt;' in asked["content"]
    assert "lots" not in asked["content"]
    assert told["content"] == "I shall look.\n\nIt runs."
    assert "guest_status" not in told["content"], "it would learn to make such lines up"
    assert last["content"] == "thanks"


def _entries(history: Sequence[Message]) -> list[Any]:
    talk = adapt_talk(request(history))
    return [*talk.earlier, talk.present]


def test_what_was_found_in_the_present_turn_is_there_in_full() -> None:
    history = (
        user("is media up?"),
        assistant("I shall look.", use("a", vmid=104)),
        answers(found("a", "media (104) runs\nuptime 3 days")),
    )

    fitted = fit(history, context="It is noon.")

    (_, last) = fitted.messages
    assert last["content"].startswith("is media up?\n\n<data")
    assert "uptime 3 days" in last["content"]
    assert "It is noon." in last["content"]


def test_a_question_nobody_answered_is_not_lost() -> None:
    fitted = fit((user("is media up?"), user("and nextcloud?")))

    assert fitted.messages[-1]["content"] == "is media up?\n\nand nextcloud?"


def long_talk(turns: int, words: int = 20) -> list[Message]:
    told: list[Message] = []
    for n in range(turns):
        told += [user(f"q{n} " + "word " * words), assistant(f"a{n} " + "word " * words)]
    return [*told, user("and now?")]


def test_six_earlier_messages_are_shown_at_most() -> None:
    fitted = fit(long_talk(20))

    assert len(fitted.messages) == 1 + 6 + 1
    assert fitted.messages[1]["content"].startswith("q17")
    assert fitted.left_out_messages == 34
    assert fitted.used_ratio < TIGHT_RATIO


def test_a_talk_that_fills_the_window_is_told_before_anything_is_left_out() -> None:
    roomy, tight, over = (fit(long_talk(3, words), window=1000) for words in (20, 100, 300))

    assert roomy.used_ratio < TIGHT_RATIO <= tight.used_ratio <= 1
    assert tight.left_out_messages == 0
    assert over.used_ratio > 1


def test_four_messages_are_shortened_before_they_are_left_out() -> None:
    fitted = fit(long_talk(3, 300), window=1000)

    assert len(fitted.messages) == 1 + 4 + 1
    assert fitted.messages[1]["content"].startswith("q1")
    assert "[…]" in fitted.messages[1]["content"]
    assert fitted.messages[-1]["content"] == "and now?"


def test_what_machines_said_is_shortened_and_the_user_s_words_are_not() -> None:
    words = "tell me of each of these lines, and of the last above all " * 3
    history = (user(words), assistant(use("a")), answers(found("a", "line " * 5_000)))

    fitted = fit(history, window=1000)

    assert words.strip() in fitted.messages[-1]["content"]
    assert "[…]" in fitted.messages[-1]["content"]
    assert fitted.prompt_tokens <= 750


def test_words_that_do_not_fit_are_refused_with_both_figures() -> None:
    with pytest.raises(ContextExceeded) as caught:
        fit([user("word " * 2_000)], window=1000)

    assert caught.value.tokens == 2_011
    assert caught.value.limit_tokens == 742


def test_the_answer_gets_what_was_asked_for_and_never_less_than_a_quarter() -> None:
    assert fit([user("hello")], window=1000, most=100).answer_tokens == 100
    assert fit(long_talk(3, 110), window=1000, most=5_000).answer_tokens >= 250


def test_a_digest_is_one_line_of_the_call_its_end_and_what_was_found() -> None:
    told = digest(
        use("a", "guest_restart", vmid=104),
        found("a", "first\nsecond " + "x" * 500, outcome=Outcome.FAILED),
    )

    assert told.startswith('guest_restart{"vmid":104}: failed, first second x')
    assert len(told) <= 160
    assert "\n" not in told


def test_the_prompt_is_short_and_always_the_same() -> None:
    assert len(local_prompt()) / 3.5 <= PROMPT_TOKENS_MOST
    assert local_prompt() == local_prompt()
    assert "sir" in local_prompt()
    assert "madam" in local_prompt(address="madam")


def test_without_a_form_of_address_the_prompt_asks_for_none() -> None:
    told = local_prompt(address="")

    assert "Use no form of address." in told
    assert "Call the user" not in told


def test_the_prompt_asks_for_names_that_the_page_makes_links_of() -> None:
    assert "**name** (vmid)" in local_prompt()


def test_the_prompt_tells_of_the_tools_that_are_offered() -> None:
    tool = OfferedTool(
        name="guest_status",
        summary="Reads a guest.",
        schema={"properties": {"vmid": {"type": "integer", "description": "Which guest."}}},
    )

    told = local_prompt([tool])

    assert told.startswith(local_prompt())
    assert '- guest_status: Reads a guest. {"vmid":"Which guest."}' in told
