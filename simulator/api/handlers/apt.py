"""/nodes/{node}/apt: packages that wait, a few of them mending holes, and those installed."""

from simulator.api.handlers.access import VERSIONS
from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.packages import (
    Package,
    installed_version,
    packages,
    refresh_task,
    waiting,
)
from simulator.world.world import World

_MODIFY = Check("/nodes/{node}", "Sys.Modify")


@route("GET", "/nodes/{node}/apt/update", check=_MODIFY)
def list_updates(world: World, request: Request, params: Params) -> object:
    """Reading needs Sys.Modify: an auditor is refused here."""
    return [
        {**_row(package), "OldVersion": package.old, "Version": package.new}
        for package in waiting(world, node_of(world, params))
    ]


@route(
    "POST",
    "/nodes/{node}/apt/update",
    check=_MODIFY,
    params=(Param("notify", "boolean"), Param("quiet", "boolean")),
)
def refresh_lists(world: World, request: Request, params: Params) -> object:
    return refresh_task(world, node_of(world, params), request.who)


@route("GET", "/nodes/{node}/apt/versions", check=Check("/nodes/{node}", "Sys.Audit"))
def list_versions(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    rows = []
    for package in packages(world):
        version = installed_version(world, node, package)
        row = {**_row(package), "CurrentState": "Installed", "Version": version}
        row["OldVersion"] = version
        if package.name == "pve-manager":
            row["ManagerVersion"] = version
            row["RunningKernel"] = VERSIONS[world.major][3]
        rows.append(row)
    return rows


def _row(package: Package) -> dict[str, object]:
    return {
        "Arch": package.arch,
        "Description": f"{package.title}. This package is part of the simulated homelab.",
        "Origin": package.origin,
        "Package": package.name,
        "Priority": package.priority,
        "Section": package.section,
        "Title": package.title,
    }
