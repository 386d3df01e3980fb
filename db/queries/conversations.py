"""Conversations and their messages: kept, listed, searched, cut, and found again after a restart.

A message that was cut off (by an edit, or by another answer) stays stored and is shown nowhere.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from db.entities import Entities
from db.money import from_picousd, to_picousd
from db.rows_conversations import ConversationRow, MessageRow, OpenTurn, WaitingCall
from db.times import as_stored, from_stored

MAX_PAGE = 500
_ESCAPE = "\\"

_CONVERSATION = (
    "SELECT c.id, c.title, c.is_pinned, c.at, c.last_at,"
    " (SELECT count(*) FROM messages AS m WHERE m.conversation = c.id AND m.is_cut = 0),"
    " coalesce((SELECT k.cost_picousd FROM costs_by_conversation AS k"
    " WHERE k.conversation = c.id), 0)"
    " FROM conversations AS c"
)
_MESSAGE = (
    "SELECT id, conversation, turn, answers, role, parts_json, words, at, provider, model,"
    " usage_json, cost_picousd, total_ms, because, ended_by FROM messages"
)


def record_conversation(
    entities: Entities, id: str, *, user: str, title: str, words: str, at: datetime
) -> None:
    """Begin one. `words` is its title in the form in which it is searched for."""
    _run(
        entities,
        "INSERT INTO conversations (id, user_name, title, title_words, at, last_at)"
        " VALUES ($id, $user, $title, $words, $at, $at)",
        id=id,
        user=user,
        title=title,
        words=words,
        at=as_stored(at),
    )


def find_conversation(entities: Entities, id: str, *, user: str) -> ConversationRow | None:
    """One of that user's."""
    rows = _run(
        entities, f"{_CONVERSATION} WHERE c.id = $id AND c.user_name = $user", id=id, user=user
    )
    found = rows.fetchone()
    return _conversation(found) if found else None


def find_conversations(
    entities: Entities, *, user: str, words: Sequence[str], limit: int
) -> list[ConversationRow]:
    """Pinned ones first, then the latest; those that hold each of `words`, wherever it stands.

    Each is a word, a part of one or several with blanks between them, in the form in which words
    are stored for searching.
    """
    held = ""
    if words:
        held = (
            # sqlite-only: json_each; and the index is named, since without it every part of a
            # message is read
            " AND NOT EXISTS (SELECT 1 FROM json_each($patterns) AS p WHERE NOT"
            " (c.title_words LIKE p.value ESCAPE $escape OR EXISTS (SELECT 1"
            " FROM messages AS w INDEXED BY messages_by_words WHERE w.conversation = c.id"
            " AND w.is_cut = 0 AND w.words <> '' AND w.words LIKE p.value ESCAPE $escape)))"
        )
    rows = _run(
        entities,
        f"{_CONVERSATION} WHERE c.user_name = $user{held}"
        " ORDER BY c.is_pinned DESC, c.last_at DESC, c.id LIMIT $limit",
        user=user,
        patterns=json.dumps([_pattern(word) for word in words]),
        escape=_ESCAPE,
        limit=_page(limit),
    )
    return [_conversation(row) for row in rows]


def rename_conversation(entities: Entities, id: str, *, user: str, title: str, words: str) -> bool:
    """Give it another title; tells whether there is such a one."""
    return _changed(
        entities,
        "UPDATE conversations SET title = $title, title_words = $words"
        " WHERE id = $id AND user_name = $user",
        id=id,
        user=user,
        title=title,
        words=words,
    )


def pin_conversation(entities: Entities, id: str, *, user: str, pinned: bool) -> bool:
    """Keep it at the top, or no longer; tells whether there is such a one."""
    return _changed(
        entities,
        "UPDATE conversations SET is_pinned = $pinned WHERE id = $id AND user_name = $user",
        id=id,
        user=user,
        pinned=int(pinned),
    )


def delete_conversation(entities: Entities, id: str, *, user: str) -> bool:
    """Delete it with its messages; what it cost stays counted. Tells whether there was one."""
    return _changed(
        entities,
        "DELETE FROM conversations WHERE id = $id AND user_name = $user",
        id=id,
        user=user,
    )


