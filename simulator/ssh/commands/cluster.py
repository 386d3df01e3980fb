"""pvecm, ha-manager, pveversion, pvenode, pvesr, vzdump: the cluster seen from one node."""

import time

from simulator.api.handlers.access import VERSIONS
from simulator.api.routes import Listing
from simulator.ssh.shell.state import Call
from simulator.world.errors import Refused
from simulator.world.model import Guest
from simulator.world.packages import installed_version, packages
from simulator.world.world import CLUSTER_NAME

from .asking import ask, follow, read_values, say_usage
from .registry import Where, command

ALONE = 2


@command("pvecm", where=Where.NODE)
async def pvecm(call: Call) -> int:
    words = list(call.rest)
    verb = words.pop(0) if words else ""
    if len(call.machine.world.nodes) == 1 and verb in ("status", "nodes"):
        await call.complain(
            "Error: Corosync config '/etc/pve/corosync.conf' does not exist -"
            " is this node part of a cluster?"
        )
        return ALONE
    match verb:
        case "status":
            return await _status(call)
        case "nodes":
            await call.say("\n" + _membership(call, votes=False))
            return 0
        case "delnode" if words:
            await ask(call, "DELETE", f"/cluster/config/nodes/{words[0]}")
            await call.say(f"Killing node {words[0]}\n")
            return 0
        case "expected" if words:
            raise Refused("Unable to set expected votes: CS_ERR_INVALID_PARAM")
    told = f"unknown command 'pvecm {verb}'" if verb else "no command specified"
    return await say_usage(call, told)


async def _status(call: Call) -> int:
    world, name = call.machine.world, call.machine.name
    nodes = [*world.nodes.values()]
    seen = [node for node in nodes if world.lost_since(name, node) is None]
    quorate = world.is_quorate(name)
    own = world.nodes[name]
    when = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(call.machine.told_now))
    rows = (
        ("Cluster information", ""),
        ("Name", CLUSTER_NAME),
        ("Config Version", len(nodes)),
        ("Transport", "knet"),
        ("Secure auth", "on"),
        ("Quorum information", ""),
        ("Date", when),
        ("Quorum provider", "corosync_votequorum"),
        ("Nodes", len(seen)),
        ("Node ID", f"0x{own.nodeid:08x}"),
        ("Ring ID", f"{min(node.nodeid for node in seen):x}.{len(seen):x}{own.nodeid:x}"),
        ("Quorate", "Yes" if quorate else "No"),
        ("Votequorum information", ""),
        ("Expected votes", len(nodes)),
        ("Highest expected", len(nodes)),
        ("Total votes", len(seen)),
        ("Quorum", f"{len(nodes) // 2 + 1}{'' if quorate else ' Activity blocked'}"),
        ("Flags", "Quorate" if quorate else ""),
    )
    lines: list[str] = []
    for name_, value in rows:
        if value == "" and name_.endswith("information"):
            lines.append(f"{chr(10) if lines else ''}{name_}\n{'-' * len(name_)}\n")
        else:
            lines.append(f"{f'{name_}:':<18}{value}\n")
    await call.say("".join(lines) + "\n" + _membership(call, votes=True))
    return 0


def _membership(call: Call, *, votes: bool) -> str:
    world, name = call.machine.world, call.machine.name
    lines = ["Membership information\n----------------------\n", "    Nodeid      Votes Name\n"]
    for node in world.nodes.values():
        if world.lost_since(name, node) is None:
            local = " (local)" if node.name == name else ""
            number = f"0x{node.nodeid:08x}" if votes else f"{node.nodeid:>10}"
            lines.append(f"{number}          1 {node.ip if votes else node.name}{local}\n")
    return "".join(lines)


@command("ha-manager", where=Where.NODE, folder="/usr/sbin")
async def ha_manager(call: Call) -> int:
    words = list(call.rest)
    verb = words.pop(0) if words else ""
    operands, values = read_values(words)
    match verb:
        case "status":
            rows = await ask(call, "GET", "/cluster/ha/status/current")
            for row in rows:
                await call.say(f"{row['type']} {row['status']}\n")
            return 0
        case "config":
            for guest in _managed(call):
                await call.say(f"{_sid(guest)}\n\tstate {_wanted(guest)}\n\n")
            return 0
        case "set" | "crm-command" if operands:
            return await _order(call, verb, operands, values)
        case "migrate" | "relocate" if len(operands) == 2:
            return await _order(call, "crm-command", [verb, *operands], values)
    return await say_usage(call, f"unknown command 'ha-manager {verb}'")


