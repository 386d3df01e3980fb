"""A gate under judgement: every deed of a tool is judged at the moment it is done.

What is judged by is what stands in the database and what the judge itself knows, never what the
gate says of itself. Whoever throws a switch tells the judge.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from db.queries.approvals import find_approval
from services.safety.actors import Actor, ActorKind
from services.safety.approvals import canonical, digest_of
from services.safety.classifier import classify
from services.safety.tiers import Tier
from tests.support.gate_house import GateHouse

T = TypeVar("T")

TIERS = {
    "get_guest_status": Tier.GREEN,
    "start_guest": Tier.YELLOW,
    "stop_guest": Tier.RED,
    "destroy_guest": Tier.BLACK,
    "reboot_node": Tier.RED,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """An override, as the machine knows it."""

    user: str
    session: str
    until: datetime


class JudgedGate(RuleBasedStateMachine):
    """The gate, and beside it what a person would have written down."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="gate-"))
        self.house = GateHouse(self.folder)
        self.house.deeds.watch = self.watch
        self.opened: Opened | None = None
        self.stood_down = False
        self.asked: dict[str, tuple[str, str, Actor, str | None]] = {}
        """By approval: the digest that was asked about, its tool, who asked, and where the guest
        was by then."""
        self.used: set[str] = set()
        self.broken: list[str] = []
        self.deeds = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        self.run(self.house.open())

    def teardown(self) -> None:
        self.run(self.house.shut())
        self.loop.close()
        shutil.rmtree(self.folder)

    async def watch(self, tool: str, arguments: Mapping[str, Any], actor: Actor) -> None:
        """A tool is about to do its deed: is that as it must be?"""
        self.deeds += 1
        tier = TIERS.get(tool) or (
            classify(arguments["command"]).tier if tool == "run_command" else Tier.GREEN
        )
        entry = (await self.house.entries())[-1]
        detail = json.loads(entry.detail_json)
        self.want(
            (entry.action, entry.outcome, entry.actor) == (tool, "begun", actor.id),
            f"{tool} without an entry before it",
        )
        if tier is Tier.GREEN:
            return
        self.want(not self.hurts_protected(tool, arguments), f"{tool} {arguments} on protected")
        if self.stood_down:
            self.want(actor.kind is ActorKind.PERSON, f"{tool} by {actor.id} while stood down")
        if tier is Tier.BLACK:
            self.want(self.override_of(actor), f"{tool} without an override of {actor.user}")
        if tier >= Tier.RED:
            await self.want_approval(tool, arguments, actor, detail.get("approval"))

    async def want_approval(
        self, tool: str, arguments: Mapping[str, Any], actor: Actor, approval_id: str | None
    ) -> None:
        if approval_id is None:
            self.broken.append(f"{tool} without an approval")
            return
        digest = digest_of(tool, canonical(dict(arguments)))
        self.want(approval_id not in self.used, f"{tool}: an approval was used twice")
        self.used.add(approval_id)
        asked = (digest, tool, actor, self.where(arguments))
        self.want(self.asked.get(approval_id) == asked, f"{tool}: not what was asked")
        row = await self.house.database.run(find_approval, approval_id)
        assert row is not None
        self.want(row.state == "approved", f"{tool}: its approval is {row.state}")
        self.want((row.decided_by or "").startswith("person/"), f"{tool}: {row.decided_by} decided")
        self.want(
            actor.user is None or row.decided_by == f"person/{actor.user}",
            f"{tool} of {actor.user} approved by {row.decided_by}",
        )
        assert row.decided_at is not None
        self.want(
            row.decided_at < row.asked_at + timedelta(minutes=5), f"{tool}: approved too late"
        )

    def where(self, arguments: Mapping[str, Any]) -> str | None:
        guest = self.house.cluster.snapshot.guests.get(arguments.get("guest", 0))
        return guest.node if guest else None

    def want(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)

    def hurts_protected(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        seen = self.house.cluster.snapshot
        held = {guest.vmid: guest for guest in seen.guests.values() if guest.protected}
        if tool == "reboot_node":
            return arguments["node"] in {guest.node for guest in held.values()}
        if tool == "run_command":
            bare = arguments["command"].replace('"', "").replace("'", "")
            ends_node = bare == "reboot" and arguments["node"] == held[103].node
            return ends_node or "$" in bare or any(str(vmid) in bare for vmid in held)
        return arguments["guest"] in held

    def override_of(self, actor: Actor) -> bool:
        opened = self.opened
        return (
            opened is not None
            and actor.kind is ActorKind.PERSON
            and opened.user == actor.user
            and self.house.clock.now() < opened.until
        )

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.broken == []

    @invariant()
    def the_record_is_whole(self) -> None:
        if not self.house.database.is_open:
            return
        assert self.run(self.house.broken()) is None
        rows = self.run(self.house.entries())
        begun = {row.id for row in rows if row.outcome == "begun"}
        ended = [json.loads(row.detail_json).get("of") for row in rows]
        assert begun == {of for of in ended if of}, "each call has both its entries"
        assert len([of for of in ended if of]) == len(begun)
        assert self.deeds == len(begun), "no deed without an entry, no entry without its deed"

    @invariant()
    def the_switches_are_as_thrown(self) -> None:
        if not self.house.database.is_open:
            return
        assert self.house.gate.stand_down_state.active == self.stood_down
        override, opened = self.house.gate.override, self.opened
        if opened is None or self.house.clock.now() >= opened.until:
            assert override is None
        else:
            assert override is not None
            assert (override.user, override.session) == (opened.user, opened.session)
