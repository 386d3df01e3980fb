"""Plans that only read, and put together what several tools have told."""

import re

from .hearing import Heard
from .names import Thing
from .reading import Reading, Row, cell, figure, percent
from .scene import Scene, want
from .wording import (
    MOST_ROWS,
    aged,
    because_of,
    bold,
    headline,
    join,
    label_of,
    part_of,
    table,
    table_of,
)

GUEST_COLUMNS = (
    ("Guest", "^name$"),
    ("Number", "^vmid$"),
    ("Node", "^node$"),
    ("State", "^state$"),
    ("CPU", "^cpu$"),
    ("Memory", "^memory$"),
    ("Up", "^uptime$"),
)
WORKS_FROM = 20.0
"""Per cent of a node's processor from which its guests are named as a cause of heat."""
NO_TOOLS = (
    "I have no tool at hand here that could look, so I do not know. I will not guess at the state "
    "of your machines."
)


def tell_status(scene: Scene, heard: Heard) -> str:
    """How the cluster is, as a whole."""
    status, nodes = scene.need(
        want("get_cluster_status"), want("list_nodes"), words="I will look at the cluster."
    )
    if status is None and nodes is None:
        return NO_TOOLS
    parts: list[str] = []
    if status is not None and status.went_well:
        parts.append(_cluster_sentence(status))
    elif status is not None:
        parts.append(f"The cluster's state could not be read: {because_of(status)}")
    if nodes is not None and nodes.rows:
        parts.append(
            table(
                ["Node", "State", "CPU", "Memory", "Up"],
                [
                    [
                        *(cell(row, f"^{key}$") for key in ("node", "state", "cpu")),
                        part_of(row, "^memory$", "^memory of$"),
                        cell(row, "^uptime$"),
                    ]
                    for row in nodes.rows[:MOST_ROWS]
                ],
            )
        )
    remarks = _remarks(status) if status is not None else []
    away = _away(nodes) if nodes is not None else []
    if away:
        remarks.insert(0, f"not online: {join(bold(name) or name for name, _ in away)}")
    if remarks:
        parts.append("Worth your attention: " + "; ".join(remarks) + ".")
    elif status is not None and status.went_well:
        parts.append("Nothing in it calls for you.")
    return "\n\n".join(parts)


def _cluster_sentence(status: Reading) -> str:
    quorum, online = status.fact("^quorum"), status.fact("^nodes$")
    lead = {"yes": "The cluster is quorate", None: "Whether the cluster is quorate is not known"}
    told = [lead.get(quorum, f"The cluster's quorum: {quorum}")]
    if online is not None:
        told.append(re.sub(r"^(\d+ of \d+) online", r"\1 nodes are online", online))
    guests = re.fullmatch(r"(\d+): (.+)", status.fact("^guests$") or "")
    if guests is not None:
        told.append(f"{guests[1]} guests, {join(guests[2].split(', '))}")
    return aged("; ".join(told), status)


def _remarks(status: Reading) -> list[str]:
    told = []
    for line in status.lines:
        if found := re.match(r"(\S+)\s{2,}(\d+(?:\.\d+)? % used), (\w+)", line):
            told.append(f"{found[1].removeprefix('storage/')} is {found[2]}")
        elif line.startswith("reading "):
            told.append(line)
    uncovered = status.fact("^without backup")
    if uncovered not in (None, "none"):
        told.append(f"without a backup job: {uncovered}")
    return told


def _away(nodes: Reading) -> list[tuple[str, str]]:
    return [
        (cell(row, "^node$") or "—", state)
        for row in nodes.rows
        if (state := cell(row, "^state$") or "unknown") != "online"
    ]


def tell_down(scene: Scene, heard: Heard) -> str:
    """What does not run."""
    nodes, guests = scene.need(
        want("list_nodes"), want("list_guests"), words="I will see who is missing."
    )
    if nodes is None and guests is None:
        return NO_TOOLS
    parts = [
        f"Not all could be read: {because_of(reading)}"
        for reading in (nodes, guests)
        if reading is not None and not reading.went_well
    ]
    away = _away(nodes) if nodes is not None and nodes.went_well else []
    if away:
        told = join(f"{bold(name)} is {state}" for name, state in away)
        parts.append(f"Of the nodes, {told}.")
    elif nodes is not None and nodes.went_well:
        parts.append(aged("All nodes are online", nodes))
    rows = [] if guests is None else [row for row in guests.rows if _idle(row)]
    if rows:
        told = f"{len(rows)} guests do not run" if len(rows) > 1 else "One guest does not run"
        parts.append(aged(told, guests))
        parts.append(table_of(rows, GUEST_COLUMNS[:4]))
        parts.append("Whether that is meant, the figures do not say.")
    elif guests is not None and guests.went_well:
        parts.append(aged("Every guest runs", guests))
    return "\n\n".join(parts)


def _idle(row: Row) -> bool:
    return cell(row, "^state$") not in ("running", "template", None)


