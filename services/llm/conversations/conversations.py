"""Conversations as they are kept, each with its owner: to everyone else it does not exist."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeGuard

from db import Database
from db.queries import conversations as queries
from db.queries.routes import find_route_of, record_feedback, record_route
from db.rows_conversations import ConversationRow, OpenTurn, WaitingCall
from db.rows_routes import NewRoute, RouteRow
from services.llm.conversations.export import export_json, export_markdown
from services.llm.conversations.pruning import history_size
from services.llm.conversations.storing import (
    answer_sign,
    from_row,
    searchable,
    to_parts_json,
    to_row,
    wanted_words,
)
from services.llm.conversations.titles import clean_title, make_title
from services.llm.messages import Message, Part, Role, ToolAnswer
from services.llm.routing import Kind
from services.llm.talk_errors import (
    EmptyMessage,
    NoSuchConversation,
    NoSuchMessage,
    NothingToAnswer,
)
from services.tools.calls import Outcome

PAGE = 500


class Conversations:
    """Reads and writes them. Raises TalkError where there is none of that user's."""

    def __init__(self, database: Database) -> None:
        self._run = database.run

    async def begin(self, id: str, question: Message, *, user: str) -> None:
        """A new one, named after its first message."""
        title = make_title(question.text)
        await self._run(
            queries.record_conversation,
            id,
            user=user,
            title=title,
            words=searchable(title),
            at=question.at,
        )

    async def name_after(self, row: ConversationRow, question: Message, *, user: str) -> None:
        """Let a conversation that began with small talk be named after what was asked then."""
        first = await self._run(queries.find_last_question, row.id)
        if first is None or row.title != make_title(from_row(first).text):
            return
        route = await self.find_route(first.id)
        if route is not None and route.kind == Kind.SMALLTALK.value:
            await self.rename(row.id, user, make_title(question.text))

    async def find(self, id: str, user: str) -> ConversationRow:
        """One conversation."""
        found = await self._run(queries.find_conversation, id, user=user)
        if found is None:
            raise NoSuchConversation
        return found

    async def find_all(self, user: str, *, text: str, limit: int) -> list[ConversationRow]:
        """Pinned ones first, then the latest; those in which every word of `text` stands."""
        return await self._run(
            queries.find_conversations, user=user, words=wanted_words(text), limit=limit
        )

    async def find_messages(
        self, id: str, user: str, *, before_id: str | None, limit: int
    ) -> list[Message]:
        """The latest messages, oldest first."""
        await self.find(id, user)
        rows = await self._run(queries.find_messages, id, before_id=before_id, limit=limit)
        return [from_row(row) for row in rows]

    async def find_history(self, id: str, *, before_id: str | None = None) -> tuple[Message, ...]:
        """What was said lately before a message, or before now, as far as a model is told of it.

        For whoever has checked whose conversation it is.
        """
        count = await self._run(queries.count_messages, id, before_id=before_id)
        if not count:
            return ()
        rows = await self._run(
            queries.find_messages, id, before_id=before_id, limit=history_size(count)
        )
        return tuple(from_row(row) for row in rows)

    async def find_question(self, id: str, user: str, message_id: str) -> Message:
        """A person's message that stands in the conversation."""
        await self.find(id, user)
        row = await self._run(queries.find_message, id, message_id)
        if row is None or row.role != Role.USER.value:
            raise NoSuchMessage
        return from_row(row)

    async def find_question_of(self, id: str, user: str, message_id: str) -> Message:
        """The person's message that this one answers, or is; both stand in the conversation."""
        await self.find(id, user)
        row = await self._run(queries.find_message, id, message_id)
        if row is None:
            raise NoSuchMessage
        return await self.find_question(id, user, row.answers or row.id)

    async def stands(self, id: str, message_id: str) -> bool:
        """Whether a message is there and not cut off."""
        return await self._run(queries.find_message, id, message_id) is not None

    async def find_last_question(self, id: str, user: str) -> Message:
        """The last message of a person."""
        await self.find(id, user)
        row = await self._run(queries.find_last_question, id)
        if row is None:
            raise NothingToAnswer
        return from_row(row)

    async def open_turn(
        self, question: Message, *, turn: str, route: NewRoute, keep_question: bool
    ) -> None:
        """Keep the question and why who answers does, and note that a turn goes on."""
        if keep_question:
            await self._run(queries.record_messages, [to_row(question, turn=turn, answers=None)])
        await self._run(record_route, route)
        await self._run(
            queries.open_turn,
            question.conversation_id,
            turn=turn,
            question=question.id,
            at=question.at,
        )

    async def keep(self, messages: Iterable[Message], *, turn: str, question: str) -> None:
        """Keep answers and results; what is kept already stays as it is."""
        rows = [to_row(message, turn=turn, answers=question) for message in messages]
        await self._run(queries.record_messages, rows)

    async def replace_answer(
        self,
        user: str,
        call_id: str,
        tool: str,
        *,
        since: datetime,
        anew: Callable[[ToolAnswer], ToolAnswer],
    ) -> Message | None:
        """Put another answer in the place of one whose outcome was not known then.

        Hands back the message as it is now; None where no such answer is kept from `since` on.
        """
        rows = await self._run(
            queries.find_tool_messages, user, since=since, part=answer_sign(call_id)
        )
        for message in map(from_row, rows):
            parts = tuple(
                anew(part) if _is_open(part, call_id, tool) else part for part in message.parts
            )
            if parts != message.parts:
                await self._run(queries.replace_parts, message.id, to_parts_json(parts))
                return replace(message, parts=parts)
        return None

    async def close_turn(self, id: str, *, turn: str, at: datetime) -> None:
        """Note that a turn has ended."""
        await self._run(queries.close_turn, id, turn=turn, at=at)

    async def find_open_turns(self) -> list[OpenTurn]:
        """Turns that the end of the last run cut off."""
        return await self._run(queries.find_open_turns)

    async def cut(self, id: str, *, since_id: str, itself: bool) -> int:
        """Cut off what came after a message, and with `itself` that one too."""
        return await self._run(queries.cut_messages, id, since_id=since_id, itself=itself)

    async def rename(self, id: str, user: str, title: str) -> None:
        """Give it another title."""
        clean = clean_title(title)
        if not clean:
            raise EmptyMessage
        if not await self._run(
            queries.rename_conversation, id, user=user, title=clean, words=searchable(clean)
        ):
            raise NoSuchConversation

    async def pin(self, id: str, user: str, pinned: bool) -> None:
        """Keep it at the top of the list, or no longer."""
        if not await self._run(queries.pin_conversation, id, user=user, pinned=pinned):
            raise NoSuchConversation

    async def delete(self, id: str, user: str) -> None:
        """Delete it with all its messages."""
        if not await self._run(queries.delete_conversation, id, user=user):
            raise NoSuchConversation

    async def export(self, id: str, user: str, form: str) -> str:
        """The whole of it as a document."""
        conversation = await self.find(id, user)
        messages = await self._all_of(id)
        if form == "json":
            return export_json(conversation, messages)
        return export_markdown(conversation, messages)

    async def find_route(self, question: str) -> RouteRow | None:
        """What was decided about a person's message."""
        return await self._run(find_route_of, question)

    async def record_feedback(
        self, message_id: str, wish: str, *, user: str, at: datetime, by: str
    ) -> bool:
        """Keep what a route should have been; tells whether there was one."""
        question = await self._run(queries.find_question_of, message_id, user=user)
        route = await self.find_route(question) if question is not None else None
        if route is None:
            return False
        return await self._run(record_feedback, route.id, wish, at=at, by=by)

    async def keep_waiting(self, call: WaitingCall) -> None:
        """Remember where the end of an approval belongs."""
        await self._run(queries.record_waiting_call, call)

    async def forget_waiting(self, approval: str) -> bool:
        """Its end was told; tells whether it still had to be."""
        return await self._run(queries.delete_waiting_call, approval)

    async def find_waiting(self) -> list[WaitingCall]:
        """Calls whose end was not told yet."""
        return await self._run(queries.find_waiting_calls)

    async def _all_of(self, id: str) -> Sequence[Message]:
        found: list[Message] = []
        before: str | None = None
        while True:
            rows = await self._run(queries.find_messages, id, before_id=before, limit=PAGE)
            found[:0] = [from_row(row) for row in rows]
            if len(rows) < PAGE:
                return found
            before = rows[0].id


def _is_open(part: Part, call_id: str, tool: str) -> TypeGuard[ToolAnswer]:
    """Whether it answers that call, and nobody knew yet what came of it."""
    return (
        isinstance(part, ToolAnswer)
        and (part.id, part.tool) == (call_id, tool)
        and part.outcome in (Outcome.UNKNOWN, Outcome.WAITING)
    )
