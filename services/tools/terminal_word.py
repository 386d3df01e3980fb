"""A person's word for terminals: the first of a session passes the gate, all are on record."""

import secrets

from db import Database
from db.queries import gate as queries
from db.rows import AuditRow
from services.nodes.terminal_gate import Granted, Refused, TerminalAsk, TerminalUse, Waiting
from services.safety.actors import Actor
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.gate.gate import Gate

TOOL = "open_terminal"
MOST_SESSIONS = 1_000
"""Sessions whose word is remembered; past it the oldest are asked anew."""


class TerminalWord:
    """The gate as terminals know it (`services.nodes.terminal_gate.TerminalGate`).

    The word of a session is kept in memory alone: after a restart it is asked for again.
    """

    def __init__(self, gate: Gate, *, database: Database) -> None:
        self._gate = gate
        self._database = database
        self._given: dict[str, None] = {}
        self._waiting: dict[str, list[str]] = {}
        """The session of each terminal that waits, by the question it waits for."""
        self._begun: dict[int, AuditRow] = {}

    async def may_open(self, ask: TerminalAsk) -> Granted | Waiting | Refused:
        """Decide, or ask a person; never waits for one."""
        if ask.session in self._given:
            return Granted()
        call = ToolCall(id=f"terminal-{secrets.token_hex(8)}", tool=TOOL, arguments=_arguments(ask))
        result = await self._gate.execute(call, _actor(ask))
        if result.outcome is Outcome.WAITING and result.approval_id is not None:
            self._waiting.setdefault(result.approval_id, []).append(ask.session)
            return Waiting(approval_id=result.approval_id)
        return self._take(result, ask.session)

    async def settled(self, approval_id: str) -> Granted | Refused:
        """Wait until the person has decided, or the question has lapsed."""
        result = await self._gate.settled(approval_id)
        return self._take(result, self._leave(approval_id))

    async def withdraw(self, approval_id: str, because: str) -> None:
        """A terminal no longer waits for this; once none does, nobody is asked any more."""
        self._leave(approval_id)
        if approval_id not in self._waiting:
            await self._gate.withdraw(approval_id, because)

    async def audit_opened(self, ask: TerminalAsk) -> int:
        """Put on record that a terminal is about to open; it does not open where this raises."""
        place = ask.place
        target = f"guest/{place.guest}" if place.guest is not None else f"node/{place.node}"
        entry = self._gate.audit.entry(
            _actor(ask),
            "terminal",
            target,
            queries.BEGUN,
            detail={"session": ask.session, "user": ask.user, **_arguments(ask)},
        )
        row = await self._database.run(queries.record_begun, entry)
        self._begun[row.id] = row
        return row.id

    async def audit_closed(self, audit_id: int, ask: TerminalAsk, use: TerminalUse) -> None:
        """Complete that record: how long and how much, never what."""
        begun = self._begun.pop(audit_id)
        entry = self._gate.audit.entry(
            _actor(ask),
            "terminal",
            begun.target,
            "done" if use.opened else "failed",
            because=use.because,
            detail={
                "of": audit_id,
                "lasted_s": round(use.lasted_s, 1),
                "typed_bytes": use.typed_bytes,
                "shown_bytes": use.shown_bytes,
            },
        )
        await self._database.run(queries.record_ended, audit_id, entry)

    def _leave(self, approval_id: str) -> str | None:
        """One terminal waits no longer; tells its session."""
        waiting = self._waiting.get(approval_id)
        if waiting is None:
            return None
        session = waiting.pop()
        if not waiting:
            del self._waiting[approval_id]
        return session

    def _take(self, result: ToolResult, session: str | None) -> Granted | Refused:
        if result.outcome is not Outcome.DONE:
            return Refused(because=result.because or f"it was {result.outcome.value}")
        if session is not None:
            self._given[session] = None
            while len(self._given) > MOST_SESSIONS:
                del self._given[next(iter(self._given))]
        return Granted()


def _actor(ask: TerminalAsk) -> Actor:
    return Actor.of_person(ask.user, session=ask.session)


def _arguments(ask: TerminalAsk) -> dict[str, str]:
    told = {"node": ask.place.node}
    if ask.place.guest is not None:
        told["guest"] = str(ask.place.guest)
    return told