def open_turn(
    entities: Entities, conversation: str, *, turn: str, question: str, at: datetime
) -> None:
    """Note that a turn goes on, so that a restart knows of it."""
    _run(
        entities,
        "UPDATE conversations SET open_turn = $turn, open_question = $question, last_at = $at"
        " WHERE id = $conversation",
        conversation=conversation,
        turn=turn,
        question=question,
        at=as_stored(at),
    )


def close_turn(entities: Entities, conversation: str, *, turn: str, at: datetime) -> None:
    """Note that it has ended."""
    _run(
        entities,
        "UPDATE conversations SET open_turn = NULL, open_question = NULL, last_at = $at"
        " WHERE id = $conversation AND open_turn = $turn",
        conversation=conversation,
        turn=turn,
        at=as_stored(at),
    )


def find_open_turns(entities: Entities) -> list[OpenTurn]:
    """Turns that have not ended: after a start, those that the end of the last run cut off."""
    rows = _run(
        entities,
        "SELECT id, user_name, open_turn, open_question FROM conversations"
        " WHERE open_turn IS NOT NULL ORDER BY last_at, id",
    )
    return [
        OpenTurn(conversation=id, user=user, turn=turn, question=question)
        for id, user, turn, question in rows
    ]


def record_messages(entities: Entities, messages: Sequence[MessageRow]) -> None:
    """Keep these, in their order; one that is kept already stays as it is."""
    for new in messages:
        _run(
            entities,
            # sqlite-only: OR IGNORE
            "INSERT OR IGNORE INTO messages (id, conversation, turn, answers, role, parts_json,"
            " words, at, provider, model, usage_json, cost_picousd, total_ms, because, ended_by)"
            " VALUES ($id, $conversation, $turn, $answers, $role, $parts, $words, $at, $provider,"
            " $model, $usage, $cost, $total_ms, $because, $ended_by)",
            id=new.id,
            conversation=new.conversation,
            turn=new.turn,
            answers=new.answers,
            role=new.role,
            parts=new.parts_json,
            words=new.words,
            at=as_stored(new.at),
            provider=new.provider,
            model=new.model,
            usage=new.usage_json,
            cost=to_picousd(new.cost_usd) if new.cost_usd is not None else None,
            total_ms=new.total_ms,
            because=new.because,
            ended_by=new.ended_by,
        )


def find_messages(
    entities: Entities, conversation: str, *, before_id: str | None = None, limit: int
) -> list[MessageRow]:
    """The latest of a conversation, oldest first; those before `before_id` when given."""
    before = "AND number < (SELECT number FROM messages WHERE id = $before)" if before_id else ""
    rows = _run(
        entities,
        f"{_MESSAGE} WHERE conversation = $conversation AND is_cut = 0 {before}"
        " ORDER BY number DESC LIMIT $limit",
        conversation=conversation,
        before=before_id,
        limit=_page(limit),
    )
    return [_message(row) for row in reversed(list(rows))]


def count_messages(entities: Entities, conversation: str, *, before_id: str | None = None) -> int:
    """How many there are that are not cut off; those before `before_id` when given."""
    rows = _run(
        entities,
        "SELECT count(*) FROM messages WHERE conversation = $conversation AND is_cut = 0"
        " AND ($before IS NULL OR number < (SELECT number FROM messages WHERE id = $before))",
        conversation=conversation,
        before=before_id,
    )
    return int(rows.fetchone()[0])


def find_message(entities: Entities, conversation: str, id: str) -> MessageRow | None:
    """One message that is not cut off."""
    rows = _run(
        entities,
        f"{_MESSAGE} WHERE conversation = $conversation AND id = $id AND is_cut = 0",
        conversation=conversation,
        id=id,
    )
    found = rows.fetchone()
    return _message(found) if found else None


def find_tool_messages(
    entities: Entities, user: str, *, since: datetime, part: str
) -> list[MessageRow]:
    """Messages of results in that user's conversations from that moment on whose parts hold that
    text, oldest first."""
    rows = _run(
        entities,
        f"{_MESSAGE} WHERE role = 'tool' AND at >= $since AND instr(parts_json, $part) > 0"  # noqa: S608
        " AND conversation IN (SELECT id FROM conversations WHERE user_name = $user)"
        " ORDER BY number",
        user=user,
        since=as_stored(since),
        part=part,
    )
    return [_message(row) for row in rows]


