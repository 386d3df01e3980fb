"""Terminals on the nodes and in their guests: opened, looked at, left alone, ended, on record.

A terminal belongs to the signed-in session that asked for it. It outlives the page that shows it
by two minutes, so that a reload or a lost network costs nothing, and ends with the session.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import asyncssh
import structlog

from services.auth.happenings import SessionsEnded
from services.clock import Clock
from services.cluster.model import ClusterSnapshot
from services.cluster.spans import told_duration
from services.events import Bus
from services.nodes.errors import NodeAway, NodesError
from services.nodes.terminal import Terminal
from services.nodes.terminal_errors import NoSuchTerminal, TerminalRefused
from services.nodes.terminal_gate import Granted, Refused, TerminalAsk, TerminalGate, Waiting
from services.nodes.terminal_happenings import TerminalEnded, TerminalOpened
from services.nodes.terminal_model import TerminalFacts, TerminalPlace, TerminalState
from services.nodes.terminal_places import find_place, why_away
from services.tasks import Tasks

log = structlog.get_logger("terminals")

LEFT_ALONE_S = 120.0
"""How long a terminal at which no page looks goes on."""
MOST_OF_SESSION = 16
MOST_OF_ALL = 64
"""Each keeps up to half a MiB of its output."""
END_GRACE_S = 2.0
"""How long an end may take to be put on record before it is waited for no longer."""

Listener = Callable[[], None]


class Connections(Protocol):
    """Where connections to nodes come from; `Nodes` is one."""

    def borrowed(self, node: str) -> AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
        """The pooled connection to a node, not idle before the block ends. Raises NodesError."""


class Terminals:
    """All terminals of the house; `start` it once the bus runs, `stop` it before the nodes."""

    def __init__(
        self,
        connections: Connections,
        gate: TerminalGate,
        *,
        snapshot: Callable[[], ClusterSnapshot],
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        new_id: Callable[[], str],
        left_alone_s: float = LEFT_ALONE_S,
    ) -> None:
        self._connections = connections
        self._gate = gate
        self._snapshot = snapshot
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._new_id = new_id
        self._left_alone_s = left_alone_s
        self._terminals: dict[str, Terminal] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._listeners: dict[str, set[Listener]] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._stopped: str | None = None

    def start(self) -> None:
        """Begin to end terminals with their sessions."""
        self._unsubscribe = self._bus.subscribe(SessionsEnded, self._end_sessions, name="terminals")

    async def stop(self, because: str) -> None:
        """End every terminal and put that on record; call it while the database is open."""
        self._stopped = because
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self._end(self._terminals.values(), because)

    @property
    def count(self) -> int:
        """How many there are, with those that have ended and are still looked at."""
        return len(self._terminals)

    def of_session(self, owner: str) -> tuple[TerminalFacts, ...]:
        """The terminals of a session, the oldest first."""
        return tuple(each.facts for each in self._terminals.values() if each.owner == owner)

    def find(self, terminal_id: str, owner: str) -> Terminal:
        """A terminal of this session. Raises NoSuchTerminal."""
        terminal = self._terminals.get(terminal_id)
        if terminal is None or terminal.owner != owner:
            raise NoSuchTerminal
        return terminal

    def on_change(self, owner: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever a terminal of the session has changed; hands back its end."""
        self._listeners.setdefault(owner, set()).add(listener)

        def unsubscribe() -> None:
            left = self._listeners.get(owner, set())
            left.discard(listener)
            if not left:
                self._listeners.pop(owner, None)

        return unsubscribe

    def open(
        self, node: str, *, guest: int | None, cols: int, rows: int, owner: str, user: str
    ) -> TerminalFacts:
        """Ask for a terminal; it is there at once, and opens when it may and can.

        Raises TerminalRefused where there is no such place, or too many are open.
        """
        self._check_room(owner)
        place = find_place(self._snapshot(), node, guest)
        facts = TerminalFacts(
            id=self._new_id(),
            place=place,
            state=TerminalState.CONNECTING,
            asked_at=self._clock.now(),
        )
        terminal = Terminal(
            facts,
            owner=owner,
            user=user,
            cols=cols,
            rows=rows,
            clock=self._clock,
            tasks=self._tasks,
            changed=self._note_change,
        )
        self._terminals[facts.id] = terminal
        self._note_change(terminal)
        self._lives[facts.id] = self._tasks.start(
            self._live(terminal), name=f"terminal {facts.id}", job=facts.id, apart=True
        )
        return terminal.facts

    async def close(self, terminal_id: str, owner: str) -> None:
        """End a terminal and forget it. Raises NoSuchTerminal."""
        await self._end([self.find(terminal_id, owner)], "you closed it")

    def _check_room(self, owner: str) -> None:
        if self._stopped is not None:
            raise TerminalRefused(self._stopped)
        of_session = len(self.of_session(owner))
        if of_session >= MOST_OF_SESSION or len(self._terminals) >= MOST_OF_ALL:
            count = of_session if of_session >= MOST_OF_SESSION else len(self._terminals)
            raise TerminalRefused(f"{count} terminals are open, as many as may be", "Close one")

    async def _end_sessions(self, event: SessionsEnded) -> None:
        doomed = [each for each in self._terminals.values() if each.owner in event.keys]
        await self._end(doomed, event.because)

    async def _end(self, doomed: Iterable[Terminal], because: str) -> None:
        ending = list(doomed)
        for terminal in ending:
            terminal.dismiss(because)
        lives = [life for each in ending if (life := self._lives.get(each.facts.id)) is not None]
        if lives:
            _, late = await asyncio.wait(lives, timeout=END_GRACE_S)
            for life in late:
                log.warning("a terminal would not end", name=life.get_name())
                life.cancel(because)

    async def _live(self, terminal: Terminal) -> None:
        """The life of a terminal from being asked for to being forgotten."""
        terminal_id = terminal.facts.id
        running = self._tasks.start(self._run(terminal), name=f"terminal runs {terminal_id}")
        try:
            await self._until_left_alone(terminal)
            terminal.close(f"no page has looked at it for {told_duration(self._left_alone_s)}")
            await running
        finally:
            running.cancel()
            del self._terminals[terminal_id]
            del self._lives[terminal_id]
            self._note_change(terminal)

    async def _until_left_alone(self, terminal: Terminal) -> None:
        while not terminal.dismissed:
            terminal.stirred.clear()
            try:
                async with asyncio.timeout(None if terminal.looked_at else self._left_alone_s):
                    await terminal.stirred.wait()
            except TimeoutError:
                return

    async def _run(self, terminal: Terminal) -> None:
        """Ask, connect, and stay until it has ended."""
        ask = TerminalAsk(session=terminal.owner, user=terminal.user, place=terminal.facts.place)
        try:
            refusal = await self._may_open(terminal, ask)
            if refusal is not None:
                terminal.close(refusal)
            if terminal.over is None:
                await self._connect(terminal, ask)
        except Exception:
            log.exception("a terminal failed", node=ask.place.node, guest=ask.place.guest)
            terminal.close("Jarvis stumbled over it; the log tells where")

    async def _may_open(self, terminal: Terminal, ask: TerminalAsk) -> str | None:
        """Why it may not be opened; None when it may."""
        if (away := why_away(self._snapshot(), ask.place)) is not None:
            terminal.close(away, away=True)
            return away
        answer = await self._gate.may_open(ask)
        if isinstance(answer, Waiting):
            if terminal.over is None:
                terminal.tell(
                    state=TerminalState.WAITING,
                    approval_id=answer.approval_id,
                    because="A terminal is root, so the first one of a session waits for your word",
                )
            settled = await self._settled(terminal, answer.approval_id)
            if terminal.over is None:
                terminal.tell(state=TerminalState.CONNECTING, approval_id=None, because=None)
            return settled.because if isinstance(settled, Refused) else None
        return answer.because if isinstance(answer, Refused) else None

    async def _settled(self, terminal: Terminal, approval_id: str) -> Granted | Refused:
        name = terminal.facts.id
        deciding = self._tasks.start(self._gate.settled(approval_id), name=f"terminal waits {name}")
        ending = self._tasks.start(terminal.ended.wait(), name=f"terminal ends {name}")
        try:
            await asyncio.wait((deciding, ending), return_when=asyncio.FIRST_COMPLETED)
            if terminal.over is not None:
                because = terminal.over.because
                if not deciding.done():
                    await self._gate.withdraw(approval_id, f"its terminal is gone: {because}")
                return Refused(because=because)
            answer: Granted | Refused = await deciding
            return answer
        finally:
            deciding.cancel()
            ending.cancel()

    async def _connect(self, terminal: Terminal, ask: TerminalAsk) -> None:
        """Open it and stay until it has ended; its record is written before and completed after."""
        audit_id = await self._gate.audit_opened(ask)
        opened = False
        try:
            async with self._connections.borrowed(ask.place.node) as connection:
                await terminal.open(connection)
                opened = True
                self._tell_opened(ask.place, ask.user)
                await terminal.ended.wait()
        except NodesError as error:
            told = f"{error.because}. {error.remedy}" if error.remedy else error.because
            terminal.close(told, away=isinstance(error, NodeAway))
        finally:
            terminal.close(self._stopped or "Jarvis ended it")
            use = terminal.use(opened=opened)
            if opened:
                self._tell_ended(ask.place, ask.user, use.lasted_s, use.because)
            await self._gate.audit_closed(audit_id, ask, use)

    def _tell_opened(self, place: TerminalPlace, user: str) -> None:
        log.info("terminal opened", node=place.node, guest=place.guest, user=user)
        self._bus.publish(
            TerminalOpened(
                at=self._clock.now(),
                node=place.node,
                guest=place.guest,
                guest_name=place.guest_name,
                user=user,
            )
        )

    def _tell_ended(self, place: TerminalPlace, user: str, lasted_s: float, because: str) -> None:
        log.info("terminal ended", node=place.node, guest=place.guest, user=user, because=because)
        self._bus.publish(
            TerminalEnded(
                at=self._clock.now(),
                node=place.node,
                guest=place.guest,
                guest_name=place.guest_name,
                user=user,
                lasted_s=lasted_s,
                because=because,
            )
        )

    def _note_change(self, terminal: Terminal) -> None:
        for listener in list(self._listeners.get(terminal.owner, ())):
            try:
                listener()
            except Exception:
                log.exception("a page could not be told of its terminals")
