"""apt, apt-get, dpkg: what is installed, what waits, and installing it."""

import asyncio

from simulator.ssh.shell.state import Call
from simulator.world.model import Node
from simulator.world.packages import (
    Package,
    fetched,
    installed_version,
    packages,
    refresh,
    upgrade,
    waiting,
)

from .options import read_options
from .registry import command

_FETCH_S = 0.15
_UPGRADES = ("upgrade", "dist-upgrade", "full-upgrade")
_WARNING = "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n"


@command("apt", "apt-get", "apt-cache", "pveupgrade", "pveupdate")
async def apt(call: Call) -> int:
    implied = {"pveupgrade": ("dist-upgrade",), "pveupdate": ("update",)}.get(call.name, ())
    options, words = read_options(
        call.called(call.name, *implied, *call.rest),
        "syqo:V",
        ("simulate", "dry-run", "yes", "assume-yes", "upgradable", "quiet", "installed", "no-pager",
         "just-print", "assume-no", "all-versions"),
        status=100,
    )  # fmt: skip
    verb = words.pop(0) if words else "help"
    if call.name == "apt" and call.screen is None and verb in ("list", "update", *_UPGRADES):
        await call.complain(_WARNING)
    match verb:
        case "update":
            return await _update(call)
        case "list":
            return await _list(call, upgradable=options.has("--upgradable"))
        case "policy" | "show" if words:
            return await _policy(call, words[0])
        case _ if verb in _UPGRADES:
            dry = options.has("-s", "--simulate", "--dry-run", "--just-print")
            sure = options.has("-y", "--yes", "--assume-yes")
            return await _upgrade(call, dry=dry, sure=sure)
        case "autoremove" | "clean" | "autoclean":
            await call.say("Reading package lists... Done\n0 upgraded, 0 newly installed.\n")
            return 0
        case "install" | "remove" | "purge" | "search":
            await call.complain(f"E: Unable to locate package {words[0] if words else ''}".rstrip())
            return 100
    await call.complain(f"E: Invalid operation {verb}")
    return 100


def _waiting(call: Call) -> tuple[Package, ...]:
    host = call.machine.host
    return waiting(call.machine.world, host) if isinstance(host, Node) else ()


async def _update(call: Call) -> int:
    lines = fetched(call.machine.world)
    for line in lines:
        if "proxmox" not in line or call.machine.is_node:
            await asyncio.sleep(_FETCH_S)
            await call.say(f"{line}\n")
    host = call.machine.host
    count = refresh(call.machine.world, host) if isinstance(host, Node) else 0
    if call.name == "apt":
        told = f"{count} packages can be upgraded. Run 'apt list --upgradable' to see them."
        await call.say(f"{told if count else 'All packages are up to date.'}\n")
    return 0


async def _list(call: Call, *, upgradable: bool) -> int:
    suite = "stable" if call.machine.world.major >= 9 else "oldstable"
    await call.say("Listing...\n")
    world, host = call.machine.world, call.machine.host
    if not isinstance(host, Node):
        return 0
    late = _waiting(call)
    for package in packages(world):
        if package in late:
            await call.say(
                f"{package.name}/{suite} {package.new} {package.arch}"
                f" [upgradable from: {package.old}]\n"
            )
        elif not upgradable:
            version = installed_version(world, host, package)
            await call.say(f"{package.name}/{suite},now {version} {package.arch} [installed]\n")
    return 0


async def _policy(call: Call, name: str) -> int:
    host = call.machine.host
    package = next((one for one in packages(call.machine.world) if one.name == name), None)
    if package is None or not isinstance(host, Node):
        await call.complain(f"N: Unable to locate package {name}")
        return 0
    installed = installed_version(call.machine.world, host, package)
    await call.say(f"{name}:\n  Installed: {installed}\n  Candidate: {package.new}\n")
    return 0


async def _upgrade(call: Call, *, dry: bool, sure: bool) -> int:
    late = _waiting(call)
    names = " ".join(package.name for package in late)
    await call.say("Reading package lists...\nBuilding dependency tree...\n")
    await call.say("Reading state information...\nCalculating upgrade...\n")
    if late:
        await call.say(f"The following packages will be upgraded:\n  {names}\n")
    count = f"{len(late)} upgraded, 0 newly installed, 0 to remove and 0 not upgraded."
    await call.say(f"{count}\n")
    if dry:
        for package in late:
            await call.say(
                f"Inst {package.name} [{package.old}] ({package.new} [{package.arch}])\n"
            )
        for package in late:
            await call.say(f"Conf {package.name} ({package.new} [{package.arch}])\n")
        return 0
    if not late:
        return 0
    if not sure and not await _agreed(call):
        await call.say("Abort.\n")
        return 1
    for number, package in enumerate(late, 1):
        await call.say(f"Get:{number} {package.name} {package.arch} {package.new}\n")
        await asyncio.sleep(_FETCH_S / 3)
    for package in late:
        await call.say(f"Setting up {package.name} ({package.new}) ...\n")
        await asyncio.sleep(_FETCH_S / 3)
    host = call.machine.host
    if isinstance(host, Node):
        upgrade(call.machine.world, host)
    return 0


async def _agreed(call: Call) -> bool:
    await call.say("Do you want to continue? [Y/n] ")
    answer = (await call.stdin.read()).decode(errors="replace").strip().lower()
    return (answer in ("", "y", "yes") and call.screen is not None) or answer in ("y", "yes")


@command("dpkg", "dpkg-query")
async def dpkg(call: Call) -> int:
    options, names = read_options(
        call, "lsWf:", ("list", "status", "showformat=", "get-selections")
    )
    world, host = call.machine.world, call.machine.host
    known = packages(world) if isinstance(host, Node) else ()
    if names:
        known = tuple(one for one in known if one.name in names)
        if not known:
            await call.complain(f"dpkg-query: no packages found matching {names[0]}")
            return 1
    if options.has("-l", "--list"):
        await call.say("||/ Name                 Version              Architecture Description\n")
    for package in known:
        assert isinstance(host, Node)
        version = installed_version(world, host, package)
        if options.has("-s", "--status"):
            await call.say(
                f"Package: {package.name}\nStatus: install ok installed\nVersion: {version}\n"
            )
        elif options.has("-W"):
            await call.say(f"{package.name}\t{version}\n")
        else:
            await call.say(
                f"ii  {package.name:<20} {version:<20} {package.arch:<12} {package.title}\n"
            )
    return 0
