"""Every tool there is, by name; nothing else is ever run."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.safety.actors import HIGHEST_ASKED, ActorKind
from services.tools.acting import (
    backups,
    commands,
    containers,
    destruction,
    guest_power,
    moves,
    node_power,
    node_services,
    packages,
    resources,
    snapshots,
    terminals,
)
from services.tools.acting import (
    events as acknowledged_events,
)
from services.tools.reading import (
    addresses,
    availability,
    cluster,
    events,
    guests,
    hardware,
    history,
    journal,
    nodes,
    probes,
    storage,
    tasks,
)
from services.tools.reading import containers as listed_containers
from services.tools.spec import Tool

FOR_PERSONS: Final = frozenset({"open_terminal", "trust_host_key"})
"""Tools that make sense only to somebody at the page; nobody else is told of them."""


def _by_name(tools: Iterable[Tool[Any]]) -> Mapping[str, Tool[Any]]:
    found: dict[str, Tool[Any]] = {}
    for tool in tools:
        if tool.name in found:
            raise ValueError(f"two tools are called {tool.name}")
        found[tool.name] = tool
    return MappingProxyType(found)


REGISTRY: Mapping[str, Tool[Any]] = _by_name(
    (
        *cluster.TOOLS,
        *guests.TOOLS,
        *addresses.TOOLS,
        *storage.TOOLS,
        *tasks.TOOLS,
        *nodes.TOOLS,
        *hardware.TOOLS,
        *availability.TOOLS,
        *history.TOOLS,
        *events.TOOLS,
        *journal.TOOLS,
        *listed_containers.TOOLS,
        *probes.TOOLS,
        *guest_power.TOOLS,
        *moves.TOOLS,
        *snapshots.TOOLS,
        *resources.TOOLS,
        *backups.TOOLS,
        *node_power.TOOLS,
        *node_services.TOOLS,
        *packages.TOOLS,
        *containers.TOOLS,
        *acknowledged_events.TOOLS,
        *commands.TOOLS,
        *terminals.TOOLS,
        *destruction.TOOLS,
    )
)


def offered_tools(kind: ActorKind) -> tuple[Tool[Any], ...]:
    """The tools this kind of asker is told of, in their order.

    What is BLACK, and what only somebody at the page can use, is told to persons alone. Being told
    of a tool is no permission: the gate decides each call.
    """
    if kind is ActorKind.PERSON:
        return tuple(REGISTRY.values())
    ceiling = HIGHEST_ASKED[kind]
    return tuple(
        tool
        for tool in REGISTRY.values()
        if tool.offered
        and tool.name not in FOR_PERSONS
        and (callable(tool.tier) or tool.tier <= ceiling)
    )
