"""What matters of the backups, before any list of them; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from services.clock import from_stored
from services.llm.direct.wording import guest_label, sentence
from services.llm.turn import Deed
from services.tools.calls import Outcome
from services.tools.figures import count, told_age

OLD: Final = timedelta(hours=26)
"""A guest whose newest backup is older is named: a nightly job, which takes a while, missed it."""
NAMED_MOST: Final = 8
KNOWN: Final = (Outcome.DONE, Outcome.EMPTY)

Row = Mapping[str, Any]


def tell_backups(deeds: Sequence[Deed]) -> list[str]:
    """Guests without a backup or with an old one, what failed, and the last run: a line each."""
    results = {deed.use.tool: deed.result for deed in deeds if deed.result.outcome in KNOWN}
    told: list[str] = []
    if bare := results.get("guests_without_backup"):
        told += _bare(bare.data)
    listed = results.get("list_backups")
    newest: Sequence[Row] = listed.data.get("newest", ()) if listed else ()
    if listed is not None and listed.read_at is not None and newest:
        told += _old(newest, listed.read_at)
    if tasks := results.get("list_tasks"):
        told.append(_failed(tasks.data.get("tasks", ())))
    if listed is not None and listed.read_at is not None and newest:
        last = max(newest, key=_made)
        told.append(
            f"The last backup was made {_age(last, listed.read_at)}, of {guest_label(last)}"
        )
    return [sentence(line) for line in told]


def _bare(data: Mapping[str, Any]) -> list[str]:
    rows: Sequence[Row] = data.get("guests", ())
    unseen = data.get("unseen")
    never = [] if unseen else [row for row in rows if not row.get("last_backup_at")]
    jobless = [row for row in rows if row.get("has_job") is False]
    told = []
    if never and never == jobless:
        told.append(f"Without any backup, and covered by no backup job: {_guests(never)}")
    else:
        told += [f"Without any backup: {_guests(never)}"] if never else []
        told += [f"Covered by no backup job: {_guests(jobless)}"] if jobless else []
    if unseen:
        told.append(f"Whether every guest has a backup is not known: {unseen}")
    return told or ["Every guest has a backup"]


def _old(newest: Sequence[Row], now: datetime) -> list[str]:
    old = sorted((row for row in newest if now - _made(row) > OLD), key=_made)
    if not old:
        return []
    told = [f"{guest_label(row)}, made {_age(row, now)}" for row in old[:NAMED_MOST]]
    return [f"The newest backup is older than a day: {_listed(told, len(old), '; ')}"]


def _failed(tasks: Sequence[Row]) -> str:
    failed = [task for task in tasks if task.get("kind") == "vzdump"]
    if not failed:
        return "Among the latest tasks no backup has failed"
    last = max(failed, key=lambda task: str(task.get("started_at")))
    at = from_stored(str(last["started_at"]))
    says = f": {last['exit_status']}" if last.get("exit_status") else ""
    what = "the last one begun" if len(failed) > 1 else "begun"
    return (
        f"{count(len(failed), 'backup task')} failed, {what} on {last.get('node')} at "
        f"{at:%Y-%m-%d %H:%M} UTC{says}"
    )


def _made(row: Row) -> datetime:
    return from_stored(str(row["created_at"]))


def _age(row: Row, now: datetime) -> str:
    return told_age(_made(row), now)


def _guests(rows: Sequence[Row]) -> str:
    return _listed([guest_label(row) for row in rows[:NAMED_MOST]], len(rows), ", ")


def _listed(named: Sequence[str], number: int, between: str) -> str:
    more = f" and {number - len(named)} more" if number > len(named) else ""
    return between.join(named) + more
