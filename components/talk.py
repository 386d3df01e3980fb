"""The conversation: what a page asks of the talk, and what it is told of it.

Told under `talk`, to the page alone: `opened` {id, title, count, messages, more, live}, `older`
{id, messages, more}, `listed` {rows, more, text, most}, `events` {id, events}, `live` {id, live},
`missed` {id} (the page shall open it anew), `gone` {id}, `changed` {} (a conversation was named,
pinned, deleted or spoken in), `named` {id, title, count}. What a message and an event look like
stands in `components/talk_draw.py`. Wishes that have an answer come with the number `ask` and are
answered under `act` like the acts of `components/acts.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from nicegui import ui
from pydantic import BaseModel, ConfigDict, Field

from components.live.asking import ActionHandler, Args, read_asked
from components.talk_draw import draw_conversation, draw_events, draw_live, draw_message
from components.talk_sparing import Sparing, Told
from services.llm.routing import Picked
from services.llm.talk import Talk, Wish
from services.llm.talk_errors import TalkError
from services.llm.turn_events import MessageStored, TurnBegan, TurnEvent
from services.safety.actors import Actor

FLUSH_S = 0.15
"""Events of a turn are gathered for so long: some seven messages a second, however words come."""
AGAIN_S = 1.0
"""A page that is hidden or behind with reading is looked at so often, until it can be told."""
SHOWN = 50
"""Messages a conversation is opened with, and how many more come with each scroll."""
LISTED = 60
LISTED_MOST = 6_000
_ID = r"^[\w-]{1,64}$"


class Page(Protocol):
    """The page it is on; `Live` is one."""

    @property
    def listening(self) -> bool:
        """Whether a message would be shown."""

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Hand the page a word."""

    def on_action(self, name: str, handler: ActionHandler) -> None:
        """Await `handler` when the browser asks for `name`."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    ask: int = Field(0, ge=0)
    id: str | None = Field(None, pattern=_ID)


class _Say(_Asked):
    text: str = Field(max_length=100_000)
    picked: Picked = Picked.AUTO


class _Again(_Asked):
    message: str | None = Field(None, pattern=_ID)
    picked: Picked | None = None


class _Resend(_Asked):
    message: str = Field(pattern=_ID)
    text: str = Field(max_length=100_000)
    picked: Picked | None = None


class _Older(_Asked):
    before: str = Field(pattern=_ID)


class _List(_Asked):
    text: str = Field("", max_length=200)
    most: int = Field(LISTED, ge=1, le=LISTED_MOST)


class _Rename(_Asked):
    title: str = Field(max_length=200)


class _Pin(_Asked):
    pinned: bool


class _Should(_Asked):
    message: str = Field(pattern=_ID)
    wish: Wish


class Conversation(
    ui.element,
    component="talk.js",
    dependencies=["static/markdown-it/markdown-it.js"],
    default_classes="hud hud-talk",
):
    """One page's view of the talk; place it once, after `Live`."""

    def __init__(self, live: Told, talk: Talk, actor: Actor) -> None:
        super().__init__()
        answers = TalkAnswers(Sparing(live), talk, actor)
        self.client.on_delete(answers.end)


