"""Figures of a moment: load, memory, traffic, disk, temperature. Pure functions of time.

`at` is world time; any past moment may be asked, so history needs no storage.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .model import GIB, Guest, Nature, Node, Storage
from .noise import DAY_S, between, day_curve, grain, key_of


@dataclass(frozen=True, slots=True)
class GuestFigures:
    """What one guest does at one moment. Bytes, seconds, `cpu` a fraction of its cores."""

    cpu: float
    mem: int
    memhost: int
    disk: int
    netin: int
    netout: int
    diskread: int
    diskwrite: int
    uptime: int


@dataclass(frozen=True, slots=True)
class NodePulse:
    """The few figures of a node that the cluster's listings carry: cheap enough for 32 of them."""

    cpu: float
    mem: int
    root: int
    uptime: int


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """What one node does at one moment. Bytes, seconds, fractions; rates in bytes a second."""

    cpu: float
    iowait: float
    load: tuple[float, float, float]
    mem: int
    swap: int
    root: int
    netin_bps: float
    netout_bps: float
    uptime: int
    temp_c: float


def make_nature(
    seed: int, vmid: int, *, cpu: float, mem: float, net_bps: float, disk_bps: float, grows: float
) -> Nature:
    """A guest's character; its waves come from the seed and its number."""
    waves = tuple(
        (
            amplitude,
            2 * math.pi / between(low, high, seed, vmid, "period", low),
            between(0.0, 2 * math.pi, seed, vmid, "phase", low),
        )
        for amplitude, low, high in ((0.22, 1500, 2600), (0.20, 240, 420), (0.14, 37, 71))
    )
    return Nature(
        cpu=cpu,
        mem=mem,
        net_bps=net_bps,
        disk_bps=disk_bps,
        grows_bytes_day=grows,
        key=key_of(seed, "guest", vmid),
        waves=waves,
    )


def guest_cpu(guest: Guest, at: float) -> float:
    """Load of a running guest as a fraction of its own cores."""
    if guest.cpu_known[0] == at:
        return guest.cpu_known[1]
    nature = guest.nature
    swing = 1.0
    for amplitude, speed, phase in nature.waves:
        swing += amplitude * math.sin(speed * at + phase)
    swing += 0.10 * grain(nature.key, int(at))
    value = nature.cpu * swing * (0.5 + 0.5 * day_curve(at) / 0.6)
    if guest.lock == "backup":
        value += 0.12
    value = min(1.0, max(0.0004, value))
    guest.cpu_known = (at, value)
    return value


def guest_mem(guest: Guest, at: float, since: float) -> int:
    """Bytes in use inside a guest that runs since `since`; it fills up over two minutes."""
    nature = guest.nature
    _, speed, phase = nature.waves[0]
    full = nature.mem * (1 + 0.05 * math.sin(speed * at * 0.5 + phase))
    warm = 0.25 + 0.75 * min(1.0, max(0.0, at - since) / 120)
    return int(min(0.985, full * warm) * guest.mem_bytes)


def flow_s(guest: Guest, at: float, since: float) -> float:
    """Seconds of mean traffic since `since`, at a breathing rate; never runs backwards."""
    _, speed, phase = guest.nature.waves[1]
    swing = (math.cos(speed * since + phase) - math.cos(speed * at + phase)) / speed
    return max(0.0, at - since) + 0.8 * swing + 2.0


def guest_disk(guest: Guest, at: float, began: float) -> int:
    """Bytes used inside the guest's root disk; grows slowly up to 97 % of its size."""
    grown = guest.disk_used_bytes + guest.nature.grows_bytes_day * (at - began) / DAY_S
    return int(min(0.97 * guest.disk_bytes, max(0.02 * guest.disk_bytes, grown)))


