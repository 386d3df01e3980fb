"""How full the storages are that a message names; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.llm.direct.wishes import Wish
from services.llm.direct.wording import block, sentence, told_reading
from services.tools.calls import Outcome, ToolResult
from services.tools.figures import count, told_bytes, told_share
from services.tools.tables import align

Row = Mapping[str, Any]

_WELL: Final = ("ok", "unknown", None)


def tell_storages(wish: Wish, result: ToolResult) -> str:
    """A sentence for each storage that was named, with a table where nodes have one of their own.

    Empty where none was named or none of them was found: the whole list says more then.
    """
    if result.outcome is not Outcome.DONE:
        return ""
    age = told_reading(result)
    told = []
    for thing in wish.things:
        if thing.what == "storage":
            rows = [r for r in result.data.get("storages", ()) if r.get("storage") == thing.name]
            told += [_tell(thing.name, _once(rows), age)] if rows else []
    return "\n\n".join(told)


def _once(rows: Sequence[Row]) -> Sequence[Row]:
    """A shared storage is one, however many nodes see it: the row that knows most stands for it."""
    if len(rows) < 2 or not all(row.get("shared") for row in rows):
        return rows
    return [min(rows, key=lambda row: (not row.get("active"), row.get("used_bytes") is None))]


def _tell(name: str, rows: Sequence[Row], age: str) -> str:
    read = f"; {age}" if age else ""
    if len(rows) == 1:
        row = rows[0]
        where = "shared" if row.get("shared") else f"on {row.get('node')}"
        return sentence(f"{name}, {where}: {_use(row)}{read}", first=False)
    known = [row for row in rows if row.get("used_fraction") is not None]
    fullest = max(known, key=lambda row: row["used_fraction"], default=None)
    most = (
        f"the fullest is that of {fullest.get('node')}, {told_share(fullest['used_fraction'])}"
        if fullest
        else "how full they are is not known"
    )
    lead = sentence(f"{name} is on {count(len(rows), 'node')}; {most}{read}", first=False)
    table = [("node", "used", "of", "share", "stands"), *(_cells(row) for row in rows)]
    return f"{lead}\n\n{block(align(table))}"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        str(row.get("node")),
        told_bytes(row.get("used_bytes")),
        told_bytes(row.get("total_bytes")),
        told_share(row.get("used_fraction")),
        _stands(row) or "well",
    )


def _use(row: Row) -> str:
    used, total = row.get("used_bytes"), row.get("total_bytes")
    if used is None or not total:
        use = "how full it is is not known"
    else:
        share = told_share(row.get("used_fraction"))
        use = f"{share} full, {told_bytes(used)} of {told_bytes(total)}"
    return f"{use}; {stands}" if (stands := _stands(row)) else use


def _stands(row: Row) -> str:
    """What is not well with it."""
    if row.get("active") is False:
        return "not active"
    level = row.get("level")
    return "" if level in _WELL else f"level {level}"
