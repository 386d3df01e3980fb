"""What `zpool list` and `zpool status` say of pools; pure."""

import re
from collections.abc import Iterator

from services.cluster import wire
from services.nodes.model import PoolHealth

LIST_ARGV = ("zpool", "list", "-Hp", "-o", "name,size,allocated,health")
STATUS_ARGV = ("zpool", "status")
NO_ERRORS = "No known data errors"
STATES = frozenset({"ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "REMOVED", "UNAVAIL", "SUSPENDED"})
MOST_POOLS = 64

_FIELD = re.compile(
    r"^\s*(?P<name>pool|state|status|action|see|scan|scrub|config|errors):\s?(?P<rest>.*)$"
)


def parse_pool_list(text: str) -> tuple[PoolHealth, ...]:
    """Read the lines of LIST_ARGV: name, size, allocated, health, parted by tabs."""
    return tuple(_listed(text))[:MOST_POOLS]


def _listed(text: str) -> Iterator[PoolHealth]:
    for line in text.splitlines():
        parts = line.split("\t") if "\t" in line else line.split()
        if len(parts) != 4 or parts[3].strip().upper() not in STATES:
            continue
        name = wire.text(parts[0])
        if name is not None:
            yield PoolHealth(
                name=name,
                state=parts[3].strip().upper(),
                size_bytes=wire.size(parts[1].strip()),
                allocated_bytes=wire.whole(parts[2].strip()),
            )


def parse_pool_status(text: str) -> tuple[PoolHealth, ...]:
    """Read `zpool status`: state, errors and scan of each pool, whatever else stands there."""
    pools: list[PoolHealth] = []
    held: dict[str, list[str]] = {}
    field: str | None = None
    for line in [*text.splitlines(), "pool:"]:
        found = _FIELD.match(line)
        if found and found["name"] == "pool":
            if (pool := _as_pool(held)) is not None:
                pools.append(pool)
            held, field = {"pool": [found["rest"]]}, "pool"
        elif found:
            field = "scan" if found["name"] == "scrub" else found["name"]
            held.setdefault(field, []).append(found["rest"])
        elif field is not None and line.strip():
            held[field].append(line.strip())
    return tuple(pools)[:MOST_POOLS]


def join_pools(
    listed: tuple[PoolHealth, ...], told: tuple[PoolHealth, ...]
) -> tuple[PoolHealth, ...]:
    """Sizes from the list, errors and scan from the status; a pool that either tells of counts."""
    by_name = {pool.name: pool for pool in told}
    joined = [
        PoolHealth(
            name=pool.name,
            state=pool.state,
            size_bytes=pool.size_bytes,
            allocated_bytes=pool.allocated_bytes,
            errors=more.errors if more else None,
            scan=more.scan if more else None,
        )
        for pool in listed
        for more in (by_name.pop(pool.name, None),)
    ]
    return tuple(sorted([*joined, *by_name.values()], key=lambda pool: pool.name))


def is_sound(pool: PoolHealth) -> bool:
    """Whether nothing is wrong with a pool as far as it tells."""
    return pool.state == "ONLINE" and pool.errors in (None, NO_ERRORS)


def _as_pool(held: dict[str, list[str]]) -> PoolHealth | None:
    name = wire.text(" ".join(held.get("pool", [])))
    state = " ".join(held.get("state", [])).strip().upper()
    if name is None or state not in STATES:
        return None
    errors = held.get("errors", [])
    return PoolHealth(
        name=name,
        state=state,
        # The names of damaged files follow; how many there are is enough.
        errors=_counted(errors),
        scan=wire.text(" ".join(held.get("scan", []))),
    )


def _counted(errors: list[str]) -> str | None:
    first = wire.text(errors[0]) if errors else None
    files = len(errors) - 1
    if first is None or files <= 0:
        return first
    return f"Permanent errors in {files} file{'s' if files > 1 else ''}"
