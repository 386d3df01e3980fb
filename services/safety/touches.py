"""What an action acts upon, named so that code can protect it."""

from dataclasses import dataclass
from enum import StrEnum


class TouchKind(StrEnum):
    """The kinds of thing an action can change."""

    GUEST = "guest"
    """A virtual machine or container; `id` is its vmid."""
    NODE_POWER = "node power"
    """A node goes down or up; `id` is its name."""
    NODE = "node"
    """Something of a node that is none of the others; `id` is its name."""
    SERVICE = "service"
    """A systemd unit; `id` is its name."""
    DOCKER = "docker"
    """A container, or with `id` `*` the Docker daemon itself, on `node` (a node or a guest)."""
    STORAGE = "storage"
    """A storage or what lies on it; `id` is its name."""
    CLUSTER = "cluster"
    """The cluster as a whole; `id` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One thing an action would change."""

    kind: TouchKind
    id: str
    node: str | None = None
    """The node it is on, where that is known."""
    ends: bool = False
    """Whether it would stop, restart, move or delete the thing: what a protected one must not."""
