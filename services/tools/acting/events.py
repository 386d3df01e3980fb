"""An event of the journal that somebody has taken note of."""

from typing import Annotated

from pydantic import Field

from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.errors import NotNamed
from services.tools.figures import told_age
from services.tools.hands import Hands
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import plain


class OfEvent(Arguments):
    """Arguments of acknowledge_event."""

    event: Annotated[
        int,
        Field(ge=1, le=2**62, description="The event's number, as get_recent_events tells it."),
    ]


@answering
async def _acknowledge(arguments: OfEvent, hands: Hands) -> Found:
    known = await hands.journal.find_event(arguments.event)
    if known is None:
        raise NotNamed("event", str(arguments.event), ())
    now = hands.clock.now()
    if known.acknowledged_at is not None:
        age = told_age(known.acknowledged_at, now)
        told = f"Event {known.id} was acknowledged {age} by {known.acknowledged_by}"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    await hands.journal.acknowledge_event(known.id, by=hands.by)
    after = await hands.journal.find_event(known.id)
    good = after is not None and after.acknowledged_at is not None
    return Found(
        outcome=Outcome.DONE if good else Outcome.FAILED,
        because="" if good else f"Event {known.id} is still not acknowledged",
        text=f"Event {known.id} is acknowledged: {known.text}" if good else "",
        data={
            "event": known.id,
            "acknowledged_at": plain(after.acknowledged_at) if after else None,
            "acknowledged_by": after.acknowledged_by if after else "",
        },
        verified=good,
        read_at=now,
    )


TOOLS: tuple[Tool[OfEvent], ...] = (
    Tool(
        name="acknowledge_event",
        summary="Note that somebody has taken note of an event, so that it need not be told again.",
        arguments=OfEvent,
        tier=Tier.YELLOW,
        reads="the journal",
        changes="the event's mark in the journal",
        verified_by="the event is read back as acknowledged",
        run=_acknowledge,
    ),
)
