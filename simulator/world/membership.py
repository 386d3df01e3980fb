"""Which nodes belong to the cluster: one may be taken out of it for good."""

from .errors import Refused
from .model import Node
from .world import World


def expel(world: World, viewer: str, name: str) -> None:
    """Take a node out of the cluster, as `pvecm delnode` does on another one. Raises Refused.

    Its guests and its own storages are no longer the cluster's: they go with it.
    """
    node = _named(world, name)
    if node.name == viewer:
        raise Refused("Cannot delete myself from cluster!")
    for guest in world.guests_on(node.name):
        del world.guests[guest.vmid]
    world.storages = [one for one in world.storages if one.nodes != (node.name,)]
    for storage in world.storages:
        storage.nodes = tuple(one for one in storage.nodes if one != node.name)
    del world.nodes[node.name]
    world.changed()


def _named(world: World, name: str) -> Node:
    """By name or address."""
    for node in world.nodes.values():
        if name in (node.name, node.ip):
            return node
    raise Refused(f"Node/IP: {name} is not a known host of the cluster.")
