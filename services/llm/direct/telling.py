"""What tools have found, as an answer: a sentence that leads, then the figures; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.llm.as_text import as_text
from services.llm.direct.backups import KNOWN, tell_backups
from services.llm.direct.facts import tell_certificates, tell_fact, tell_versions
from services.llm.direct.ranking import tell_most
from services.llm.direct.storages import tell_storages
from services.llm.direct.wishes import CHANGES, Wish
from services.llm.direct.wording import block, sentence
from services.llm.turn import Deed
from services.tools.calls import Outcome
from services.tools.figures import told_celsius, told_share

LEAD: Final = "No model answers; I read this myself."
ASKED_LEAD: Final = "No model was asked; I read this myself."
UPDATES_MORE: Final = "Name a node for its packages, such as `updates on pve`."
_LINES_MOST: Final = 40
_BUSY_FRACTION: Final = 0.1


def tell(wish: Wish, deeds: Sequence[Deed], *, lead: str) -> str:
    """The whole answer."""
    if wish.intent in CHANGES:
        told = [tell_change(deed) for deed in deeds]
    else:
        led = _led(wish, deeds)
        shown = [deed for deed in deeds if not (led and _is_told(wish, deed))]
        brief = wish.intent == "updates" and len(shown) > 1
        found = [_narrowed(wish, deed) or tell_found(deed, brief=brief) for deed in shown]
        told = [*led, *found, *([UPDATES_MORE] if brief else [])]
    return "\n\n".join(part for part in (lead, *told) if part)


def tell_change(deed: Deed) -> str:
    """What became of a change, or what a read after it has shown."""
    result = deed.result
    if not deed.writes:
        return tell_found(deed)
    first = result.text.split("\n", 1)[0].rstrip(".")
    match result.outcome:
        case Outcome.DONE:
            because = result.because.rstrip(".")
            more = f" {sentence(because)}" if because not in ("", first) else ""
            return f"{as_text(first)}.{more}"
        case Outcome.REFUSED:
            return f"Nothing was done: {sentence(result.because)}"
        case Outcome.FAILED:
            return f"It did not come about: {sentence(result.because or first)}"
        case Outcome.TIMED_OUT | Outcome.UNKNOWN:
            return f"It was sent, and its effect is not known: {sentence(result.because or first)}"
        case Outcome.WAITING | Outcome.EMPTY:
            return sentence(result.because or first)


def tell_found(deed: Deed, *, brief: bool = False) -> str:
    """What a read has found: its headline, then facts as a list or rows as a table.

    :param brief: the headline alone.
    """
    result = deed.result
    if result.outcome not in (Outcome.DONE, Outcome.EMPTY):
        return f"`{deed.use.tool}`: {result.outcome.value}. {sentence(result.because)}"
    lines = [line.rstrip() for line in result.text.split("\n") if line.strip()]
    if not lines:
        return sentence(result.because or "nothing was found")
    head, body = sentence(lines[0]), lines[1:]
    if not body or brief:
        return head
    if len(body) > _LINES_MOST:
        left = len(body) - _LINES_MOST
        body = [*body[:_LINES_MOST], f"… {left} more lines"]
    return f"{head}\n\n{block(body)}"


def _narrowed(wish: Wish, deed: Deed) -> str:
    """The part of a list that was asked for; empty where all of it was."""
    if wish.intent == "most":
        return tell_most(wish, deed)
    return tell_storages(wish, deed.result) if deed.use.tool == "list_storage" else ""


def _led(wish: Wish, deeds: Sequence[Deed]) -> list[str]:
    """What leads the answer."""
    if wish.intent == "backups" and wish.first("guest", "storage") is None:
        told = tell_backups(deeds)
        return ["\n".join(f"- {line}" for line in told)] if told else []
    if wish.intent == "certificates":
        told = [tell_certificates(deeds)]
    elif wish.intent == "thing":
        told = [tell_fact(wish, deed) for deed in deeds]
    else:
        return _sentences(wish, deeds)
    return [one for one in told if one]


def _sentences(wish: Wish, deeds: Sequence[Deed]) -> list[str]:
    """What the figures come to, where rules can say so."""
    data = {deed.use.tool: deed.result.data for deed in deeds}
    told: list[str] = []
    if wish.intent in ("status", "down") and (status := data.get("get_cluster_status")):
        told.append(_status(status))
    if wish.intent == "temperatures" and wish.asks_why:
        told.append(_why_hot(data))
    if wish.intent == "versions" and (nodes := data.get("list_nodes")):
        told.append(tell_versions(nodes.get("nodes", ())))
    return [as_text(one) for one in told if one]


def _is_told(wish: Wish, deed: Deed) -> bool:
    """Whether the sentence that leads has told what matters of it."""
    if wish.intent == "backups" and deed.use.tool in ("guests_without_backup", "list_tasks"):
        return deed.result.outcome in KNOWN
    if wish.intent == "certificates":
        return bool(deed.result.data.get("certificate_expires_at"))
    return wish.intent == "down" and deed.use.tool == "get_cluster_status"


def _status(status: Mapping[str, Any]) -> str:
    quorum = {
        True: "The cluster is quorate",
        False: "The cluster has LOST its quorum",
        None: "Whether the cluster is quorate is not known",
    }[status.get("quorate")]
    parts = [
        f"{quorum}; {status.get('nodes_online')} of {status.get('nodes')} nodes are online, "
        f"{status.get('guests_running')} of {status.get('guests')} guests run"
    ]
    if away := status.get("nodes_away"):
        parts.append(f"Not online: {', '.join(away)}")
    if full := status.get("storages_full"):
        parts.append(f"Filling up: {', '.join(full)}")
    return ". ".join(parts) + "."


def _why_hot(data: Mapping[str, Mapping[str, Any]]) -> str:
    """The hottest reading, the load, and who makes it; a cause beyond that is not known."""
    nodes = data.get("get_temperatures", {}).get("nodes") or [{}]
    row = nodes[0]
    parts = []
    if row.get("cpu_c") is not None:
        parts.append(f"{row.get('node')}'s processor is at {told_celsius(row['cpu_c'])}")
    load = data.get("get_node_status", {}).get("cpu_fraction")
    if load is not None:
        parts.append(f"the node is {told_share(load)} busy")
    guests = [
        guest
        for guest in data.get("list_guests", {}).get("guests", ())
        if (guest.get("cpu_fraction") or 0) >= _BUSY_FRACTION
    ]
    guests.sort(key=lambda guest: -(guest["cpu_fraction"] * (guest.get("cpu_count") or 1)))
    if guests:
        busy = [
            f"{guest['name']} ({guest['vmid']}) with {told_share(guest['cpu_fraction'])} of "
            f"{guest.get('cpu_count') or 0:g} cores"
            for guest in guests[:3]
        ]
        parts.append(f"the busiest: {', '.join(busy)}")
    return f"{'; '.join(parts)}. A cause beyond that I do not know." if parts else ""