class TalkAnswers:
    """Answers one page, and keeps it told of the conversation it has open."""

    def __init__(self, live: Page, talk: Talk, actor: Actor) -> None:
        self._live = live
        self._talk = talk
        self._actor = actor
        assert actor.user is not None
        self._user = actor.user
        self._at: str | None = None
        """What the page wants open; it may have moved on while that is being read."""
        self._id: str | None = None
        self._unlisten: Callable[[], None] | None = None
        self._gathered: list[TurnEvent] = []
        self._flushing: asyncio.TimerHandle | None = None
        self._missed = False
        self._kept = 0
        """Messages heard of so far."""
        self._changing: asyncio.TimerHandle | None = None
        self._unwatch = talk.watch(self._note_change)
        self._own: str | None = None
        """The question that was asked on this page, until it is told."""
        model: type[_Asked]
        for name, model, wish in (
            ("talk-say", _Say, self._say),
            ("talk-stop", _Asked, self._stop),
            ("talk-regenerate", _Again, self._regenerate),
            ("talk-resend", _Resend, self._resend),
            ("talk-rename", _Rename, self._rename),
            ("talk-pin", _Pin, self._pin),
            ("talk-delete", _Asked, self._delete),
            ("talk-should", _Should, self._should),
        ):
            live.on_action(name, self._answered(name, model, wish))
        for name, model, show in (
            ("talk-open", _Asked, self._open),
            ("talk-leave", _Asked, self._leave),
            ("talk-older", _Older, self._older),
            ("talk-list", _List, self._list),
            ("talk-look", _Asked, self._look),
        ):
            live.on_action(name, self._shown(name, model, show))

    def end(self) -> None:
        """The page is gone."""
        self._unwatch()
        if self._changing is not None:
            self._changing.cancel()
        self._hear_nothing()

    def _hear_nothing(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    def _answered(
        self, name: str, model: type[_Asked], wish: Callable[[Any], Awaitable[Mapping[str, Any]]]
    ) -> ActionHandler:
        async def run(args: Args) -> None:
            if (asked := read_asked(model, args, name)) is None:
                return
            try:
                answer = {"ok": True, **(await wish(asked))}
            except TalkError as error:
                answer = {"ok": False, "because": error.because, "remedy": error.remedy}
            self._live.tell("act", {"ask": asked.ask, **answer})

        return run

    def _shown(
        self, name: str, model: type[_Asked], show: Callable[[Any], Awaitable[None]]
    ) -> ActionHandler:
        async def run(args: Args) -> None:
            if (asked := read_asked(model, args, name)) is None:
                return
            try:
                await show(asked)
            except TalkError:
                self._live.tell("talk", {"t": "gone", "id": asked.id})

        return run

    async def _open(self, asked: _Asked) -> None:
        running = list(self._talk.doing_for(self._user))
        if (wanted := asked.id or (running[-1] if running else None)) is not None:
            self._at = wanted
            await self._show_whole(wanted)

    async def _look(self, asked: _Asked) -> None:
        row = await self._talk.find_conversation(_wanted(asked), self._user)
        told = {"t": "named", "id": row.id, "title": row.title, "count": row.messages_count}
        self._live.tell("talk", told)

    async def _leave(self, asked: _Asked) -> None:
        self._hear_nothing()
        self._at = self._id = None

    async def _show_whole(self, conversation_id: str) -> None:
        row = await self._talk.find_conversation(conversation_id, self._user)
        if self._at != conversation_id:
            return
        self._listen(conversation_id)
        kept = None
        while kept != self._kept:  # what was kept while it was read may not be in it
            kept = self._kept
            found = await self._talk.find_messages(conversation_id, self._user, limit=SHOWN + 1)
        if self._at != conversation_id:
            return
        # Nothing is awaited from here on, so that no event falls between the picture and the ear.
        self._gathered.clear()
        live = self._talk.live(conversation_id)
        self._live.tell(
            "talk",
            {
                "t": "opened",
                "id": conversation_id,
                "title": row.title,
                "count": row.messages_count,
                "messages": [draw_message(message) for message in found[-SHOWN:]],
                "more": len(found) > SHOWN,
                "live": live and draw_live(live),
            },
        )

    async def _older(self, asked: _Older) -> None:
        conversation_id = _wanted(asked)
        found = await self._talk.find_messages(
            conversation_id, self._user, before_id=asked.before, limit=SHOWN + 1
        )
        self._live.tell(
            "talk",
            {
                "t": "older",
                "id": conversation_id,
                "messages": [draw_message(message) for message in found[-SHOWN:]],
                "more": len(found) > SHOWN,
            },
        )

    async def _list(self, asked: _List) -> None:
        most = asked.most
        rows = await self._talk.find_conversations(self._user, text=asked.text, limit=most + 1)
        drawn = [draw_conversation(row) for row in rows[:most]]
        told = {"t": "listed", "rows": drawn, "more": len(rows) > most}
        self._live.tell("talk", {**told, "text": asked.text, "most": most})

    async def _say(self, asked: _Say) -> Mapping[str, Any]:
        at = self._at
        began = await self._talk.say(asked.id, asked.text, self._actor, picked=asked.picked)
        self._own = began.message.id
        if self._at == at:
            self._at = began.conversation_id
            self._take_up(began)
        row = await self._talk.find_conversation(began.conversation_id, self._user)
        return {"id": row.id, "title": row.title}

    async def _stop(self, asked: _Asked) -> Mapping[str, Any]:
        await self._talk.stop_turn(_wanted(asked), self._actor)
        return {}

    async def _regenerate(self, asked: _Again) -> Mapping[str, Any]:
        began = await self._talk.regenerate(
            _wanted(asked), self._actor, message_id=asked.message, picked=asked.picked
        )
        return await self._anew(began)

    async def _resend(self, asked: _Resend) -> Mapping[str, Any]:
        began = await self._talk.resend(
            _wanted(asked), asked.message, asked.text, self._actor, picked=asked.picked
        )
        return await self._anew(began)

    async def _rename(self, asked: _Rename) -> Mapping[str, Any]:
        await self._talk.rename(_wanted(asked), self._user, asked.title)
        return {}

    async def _pin(self, asked: _Pin) -> Mapping[str, Any]:
        await self._talk.pin(_wanted(asked), self._user, asked.pinned)
        return {}

    async def _delete(self, asked: _Asked) -> Mapping[str, Any]:
        await self._talk.delete(_wanted(asked), self._user)
        return {}

    async def _should(self, asked: _Should) -> Mapping[str, Any]:
        kept = await self._talk.should_have_been(asked.message, asked.wish, self._actor)
        return {"ok": kept, "because": "" if kept else "there was no decision to speak of"}

    async def _anew(self, began: TurnBegan) -> Mapping[str, Any]:
        """Messages were cut off: the page has the conversation anew."""
        if self._at == began.conversation_id:
            await self._show_whole(began.conversation_id)
        return {"id": began.conversation_id}

    def _take_up(self, began: TurnBegan) -> None:
        """A conversation that this page did not hear of yet: what has happened so far, and on."""
        if self._id == began.conversation_id:
            return
        self._listen(began.conversation_id)
        self._own = None
        events: list[TurnEvent] = [began]
        self._live.tell(
            "talk", {"t": "events", "id": began.conversation_id, "events": draw_events(events)}
        )
        if (live := self._talk.live(began.conversation_id)) is not None:
            self._live.tell(
                "talk", {"t": "live", "id": began.conversation_id, "live": draw_live(live)}
            )

    def _listen(self, conversation_id: str) -> None:
        self._gathered.clear()
        self._missed = False
        if self._id == conversation_id and self._unlisten is not None:
            return
        self._hear_nothing()
        self._id = conversation_id
        self._unlisten = self._talk.listen(conversation_id, self._hear)

    def _hear(self, event: TurnEvent) -> None:
        self._kept += isinstance(event, TurnBegan | MessageStored)
        self._gathered.append(event)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    def _note_change(self, within_s: float = FLUSH_S) -> None:
        if self._changing is None:
            later = asyncio.get_running_loop().call_later
            self._changing = later(within_s, self._tell_change)

    def _tell_change(self) -> None:
        self._changing = None
        if self._live.listening:
            self._live.tell("talk", {"t": "changed"})
        else:
            self._note_change(AGAIN_S)

    def _flush(self) -> None:
        self._flushing = None
        events, self._gathered = self._gathered, []
        if not self._live.listening:
            self._missed = self._missed or bool(events)
            if self._missed:
                later = asyncio.get_running_loop().call_later
                self._flushing = later(AGAIN_S, self._flush)
        elif self._missed or any(self._is_foreign(event) for event in events):
            self._missed = False
            self._live.tell("talk", {"t": "missed", "id": self._id})
        elif events:
            self._live.tell("talk", {"t": "events", "id": self._id, "events": draw_events(events)})
            if any(isinstance(event, TurnBegan) for event in events):
                self._own = None  # begun anew from another page, it is foreign

    def _is_foreign(self, event: TurnEvent) -> bool:
        """Whether another page asked: it may have cut off what this one shows."""
        return isinstance(event, TurnBegan) and event.message.id != self._own


def _wanted(asked: _Asked) -> str:
    if asked.id is None:
        raise TalkError("There is no conversation yet")
    return asked.id
