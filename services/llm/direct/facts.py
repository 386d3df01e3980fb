"""The one figure that was asked for, before the whole of what was read; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.clock import from_stored
from services.llm.direct.wishes import Wish
from services.llm.direct.wording import sentence
from services.llm.turn import Deed
from services.tools.calls import Outcome
from services.tools.figures import told_age, told_part, told_share, told_span

Row = Mapping[str, Any]

_RUNS: Final = ("running", "online")


def tell_fact(wish: Wish, deed: Deed) -> str:
    """`media has been up for 12 d 1 h.`; empty where no single figure was asked for, or known."""
    asks = wish.words.get("asks", "")
    result = deed.result
    if result.outcome is not Outcome.DONE or result.read_at is None:
        return ""
    if deed.use.tool == "get_node_status":
        name = str(result.data.get("node"))
    elif deed.use.tool == "get_guest_status":
        name = str(result.data.get("name") or result.data.get("vmid"))
    else:
        return ""
    return sentence(_fact(asks, name, result.data, result.read_at), first=False)


def tell_certificates(deeds: Sequence[Deed]) -> str:
    """When each node's certificate expires, the first one first."""
    known = [
        (from_stored(str(at)), deed)
        for deed in deeds
        if (at := deed.result.data.get("certificate_expires_at")) and deed.result.read_at
    ]
    lines = []
    for _, deed in sorted(known, key=lambda one: one[0]):
        data, read_at = deed.result.data, deed.result.read_at
        if read_at is not None:
            lines.append(sentence(_certificate(str(data.get("node")), data, read_at), first=False))
    return "\n".join(f"- {line}" for line in lines)


def tell_versions(rows: Sequence[Row]) -> str:
    """Whether all nodes run the same Proxmox VE."""
    known = {str(row["pve_version"]) for row in rows if row.get("pve_version")}
    if len(known) == 1 and all(row.get("pve_version") for row in rows):
        return f"All {len(rows)} nodes run Proxmox VE {next(iter(known))}."
    if not known:
        return ""
    return (
        "The nodes do not all run the same: "
        + ", ".join(f"{row.get('node')} {row.get('pve_version') or 'unknown'}" for row in rows)
        + "."
    )


def _fact(asks: str, name: str, data: Row, read_at: datetime) -> str:
    state = data.get("state")
    match asks:
        case "uptime" if data.get("uptime_s"):
            return f"{name} has been up for {told_span(data['uptime_s'])}"
        case "uptime" | "state" if state is not None:
            return f"{name} is {state}"
        case "memory" if data.get("mem_used_bytes") is not None:
            use = told_part(data["mem_used_bytes"], data.get("mem_total_bytes"))
            return f"{name} uses {use} of memory"
        case "cpu" if data.get("cpu_fraction") is not None and state in _RUNS:
            cores = f" of {data['cpu_count']:g} cores" if data.get("cpu_count") else ""
            return f"{name} uses {told_share(data['cpu_fraction'])}{cores}"
        case "version" if data.get("pve_version"):
            kernel = f", kernel {data['kernel']}" if data.get("kernel") else ""
            return f"{name} runs Proxmox VE {data['pve_version']}{kernel}"
        case "certificate":
            return _certificate(name, data, read_at)
    return ""


def _certificate(name: str, data: Row, read_at: datetime) -> str:
    at = data.get("certificate_expires_at")
    if not at:
        return ""
    told = told_age(from_stored(str(at)), read_at)
    verb = "expired" if told.endswith("ago") else "expires"
    return f"The certificate of {name} {verb} {told}"
