"""What the routine tier reads of one node: status, services, updates, certificates."""

from dataclasses import dataclass
from datetime import datetime

from services.cluster import wire
from services.cluster.node_services import ServiceReading


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatusReading:
    """`/nodes/{node}/status`."""

    cpu_model: str | None = None
    cpu_count: int | None = None
    cpu_fraction: float | None = None
    io_wait_fraction: float | None = None
    pve_version: str | None = None
    """Such as `9.1.1`."""
    kernel: str | None = None
    load_1m: float | None = None
    load_5m: float | None = None
    load_15m: float | None = None
    mem_used_bytes: int | None = None
    mem_total_bytes: int | None = None
    mem_available_bytes: int | None = None
    """Told since 9."""
    swap_used_bytes: int | None = None
    swap_total_bytes: int | None = None
    root_used_bytes: int | None = None
    root_total_bytes: int | None = None
    uptime_s: int | None = None
    boot_mode: str | None = None


def parse_node_status(payload: object) -> NodeStatusReading:
    """Read `/nodes/{node}/status`; loads come as text, the kernel in two writings."""
    row = wire.fields(payload)
    processor = wire.fields(row.get("cpuinfo"))
    memory = wire.fields(row.get("memory"))
    swap = wire.fields(row.get("swap"))
    root = wire.fields(row.get("rootfs"))
    loads = row.get("loadavg")
    loads = list(loads) if isinstance(loads, list | tuple) else []
    load_1m, load_5m, load_15m = [*map(_load, loads), None, None, None][:3]
    version = wire.text(row.get("pveversion")) or ""
    return NodeStatusReading(
        cpu_model=wire.text(processor.get("model")),
        cpu_count=wire.size(processor.get("cpus")),
        cpu_fraction=wire.fraction(row.get("cpu")),
        io_wait_fraction=wire.fraction(row.get("wait")),
        pve_version=version.split("/")[1] if version.count("/") else version or None,
        kernel=wire.text(wire.fields(row.get("current-kernel")).get("release"))
        or _kernel(wire.text(row.get("kversion"))),
        load_1m=load_1m,
        load_5m=load_5m,
        load_15m=load_15m,
        mem_used_bytes=wire.whole(memory.get("used")),
        mem_total_bytes=wire.size(memory.get("total")),
        mem_available_bytes=wire.whole(memory.get("available")),
        swap_used_bytes=wire.whole(swap.get("used")),
        swap_total_bytes=wire.whole(swap.get("total")),
        root_used_bytes=wire.whole(root.get("used")),
        root_total_bytes=wire.size(root.get("total")),
        uptime_s=wire.whole(row.get("uptime")),
        boot_mode=wire.text(wire.fields(row.get("boot-info")).get("mode")),
    )


def _load(value: object) -> float | None:
    read = wire.number(value)
    return read if read is not None and read >= 0 else None


def _kernel(kversion: str | None) -> str | None:
    parts = (kversion or "").removeprefix("Linux ").split()
    return parts[0] if parts else None


def parse_services(payload: object) -> tuple[ServiceReading, ...] | None:
    """Read `/nodes/{node}/services`, sorted by name; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    found: list[ServiceReading] = []
    for row in wire.rows(payload):
        name = wire.text(row.get("service")) or wire.text(row.get("name"))
        if name is not None:
            found.append(
                ServiceReading(
                    name=name,
                    description=wire.text(row.get("desc")),
                    state=wire.text(row.get("state")),
                    active_state=wire.text(row.get("active-state")),
                    unit_state=wire.text(row.get("unit-state")),
                )
            )
    return tuple(sorted(found, key=lambda service: service.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatesReading:
    """`/nodes/{node}/apt/update`: what waits to be installed."""

    count: int
    security_count: int | None
    """Unknown unless an origin names it: Proxmox hands on no mark for it."""
    packages: tuple[str, ...]


def parse_apt_updates(payload: object) -> UpdatesReading | None:
    """Read `/nodes/{node}/apt/update`; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    origins: dict[str, str] = {}
    for row in wire.rows(payload):
        package = wire.text(row.get("Package"))
        if package is not None:
            origins[package] = (wire.text(row.get("Origin")) or "").lower()
    security = sum("security" in origin for origin in origins.values())
    return UpdatesReading(
        count=len(origins),
        security_count=security if security or not origins else None,
        packages=tuple(sorted(origins)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReading:
    """One certificate of `/nodes/{node}/certificates/info`."""

    filename: str
    subject: str | None
    issuer: str | None
    fingerprint: str | None
    expires_at: datetime | None


def parse_certificates(payload: object) -> tuple[CertificateReading, ...]:
    """Read `/nodes/{node}/certificates/info`."""
    found: list[CertificateReading] = []
    for row in wire.rows(payload):
        filename = wire.text(row.get("filename"))
        if filename is not None:
            found.append(
                CertificateReading(
                    filename=filename.rpartition("/")[2],
                    subject=wire.text(row.get("subject")),
                    issuer=wire.text(row.get("issuer")),
                    fingerprint=wire.text(row.get("fingerprint")),
                    expires_at=wire.moment(row.get("notafter")),
                )
            )
    return tuple(found)


def serving_certificate(certificates: tuple[CertificateReading, ...]) -> CertificateReading | None:
    """The one the node's web interface shows: its own choice before Proxmox's."""
    by_name = {certificate.filename: certificate for certificate in certificates}
    return by_name.get("pveproxy-ssl.pem") or by_name.get("pve-ssl.pem")
