"""The record of the gate: an entry before each call and one after it, and whoever looks through.

The first entry has the outcome `begun`; the last names it in its detail (`of`). A change for which
Proxmox has named a task has one more between them, `accepted`, with its UPID. A call that has no
last entry is one in whose middle the process ended.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db import Database
from db.queries import gate as queries
from db.queries.audit import record_audit, search_audit
from db.rows import AuditRow, NewAudit, read_detail
from db.rows_gate import AuditSearch
from services.clock import Clock, as_stored
from services.redaction import Redactor
from services.safety.actors import Actor, ActorKind
from services.safety.limits import key_of
from services.safety.tiers import Tier
from services.spreadsheet import csv_lines, harmless_cell
from services.tools.calls import NOTHING, ToolResult
from services.tools.gate.output import clean_data
from services.tools.gate.secrets import Hidden
from services.tools.gate.wish import Wish

_KINDS: Final = frozenset(kind.value for kind in ActorKind)
EXPORT_PAGE: Final = 500
ENDED_IN_THE_MIDDLE: Final = "Jarvis ended in the middle: what it did is not known"
_COLUMNS: Final = (
    "id", "at", "actor", "action", "target", "outcome", "because", "detail_json", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Warrant:
    """By what a call above YELLOW is allowed to run."""

    approval: str | None = None
    approved_by: str | None = None
    approved_in: str | None = None
    """The session of the yes; the one of the ask stands beside it."""
    override: str | None = None
    """Whose override was open."""


class GateAudit:
    """Writes and reads the audit for the gate; secrets are taken out on the way in."""

    def __init__(self, database: Database, clock: Clock, hidden: Hidden) -> None:
        self._database = database
        self._clock = clock
        self._hidden = hidden

    async def begin(self, wish: Wish, warrant: Warrant) -> AuditRow:
        """The entry before the action. Nothing runs where this raises."""
        detail = {
            **self._told(wish),
            "approval": warrant.approval,
            "approved_by": warrant.approved_by,
            "approved_in": warrant.approved_in,
            "override": warrant.override,
        }
        entry = self.entry(wish.actor, wish.tool.name, wish.target, queries.BEGUN, detail=detail)
        return await self._database.run(queries.record_begun, entry)

    async def accepted(self, begun: AuditRow, upid: str) -> AuditRow:
        """The entry between them: Proxmox has taken the change, and this task does it."""
        entry = self._later(begun, queries.ACCEPTED, detail={"upid": upid})
        return await self._database.run(record_audit, entry)

    async def end(
        self, begun: AuditRow, result: ToolResult, *, more: Mapping[str, Any] = NOTHING
    ) -> AuditRow:
        """The entry after the action."""
        detail = {
            "outcome": result.outcome.value,
            "because": result.because,
            "verified": result.verified,
            "duration_ms": round(result.duration_ms, 1),
            **more,
        }
        entry = self._later(begun, result.outcome.value, because=result.because, detail=detail)
        return await self._database.run(queries.record_ended, begun.id, entry)

    async def find_left(self) -> list[tuple[AuditRow, str | None]]:
        """First entries of calls that the last run left open, each with its task's UPID if one is
        on record."""
        return await self._database.run(queries.find_unended)

    async def refused(self, wish: Wish, stage: str, because: str) -> AuditRow:
        """A call that was read and not let through."""
        detail = {**self._told(wish), "stage": stage}
        return await self.record(
            wish.actor, wish.tool.name, wish.target, "refused", because=because, detail=detail
        )

    async def record(
        self,
        by: Actor,
        action: str,
        target: str,
        outcome: str,
        *,
        because: str = "",
        detail: dict[str, Any] | None = None,
    ) -> AuditRow:
        """One entry that has no second."""
        entry = self.entry(by, action, target, outcome, because=because, detail=detail)
        return await self._database.run(record_audit, entry)

    def entry(
        self,
        by: Actor,
        action: str,
        target: str,
        outcome: str,
        *,
        because: str = "",
        detail: dict[str, Any] | None = None,
    ) -> NewAudit:
        """An entry to be written together with what it tells of."""
        return NewAudit(
            at=self._clock.now(),
            actor=self._clean(by.id),
            action=action,
            target=self._clean(target),
            outcome=outcome,
            because=self._clean(because),
            detail_json=self._json(detail or {}),
        )

    @staticmethod
    def changes_of(begun: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
        """Of moments, actors and details of begun calls: when each change was made, and by whom,
        as the limits count them."""
        for at, actor, detail_json in begun:
            detail = read_detail(detail_json)
            kind, _, name = actor.partition("/")
            if detail.get("tier") != Tier.GREEN.name and kind in _KINDS:
                who = Actor(kind=ActorKind(kind), name=name, user=detail.get("user"))
                yield at, key_of(who)

    def _later(
        self, begun: AuditRow, outcome: str, *, because: str = "", detail: dict[str, Any]
    ) -> NewAudit:
        """A further entry of a call, after its first."""
        return NewAudit(
            at=self._clock.now(),
            actor=begun.actor,
            action=begun.action,
            target=begun.target,
            outcome=outcome,
            because=self._clean(because),
            detail_json=self._json({"of": begun.id, **detail}),
        )

    def _told(self, wish: Wish) -> dict[str, Any]:
        return {
            "call": wish.call.id,
            "tool": wish.tool.name,
            "tier": wish.tier.name,
            "why": wish.verdict.reason,
            "arguments": wish.plain_arguments,
            "digest": wish.digest,
            "reason": wish.call.reason,
            "session": wish.actor.session,
            "user": wish.actor.user,
        }

    def _clean(self, text: str) -> str:
        return self._hidden.redactor.text(text)

    def _json(self, detail: dict[str, Any]) -> str:
        return clean_json(detail, self._hidden.redactor)

    async def search(
        self, search: AuditSearch, *, before_id: int | None = None, limit: int = 50
    ) -> list[AuditRow]:
        """A page of the entries that fit, newest first."""
        return await self._database.run(search_audit, search, before_id=before_id, limit=limit)

    async def export_json(self, search: AuditSearch) -> AsyncIterator[str]:
        """The entries that fit as one JSON array, oldest first, in pieces."""
        first = True
        async for row in self._all(search):
            told = {name: _cell(row, name) for name in _COLUMNS if name != "detail_json"}
            told["detail"] = json.loads(row.detail_json)
            yield ("[\n" if first else ",\n") + json.dumps(told, ensure_ascii=False)
            first = False
        yield "[]\n" if first else "\n]\n"

    async def export_csv(self, search: AuditSearch) -> AsyncIterator[str]:
        """The entries that fit as CSV with a heading, oldest first, a line a piece.

        A cell that a spreadsheet could take for a formula begins with an apostrophe.
        """
        yield csv_lines([_COLUMNS])
        async for row in self._all(search):
            yield csv_lines([[harmless_cell(str(_cell(row, name))) for name in _COLUMNS]])

    async def _all(self, search: AuditSearch) -> AsyncIterator[AuditRow]:
        after = 0
        while True:
            page = await self._database.run(search_audit, search, after_id=after, limit=EXPORT_PAGE)
            for row in page:
                yield row
            if len(page) < EXPORT_PAGE:
                return
            after = page[-1].id


def clean_json(values: dict[str, Any], redactor: Redactor) -> str:
    """Values as JSON text without secrets; null where there is nothing is left out."""
    kept = {name: value for name, value in values.items() if value not in (None, "")}
    return json.dumps(clean_data(kept, redactor), ensure_ascii=False, sort_keys=True)


def _cell(row: AuditRow, name: str) -> Any:
    value = getattr(row, name)
    return as_stored(value) if isinstance(value, datetime) else value
