"""ip, ss, ping, getent: addresses, ports and who answers. Nothing here leaves the simulation."""

import asyncio
import json
import re

from simulator.api.handlers.agent import link_local_of
from simulator.ssh.figures import read_figures
from simulator.ssh.machines import Machine
from simulator.ssh.network import connect, delay_ms, listening, resolve
from simulator.ssh.shell.state import Call
from simulator.world.noise import grain, key_of

from .options import Options, Usage, read_options
from .registry import command


@command("ip", folder="/usr/sbin")
async def ip(call: Call) -> int:
    words = list(call.rest)
    flags = [words.pop(0) for _ in list(words) if words and words[0].startswith("-")]
    what = words[0] if words else "help"
    brief, as_json = "-br" in flags or "-brief" in flags, "-j" in flags or "-json" in flags
    links = _links(call.machine)
    for flag, family in (("-4", "."), ("-6", ":")):
        if flag in flags:
            links = [
                {**link, "inet": " ".join(one for one in link["inet"].split() if family in one)}
                for link in links
            ]
    if len(words) > 1 and words[-1] in {link["name"] for link in links}:
        links = [link for link in links if link["name"] == words[-1]]
    if "address".startswith(what) or "link".startswith(what):
        addresses = "address".startswith(what)
        if as_json:
            await call.say(json.dumps([_link_json(link) for link in links]) + "\n")
        elif brief:
            for link in links:
                told = link["inet"] if addresses else f"{link['mac']} <{link['flags']}>"
                await call.say(f"{link['name']:<16} {link['state']:<14} {told}\n")
        else:
            names = [link["name"] for link in _links(call.machine)]
            for link in links:
                number = names.index(link["name"]) + 1
                await call.say(_link_text(number, link, addresses=addresses))
        return 0
    if "route".startswith(what):
        device = links[-1]["name"]
        base = call.machine.ip.rpartition(".")[0]
        gateway, net = f"{base}.{1 if base == '192.0.2' else 254}", f"{base}.0/24"
        await call.say(
            f"default via {gateway} dev {device} proto kernel onlink\n"
            f"{net} dev {device} proto kernel scope link src {call.machine.ip}\n"
        )
        return 0
    if "neighbour".startswith(what):
        for machine in call.machine.house.nodes.values():
            if machine is not call.machine:
                state = "REACHABLE" if call.machine.sees(machine) else "FAILED"
                await call.say(
                    f"{machine.ip} dev {links[-1]['name']} lladdr {machine.mac} {state}\n"
                )
        return 0
    await call.complain(f'Object "{what}" is unknown, try "ip help".')
    return 1


def _links(machine: Machine) -> list[dict[str, str]]:
    """The interfaces, the one with the address last."""
    up = {"state": "UP", "flags": "BROADCAST,MULTICAST,UP,LOWER_UP", "mtu": "1500"}
    loop = {
        "name": "lo",
        "state": "UNKNOWN",
        "mac": "00:00:00:00:00:00",
        "flags": "LOOPBACK,UP,LOWER_UP",
        "inet": "127.0.0.1/8 ::1/128",
        "mtu": "65536",
    }
    if machine.is_node:
        port = {**up, "name": "eno1", "mac": machine.mac, "inet": ""}
        return [loop, port, {**port, "name": "vmbr0", "inet": f"{machine.ip}/24"}]
    guest = machine.guest
    six = f" {link_local_of(guest)}/64" if guest is not None else ""
    return [loop, {**up, "name": "eth0", "mac": machine.mac, "inet": f"{machine.ip}/24{six}"}]


def _link_text(number: int, link: dict[str, str], *, addresses: bool) -> str:
    kind = "loopback" if link["name"] == "lo" else "ether"
    text = (
        f"{number}: {link['name']}: <{link['flags']}> mtu {link['mtu']} qdisc noqueue"
        f" state {link['state']} group default qlen 1000\n"
        f"    link/{kind} {link['mac']} brd ff:ff:ff:ff:ff:ff\n"
    )
    for address in link["inet"].split() if addresses else ():
        family = "inet6" if ":" in address else "inet"
        scope = "host lo" if link["name"] == "lo" else f"global {link['name']}"
        text += f"    {family} {address} scope {scope}\n"
        text += "       valid_lft forever preferred_lft forever\n"
    return text


def _link_json(link: dict[str, str]) -> dict[str, object]:
    infos = []
    for address in link["inet"].split():
        local, _, prefix = address.partition("/")
        family = "inet6" if ":" in local else "inet"
        infos.append({"family": family, "local": local, "prefixlen": int(prefix)})
    return {
        "ifname": link["name"],
        "flags": link["flags"].split(","),
        "mtu": int(link["mtu"]),
        "operstate": link["state"],
        "address": link["mac"],
        "addr_info": infos,
    }


@command("ss", "netstat")
async def ss(call: Call) -> int:
    options, _ = read_options(
        call, "tulnpaHs46er", ("listening", "tcp", "udp", "numeric", "processes")
    )
    ports = listening(call.machine)
    if options.has("-s"):
        await call.say(f"Total: {len(ports) + 140}\nTCP:   {len(ports) + 12} (estab 12)\n")
        return 0
    if options.has("-u", "--udp") and not options.has("-t", "--tcp"):
        ports = [one for one in ports if one[0] in (53, 111)]
    if not options.has("-H"):
        await call.say(
            "State   Recv-Q  Send-Q    Local Address:Port    Peer Address:Port  Process\n"
        )
    for port, name, pid in ports:
        told = f'users:(("{name}",pid={pid},fd=7))' if options.has("-p", "--processes") else ""
        line = f"LISTEN  0       4096   {f'0.0.0.0:{port}':>21}         0.0.0.0:*      {told}"
        await call.say(f"{line.rstrip()}\n")
    return 0


