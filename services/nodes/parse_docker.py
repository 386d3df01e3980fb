"""The containers of a Docker daemon, from `docker ps --format json`; pure.

It writes one JSON object a line. Newer versions add `Platform` and `HealthStatus`; older ones tell
the health only within `Status`. Podman and some wrappers write one list instead.
"""

import json
import re
from collections.abc import Iterator

from services.cluster import wire
from services.nodes.model import DockerContainer

ARGV = ("docker", "ps", "--all", "--no-trunc", "--format", "{{json .}}")
"""`--format json` is known to Docker 23 and later; this form means the same and is known to all."""
MOST_CONTAINERS = 500
MOST_LABELS = 64

_HEALTH = re.compile(r"\((?P<health>healthy|unhealthy|health: starting)\)")
_ID = re.compile(r"^[0-9a-f]{12,64}$")


def parse_containers(text: str) -> tuple[DockerContainer, ...] | None:
    """Read the lines, by name; None where something came and none of it is a container."""
    found = sorted(_found(text), key=lambda container: container.name)
    if not found and text.strip() not in ("", "[]"):
        return None
    return tuple(found)[:MOST_CONTAINERS]


def parse_guest_exec(text: str) -> tuple[int, str, str] | None:
    """Exit code, output and error output within the answer of `qm guest exec`."""
    try:
        row = wire.fields(json.loads(text))
    except (ValueError, RecursionError):
        return None
    code = wire.whole(row.get("exitcode"))
    if code is None:
        return None
    out, err = row.get("out-data"), row.get("err-data")
    return code, out if isinstance(out, str) else "", err if isinstance(err, str) else ""


def _found(text: str) -> Iterator[DockerContainer]:
    for row in _rows(text):
        container = _container(row)
        if container is not None:
            yield container


def _rows(text: str) -> Iterator[wire.Row]:
    if text.lstrip().startswith("["):
        try:
            yield from wire.rows(json.loads(text))
        except (ValueError, RecursionError):
            return
        return
    for line in text.splitlines():
        try:
            row = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


def _container(row: wire.Row) -> DockerContainer | None:
    id_ = wire.text(row.get("ID") or row.get("Id"))
    names = row.get("Names") or row.get("Name")
    name = wire.text(names[0] if isinstance(names, list) and names else names)
    if id_ is None or not _ID.match(id_) or name is None:
        return None
    status = wire.text(row.get("Status")) or ""
    return DockerContainer(
        id=id_,
        name=name.partition(",")[0].lstrip("/"),
        image=wire.text(row.get("Image")) or "—",
        state=(wire.text(row.get("State")) or _state_of(status)).lower(),
        status=status,
        health=_health(row, status),
        ports=wire.text(row.get("Ports")) or "",
        labels=_labels(row.get("Labels")),
    )


def _health(row: wire.Row, status: str) -> str | None:
    told = wire.text(row.get("HealthStatus"))
    if told is None and (found := _HEALTH.search(status)):
        told = found["health"].removeprefix("health: ")
    return None if told in (None, "none", "") else told


def _state_of(status: str) -> str:
    """Docker before 20.10 tells the state only at the beginning of its status."""
    for word, state in (
        ("Up", "running"),
        ("Exited", "exited"),
        ("Created", "created"),
        ("Restarting", "restarting"),
        ("Removal", "removing"),
        ("Dead", "dead"),
    ):
        if status.startswith(word):
            return "paused" if state == "running" and "(Paused)" in status else state
    return "unknown"


def _labels(value: object) -> tuple[tuple[str, str], ...]:
    """`a=1,b=2`, or an object; a comma within a value cannot be told from one between two."""
    if isinstance(value, dict):
        pairs = [(wire.text(key), wire.text(item) or "") for key, item in value.items()]
        return tuple((key, item) for key, item in pairs if key)[:MOST_LABELS]
    labels: list[tuple[str, str]] = []
    for part in value.split(",") if isinstance(value, str) else ():
        key, is_pair, rest = part.partition("=")
        if is_pair and key.strip():
            labels.append((key.strip(), rest))
        elif labels and not is_pair:
            labels[-1] = (labels[-1][0], f"{labels[-1][1]},{part}")
    return tuple(sorted(labels))[:MOST_LABELS]
