"""What real Proxmox servers answered, gathered from the recordings beside the project.

Only bodies that came from a running server are taken: the cassettes and files marked REAL, and of
the go-proxmox bodies the long ones, which their authors took from a cluster of their own.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.support.pve_schema import FIXTURES

# file -> path it was asked from; the release is in the file's name or folder
_FILES = {
    "datadog/cluster_resources.json": ("8.4", "/cluster/resources"),
    "datadog/node_tasks.json": ("8.4", "/nodes/{node}/tasks"),
    "home-assistant/nodes_apt_update.json": ("9.2", "/nodes/{node}/apt/update"),
    "home-assistant/nodes_tasks.json": ("9.2", "/nodes/{node}/tasks"),
    "issues/cluster_resources_node_offline.json": ("8.4", "/cluster/resources"),
    "pulse-rrd/pve8_guest_rrddata.json": ("8.4", "/nodes/{node}/qemu/{vmid}/rrddata"),
    "pulse-rrd/pve8_node_rrddata.json": ("8.4", "/nodes/{node}/rrddata"),
    "pulse-rrd/pve9_lxc_rrddata.json": ("9.2", "/nodes/{node}/lxc/{vmid}/rrddata"),
    "pulse-rrd/pve9_node_rrddata.json": ("9.2", "/nodes/{node}/rrddata"),
    "pulse-rrd/pve9_qemu_rrddata.json": ("9.2", "/nodes/{node}/qemu/{vmid}/rrddata"),
}
_GO_PROXMOX = {
    "cluster/get_cluster_resources.json": "/cluster/resources",
    "cluster/get_cluster_status.json": "/cluster/status",
    "nodes/get_nodes.json": "/nodes",
    "nodes/get_nodes_node1_network.json": "/nodes/{node}/network",
    "virtual_machines/get_nodes_node1_qemu_101_status_current.json": (
        "/nodes/{node}/qemu/{vmid}/status/current"
    ),
    "virtual_machines/get_nodes_node1_qemu_101_rrddata.json": "/nodes/{node}/qemu/{vmid}/rrddata",
}
_PLACES = (
    (re.compile(r"^/nodes/[^/]+"), "/nodes/{node}"),
    (re.compile(r"/(qemu|lxc)/\d+"), r"/\1/{vmid}"),
    (re.compile(r"/tasks/UPID[^/]+"), "/tasks/{upid}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One answer of a real server: the `data` of its envelope."""

    release: str
    verb: str
    path: str
    status: int
    data: object
    source: str


def read_recordings() -> Iterator[Recording]:
    """Every recorded answer with a JSON body."""
    yield from _read_cassettes()
    for name, (release, path) in _FILES.items():
        document = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
        data = document["data"] if isinstance(document, dict) else document
        yield Recording(release=release, verb="GET", path=path, status=200, data=data, source=name)
    for name, path in _GO_PROXMOX.items():
        source = f"go-proxmox/pve8x/{name}"
        data = json.loads((FIXTURES / source).read_text(encoding="utf-8"))["data"]
        yield Recording(release="8.4", verb="GET", path=path, status=200, data=data, source=source)


def _read_cassettes() -> Iterator[Recording]:
    for cassette in sorted((FIXTURES / "cassettes").glob("*.jsonl")):
        for line in cassette.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            try:
                data = json.loads(exchange["body"])["data"]
            except (ValueError, KeyError):
                continue
            path = re.sub(r"^https?://[^/]+/api2/json", "", exchange["url"]).partition("?")[0]
            yield Recording(
                release="9.2",
                verb=exchange["method"],
                path=place(path),
                status=exchange["code"],
                data=data,
                source=cassette.name,
            )


def place(path: str) -> str:
    """The path with its node, guest and task replaced by placeholders."""
    for pattern, replacement in _PLACES:
        path = pattern.sub(replacement, path)
    return path


@dataclass(slots=True)
class Shape:
    """What the recorded objects of one kind have in common."""

    seen: int = 0
    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def always(self) -> set[str]:
        """The keys that every recorded object has."""
        return {key for key, count in self.counts.items() if count == self.seen}


@cache
def recorded_shapes() -> dict[tuple[str, str, str], Shape]:
    """(release, path, kind of object) -> its shape; see `kind_of`."""
    shapes: dict[tuple[str, str, str], Shape] = defaultdict(Shape)
    for recording in read_recordings():
        if recording.verb != "GET" or recording.status != 200:
            continue
        for row in rows_of(recording.data):
            shape = shapes[recording.release, recording.path, kind_of(row)]
            shape.seen += 1
            for key, value in row.items():
                shape.counts[key] += 1
                shape.kinds[key].add(json_type(value))
    return dict(shapes)


def recorded_shape(release: str, path: str, kind: str) -> Shape | None:
    """The shape recorded from that release, or from the other one where that release is silent."""
    shapes = recorded_shapes()
    other = "8.4" if release == "9.2" else "9.2"
    return shapes.get((release, path, kind)) or shapes.get((other, path, kind))


def rows_of(data: object) -> list[dict[str, Any]]:
    """The objects of an answer, whether it is a list of them or a single one."""
    rows = data if isinstance(data, list) else [data]
    return [row for row in rows if isinstance(row, dict)]


def kind_of(row: dict[str, Any]) -> str:
    """What distinguishes objects that share a listing: their type, and whether they are alive."""
    kind, status = row.get("type"), row.get("status")
    if "qmpstatus" in row:
        return f"machine {status}"
    if kind not in ("node", "cluster", "qemu", "lxc", "storage", "pool", "sdn", "network"):
        return ""
    return f"{kind} {'gone' if status in ('offline', 'unknown') else 'here'}"


def json_type(value: object) -> str:
    """JSON's word for the type; whole and broken numbers are one type, as they are in Perl."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    return "null"