def guest_figures(guest: Guest, at: float, began: float) -> GuestFigures | None:
    """Everything about one guest at one moment, None when it was off."""
    since = guest.ran_at(at)
    if since is None:
        return None
    nature = guest.nature
    mem = guest_mem(guest, at, since)
    flow = flow_s(guest, at, since)
    return GuestFigures(
        cpu=0.0 if guest.state == "paused" else guest_cpu(guest, at),
        mem=mem,
        memhost=min(int(mem * 1.02) + 96 * (1 << 20), guest.mem_bytes + 180 * (1 << 20)),
        disk=guest_disk(guest, at, began) if guest.kind == "lxc" else 0,
        netin=int(nature.net_bps * flow),
        netout=int(nature.net_bps * 0.6 * flow),
        diskread=int(nature.disk_bps * 0.7 * flow),
        diskwrite=int(nature.disk_bps * flow),
        uptime=max(0, int(at - since)),
    )


def node_cpu(node: Node, guests: Iterable[Guest], at: float) -> float:
    """A node's load as a fraction of all its threads: its own, and what its guests take."""
    busy = node.own_cpu * node.threads * (1 + 0.25 * grain(node.key, int(at)))
    for guest in guests:
        if guest.state != "paused" and guest.ran_at(at) is not None:
            busy += guest_cpu(guest, at) * guest.cores
    return min(0.998, max(0.002, busy / node.threads + (0.30 if node.heat_at(at) else 0.0)))


def node_mem(node: Node, guests: Iterable[Guest], at: float) -> int:
    """Bytes in use on the host: its own, and what its guests hold."""
    used = node.own_mem_bytes
    for guest in guests:
        since = guest.ran_at(at)
        if since is not None:
            used += int(guest_mem(guest, at, since) * 1.02)
    return min(used, int(node.mem_bytes * 0.985))


def node_temp_c(node: Node, guests: list[Guest], at: float) -> float:
    """CPU temperature: follows the load of the last minute, slowly."""
    lags = (0.0, 15.0, 30.0, 60.0)
    load = sum(node_cpu(node, guests, at - lag) for lag in lags) / len(lags)
    return round(40.0 + 50.0 * load + node.heat_at(at) + 0.6 * grain(node.key ^ 7, int(at / 5)), 1)


def node_pulse(node: Node, guests: list[Guest], at: float, began: float) -> NodePulse:
    """What the listings tell of a node at one moment, as if it were up."""
    return NodePulse(
        cpu=node_cpu(node, guests, at),
        mem=node_mem(node, guests, at),
        root=node_root(node, at, began),
        uptime=max(0, int(at - node.booted_at)),
    )


def node_figures(node: Node, guests: list[Guest], at: float, began: float) -> NodeFigures:
    """Everything about one node at one moment, as if it were up."""
    cpu = node_cpu(node, guests, at)
    before = node_cpu(node, guests, at - 300)
    runnable = cpu * node.threads
    earlier = before * node.threads
    net = sum(g.nature.net_bps * (1 + 0.3 * grain(g.nature.key, int(at / 10))) for g in guests)
    return NodeFigures(
        cpu=cpu,
        iowait=max(0.0, 0.004 + 0.012 * cpu + 0.004 * grain(node.key ^ 3, int(at))),
        load=(runnable * 1.05, (runnable + earlier) / 2, earlier),
        mem=node_mem(node, guests, at),
        swap=int(node.swap_bytes * 0.02),
        root=node_root(node, at, began),
        netin_bps=max(0.0, net) + 2000,
        netout_bps=max(0.0, net * 0.6) + 1500,
        uptime=max(0, int(at - node.booted_at)),
        temp_c=node_temp_c(node, guests, at),
    )


def node_root(node: Node, at: float, began: float) -> int:
    """Bytes used on the root file system."""
    grown = node.root_used_bytes + 0.02 * GIB * (at - began) / DAY_S
    return int(min(0.99 * node.root_bytes, grown))


def storage_used(storage: Storage, at: float, began: float) -> int:
    """Bytes used on a storage."""
    filled, added_bytes = storage.level_at(at)
    if filled is not None:
        return int(filled * storage.total_bytes)
    grown = storage.used_bytes + added_bytes
    grown += int(storage.grows_bytes_day * (at - began) / DAY_S)
    return max(0, min(int(0.995 * storage.total_bytes), grown))
