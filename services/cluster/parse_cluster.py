"""What concerns the whole cluster: its status, high availability, versions and rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReading:
    """One answer of `/cluster/status`."""

    seen_at: datetime
    readable: bool
    """Whether it named any node; if not, it says nothing at all."""
    standalone: bool
    name: str | None
    quorate: bool | None
    """A node that stands alone needs no majority: true."""
    nodes_expected: int | None
    online: Mapping[str, bool | None]
    """By node, whether Corosync sees it."""
    addresses: Mapping[str, str]
    """By node, its address in the cluster's network."""
    local: str | None
    """The node that answered."""
    skipped: int


def parse_cluster_status(payload: object, seen_at: datetime) -> StatusReading:
    """Read `/cluster/status`; a single node without a `cluster` row stands alone."""
    cluster: wire.Row | None = None
    online: dict[str, bool | None] = {}
    addresses: dict[str, str] = {}
    local: str | None = None
    skipped = 0
    for row in wire.rows(payload):
        match row.get("type"):
            case "cluster":
                cluster = row
            case "node":
                name = wire.text(row.get("name"))
                if name is None:
                    skipped += 1
                    continue
                online[name] = wire.truth(row.get("online"))
                if (address := wire.address(row.get("ip"))) is not None:
                    addresses[name] = address
                if wire.truth(row.get("local")):
                    local = name
            case _:
                skipped += 1
    standalone = cluster is None and len(online) == 1 and not skipped
    known = cluster or {}
    return StatusReading(
        seen_at=seen_at,
        readable=bool(online),
        standalone=standalone,
        name=wire.text(known.get("name")),
        quorate=True if standalone else wire.truth(known.get("quorate")),
        nodes_expected=1 if standalone else wire.size(known.get("nodes")),
        online=MappingProxyType(online),
        addresses=MappingProxyType(addresses),
        local=local,
        skipped=skipped,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReading:
    """`/version`: what the answering node runs."""

    version: str
    """Such as `9.2.4`."""


def parse_version(payload: object) -> VersionReading | None:
    """Read `/version`, or `/nodes/{node}/version`."""
    row = wire.fields(payload)
    version = wire.text(row.get("version"))
    if version is None:
        return None
    return VersionReading(
        version=version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HaService:
    """One guest under high availability."""

    sid: str
    """`vm:104` or `ct:105`."""
    vmid: int | None
    node: str | None
    state: str | None
    wanted_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HaNode:
    """The local resource manager of one node."""

    node: str
    status: str | None
    """`active`, `idle`, `maintenance mode`, `old timestamp - dead?`…"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaReading:
    """`/cluster/ha/status/current`."""

    quorate: bool | None
    master: str | None
    """Unknown while the manager idles, as in a cluster without resources."""
    fencing: str | None
    """`armed`, `standby`, `disarmed`…; told since 9.2."""
    services: tuple[HaService, ...]
    nodes: tuple[HaNode, ...] = ()


def parse_ha(payload: object) -> HaReading | None:
    """Read `/cluster/ha/status/current`."""
    if not isinstance(payload, list | tuple):
        return None
    quorate: bool | None = None
    master: str | None = None
    fencing: str | None = None
    services: list[HaService] = []
    nodes: list[HaNode] = []
    for row in wire.rows(payload):
        match row.get("type"):
            case "lrm":
                if (node := wire.text(row.get("node"))) is not None:
                    nodes.append(HaNode(node=node, status=_in_brackets(row.get("status"))))
            case "quorum":
                quorate = wire.truth(row.get("quorate"))
            case "master":
                master = wire.text(row.get("node"))
            case "fencing":
                fencing = wire.text(row.get("armed-state"))
            case "service":
                service = _ha_service(row)
                if service is not None:
                    services.append(service)
    return HaReading(
        quorate=quorate,
        master=master,
        fencing=fencing,
        services=tuple(services),
        nodes=tuple(sorted(nodes, key=lambda each: each.node)),
    )


def _in_brackets(value: object) -> str | None:
    """`active` of `pve (active, Fri Nov 20 12:00:00 2026)`."""
    line = wire.text(value) or ""
    return line.partition("(")[2].partition(",")[0].strip(" )") or None


def _ha_service(row: wire.Row) -> HaService | None:
    sid = wire.text(row.get("sid")) or (wire.text(row.get("id")) or "").removeprefix("service:")
    if not sid:
        return None
    return HaService(
        sid=sid,
        vmid=wire.whole(sid.rpartition(":")[2]),
        node=wire.text(row.get("node")),
        state=wire.text(row.get("state")),
        wanted_state=wire.text(row.get("request_state")),
    )
