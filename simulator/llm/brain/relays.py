"""Plans that read with one tool, and tell what it found as it is."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .hearing import Heard
from .names import Thing
from .reading import cell, figure
from .reads import NO_TOOLS, relay_reading
from .scene import Scene, Want, want
from .wording import because_of, headline, label_of, table, table_of

_OF_A_NODE: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "network": ("get_network", {}),
    "services": ("get_node_services", {}),
    "journal": ("read_journal", {"lines": 20}),
}
_OF_ALL: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "replication": ("get_replication", {}),
    "containers": ("list_containers", {}),
    "guests": ("list_guests", {}),
    "nodes": ("list_nodes", {}),
}


def relay(scene: Scene, heard: Heard) -> str:
    """The plan of every intent that one tool answers."""
    node = next((thing.name for thing in heard.things if thing.kind == "node"), None)
    if heard.intent in _OF_A_NODE:
        tool, more = _OF_A_NODE[heard.intent]
        if node is None:
            return "Of which node? I can look at one at a time."
        return _one(scene, want(tool, node=node, **more))
    tool, more = _OF_ALL[heard.intent]
    return _one(scene, want(tool, **({"node": node} if node else {}), **more))


def tell_backups(scene: Scene, heard: Heard) -> str:
    """Which backups there are, of all guests or of one."""
    guest = _guest(heard)
    return _one(scene, want("list_backups", most=12, **({"guest": guest.name} if guest else {})))


def tell_missing_backups(scene: Scene, heard: Heard) -> str:
    """Which guests no backup protects, and which backup failed last."""
    without, failed = scene.need(
        want("guests_without_backup"),
        want("list_tasks", failed=True, most=10),
        words="I will look at jobs and backups.",
    )
    if without is None:
        return NO_TOOLS
    if not without.went_well:
        return f"The backups could not be read: {because_of(without)}"
    parts = [headline(without)]
    if without.rows:
        columns = (
            *(("Guest", "^name$"), ("Number", "^vmid$"), ("State", "^state$")),
            *(("Job", "^job$"), ("Last backup", "^last backup$")),
        )
        parts.append(table_of(without.rows, columns))
    runs = [
        row
        for row in (failed.rows if failed is not None and failed.went_well else ())
        if "dump" in (cell(row, "^kind$") or "")
    ]
    if runs:
        parts.append("Backup tasks that failed:")
        failures = (
            *(("Started", "^started$"), ("Guest", "^of$"), ("Node", "^node$")),
            ("Says", "^says$"),
        )
        parts.append(table_of(runs, failures))
    elif failed is not None and failed.went_well:
        parts.append("Of the recent tasks, no backup failed.")
    return "\n\n".join(parts)


def tell_updates(scene: Scene, heard: Heard) -> str:
    """What waits to be upgraded: on one node by package, else by number."""
    node = next((thing.name for thing in heard.things if thing.kind == "node"), None)
    if node is not None:
        return _one(scene, want("get_updates", node=node))
    (nodes,) = scene.need(want("list_nodes"), words="I will look at the nodes.")
    if nodes is None:
        return NO_TOOLS
    if not nodes.went_well:
        return f"The nodes could not be read: {because_of(nodes)}"
    told = [row for row in nodes.rows if cell(row, "^updates$") is not None]
    if not told:
        return "How many updates wait is not known yet; the nodes' details have not been read."
    waiting = sum(int(figure(cell(row, "^updates$")) or 0) for row in told)
    columns = (("Node", "^node$"), ("Updates", "^updates$"), ("Version", "^version$"))
    lead = f"{waiting} packages wait on {len(told)} nodes." if waiting else "Nothing waits."
    return f"{lead}\n\n{table_of(told, columns)}\n\nName a node, and I list its packages."


def tell_events(scene: Scene, heard: Heard) -> str:
    """What has happened lately."""
    node = next((thing.name for thing in heard.things if thing.kind == "node"), None)
    guest = _guest(heard)
    one = want("get_recent_events", most=12, **({"node": node} if node else {}))
    if guest is not None and scene.offers("search_events"):
        one = want("search_events", text=guest.name, most=12)
    (events,) = scene.need(one, words="I will look into the journal.")
    if events is None:
        return NO_TOOLS
    if not events.went_well or not events.rows:
        return headline(events) if events.went_well else because_of(events)
    columns = (("At", "^at$"), ("Severity", "^severity$"), ("What", "^what happened$"))
    return f"{headline(events)}\n\n{table_of(events.rows, columns)}"


def tell_tasks(scene: Scene, heard: Heard) -> str:
    """Proxmox's tasks, those of a guest or node where one is named."""
    thing = heard.thing
    more: dict[str, Any] = {
        word: True for word in ("failed", "running") if word in heard.ask.lower()
    }
    if thing is not None and thing.kind in ("guest", "node"):
        more[thing.kind] = thing.name
    (tasks,) = scene.need(want("list_tasks", most=12, **more), words="I will look at the tasks.")
    if tasks is None:
        return NO_TOOLS
    if not tasks.went_well or not tasks.rows:
        return headline(tasks) if tasks.went_well else because_of(tasks)
    columns = (
        *(("Started", "^started$"), ("Kind", "^kind$"), ("Of", "^of$"), ("Node", "^node$")),
        *(("Outcome", "^outcome$"), ("Took", "^took$"), ("Says", "^says$")),
    )
    return f"{headline(tasks)}\n\n{table_of(tasks.rows, columns)}"


