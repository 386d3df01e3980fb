"""What stands of the turns that run, and who is told of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from services.clock import Clock
from services.events import Bus, Event
from services.llm.messages import ProviderName
from services.llm.turn_events import (
    AnswerBegan,
    AnswerWithdrawn,
    ApprovalWanted,
    Doing,
    DoingChanged,
    LiveTool,
    LiveTurn,
    MessageStored,
    TextAdded,
    ToolBegan,
    ToolEnded,
    TurnEnded,
    TurnEvent,
)

log = structlog.get_logger("talk")

Listener = Callable[[TurnEvent], None]
_LIVELIEST = (Doing.ANSWERING, Doing.ACTING, Doing.THINKING, Doing.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkChanged(Event):
    """The list of conversations, or what Jarvis does, has changed."""


@dataclass(slots=True, kw_only=True)
class _Standing:
    """A turn that runs, as far as a page must know of it."""

    conversation_id: str
    turn_id: str
    user: str
    began_at: datetime
    doing: Doing = Doing.THINKING
    message_id: str | None = None
    provider: ProviderName | None = None
    model: str | None = None
    pieces: list[str] = field(default_factory=list)
    tools: dict[str, LiveTool] = field(default_factory=dict)
    because: str = ""


class Board:
    """Takes every event of every turn: keeps what stands, and hands it on. Never awaits."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._listeners: dict[str, list[Listener]] = {}
        self._standing: dict[str, _Standing] = {}
        self._watchers: list[Callable[[], None]] = []
        self._broken: set[int] = set()
        """Listeners whose failure is on record."""

    def listen(self, conversation_id: str, listener: Listener) -> Callable[[], None]:
        """Hand on every event of a conversation from now on; hands back what ends it."""
        listeners = self._listeners.setdefault(conversation_id, [])
        listeners.append(listener)

        def leave() -> None:
            if listener in listeners:
                listeners.remove(listener)
            self._broken.discard(id(listener))
            if not listeners and self._listeners.get(conversation_id) is listeners:
                del self._listeners[conversation_id]

        return leave

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` whenever the list of conversations is another one; hands back what ends
        it."""
        self._watchers.append(watcher)

        def leave() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return leave

    def begin(self, conversation_id: str, turn_id: str, *, user: str, because: str) -> None:
        """A turn begins to run."""
        self._standing[conversation_id] = _Standing(
            conversation_id=conversation_id,
            turn_id=turn_id,
            user=user,
            began_at=self._clock.now(),
            because=because,
        )
        self.tell_changed()

    def publish(self, event: TurnEvent) -> None:
        """Take one event; a listener that breaks costs only itself."""
        standing = self._standing.get(event.conversation_id)
        if standing is not None and standing.turn_id == event.turn_id:
            self._take(standing, event)
        for listener in tuple(self._listeners.get(event.conversation_id, ())):
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - told in full once, and then in a line
                self._note_broken(listener, event, error)

    def live(self, conversation_id: str) -> LiveTurn | None:
        """What stands of the turn that runs there."""
        one = self._standing.get(conversation_id)
        if one is None:
            return None
        return LiveTurn(
            conversation_id=one.conversation_id,
            turn_id=one.turn_id,
            began_at=one.began_at,
            doing=one.doing,
            message_id=one.message_id,
            provider=one.provider,
            model=one.model,
            text="".join(one.pieces),
            tools=tuple(one.tools.values()),
            because=one.because,
        )

    @property
    def doing(self) -> Doing | None:
        """The liveliest of everything that is being done."""
        return _liveliest(one.doing for one in self._standing.values())

    def doing_for(self, user: str) -> Mapping[str, Doing]:
        """By conversation, what is being done for one user."""
        return {id: one.doing for id, one in self._standing.items() if one.user == user}

    def tell_changed(self) -> None:
        """Let the pages look at the list of conversations anew."""
        self._tell_doing()
        for watcher in tuple(self._watchers):
            watcher()

    def _tell_doing(self) -> None:
        self._bus.publish(TalkChanged(at=self._clock.now()))

    def _note_broken(self, listener: Listener, event: TurnEvent, error: Exception) -> None:
        if id(listener) in self._broken:
            log.debug("a listener broke again", event_=type(event).__name__, because=str(error))
            return
        self._broken.add(id(listener))
        log.error("a listener broke", conversation=event.conversation_id, exc_info=error)

    def _take(self, one: _Standing, event: TurnEvent) -> None:
        match event:
            case DoingChanged():
                one.doing = event.doing
                self._tell_doing()
            case AnswerBegan():
                one.message_id, one.provider, one.model = (
                    event.message_id,
                    event.provider,
                    event.model,
                )
                one.pieces, one.tools = [], {}
            case TextAdded():
                one.pieces.append(event.text)
            case AnswerWithdrawn():
                one.message_id, one.pieces = None, []
            case ToolBegan():
                one.tools[event.use.id] = LiveTool(use=event.use, tier=event.tier)
            case ApprovalWanted():
                if (tool := one.tools.get(event.call_id)) is not None:
                    one.tools[event.call_id] = replace(tool, approval_id=event.approval_id)
            case ToolEnded():
                if (tool := one.tools.get(event.call_id)) is not None:
                    one.tools[event.call_id] = replace(
                        tool,
                        outcome=event.outcome,
                        because=event.because,
                        text=event.text,
                        duration_ms=event.duration_ms,
                    )
            case MessageStored():
                if event.message.id == one.message_id:
                    one.message_id, one.pieces = None, []
                else:
                    _drop_answered(one, event)
            case TurnEnded():
                del self._standing[event.conversation_id]
                self.tell_changed()


def _drop_answered(one: _Standing, event: MessageStored) -> None:
    """Tools whose results are stored stand in a message from now on."""
    for part in event.message.parts:
        one.tools.pop(getattr(part, "id", ""), None)


def _liveliest(all: Iterable[Doing]) -> Doing | None:
    found = set(all)
    return next((doing for doing in _LIVELIEST if doing in found), None)