def replace_parts(entities: Entities, id: str, parts_json: str) -> bool:
    """Put other parts into a message; tells whether there is such a one."""
    return _changed(
        entities, "UPDATE messages SET parts_json = $parts WHERE id = $id", id=id, parts=parts_json
    )


def find_question_of(entities: Entities, message: str, *, user: str) -> str | None:
    """The person's message that this one is, or answers; None where it is not that user's."""
    rows = _run(
        entities,
        "SELECT coalesce(m.answers, m.id) FROM messages AS m JOIN conversations AS c"
        " ON c.id = m.conversation WHERE m.id = $message AND c.user_name = $user",
        message=message,
        user=user,
    )
    found = rows.fetchone()
    return found[0] if found else None


def find_last_question(entities: Entities, conversation: str) -> MessageRow | None:
    """The last message of a person that is not cut off."""
    rows = _run(
        entities,
        f"{_MESSAGE} WHERE conversation = $conversation AND is_cut = 0 AND role = 'user'"
        " ORDER BY number DESC LIMIT 1",
        conversation=conversation,
    )
    found = rows.fetchone()
    return _message(found) if found else None


def cut_messages(entities: Entities, conversation: str, *, since_id: str, itself: bool) -> int:
    """Cut off what came after a message, and with `itself` that one too; tells how many went."""
    cursor = _run(
        entities,
        "UPDATE messages SET is_cut = 1 WHERE conversation = $conversation AND is_cut = 0"
        " AND (number > (SELECT number FROM messages WHERE id = $since)"
        " OR ($itself AND id = $since))",
        conversation=conversation,
        since=since_id,
        itself=int(itself),
    )
    return int(cursor.rowcount)


def record_waiting_call(entities: Entities, call: WaitingCall) -> None:
    """Remember where the end of an approval belongs."""
    _run(
        entities,
        # sqlite-only: OR REPLACE
        "INSERT OR REPLACE INTO waiting_calls (approval, conversation, turn, question, call, tool)"
        " VALUES ($approval, $conversation, $turn, $question, $call, $tool)",
        approval=call.approval,
        conversation=call.conversation,
        turn=call.turn,
        question=call.question,
        call=call.call,
        tool=call.tool,
    )


def delete_waiting_call(entities: Entities, approval: str) -> bool:
    """Its end was told; tells whether it still had to be."""
    return _changed(
        entities, "DELETE FROM waiting_calls WHERE approval = $approval", approval=approval
    )


def find_waiting_calls(entities: Entities) -> list[WaitingCall]:
    """Calls whose end was not told yet."""
    rows = _run(
        entities,
        "SELECT approval, conversation, turn, question, call, tool FROM waiting_calls"
        " ORDER BY approval",
    )
    return [
        WaitingCall(
            approval=approval,
            conversation=conversation,
            turn=turn,
            question=question,
            call=call,
            tool=tool,
        )
        for approval, conversation, turn, question, call, tool in rows
    ]


def _run(entities: Entities, statement: str, **values: Any) -> Any:
    return entities.db.execute(statement, {}, values)


def _changed(entities: Entities, statement: str, **values: Any) -> bool:
    return bool(_run(entities, statement, **values).rowcount)


def _pattern(word: str) -> str:
    """For LIKE: the word anywhere, with its own signs taken as they are."""
    escaped = word.replace(_ESCAPE, _ESCAPE * 2).replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _page(limit: int) -> int:
    return max(1, min(limit, MAX_PAGE))


def _conversation(row: Sequence[Any]) -> ConversationRow:
    id, title, pinned, at, last_at, count, cost = row
    return ConversationRow(
        id=id,
        title=title,
        pinned=bool(pinned),
        at=from_stored(at),
        last_at=from_stored(last_at),
        messages_count=count,
        cost_usd=from_picousd(cost),
    )


_FIELDS = (
    "id", "conversation", "turn", "answers", "role", "parts_json", "words", "at", "provider",
    "model", "usage_json", "cost_usd", "total_ms", "because", "ended_by",
)  # fmt: skip


def _message(row: Sequence[Any]) -> MessageRow:
    told: Mapping[str, Any] = dict(zip(_FIELDS, row, strict=True))
    cost = told["cost_usd"]
    return MessageRow(
        **{
            **told,
            "at": from_stored(told["at"]),
            "cost_usd": from_picousd(cost) if cost is not None else None,
        }
    )
