"""Version, login and permissions."""

from simulator.api.routes import Param, Params, Request, route
from simulator.world.world import World

VERSIONS = {
    8: ("8.4.5", "8.4", "57892e8e686cb35b", "6.8.12-10-pve", "8.4.5/57892e8e686cb35b"),
    9: ("9.2.3", "9.2", "d0f0f7d4a1b2c3e4", "6.17.4-1-pve", "9.2.3/d0f0f7d4a1b2c3e4"),
}
"""By major: version, release, repoid, kernel, what pveversion prints after pve-manager/."""


@route("GET", "/version", local=True)
def version(world: World, request: Request, params: Params) -> object:
    number, release, repoid, *_ = VERSIONS[world.major]
    return {"version": number, "release": release, "repoid": repoid}


@route("GET", "/access/domains", open=True)
def domains(world: World, request: Request, params: Params) -> object:
    return [
        {"realm": "pam", "type": "pam", "comment": "Linux PAM standard authentication"},
        {"realm": "pve", "type": "pve", "comment": "Proxmox VE authentication server"},
    ]


@route(
    "POST",
    "/access/ticket",
    open=True,
    writes=False,
    params=(
        Param("username", required=True),
        Param("password", required=True),
        Param("realm"),
        Param("new-format", "boolean"),
        Param("otp"),
        Param("path"),
        Param("privs"),
        Param("tfa-challenge"),
    ),
)
def ticket(world: World, request: Request, params: Params) -> object:
    user = params["username"]
    if "realm" in params and "@" not in user:
        user = f"{user}@{params['realm']}"
    return request.login(user, params["password"])


@route(
    "GET",
    "/access/permissions",
    params=(Param("path"), Param("userid")),
)
def permissions(world: World, request: Request, params: Params) -> object:
    found = request.permissions()
    if "path" not in params:
        return found
    path = params["path"]
    privs = dict.fromkeys(sorted(request.rights(path)), 1)
    return {path: privs} if privs else {}
