"""A cluster with one protected guest, in which Jarvis lives."""

from services.safety.protection import Place
from tests.support.clusters import make_guest, make_node, make_snapshot

HOUSE = make_snapshot(
    nodes=[make_node("pve"), make_node("home"), make_node("agent")],
    guests=[
        make_guest(101, name="adguard", node="home"),
        make_guest(103, name="mgmt", protected=True),
        make_guest(104, name="media"),
        make_guest(105, name="nextcloud", node="agent"),
    ],
)
PLACE = Place(vmid=103, docker=frozenset({"103"}))