@command("ping", "ping6", "fping")
async def ping(call: Call) -> int:
    options, hosts = read_options(call, "c:i:W:w:s:qn46I:t:M:", (), status=2)
    if not hosts:
        raise Usage("usage error: Destination address required")
    address = resolve(call.machine, hosts[-1])
    if address is None:
        await call.complain(f"ping: {hosts[-1]}: Name or service not known")
        return 2
    count = _whole(options, "-c", 0)
    pause_s = float(options.get("-i", "1"))
    await call.say(f"PING {hosts[-1]} ({address}) 56(84) bytes of data.\n")
    sent, times = 0, list[float]()
    try:
        while count == 0 or sent < count:
            if sent:
                await asyncio.sleep(pause_s)
            sent += 1
            delay = delay_ms(call.machine, address)
            if delay is None:
                await asyncio.sleep(min(float(options.get("-W", "1")), 1.0))
                continue
            took = delay * (1 + 0.2 * abs(grain(key_of(0, address), sent)))
            times.append(took)
            await asyncio.sleep(took / 1000)
            if not options.has("-q"):
                await call.say(
                    f"64 bytes from {address}: icmp_seq={sent} ttl=64 time={took:.3g} ms\n"
                )
    finally:
        if sent and (count == 0 or sent >= count):
            await _say_summary(call, hosts[-1], sent, times)
    return 0 if times else 1


async def _say_summary(call: Call, host: str, sent: int, times: list[float]) -> None:
    lost = 100 * (sent - len(times)) // sent
    await call.say(
        f"\n--- {host} ping statistics ---\n{sent} packets transmitted, {len(times)} received,"
        f" {lost}% packet loss, time {max(0, sent - 1) * 1000 + 1}ms\n"
    )
    if times:
        mean = sum(times) / len(times)
        spread = (max(times) - min(times)) / 2
        figures = "/".join(f"{one:.3f}" for one in (min(times), mean, max(times), spread))
        await call.say(f"rtt min/avg/max/mdev = {figures} ms\n")


def _whole(options: Options, name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not text.isdigit():
        raise Usage(f"invalid argument: '{text}'")
    return int(text)


@command("getent")
async def getent(call: Call) -> int:
    words = list(call.rest)
    if words[:1] in (["hosts"], ["ahosts"], ["ahostsv4"]) and len(words) > 1:
        status = 0
        for name in words[1:]:
            address = resolve(call.machine, name)
            if address is None:
                status = 2
                continue
            if words[0] == "hosts":
                await call.say(f"{address:<15} {name}\n")
            else:
                await call.say(f"{address:<15} STREAM {name}\n{address:<15} DGRAM\n")
        return status
    if words[:1] == ["passwd"]:
        await call.say("root:x:0:0:root:/root:/bin/bash\n")
        return 0
    await call.complain(f"Unknown database: {words[0] if words else ''}")
    return 1


@command("host", "nslookup", "dig")
async def host(call: Call) -> int:
    names = [word for word in call.rest if not word.startswith(("-", "+", "@"))]
    if not names:
        raise Usage("usage: name")
    address = resolve(call.machine, names[0])
    if call.name == "dig":
        await call.say(f"{address}\n" if address is not None else "")
        return 0
    if address is None:
        await call.say(f"Host {names[0]} not found: 3(NXDOMAIN)\n")
        return 1
    await call.say(f"{names[0]} has address {address}\n")
    return 0


@command("nc", "netcat")
async def nc(call: Call) -> int:
    """Only `-z`: whether a port takes connections."""
    options, words = read_options(call, "zvw:nu")
    if not options.has("-z") or len(words) < 2 or not words[1].isdigit():
        raise Usage("this simulated nc knows `nc -z host port`")
    failed = await connect(call.machine, words[0], int(words[1]))
    if options.has("-v"):
        told = f"failed: {failed}" if failed else "succeeded!"
        await call.complain(f"Connection to {words[0]} {words[1]} port [tcp/*] {told}")
    return int(failed is not None)


@command("curl", "wget")
async def curl(call: Call) -> int:
    """There is no network here: nothing is fetched, and it says so."""
    urls = [word for word in call.rest if not word.startswith("-")]
    target = re.sub(r"^\w+://", "", urls[-1]).partition("/")[0] if urls else ""
    return await call.fail(
        f"(7) Failed to connect to {target or 'nowhere'}: simulated machines have no network", 7
    )


@command("ethtool", folder="/usr/sbin")
async def ethtool(call: Call) -> int:
    figures = read_figures(call.machine)
    name = call.rest[-1] if call.rest else ""
    if name not in {link["name"] for link in _links(call.machine)}:
        await call.complain("netlink error: No such device")
        return 75
    speed = "2500Mb/s" if figures.cpus >= 16 else "1000Mb/s"
    await call.say(
        f"Settings for {name}:\n\tSpeed: {speed}\n\tDuplex: Full\n\tLink detected: yes\n"
    )
    return 0
