"""The stages of the gate that judge: each looks at one thing and raises Stopped where it says no.

All but one await nothing, so that nothing comes between the last of them and the run.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.clock import Clock, pause
from services.cluster.model import ClusterSnapshot
from services.safety.actors import Actor
from services.safety.limits import Limiter
from services.safety.policy import Decision, Verb, decide, refuses_ceiling, refuses_stood_down
from services.safety.protection import Place, mentions_protected, own_containers, protects
from services.safety.tiers import Tier
from services.tools.blast_sight import Standing, changed_since
from services.tools.calls import ToolCall
from services.tools.gate.approvals import Approval
from services.tools.gate.audit import Warrant
from services.tools.gate.config import GateConfig
from services.tools.gate.secrets import Hidden
from services.tools.gate.switches import Switches
from services.tools.gate.wish import Stopped, Wish, read_wish
from services.tools.hands import Hands
from services.tools.spec import Tool

UNKNOWN_PLACE: Final = "it is still being found out in which guest I live"
KNOWS_ITSELF_S: Final = 10.0
READS_ANEW_S: Final = 3.0
"""For so long a change, or a look back at one, waits for the house to be read anew."""


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True, kw_only=True)
class Stages:
    """What the stages look at."""

    registry: Mapping[str, Tool[Any]]
    hands: Hands
    switches: Switches
    limiter: Limiter
    hidden: Hidden
    clock: Clock
    config: GateConfig
    found_vmid: int | None = None
    """The guest Jarvis lives in, where it was found out and not told."""
    known: asyncio.Event = field(default_factory=_set_event)
    """Clear while that is still being found out; nothing is changed meanwhile."""

    @property
    def snapshot(self) -> ClusterSnapshot:
        return self.hands.cluster.snapshot

    @property
    def place(self) -> Place:
        """Where Jarvis lives, as far as it is known at this moment."""
        config = self.config
        docker = (config.docker_node, config.docker_vmid)
        return Place(
            vmid=config.own_vmid if config.own_vmid is not None else self.found_vmid,
            docker=frozenset(str(one) for one in docker if one is not None),
            containers=own_containers(self.hands.nodes.containers),
        )

    def count_call(self, actor: Actor) -> None:
        """One call more of this asker."""
        if why := self.limiter.refuses_call(actor):
            raise Stopped("limits", why)

    def read(self, call: ToolCall, actor: Actor) -> Wish:
        """Find the tool, validate the arguments, judge the tier, tell what would be touched."""
        return read_wish(call, actor, self.registry, self.snapshot)

    def keep_secrets(self, wish: Wish) -> None:
        """A secret of this house is no argument of anything."""
        if self.hidden.holds(wish.arguments_json):
            raise Stopped("secrets", "its arguments hold a secret of this house")

    def hold_to_ceiling(self, wish: Wish) -> None:
        """What is above the asker's ceiling is refused, whatever anyone approves."""
        if why := refuses_ceiling(wish.tier, wish.actor):
            raise Stopped("ceiling", why)

    async def know_the_house(self, *, changes: bool) -> None:
        """Before a change, read anew who is where and what is protected.

        Where Proxmox does not answer in time the last reading serves, for as long as `protects`
        lets it. Just after a start the look at where Jarvis lives is waited for as well.
        """
        if not changes:
            return
        if not await pause(KNOWS_ITSELF_S, self.known):
            raise Stopped("protection", UNKNOWN_PLACE)
        await self.hands.cluster.read_anew(within_s=READS_ANEW_S)

    def protect(self, wish: Wish) -> None:
        """Nothing protected is acted upon: by nobody, by no tool, under no override."""
        if not wish.changes:
            return
        if not self.known.is_set():
            raise Stopped("protection", UNKNOWN_PLACE)
        place, snapshot = self.place, self.snapshot
        why = protects(wish.touches, snapshot, place, now=self.clock.now())
        if why := why or mentions_protected(wish.plain_arguments, snapshot, place):
            raise Stopped("protection", why)

    def heed_stand_down(self, wish: Wish) -> None:
        """While Jarvis is stood down only a person acts."""
        stood_down = self.switches.stand_down_state.active
        if why := refuses_stood_down(wish.tier, wish.actor, stood_down=stood_down):
            raise Stopped("stand-down", why)

    def decide(self, wish: Wish, *, approved: bool) -> Decision:
        """Allow or ask; a no raises."""
        decision = decide(
            wish.tier,
            wish.actor,
            stood_down=self.switches.stand_down_state.active,
            override=self.switches.override,
            approved=approved,
            must_ask=wish.call.must_ask,
        )
        if decision.verb is Verb.DENY:
            raise Stopped("policy", decision.because)
        return decision

    def count_run(self, wish: Wish) -> None:
        """One change more of this asker, and not the same again at once."""
        if why := self.limiter.refuses_run(wish.actor, wish.digest, changes=wish.changes):
            raise Stopped("limits", why)

    def hold_to_approval(self, wish: Wish, approval: Approval, standing: Standing) -> None:
        """It is still the call that was approved, and what it touches is as the card showed it."""
        if wish.digest != approval.digest:
            raise Stopped("approval", "it no longer reads as the call that was approved")
        if wish.tier > approval.tier:
            raise Stopped(
                "approval",
                f"it is {wish.tier.name} by now, and was approved as {approval.tier.name}",
            )
        if set(wish.touches) != set(approval.touches):
            raise Stopped("approval", "what it would touch is no longer what was shown")
        if changed := changed_since(approval.standing, standing):
            raise Stopped("approval", f"{changed}; ask anew")

    def warrant(
        self, wish: Wish, approval: Approval | None = None, by: Actor | None = None
    ) -> Warrant:
        """By what it may run, for the record."""
        override = self.switches.override
        return Warrant(
            approval=approval.id if approval else None,
            approved_by=by.id if by else None,
            approved_in=by.session if by else None,
            override=override.user if override and wish.tier is Tier.BLACK else None,
        )