def tell_heat(scene: Scene, heard: Heard) -> str:
    """How warm a node is and what works it, or how warm they all are."""
    thing = heard.thing
    if thing is None:
        (temps,) = scene.need(want("get_temperatures"), words="I will read the sensors.")
        if temps is None:
            return NO_TOOLS
        return relay_reading(temps)
    node = thing.name
    temps, status, guests = scene.need(
        want("get_temperatures", node=node),
        want("get_node_status", node=node),
        want("list_guests", node=node, state="running"),
        words=f"I will read {node}'s sensors, its load and its guests.",
    )
    if temps is None and status is None:
        return NO_TOOLS
    if status is not None and not status.went_well:
        return f"{node} could not be read: {because_of(status)}"
    parts = [_heat_of(node, temps)]
    work = percent(status.fact("^cpu$")) if status is not None else None
    if status is not None and work is not None:
        busy, _, rest = (status.fact("^cpu$") or "").partition(", ")
        load = status.fact("^load")
        told = [f"Its processor is {busy} busy", rest]
        told += [f"load {load} over 1, 5 and 15 min"] if load else []
        parts.append(aged("; ".join(part for part in told if part), status))
    busiest = _busiest(guests)
    if busiest and (work is None or work >= WORKS_FROM):
        first, share = busiest[0]
        parts.append(
            f"Most of that is {label_of(first)}, at {share} of "
            f"{cell(first, '^cores$') or '—'} cores. That it is the cause I infer: it is the "
            "busiest guest there, and heat follows load."
        )
        parts.append(
            table(
                ["Guest", "CPU", "Cores", "Memory"],
                [
                    [
                        *(label_of(row), share, cell(row, "^cores$")),
                        part_of(row, "^memory$", "^memory of$"),
                    ]
                    for row, share in busiest[:4]
                ],
            )
        )
    elif guests is not None and guests.went_well:
        parts.append("No guest there works hard enough to explain any heat.")
    return "\n\n".join(parts)


def _heat_of(node: str, temps: Reading | None) -> str:
    if temps is None:
        return f"I have no tool that reads {node}'s sensors."
    if not temps.went_well:
        return f"{node}'s sensors could not be read: {because_of(temps)}"
    rows = [row for row in temps.rows if cell(row, "^node$") in (node, None)]
    told = [
        f"{name} {text}"
        for row in rows
        for name, text in row.items()
        if "°C" in text and name not in ("critical", "limit")
    ]
    age = next((text for row in rows if (text := cell(row, "^read$"))), None)
    if told and age:
        return f"{bold(node)}: {'; '.join(told[:4])} (read {age})."
    if not told:
        told = [line for line in temps.lines if "°C" in line][:4]
    if told:
        return aged(f"{bold(node)}: {'; '.join(told[:4])}", temps)
    return f"What {node}'s sensors say I could not read."


def _busiest(guests: Reading | None) -> list[tuple[Row, str]]:
    """The guests by the work they do, with their share of their own cores."""
    if guests is None:
        return []
    found: list[tuple[float, Row, str]] = []
    for row in guests.rows:
        share = percent(cell(row, "^cpu$"))
        if share is not None and cell(row, "^state$") in ("running", None):
            work = share * (figure(cell(row, "^cores$")) or 1.0)
            found.append((work, row, cell(row, "^cpu$") or "—"))
    found.sort(key=lambda one: -one[0])
    return [(row, share) for work, row, share in found if work >= 10]


def tell_disk(scene: Scene, heard: Heard) -> str:
    """How full the storages are, and what lies on the fullest."""
    on = next((thing for thing in heard.things if thing.kind == "node"), None)
    (storages,) = scene.need(
        want("list_storage", **({"node": on.name} if on else {})),
        words="I will look at the storages.",
    )
    if storages is None:
        return NO_TOOLS
    if not storages.went_well or not storages.rows:
        return f"The storages could not be read: {because_of(storages)}"
    rows = sorted(storages.rows, key=lambda row: -(percent(cell(row, "^share$")) or 0.0))
    words = set(re.findall(r"[\w-]+", heard.ask.lower()))
    named = [row for row in rows if (cell(row, "^storage$") or "").lower() in words]
    rows = named or rows
    fullest = rows[0]
    name, node = cell(fullest, "^storage$") or "—", cell(fullest, "^node$")
    share = cell(fullest, "^share$") or "—"
    told = f"{name}{f' on {bold(node)}' if node else ''} is {share} full"
    used, total = cell(fullest, "^used$"), cell(fullest, "^used of$")
    if used and total:
        told += f": {used} of {total}"
    parts = [aged(told, storages)]
    if (percent(share) or 0.0) >= 75 or named:
        parts += _content(scene, name, node)
    if len(rows) > 1:
        parts.append(
            table(
                ["Storage", "Node", "Used", "Of", "Share"],
                [
                    [
                        cell(row, f"^{key}$")
                        for key in ("storage", "node", "used", "used of", "share")
                    ]
                    for row in rows[:6]
                ],
            )
        )
    return "\n\n".join(parts)