def _managed(call: Call) -> list[Guest]:
    return [guest for guest in call.machine.world.guests.values() if guest.ha]


def _sid(guest: Guest) -> str:
    return f"{'vm' if guest.kind == 'qemu' else 'ct'}:{guest.vmid}"


def _wanted(guest: Guest) -> str:
    return "stopped" if guest.hastate == "stopped" else "started"


async def _order(call: Call, verb: str, operands: list[str], values: dict[str, str]) -> int:
    """`set vm:110 --state stopped`, `crm-command migrate vm:110 pve`."""
    what = operands.pop(0) if verb == "crm-command" else "set"
    sid = operands.pop(0) if operands else ""
    guest = next((one for one in _managed(call) if sid in (_sid(one), str(one.vmid))), None)
    if guest is None:
        raise Refused(f"no such resource '{sid}'")
    base = f"/nodes/{guest.node}/{guest.kind}/{guest.vmid}"
    if what in ("migrate", "relocate") and operands:
        await ask(call, "POST", f"{base}/migrate", {"target": operands[0], "online": "1"})
        return 0
    wanted = values.get("state", "stopped" if what == "stop" else "")
    if wanted not in ("started", "stopped"):
        raise Refused("400 Parameter verification failed.\nstate: value does not have a value")
    await ask(call, "POST", f"{base}/status/{'start' if wanted == 'started' else 'stop'}")
    return 0


@command("pveversion", where=Where.NODE)
async def pveversion(call: Call) -> int:
    world, node = call.machine.world, call.machine.node
    _, _, _, kernel, full = VERSIONS[world.major]
    assert node is not None
    if not {"-v", "--verbose", "-verbose"} & set(call.rest):
        await call.say(f"pve-manager/{full} (running kernel: {kernel})\n")
        return 0
    await call.say(f"proxmox-ve: {world.pve}.0 (running kernel: {kernel})\n")
    for package in packages(world):
        await call.say(f"{package.name}: {installed_version(world, node, package)}\n")
    return 0


@command("pvenode", where=Where.NODE)
async def pvenode(call: Call) -> int:
    operands, values = read_values(list(call.rest))
    name = call.machine.name
    match operands:
        case ["wakeonlan", target]:
            mac = await ask(call, "POST", f"/nodes/{target}/wakeonlan")
            await call.say(f"{mac}\n")
            return 0
        case ["task", "list"]:
            rows = await ask(call, "GET", f"/nodes/{name}/tasks", values)
            for row in rows.rows:
                await call.say(f"{row['upid']} {row.get('status', 'running')}\n")
            return 0
        case ["task", "log" | "status" as what, upid]:
            answer = await ask(call, "GET", f"/nodes/{name}/tasks/{upid}/{what}")
            if isinstance(answer, Listing) and isinstance(answer.rows, list):
                lines = [str(row["t"]) for row in answer.rows]
            else:
                lines = [f"{key}: {answer[key]}" for key in answer]
            await call.say("".join(f"{line}\n" for line in lines))
            return 0
    return await say_usage(call, f"unknown command 'pvenode {' '.join(operands)}'".rstrip())


@command("pvesr", where=Where.NODE)
async def pvesr(call: Call) -> int:
    if call.rest[:1] in (("list",), ("status",)):
        await ask(call, "GET", f"/nodes/{call.machine.name}/replication")
        await call.say("JobID      Enabled    Target          LastSync         NextSync   State\n")
        return 0
    return await say_usage(call, "unknown command")


@command("vzdump", where=Where.NODE)
async def vzdump(call: Call) -> int:
    operands, values = read_values(list(call.rest))
    values |= {"vmid": ",".join(operands)} if operands else {}
    upid = await ask(call, "POST", f"/nodes/{call.machine.name}/vzdump", values)
    return await follow(call, upid, told=True)


@command("pvesubscription", where=Where.NODE)
async def pvesubscription(call: Call) -> int:
    if call.rest[:1] != ("get",):
        return await say_usage(call, "unknown command")
    row = await ask(call, "GET", f"/nodes/{call.machine.name}/subscription")
    await call.say("".join(f"{key}: {row[key]}\n" for key in sorted(row)))
    return 0
