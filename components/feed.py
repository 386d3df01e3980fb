"""The activity feed: what was recorded, newest first, drawn in the browser from the panel `feed`.

Rows older than the store's are asked for with the action `older` (`before_id`, `severities`,
`node`) and come back to the one page that asked, told under `older` with what was asked.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

import structlog
from nicegui import ui
from pydantic import BaseModel, ConfigDict, Field

from components.live.asking import Args, Teller, read_asked
from components.live.recorded import RecordedEvent
from components.live.rows import draw_event
from services.events import Severity

log = structlog.get_logger("feed")

PAGE_ROWS = 60
"""Older events read at once."""


class Feed(ui.element, component="feed.js", default_classes="hud hud-feed"):
    """Fills its box with the panel; `answer_older` gives it what the store does not hold."""


class EventFinder(Protocol):
    """Reads a page of the journal, newest first; `services.journal.Journal.find_events`."""

    def __call__(
        self,
        *,
        before_id: int | None = None,
        limit: int = 50,
        severities: Sequence[str] | None = None,
        nodes: Sequence[str] | None = None,
    ) -> Awaitable[Sequence[RecordedEvent]]: ...


class AskedOlder(BaseModel):
    """What a page asks for; nothing in it is trusted before this has read it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    before_id: int = Field(ge=0, le=2**62)
    severities: list[Severity] = Field(default_factory=list, max_length=8)
    node: str | None = Field(None, max_length=64)


def answer_older(live: Teller, find_events: EventFinder) -> None:
    """Let this page's feed read on where the store ends."""

    async def older(args: Args) -> None:
        if (asked := read_asked(AskedOlder, args, "older")) is None:
            return
        # The page knows its question by it: the filters may be others by the time this comes.
        answer: dict[str, Any] = asked.model_dump(mode="json")
        try:
            found = await find_events(
                before_id=asked.before_id,
                limit=PAGE_ROWS,
                severities=[severity.value for severity in asked.severities] or None,
                nodes=[asked.node] if asked.node else None,
            )
        except Exception:
            log.exception("older events could not be read")
            answer["because"] = "Older events could not be read. The log tells why."
        else:
            answer["rows"] = [draw_event(event) for event in found]
            answer["more"] = len(found) == PAGE_ROWS
        live.tell("older", answer)

    live.on_action("older", older)