def tell_snapshots(scene: Scene, heard: Heard) -> str:
    """The snapshots of a guest."""
    guest = _guest(heard) or heard.thing
    if guest is None:
        return "Of which guest? I can list the snapshots of one at a time."
    return _one(scene, want("list_snapshots", guest=guest.name))


def tell_addresses(scene: Scene, heard: Heard) -> str:
    """The network addresses of a guest or a node."""
    thing = heard.thing
    if thing is None:
        return "Of which guest? I can ask one at a time for its addresses."
    if thing.kind == "node":
        return _one(scene, want("get_network", node=thing.name))
    return _one(scene, want("get_guest_addresses", guest=thing.name))


def tell_drives(scene: Scene, heard: Heard) -> str:
    """The health of drives and pools."""
    node = next((thing.name for thing in heard.things if thing.kind == "node"), None)
    more = {"node": node} if node else {}
    drives, pools = scene.need(
        want("get_disk_health", **more),
        want("get_zfs_health", **more),
        words="I will ask the drives and the pools.",
    )
    told = [relay_reading(reading) for reading in (drives, pools) if reading is not None]
    return "\n\n".join(told) or NO_TOOLS


def tell_ha(scene: Scene, heard: Heard) -> str:
    """Quorum and high availability."""
    ha, status = scene.need(want("get_ha_status"), want("get_cluster_status"))
    if ha is None and status is None:
        return NO_TOOLS
    quorum = status.fact("^quorum") if status is not None else None
    lead = {"yes": "The cluster is quorate.", None: ""}.get(quorum, f"Quorum: {quorum}.")
    return f"{lead} {relay_reading(ha)}".strip() if ha is not None else lead


def tell_top(scene: Scene, heard: Heard) -> str:
    """Who uses most of the processors or the memory."""
    node = next((thing.name for thing in heard.things if thing.kind == "node"), None)
    (guests,) = scene.need(
        want("list_guests", state="running", **({"node": node} if node else {})),
        words="I will look at the guests.",
    )
    if guests is None:
        return NO_TOOLS
    if not guests.went_well or not guests.rows:
        return headline(guests) if guests.went_well else because_of(guests)
    by_memory = any(word in heard.ask.lower() for word in ("memory", "ram"))
    measure: Callable[[Any], float] = _memory if by_memory else _work
    rows = sorted(guests.rows, key=measure, reverse=True)[:6]
    what = "memory" if by_memory else "processor time"
    told = table(
        ["Guest", "Node", "CPU", "Cores", "Memory", "Of"],
        [
            [
                label_of(row),
                *(cell(row, f"^{key}$") for key in ("node", "cpu", "cores", "memory", "memory of")),
            ]
            for row in rows
        ],
    )
    return f"{label_of(rows[0])} uses most {what}.\n\n{told}"


def tell_reach(scene: Scene, heard: Heard) -> str:
    """Whether a host answers."""
    host = heard.name or (heard.thing.name if heard.thing else "")
    return _one(scene, want("ping_host", host=host, name=host))


def _one(scene: Scene, one: Want) -> str:
    (found,) = scene.need(one, words="One moment.")
    return NO_TOOLS if found is None else relay_reading(found)


def _guest(heard: Heard) -> Thing | None:
    return next((thing for thing in heard.things if thing.kind == "guest"), None)


def _memory(row: Any) -> float:
    told = cell(row, "^memory$") or ""
    return (figure(told) or 0.0) * (1024.0 if "GiB" in told else 1.0)


def _work(row: Any) -> float:
    return (figure(cell(row, "^cpu$")) or 0.0) * (figure(cell(row, "^cores$")) or 1.0)
