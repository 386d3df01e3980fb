"""Conversations in the database: found quickly among very many, each its owner's alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db import Database
from db.entities import Entities
from db.queries.conversations import (
    close_turn,
    cut_messages,
    delete_conversation,
    delete_waiting_call,
    find_conversation,
    find_conversations,
    find_last_question,
    find_message,
    find_messages,
    find_open_turns,
    find_question_of,
    find_waiting_calls,
    open_turn,
    pin_conversation,
    record_conversation,
    record_messages,
    record_waiting_call,
)
from db.rows_conversations import MessageRow, WaitingCall
from tests.support.turned_clock import NOON


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path, slow_query_ms=10_000)
    await asyncio.to_thread(opened.open)
    yield opened
    await asyncio.to_thread(opened.close)


def row(id: str, conversation: str = "c", **changes: Any) -> MessageRow:
    given = {
        "turn": "t",
        "answers": None,
        "role": "user",
        "parts_json": "[]",
        "words": f"words of {id}",
        "at": NOON,
    }
    return MessageRow(id=id, conversation=conversation, **{**given, **changes})


async def begin(database: Database, id: str, user: str = "owner", minutes: int = 0) -> None:
    at = NOON + timedelta(minutes=minutes)
    await database.run(record_conversation, id, user=user, title=id, words=id.casefold(), at=at)


async def test_pinned_ones_stand_first_and_the_latest_next(database: Database) -> None:
    for minutes, id in enumerate(("a", "b", "c")):
        await begin(database, id, minutes=minutes)
    await begin(database, "other", user="alex")
    await database.run(pin_conversation, "a", user="owner", pinned=True)

    found = await database.run(find_conversations, user="owner", words=(), limit=50)

    assert [one.id for one in found] == ["a", "c", "b"]
    assert await database.run(find_conversation, "other", user="owner") is None
    assert not await database.run(pin_conversation, "other", user="owner", pinned=True)


async def test_the_signs_of_a_pattern_are_looked_for_as_they_are(database: Database) -> None:
    for id, words in (("a", "100% sure"), ("b", "100 sure"), ("c", r"c:\temp_x"), ("d", "it's")):
        await begin(database, id)
        await database.run(record_messages, [row(f"m{id}", id, words=words)])

    async def ids(words: str) -> list[str]:
        found = await database.run(find_conversations, user="owner", words=[words], limit=50)
        return [one.id for one in found]

    assert await ids("100%") == ["a"]
    assert await ids("%") == ["a"]
    assert await ids("temp_x") == ["c"]
    assert await ids("tempyx") == []
    assert await ids("c:\\") == ["c"]
    assert await ids("it's") == ["d"]


async def test_every_word_has_to_stand_somewhere_in_title_or_messages(database: Database) -> None:
    for id in ("backup of media", "the media", "backup", "of media"):
        await begin(database, id)
    said = [
        row("m1", "the media", words="a snapshot, then a"),
        row("m2", "the media", words="full 100% backup", role="assistant"),
        row("m3", "backup", words="nothing of me"),
        row("m4", "of media", words="media's backup"),
    ]
    await database.run(record_messages, said)
    await database.run(cut_messages, "of media", since_id="m4", itself=True)

    async def ids(*words: str) -> set[str]:
        found = await database.run(find_conversations, user="owner", words=words, limit=50)
        return {one.id for one in found}

    assert await ids("backup", "media") == {"backup of media", "the media"}
    assert await ids("media", "back", "edi") == {"backup of media", "the media"}
    assert await ids("snap", "0%", "media") == {"the media"}
    assert await ids("0%", "s_apshot") == set()
    assert await ids("backup of") == {"backup of media"}
    assert await ids("media", "backup", "nobody") == set()
    assert await ids(*(f"{n}" for n in range(100))) == set()


async def test_what_was_cut_off_is_shown_and_found_nowhere(database: Database) -> None:
    await begin(database, "c")
    await database.run(record_messages, [row("m1"), row("m2", answers="m1"), row("m3")])

    assert await database.run(cut_messages, "c", since_id="m2", itself=True) == 2
    assert [m.id for m in await database.run(find_messages, "c", limit=9)] == ["m1"]
    assert await database.run(find_message, "c", "m2") is None
    last = await database.run(find_last_question, "c")
    assert last is not None
    assert last.id == "m1"
    assert (
        await database.run(find_conversations, user="owner", words=["words of m3"], limit=9) == []
    )
    (found,) = await database.run(find_conversations, user="owner", words=(), limit=9)
    assert found.messages_count == 1


async def test_a_message_is_kept_once_and_stays_as_it_was(database: Database) -> None:
    await begin(database, "c")
    await database.run(record_messages, [row("m1", words="first")])
    await database.run(record_messages, [row("m1", words="second"), row("m2")])

    found = await database.run(find_messages, "c", limit=9)
    assert [(m.id, m.words) for m in found] == [("m1", "first"), ("m2", "words of m2")]


async def test_pages_go_back_without_gaps(database: Database) -> None:
    await begin(database, "c")
    await database.run(record_messages, [row(f"m{n:02}") for n in range(25)])

    seen: list[str] = []
    before = None
    while page := await database.run(find_messages, "c", before_id=before, limit=10):
        seen[:0] = [m.id for m in page]
        before = page[0].id
    assert seen == [f"m{n:02}" for n in range(25)]


async def test_a_turn_is_open_until_that_very_turn_is_closed(database: Database) -> None:
    await begin(database, "c")
    await database.run(open_turn, "c", turn="t1", question="m1", at=NOON)

    await database.run(close_turn, "c", turn="t0", at=NOON)
    (found,) = await database.run(find_open_turns)
    assert (found.conversation, found.user, found.turn) == ("c", "owner", "t1")
    await database.run(close_turn, "c", turn="t1", at=NOON)
    assert await database.run(find_open_turns) == []


async def test_a_deleted_conversation_takes_everything_of_it_along(database: Database) -> None:
    await begin(database, "c")
    await database.run(record_messages, [row("m1")])
    call = WaitingCall(
        approval="a", conversation="c", turn="t", question="m1", call="u", tool="stop_guest"
    )
    await database.run(record_waiting_call, call)
    assert await database.run(find_waiting_calls) == [call]

    assert not await database.run(delete_conversation, "c", user="alex")
    assert await database.run(delete_conversation, "c", user="owner")
    assert await database.run(find_waiting_calls) == []
    assert not await database.run(delete_waiting_call, "a")
    assert await database.run(find_messages, "c", limit=9) == []


async def test_a_question_is_found_from_its_answer_by_its_owner_alone(database: Database) -> None:
    await begin(database, "c")
    await database.run(record_messages, [row("m1"), row("m2", answers="m1", role="assistant")])

    assert await database.run(find_question_of, "m2", user="owner") == "m1"
    assert await database.run(find_question_of, "m1", user="owner") == "m1"
    assert await database.run(find_question_of, "m2", user="alex") is None


def _fill(entities: Entities) -> None:
    """A thousand conversations of two hundred messages each, with long results in between."""
    connection = entities.db.get_connection()
    moments = [f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000Z" for n in range(1000)]
    connection.executemany(
        "INSERT INTO conversations (id, user_name, title, title_words, at, last_at)"
        " VALUES (?, 'owner', ?, ?, ?, ?)",
        [(f"c{n}", f"Talk {n}", f"talk {n}", moments[n], moments[n]) for n in range(1000)],
    )
    words = "the cluster is quorate and media runs on pve with eleven gibibytes of memory "
    result = '[{"answer": "u", "tool": "list_nodes", "text": "' + "x" * 1_500 + '"}]'
    connection.executemany(
        "INSERT INTO messages (id, conversation, turn, role, parts_json, words, at)"
        " VALUES (?, ?, 't', ?, ?, ?, '2026-01-01T00:00:00.000Z')",
        (
            (
                f"m{c}-{m}",
                f"c{c}",
                ("user", "assistant", "tool", "assistant")[m % 4],
                result if m % 4 == 2 else "[]",
                "" if m % 4 == 2 else f"{words}{c} {m}",
            )
            for c in range(1000)
            for m in range(200)
        ),
    )


async def test_two_hundred_thousand_messages_are_listed_and_searched_quickly(
    database: Database,
) -> None:
    await database.run(_fill)

    async def took_ms(query: Callable[..., Any], *args: Any, **given: Any) -> float:
        began = time.process_time()  # of this process: whatever else the machine does
        await database.run(query, *args, **given)
        return (time.process_time() - began) * 1000

    listed = await took_ms(find_conversations, user="owner", words=(), limit=50)
    page = await took_ms(find_messages, "c500", limit=50)
    phrase, words = ["memory 777 199"], ["quorate", "memory", "777", "199"]
    found = await took_ms(find_conversations, user="owner", words=phrase, limit=50)
    each = await took_ms(find_conversations, user="owner", words=words, limit=50)

    for asked in (phrase, words):
        (hit,) = await database.run(find_conversations, user="owner", words=asked, limit=50)
        assert hit.id == "c777"
    assert listed < 50
    assert page < 50
    assert found < 500
    assert each < 500


async def test_how_long_an_answer_took_is_kept_and_unknown_for_older_ones(
    database: Database,
) -> None:
    await begin(database, "c")
    await database.run(record_messages, [row("old"), row("new", total_ms=3_150)])

    found = await database.run(find_messages, "c", limit=10)

    assert [one.total_ms for one in found] == [None, 3_150]
