"""Every body of the recordings beside the project, with the path it answers, and all parsers."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.cluster.parse_addresses import parse_addresses
from services.cluster.parse_backups import (
    parse_backups,
    parse_not_backed_up,
    parse_storage_content,
)
from services.cluster.parse_cluster import (
    parse_cluster_status,
    parse_ha,
    parse_version,
)
from services.cluster.parse_disks import parse_disks, parse_smart
from services.cluster.parse_guest import parse_guest_config, parse_snapshots
from services.cluster.parse_node import (
    parse_apt_updates,
    parse_certificates,
    parse_node_status,
    parse_services,
)
from services.cluster.parse_resources import parse_resources
from services.cluster.parse_rrd import parse_rrd
from services.cluster.parse_tasks import parse_task, parse_tasks
from services.cluster.rights import parse_granted

PVE = Path(__file__).parents[3] / "shared" / "fixtures" / "pve"
SEEN_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Parser = Callable[[object], Any]

PARSERS: dict[str, tuple[str, Parser]] = {
    "resources": (r"/cluster/resources", lambda payload: parse_resources(payload, SEEN_AT)),
    "status": (r"/cluster/status", lambda payload: parse_cluster_status(payload, SEEN_AT)),
    "tasks": (r"(/cluster|/nodes/[^/]+)/tasks", parse_tasks),
    "task": (r"/nodes/[^/]+/tasks/[^/]+/status", parse_task),
    "version": (r"(/nodes/[^/]+)?/version", parse_version),
    "permissions": (r"/access/permissions", parse_granted),
    "ha": (r"/cluster/ha/status/current", parse_ha),
    "node status": (r"/nodes/[^/]+/status", parse_node_status),
    "services": (r"/nodes/[^/]+/services", parse_services),
    "updates": (r"/nodes/[^/]+/apt/update", parse_apt_updates),
    "certificates": (r"/nodes/[^/]+/certificates/info", parse_certificates),
    "disks": (r"/nodes/[^/]+/disks/list", parse_disks),
    "smart": (r"/nodes/[^/]+/disks/smart", parse_smart),
    "content": (r"/nodes/[^/]+/storage/[^/]+/content", parse_storage_content),
    "backups": (r"/nodes/[^/]+/storage/[^/]+/content", parse_backups),
    "not backed up": (r"/cluster/backup-info/not-backed-up", parse_not_backed_up),
    "rrd": (r"/nodes/[^/]+/((qemu|lxc|storage)/[^/]+/)?rrddata", parse_rrd),
    "addresses": (
        r"/nodes/[^/]+/(qemu/\d+/agent/network-get-interfaces|lxc/\d+/interfaces)",
        parse_addresses,
    ),
    "guest config": (r"/nodes/[^/]+/(qemu|lxc)/\d+/config", parse_guest_config),
    "snapshots": (r"/nodes/[^/]+/(qemu|lxc)/\d+/snapshot", parse_snapshots),
}
"""By name: which paths a parser is for, and the parser with its clock set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stood under `data` in one recorded answer."""

    source: str
    path: str
    data: object


@cache
def read_bodies() -> tuple[Body, ...]:
    """All of them, errors too; empty where the recordings are not at hand."""
    if not PVE.is_dir():
        return ()
    return (*_cassettes(), *_go_proxmox(), *_loose())


@cache
def bodies_for(parser: str) -> tuple[Body, ...]:
    """The bodies whose path a parser is made for."""
    path, _ = PARSERS[parser]
    return tuple(body for body in read_bodies() if re.fullmatch(path, body.path))


def _cassettes() -> Iterator[Body]:
    for cassette in sorted((PVE / "cassettes").glob("*.jsonl")):
        for line in cassette.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            path = re.sub(r"^https?://[^/]+/api2/json", "", exchange["url"]).partition("?")[0]
            data = _data(exchange["body"])
            if data is not None:
                path = path if exchange["method"] == "GET" else f"{exchange['method']} {path}"
                yield Body(source=cassette.name, path=path, data=data[0])


def _go_proxmox() -> Iterator[Body]:
    for entry in json.loads((PVE / "go-proxmox" / "_index.json").read_text(encoding="utf-8")):
        file = PVE / entry["file"]
        data = _data(file.read_text(encoding="utf-8")) if file.is_file() else None
        if data is not None:
            path = entry["path"].removeprefix("^").removesuffix("$")
            path = path if entry["method"] == "GET" else f"{entry['method']} {path}"
            yield Body(source=entry["file"], path=path, data=data[0])


_LOOSE = {
    "datadog/cluster_resources.json": "/cluster/resources",
    "datadog/node_tasks.json": "/nodes/n/tasks",
    "home-assistant/nodes_tasks.json": "/nodes/n/tasks",
    "home-assistant/nodes_apt_update.json": "/nodes/n/apt/update",
    "issues/cluster_resources_node_offline.json": "/cluster/resources",
    "pulse-rrd/pve8_guest_rrddata.json": "/nodes/n/qemu/100/rrddata",
    "pulse-rrd/pve8_node_rrddata.json": "/nodes/n/rrddata",
    "pulse-rrd/pve9_lxc_rrddata.json": "/nodes/n/lxc/100/rrddata",
    "pulse-rrd/pve9_node_rrddata.json": "/nodes/n/rrddata",
    "pulse-rrd/pve9_qemu_rrddata.json": "/nodes/n/qemu/100/rrddata",
    "psproxmoxve/pve8_version.json": "/version",
    "psproxmoxve/pve9_version.json": "/version",
    "psproxmoxve/pve9_cluster_status.json": "/cluster/status",
    "psproxmoxve/pve9_node_status.json": "/nodes/n/status",
    "psproxmoxve/pve9_snapshots.json": "/nodes/n/qemu/100/snapshot",
    "psproxmoxve/pve9_storage_content.json": "/nodes/n/storage/local/content",
    "psproxmoxve/pve9_task_running.json": "/nodes/n/tasks/UPID/status",
    "psproxmoxve/pve9_tasks.json": "/nodes/n/tasks/UPID/status",
    "psproxmoxve/pve9_vm_config.json": "/nodes/n/qemu/100/config",
}


def _loose() -> Iterator[Body]:
    for folder in ("datadog", "home-assistant", "issues", "pulse-rrd", "psproxmoxve"):
        for file in sorted((PVE / folder).glob("*.json")):
            name = f"{folder}/{file.name}"
            data = _data(file.read_text(encoding="utf-8"))
            if data is not None:
                yield Body(source=name, path=_LOOSE.get(name, "elsewhere"), data=data[0])


def _data(text: str) -> tuple[object] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if isinstance(document, dict) and "data" in document:
        return (document["data"],)
    return (document,)