def _content(scene: Scene, storage: str, node: str | None) -> list[str]:
    content, backups = scene.need(
        want("get_storage_content", storage=storage, **({"node": node} if node else {})),
        want("list_backups", storage=storage),
    )
    parts: list[str] = []
    if content is not None and content.went_well:
        rows = sorted(content.rows, key=lambda row: -_size(cell(row, "^size$")))
        if rows:
            parts.append("What takes most of it:")
            parts.append(
                table(
                    ["Volume", "Kind", "Guest", "Size"],
                    [
                        [cell(row, f"^{key}$") for key in ("volume", "kind", "guest", "size")]
                        for row in rows[:5]
                    ],
                )
            )
    if backups is not None and backups.outcome == "done" and backups.rows:
        parts.append(f"{headline(backups)} Old ones among them would be the first to go.")
    return parts


_SIZES = {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40}


def _size(told: str | None) -> float:
    found = re.search(r"(\d+(?:\.\d+)?)\s*([KMGT]?i?B)", told or "")
    return float(found[1]) * _SIZES.get(found[2], 1.0) if found else 0.0


def tell_thing(scene: Scene, heard: Heard) -> str:
    """How one guest or node is."""
    thing = heard.thing
    if thing is None:
        return tell_status(scene, heard)
    if thing.kind == "storage":
        return tell_disk(scene, heard)
    return tell_node(scene, thing) if thing.kind == "node" else tell_guest(scene, thing)


def tell_guest(scene: Scene, thing: Thing) -> str:
    """How one guest is."""
    (status,) = scene.need(
        want("get_guest_status", guest=thing.name), words=f"I will look at {thing.name}."
    )
    if status is None:
        return NO_TOOLS
    if not status.went_well:
        return f"{thing.name} could not be looked at: {because_of(status)}"
    return guest_sentence(status, thing)


def guest_sentence(status: Reading, thing: Thing) -> str:
    """`media (104) is running on pve, up 12 d: CPU 46 % of 12 cores, …`."""
    named = re.match(r"Guest (.+?\(\d+\))", status.text)
    label = named[1] if named else thing.label
    node, up = status.fact("^node$"), status.fact("^uptime$")
    state = status.fact("^state$") or "in an unknown state"
    told = f"{label} is {state}"
    if node:
        told += f" on {bold(node)}"
    if up and state.startswith("running"):
        told += f", up {up}"
    details = [
        f"{word} {text}"
        for word, pattern in (("CPU", "^cpu$"), ("memory", "^memory$"), ("disk", "^disk$"))
        if state.startswith("running") and "—" not in (text := status.fact(pattern) or "—")
    ]
    if details:
        told += f": {', '.join(details)}"
    backup = status.fact("^last backup")
    after = f" Its last backup: {backup}." if backup else ""
    return aged(told, status) + after


def tell_node(scene: Scene, thing: Thing) -> str:
    """How one node is."""
    (status,) = scene.need(
        want("get_node_status", node=thing.name), words=f"I will look at {thing.name}."
    )
    if status is None:
        return NO_TOOLS
    if not status.went_well:
        return f"{thing.name} could not be looked at: {because_of(status)}"
    state, up = status.fact("^state$"), status.fact("^uptime$")
    told = f"{bold(thing.name)} is {state or 'in an unknown state'}"
    details = [
        f"{word} {text}"
        for word, pattern in (
            ("CPU", "^cpu$"),
            ("memory", "^memory$"),
            ("root file system", "^root"),
            ("guests", "^guests$"),
        )
        if (text := status.fact(pattern))
    ]
    if up:
        details.append(f"up {up}")
    parts = [aged(f"{told}: {', '.join(details)}" if details else told, status)]
    failed, updates = status.fact("^failed services"), status.fact("^updates")
    if failed not in (None, "none"):
        parts.append(f"Failed services: {failed}.")
    if updates not in (None, "0"):
        parts.append(f"Updates waiting: {updates}.")
    if not_read := status.fact("^not read"):
        parts.append(f"It did not answer itself: {not_read}.")
    return " ".join(parts)


def relay_reading(reading: Reading) -> str:
    """A result as it is: its headline, and its table or its lines."""
    if not reading.went_well:
        return f"That could not be read: {because_of(reading)}"
    if reading.rows and len(reading.rows[0]) > 1:
        columns = [
            (name[:1].upper() + name[1:], f"^{re.escape(name)}$") for name in reading.rows[0]
        ]
        return f"{headline(reading)}\n\n{table_of(reading.rows, columns[:7])}"
    lines = [f"- {line}" for line in reading.lines[1:9]]
    if (left := len(reading.lines) - 9) > 0:
        lines.append(f"- … and {left} more lines")
    return "\n".join([headline(reading), *([""] if lines else []), *lines])
