"""What has happened, from the journal."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from db.rows import EventRow
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.fields import AnyNode, Rows
from services.tools.figures import count
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.reading.found import read_now, snapshot_of
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, list_rows


class Recent(Arguments):
    """Arguments of get_recent_events."""

    at_least: Annotated[
        Literal["info", "warning", "alarm"],
        Field(description="info: everything; warning: warnings and alarms; alarm: alarms alone."),
    ] = "info"
    node: AnyNode = None
    most: Rows = 30


class Search(Arguments):
    """Arguments of search_events."""

    text: Annotated[
        str,
        Field(
            min_length=2,
            max_length=100,
            description="What to look for, as it stands in the sentence: a name, a word.",
        ),
    ]
    most: Rows = 30


COLUMNS: tuple[Column[EventRow], ...] = (
    Column("event", "id", lambda e: e.id),
    Column("at", "at", lambda e: e.at, lambda at: f"{at:%Y-%m-%d %H:%M:%S}"),
    Column("severity", "severity", lambda e: e.severity),
    Column("what happened", "text", lambda e: e.text),
    Column("to", "subject", lambda e: e.subject),
)


def _found(events: Sequence[EventRow], headline: str, nothing: str, hands: Hands) -> Found:
    listing = list_rows(events, COLUMNS)
    told = f"{count(len(events), 'event')} {headline}, newest first, times in UTC"
    return read_now(told if events else nothing, listing, under="events", hands=hands)


@answering
async def _recent_events(arguments: Recent, hands: Hands) -> Found:
    node = find_node(snapshot_of(hands), arguments.node).name if arguments.node else None
    wanted = {
        "info": None,
        "warning": ("warning", "alarm"),
        "alarm": ("alarm",),
    }[arguments.at_least]
    events = await hands.journal.find_events(
        limit=arguments.most, severities=wanted, nodes=[node] if node else None
    )
    of = f" of {node}" if node else ""
    return _found(events, f"in the journal{of}", f"No such events{of} are in the journal", hands)


@answering
async def _search_events(arguments: Search, hands: Hands) -> Found:
    events = await hands.journal.search_events(arguments.text, limit=arguments.most)
    headline = f"with “{arguments.text}” in them"
    return _found(events, headline, f"No event has “{arguments.text}” in it", hands)


TOOLS: tuple[Tool[Recent] | Tool[Search], ...] = (
    Tool(
        name="get_recent_events",
        summary="Tell what has happened lately, all or only warnings and alarms, newest first.",
        arguments=Recent,
        tier=Tier.GREEN,
        reads="the journal",
        run=_recent_events,
    ),
    Tool(
        name="search_events",
        summary="Find what has happened by a word or name in it, newest first.",
        arguments=Search,
        tier=Tier.GREEN,
        reads="the newest 100,000 events of the journal",
        run=_search_events,
    ),
)
