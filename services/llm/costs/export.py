"""The requests as CSV, for a spreadsheet."""

from collections.abc import AsyncIterator
from datetime import datetime

from db import Database
from db.queries.costs import find_model_requests
from db.rows_talk import ModelRequestRow
from services.clock import as_stored
from services.spreadsheet import csv_lines, harmless_cell

COLUMNS = (
    "id",
    "at",
    "provider",
    "model",
    "outcome",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "is_estimated",
    "cost_usd",
    "always_claude_usd",
    "first_token_ms",
    "total_ms",
    "conversation",
    "message",
    "user",
    "actor",
    "because",
    "ended_because",
)
PAGE_ROWS = 1_000


async def export_csv(database: Database, *, since: datetime, until: datetime) -> AsyncIterator[str]:
    """The head and the rows, oldest first, a page at a time; money with all its decimals."""
    yield csv_lines([COLUMNS])
    after: tuple[datetime, int] | None = None
    while True:
        rows = await database.run(
            find_model_requests, since=since, until=until, after=after, limit=PAGE_ROWS
        )
        if rows:
            yield csv_lines(_cells(row) for row in rows)
            after = (rows[-1].at, rows[-1].id)
        if len(rows) < PAGE_ROWS:
            return


def _cells(row: ModelRequestRow) -> tuple[str, ...]:
    return tuple(_cell(getattr(row, name)) for name in COLUMNS)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return as_stored(value)
        case str():
            # Names of models and reasons are not ours alone.
            return harmless_cell(value)
        case float():
            return f"{value:.1f}"
        case _:
            return f"{value:f}" if hasattr(value, "as_tuple") else str(value)
