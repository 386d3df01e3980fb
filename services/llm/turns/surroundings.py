"""What a message is seen against: the house, its names, what was said, and who can answer."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from db.rows import EventRow
from services.clock import Clock
from services.cluster.service import ClusterService
from services.journal import Journal
from services.llm.claude.config import ModelRole
from services.llm.judging.consent import find_offer
from services.llm.messages import Message, ProviderName, Role
from services.llm.models.models import Models
from services.llm.prompts import HouseState, house_context
from services.llm.routing import (
    Budget,
    Conversation,
    Inventory,
    InventoryShelf,
    Kind,
    Picked,
    Route,
    needs_settling,
    route,
    settle,
)
from services.llm.routing.availability import Availability
from services.nodes.service import Nodes
from services.safety.actors import Actor
from services.tools.gate.gate import Gate

log = structlog.get_logger("talk")

ALARMS_MOST = 3
UNROUTED = "the router itself failed, so tools are taken; the log of Jarvis tells where"
ALARMS_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was said before a message, as far as deciding about it needs to know."""

    messages: tuple[Message, ...]
    last_needed_tools: bool | None = None
    pending_approval: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """The person's messages, oldest first."""
        return tuple(m.text for m in self.messages if m.role is Role.USER)

    @property
    def last_answer(self) -> str:
        """What Jarvis said last."""
        told = (m.text for m in reversed(self.messages) if m.role is Role.ASSISTANT)
        return next((text for text in told if text), "")


class Surroundings:
    """Looks around once for each message."""

    def __init__(
        self,
        models: Models,
        gate: Gate,
        cluster: ClusterService,
        nodes: Nodes,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._models = models
        self._gate = gate
        self._cluster = cluster
        self._nodes = nodes
        self._journal = journal
        self._clock = clock
        self._shelf = InventoryShelf()

    @property
    def inventory(self) -> Inventory:
        """The names of the house as they are now."""
        names = [container.name for container in self._nodes.containers]
        return self._shelf.take(self._cluster.snapshot, names)

    def has_override(self, by: Actor) -> bool:
        """Whether an override of this person's is open."""
        override = self._gate.override
        return override is not None and override.user == by.user

    async def decide(self, text: str, past: Past, by: Actor, picked: Picked) -> Route:
        """Who answers, and because of what."""
        availability = self._models.availability
        conversation = _conversation(past, picked=picked, override=self.has_override(by))
        try:
            chosen = route(text, conversation, self.inventory, availability, self._budget())
        except Exception:
            log.exception("the router failed; tools are taken")
            return _unrouted(availability)
        if needs_settling(chosen, availability):
            chosen = await settle(chosen, text, self._models.ask_yes_no)
        return chosen

    async def context(self, by: Actor) -> str:
        """What is told to a model beside the message."""
        gate = self._gate
        now = self._clock.now()
        stand_down, override = gate.stand_down_state, gate.override
        events = await self._journal.find_events(limit=ALARMS_MOST, severities=("alarm", "warning"))
        return house_context(
            HouseState(
                now=now,
                snapshot=self._cluster.snapshot,
                alarms=[_told(event) for event in events if event.at > now - ALARMS_WITHIN],
                stood_down=(stand_down.because or "no reason told") if stand_down.active else "",
                pending=[
                    gate.told(approval)
                    for approval in gate.pending
                    if approval.actor.user in (None, by.user)
                ],
                override=override.user if override is not None else "",
            )
        )

    def _budget(self) -> Budget:
        for state in self._models.costs.states:
            if state.is_spent:
                limit = f"{state.limit_usd:.2f}\u00a0USD"
                return Budget(
                    spent=True, because=f"the {state.period}'s budget of {limit} is spent"
                )
        return Budget()


def _unrouted(availability: Availability) -> Route:
    """The careful way where the router itself has failed: tools, and who is there."""
    provider = ProviderName.DIRECT
    if availability.claude:
        provider = ProviderName.CLAUDE
    elif availability.local:
        provider = ProviderName.LOCAL
    return Route(
        provider=provider,
        model_role=ModelRole.ROUTINE,
        needs_tools=True,
        because=UNROUTED,
        step="default",
        ambiguous=False,
        kind=Kind.OTHER,
        score=0.0,
        features=(),
    )


def _conversation(past: Past, *, picked: Picked, override: bool) -> Conversation:
    last = next(
        (m.provider for m in reversed(past.messages) if m.role is Role.ASSISTANT and m.provider),
        None,
    )
    return Conversation(
        last_provider=last if last is not ProviderName.DIRECT else None,
        last_needed_tools=past.last_needed_tools,
        pending_approval=past.pending_approval,
        offered_action=find_offer(past.last_answer),
        override=override,
        picker=picked,
    )


def _told(event: EventRow) -> str:
    return f"{event.at:%H:%M} {event.text}"
