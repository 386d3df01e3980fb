"""Who uses most of the processors, the memory or the disks; pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.llm.direct.wishes import Wish
from services.llm.direct.wording import block, guest_label, sentence, told_reading
from services.llm.turn import Deed
from services.tools.calls import Outcome
from services.tools.figures import told_bytes, told_part, told_share
from services.tools.tables import align

Row = Mapping[str, Any]

_LEAD: Final = {
    "cpu": "uses the most processor time",
    "memory": "uses the most memory",
    "disk": "has the most disk",
}
_NODES_MOST: Final = 5


def tell_most(wish: Wish, deed: Deed) -> str:
    """A sentence that names the first, and a table of those that follow; empty for no rows."""
    if deed.result.outcome is not Outcome.DONE:
        return ""
    age = told_reading(deed.result)
    if deed.use.tool == "list_nodes":
        metric = wish.words.get("metric", "cpu")
        nodes = sorted(deed.result.data.get("nodes", ()), key=_used_by_node(metric), reverse=True)
        used = [(str(row.get("node")), _use(row, metric)) for row in nodes[:_NODES_MOST]]
        return _tell(used, ("node", metric), age)
    metric = str(deed.use.arguments.get("by", "cpu"))
    guests = deed.result.data.get("guests", ())
    rows = [(guest_label(row), str(row.get("node")), _use(row, metric)) for row in guests]
    return _tell(rows, ("guest", "node", metric), age)


def _tell(rows: Sequence[tuple[str, ...]], headings: tuple[str, ...], age: str) -> str:
    if not rows:
        return ""
    first = rows[0]
    lead = sentence(f"{first[0]} {_LEAD[headings[-1]]}: {first[-1]}; {age}", first=False)
    return f"{lead}\n\n{block(align([headings, *rows]))}" if len(rows) > 1 else lead


def _use(row: Row, metric: str) -> str:
    if metric == "memory":
        return told_part(row.get("mem_used_bytes"), row.get("mem_total_bytes"))
    if metric == "disk":
        root = told_part(row.get("root_used_bytes"), row.get("root_total_bytes"))
        return told_bytes(row["disk_total_bytes"]) if "disk_total_bytes" in row else root
    share, count = row.get("cpu_fraction"), row.get("cpu_count")
    cores = f" of {count:g} cores" if count else ""
    return f"{told_share(share)}{cores}"


def _used_by_node(metric: str) -> Callable[[Row], float]:
    def used(row: Row) -> float:
        if metric == "memory":
            return float((row.get("mem_used_bytes") or 0) / (row.get("mem_total_bytes") or 1))
        if metric == "disk":
            return float((row.get("root_used_bytes") or 0) / (row.get("root_total_bytes") or 1))
        return float(row.get("cpu_fraction") or 0)

    return used
