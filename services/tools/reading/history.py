"""How a node, guest or storage has been: each measurement summed up over an hour, day or week."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.cluster.history import Kind
from services.cluster.model import ClusterSnapshot
from services.cluster.parse_rrd import History, Metric
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.fields import AnyNode, Span
from services.tools.figures import UNKNOWN, told_bytes, told_rate, told_share
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node, find_storage
from services.tools.reading.found import aged, snapshot_of
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import align
from services.tools.trends import Summary, full_in_days, summarise

LABELS = {
    Metric.CPU_FRACTION: "cpu",
    Metric.IO_WAIT_FRACTION: "waiting for disks",
    Metric.LOAD_1M: "load",
    Metric.MEM_USED_BYTES: "memory",
    Metric.SWAP_USED_BYTES: "swap",
    Metric.DISK_USED_BYTES: "disk used",
    Metric.NET_IN_BYTES_PER_S: "network in",
    Metric.NET_OUT_BYTES_PER_S: "network out",
    Metric.DISK_READ_BYTES_PER_S: "disk read",
    Metric.DISK_WRITE_BYTES_PER_S: "disk write",
}
"""What is summed up; totals only serve to say how much is left."""
TOTALS = {
    Metric.MEM_USED_BYTES: Metric.MEM_TOTAL_BYTES,
    Metric.SWAP_USED_BYTES: Metric.SWAP_TOTAL_BYTES,
    Metric.DISK_USED_BYTES: Metric.DISK_TOTAL_BYTES,
}


class Past(Arguments):
    """Arguments of get_metrics_history."""

    kind: Annotated[
        Literal["node", "guest", "storage"], Field(description="What kind of thing it is.")
    ]
    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=80,
            description="The node's or storage's name, or the guest's name or number.",
        ),
    ]
    node: AnyNode = None
    span: Annotated[Span, Field(description="How far back: 1h, 24h or 7d.")] = Span.DAY


def _told(metric: Metric, value: float | None) -> str:
    if value is None:
        return UNKNOWN
    if metric.value.endswith("_fraction"):
        return told_share(value)
    if metric.value.endswith("_per_s"):
        return told_rate(value)
    if metric.value.endswith("_bytes"):
        return told_bytes(value)
    return f"{value:.2f}"


def _named(arguments: Past, snapshot: ClusterSnapshot) -> tuple[Kind, str, str]:
    """Kind, id and label of what is meant. Raises CallRefused."""
    match arguments.kind:
        case "node":
            node = find_node(snapshot, arguments.name)
            return "node", node.name, f"node {node.name}"
        case "guest":
            guest = find_guest(snapshot, arguments.name)
            return "guest", str(guest.vmid), f"guest {guest.label}"
        case "storage":
            storage = find_storage(snapshot, arguments.name, arguments.node)
            return "storage", f"{storage.node}/{storage.storage}", f"storage {storage.id}"


@answering
async def _metrics_history(arguments: Past, hands: Hands) -> Found:
    kind, id_, label = _named(arguments, snapshot_of(hands))
    history = await hands.cluster.fetch_history(kind, id_, arguments.span.value)
    summaries = {
        metric: summary
        for metric in LABELS
        if (summary := summarise(history.times, history[metric])) is not None
    }
    now = hands.clock.now()
    headline = f"{label[0].upper()}{label[1:]} over the last {arguments.span.value}"
    if not summaries:
        return Found(outcome=Outcome.EMPTY, because=f"{headline}: nothing was measured")
    table: list[tuple[str, ...]] = [("measured", "least", "mean", "most", "at", "last", "trend")]
    table += [_row(metric, summary) for metric, summary in summaries.items()]
    lines = [aged(headline, now, hands), *align(table), *_outlook(history, summaries)]
    return Found(
        text="\n".join(lines),
        data={
            "kind": kind,
            "id": id_,
            "span": arguments.span.value,
            "metrics": {
                metric.value: {
                    "least": summary.least,
                    "mean": summary.mean,
                    "most": summary.most,
                    "last": summary.last,
                    "most_at_s": summary.most_at_s,
                    "per_day": summary.per_day,
                    "trend": summary.trend,
                    "samples": summary.samples,
                }
                for metric, summary in summaries.items()
            },
        },
        read_at=now,
    )


def _row(metric: Metric, summary: Summary) -> tuple[str, ...]:
    at = datetime.fromtimestamp(summary.most_at_s, UTC)
    return (
        LABELS[metric],
        _told(metric, summary.least),
        _told(metric, summary.mean),
        _told(metric, summary.most),
        f"{at:%m-%d %H:%M}",
        _told(metric, summary.last),
        summary.trend,
    )


def _outlook(history: History, summaries: dict[Metric, Summary]) -> list[str]:
    """How much is left of what fills up, and when it is gone if it goes on like this."""
    lines = []
    for used, total in TOTALS.items():
        summary, of = summaries.get(used), summarise(history.times, history[total])
        if summary is None or of is None or not of.last:
            continue
        line = f"{LABELS[used]}: {told_share(summary.last / of.last)} of {told_bytes(of.last)}"
        days = full_in_days(summary, of.last)
        if days is not None and used is Metric.DISK_USED_BYTES:
            line += (
                f"; grows {told_bytes(summary.per_day)} a day, full in {days:.0f} d at that rate"
            )
        lines.append(line)
    return lines


TOOLS: tuple[Tool[Past], ...] = (
    Tool(
        name="get_metrics_history",
        summary="Sum up how a node, guest or storage has been: least, mean, most, last, trend.",
        arguments=Past,
        tier=Tier.GREEN,
        reads="GET …/rrddata",
        run=_metrics_history,
    ),
)
