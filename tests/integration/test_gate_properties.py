"""Whatever is asked, approved and thrown in whatever order: what must never happen does not.

A machine drives a gate over a real database with random askers, calls, approvals, clocks, switches
and restarts. Every deed of a tool is judged at the moment it is done, by what stands in the
database and by what the machine itself knows, never by what the gate says of itself.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from pydantic import SecretStr

from services.auth.happenings import SessionsEnded
from services.safety.actors import Actor, ActorKind
from services.safety.approvals import canonical, digest_of
from services.safety.errors import GateError
from services.tools.calls import Outcome, ToolCall
from tests.support.gate_house import API, GUEST_USER, MCP, MODEL, MONITOR, OWNER, PASSKEY, PHONE
from tests.support.judged_gate import JudgedGate, Opened

ACTORS = (OWNER, PHONE, GUEST_USER, MODEL, MONITOR, API, MCP, replace(OWNER, session=None))
COMMANDS = (
    "uptime",
    "qm start 104",
    "qm stop 104",
    "qm stop 103",
    "q'm' stop 10\"3\"",
    "qm destroy 104",
    "systemctl restart nginx",
    "for n in 1 2; do qm stop 10$n; done",
    "reboot",
)

BETWEEN = (
    "lapse",
    "override runs out",
    "stand down",
    "close the override",
    "sign out",
    "restart",
    "move it",
    "move the protected",
    "tag it",
    "ask for another",
)

sampled_between = st.sampled_from(BETWEEN)
guests = st.sampled_from((101, 103, 104, 112))
calls = st.one_of(
    st.tuples(
        st.sampled_from(("get_guest_status", "start_guest", "stop_guest", "destroy_guest")),
        st.fixed_dictionaries({"guest": guests}, optional={"force": st.booleans()}),
    ),
    st.tuples(
        st.just("reboot_node"),
        st.fixed_dictionaries({"node": st.sampled_from(("pve", "home", "agent", "x"))}),
    ),
    st.tuples(
        st.just("run_command"),
        st.fixed_dictionaries(
            {"node": st.sampled_from(("pve", "home")), "command": st.sampled_from(COMMANDS)}
        ),
    ),
    st.tuples(
        st.sampled_from(("stop_guest", "no_such_tool", "run_command")),
        st.dictionaries(st.sampled_from(("guest", "node", "x")), st.none() | st.integers()),
    ),
)
people = st.sampled_from(ACTORS)


class GateMachine(JudgedGate):
    """What may befall a gate, in whatever order."""

    @rule(call=calls, actor=people)
    def ask(self, call: tuple[str, dict[str, Any]], actor: Actor) -> None:
        tool, arguments = call
        result = self.run(self.house.ask(tool, actor, **arguments))
        if result.outcome is Outcome.WAITING:
            assert result.approval_id is not None
            approval = next(a for a in self.house.gate.pending if a.id == result.approval_id)
            digest = digest_of(tool, canonical(dict(approval.call.arguments)))
            for name, value in arguments.items():
                assert approval.call.arguments[name] == value
            self.asked.setdefault(approval.id, (digest, tool, actor, self.where(arguments)))

    @rule(
        tool=st.sampled_from(("stop_guest", "stop_guest", "destroy_guest", "reboot_node")),
        actor=people,
        by=people,
        opens=st.booleans(),
        between=st.lists(sampled_between, max_size=2),
    )
    def ask_then_approve(
        self, tool: str, actor: Actor, by: Actor, opens: bool, between: list[str]
    ) -> None:
        """The straight way to a deed, with whatever comes in between."""
        if opens:
            self.open_override(by, 10, right=True)
        arguments = {"node": "home"} if tool == "reboot_node" else {"guest": 104}
        self.ask((tool, arguments), actor)
        for what in between:
            self.befall(what, by)
        for approval_id in [*self.asked][-1:]:
            self.run(self.house.gate.proceed(approval_id, by))

    @rule(
        opener=st.sampled_from((OWNER, PHONE, GUEST_USER)),
        by=st.sampled_from((OWNER, GUEST_USER)),
        between=st.lists(sampled_between, max_size=1),
    )
    def black_under_override(self, opener: Actor, by: Actor, between: list[str]) -> None:
        """The only way to BLACK, and what may come in between."""
        if self.stood_down:
            self.lift(by)
        self.put_all_back()
        self.open_override(opener, 10, right=True)
        self.ask_then_approve("destroy_guest", by, by, False, between)

    @rule(
        what=st.sampled_from((*BETWEEN, "lift", "lift", "end", "all back", "other session")),
        by=people,
    )
    def befall(self, what: str, by: Actor) -> None:
        """Something happens, by itself or in between."""
        match what:
            case "lift":
                self.lift(by)
            case "end":
                self.start_anew(killed=False)
            case "all back":
                self.put_all_back()
            case "other session":
                self.end_session("s-phone")
            case "lapse":
                self.turn(301)
            case "override runs out":
                self.turn(601)
            case "stand down":
                self.stand_down(by)
            case "close the override":
                self.close_override(by)
            case "sign out":
                self.end_session("s-desk")
            case "restart":
                self.start_anew(killed=True)
            case "move it":
                self.move_a_guest("home")
            case "move the protected":
                self.change_guest(103, node="home")
            case "tag it":
                self.tag_a_guest(True)
            case "ask for another":
                self.ask(("stop_guest", {"guest": 101}), by)

    @rule(data=st.data(), by=people)
    def say_yes(self, data: st.DataObject, by: Actor) -> None:
        """To one that waits, to an old one, or to one that never was."""
        known = [*self.asked][-6:]
        approval_id = data.draw(st.sampled_from([*known, "0" * 32]))
        self.run(self.house.gate.proceed(approval_id, by))

    @rule(data=st.data(), by=st.sampled_from((OWNER, PHONE, GUEST_USER)))
    def say_yes_twice_at_once(self, data: st.DataObject, by: Actor) -> None:
        known = [*self.asked][-3:]
        if known:
            approval_id = data.draw(st.sampled_from(known))
            self.run(self.both(approval_id, by))

    async def both(self, approval_id: str, by: Actor) -> None:
        gate = self.house.gate
        await asyncio.gather(gate.proceed(approval_id, by), gate.proceed(approval_id, OWNER))

    @rule(by=people)
    def say_no(self, by: Actor) -> None:
        for one in self.house.gate.pending[:1]:
            self.attempt(self.house.gate.refuse(one.id, by, "no"))

    def attempt(self, work: Coroutine[Any, Any, object]) -> bool:
        try:
            self.run(work)
        except GateError:
            return False
        return True

    @rule(seconds=st.sampled_from((1, 3, 59, 61, 301, 700)))
    def turn(self, seconds: int) -> None:
        now = self.house.clock.turn(seconds)
        seen = self.house.cluster.snapshot
        self.house.cluster.snapshot = replace(seen, guests_at=now, nodes_at=now, taken_at=now)

    def stand_down(self, by: Actor) -> None:
        self.run(self.house.gate.stand_down(by, "a test"))
        self.stood_down, self.opened = True, None

    def lift(self, by: Actor) -> None:
        if self.attempt(self.house.gate.lift_stand_down(by)):
            assert by.kind is ActorKind.PERSON
            assert by.session
            self.stood_down = False

    @rule(by=people, minutes=st.sampled_from((0, 1, 10, 30, 31)), right=st.booleans())
    def open_override(self, by: Actor, minutes: int, right: bool) -> None:
        passkey = PASSKEY if right else SecretStr("wrong-horse-1")
        if self.attempt(self.house.gate.open_override(passkey, minutes, by)):
            assert right
            assert by.kind is ActorKind.PERSON
            assert 1 <= minutes <= 30
            assert not self.stood_down
            until = self.house.clock.now() + timedelta(minutes=minutes)
            self.opened = Opened(by.user or "", by.session or "", until)

    def close_override(self, by: Actor) -> None:
        if self.attempt(self.house.gate.close_override(by, "enough")):
            self.opened = None

    def end_session(self, session: str) -> None:
        self.run(self.sessions_end(session))
        if self.opened is not None and self.opened.session == session:
            self.opened = None

    async def sessions_end(self, session: str) -> None:
        at = self.house.clock.now()
        self.house.bus.publish(SessionsEnded(at=at, keys=frozenset({session}), because="out"))
        await self.house.bus.drained()

    def start_anew(self, killed: bool) -> None:
        self.run(self.house.shut(killed=killed))
        self.run(self.house.open())
        self.opened = None

    def move_a_guest(self, node: str) -> None:
        self.change_guest(104, node=node)

    def tag_a_guest(self, protected: bool) -> None:
        self.change_guest(104, protected=protected)

    def put_all_back(self) -> None:
        self.change_guest(103, node="pve")
        self.change_guest(104, node="pve", protected=False)

    def change_guest(self, vmid: int, **changes: Any) -> None:
        seen = self.house.cluster.snapshot
        guest = replace(seen.guests[vmid], **changes)
        self.house.cluster.snapshot = replace(seen, guests={**seen.guests, vmid: guest})

    @rule(actor=people)
    def ask_with_a_foreign_id(self, actor: Actor) -> None:
        """A call that carries another's name and words does not become that other."""
        call = ToolCall(
            id="approved", tool="stop_guest", arguments={"guest": 104}, reason="the owner approved"
        )
        result = self.run(self.house.gate.execute(call, actor))
        if result.approval_id is not None:
            approval = next(a for a in self.house.gate.pending if a.id == result.approval_id)
            digest = digest_of("stop_guest", canonical(dict(approval.call.arguments)))
            asked = (digest, "stop_guest", actor, self.where(call.arguments))
            self.asked.setdefault(approval.id, asked)


GateMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
)
TestGate = GateMachine.TestCase
