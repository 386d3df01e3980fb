"""A guest's snapshots as listed: always ending with `current`, which is no snapshot."""

from simulator.api.routes import Check, Params, Request, guest_of, route
from simulator.world.errors import Refused
from simulator.world.model import Guest
from simulator.world.world import World

_AUDIT = Check("/vms/{vmid}", "VM.Audit")


@route("GET", "/nodes/{node}/{kind}/{vmid}/snapshot", check=_AUDIT)
def list_snapshots(world: World, request: Request, params: Params) -> object:
    guest = guest_of(world, params)
    rows = [_row(world, guest, number) for number in range(len(guest.snapshots))]
    here: dict[str, object] = {
        "description": "You are here!",
        "digest": f"{guest.vmid:08x}{guest.digest:08x}" + "0" * 24,
        "name": "current",
        "running": int(guest.is_running),
    }
    if guest.snapshots:
        here["parent"] = guest.snapshots[-1].name
    return [*rows, here]


def _row(world: World, guest: Guest, number: int) -> dict[str, object]:
    snapshot = guest.snapshots[number]
    row: dict[str, object] = {
        "description": snapshot.description,
        "name": snapshot.name,
        "snaptime": world.told(snapshot.taken_at),
    }
    if snapshot.parent is not None:
        row["parent"] = snapshot.parent
    if guest.kind == "qemu":
        row["vmstate"] = int(snapshot.vmstate)
    return row


@route("GET", "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}", local=True)
def index_snapshot(world: World, request: Request, params: Params) -> object:
    _find(guest_of(world, params), params["snapname"])
    return [{"cmd": "rollback"}, {"cmd": "config"}]


def _find(guest: Guest, name: str) -> None:
    if name != "current" and all(one.name != name for one in guest.snapshots):
        raise Refused(f"snapshot '{name}' does not exist")
