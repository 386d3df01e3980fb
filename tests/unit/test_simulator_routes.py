"""The simulator's route table, held against Proxmox's: who may ask, and which node answers."""

from collections.abc import Iterator

import pytest

from simulator.api import handlers
from simulator.api.routes import ROUTES, Route
from tests.support.pve_schema import Method, load_methods, schema_is_here

pytestmark = pytest.mark.skipif(not schema_is_here(), reason="no recorded schema beside us")

# Refused as not implemented, as Proxmox does, although the table has the pattern.
REFUSED = {
    ("POST", "/nodes/{node}/lxc/{vmid}/config"),
    ("POST", "/nodes/{node}/lxc/{vmid}/status/reset"),
}
# The right depends on the release or on what is changed: the handler looks itself.
LOOKS_ITSELF = {
    "/nodes/{node}/disks/list",
    "/nodes/{node}/lxc/{vmid}/config",
    "/nodes/{node}/lxc/{vmid}/resize",
    "/nodes/{node}/qemu/{vmid}/agent/get-fsinfo",
    "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces",
    "/nodes/{node}/qemu/{vmid}/agent/ping",
    "/nodes/{node}/qemu/{vmid}/config",
    "/nodes/{node}/qemu/{vmid}/resize",
}

Rights = list[tuple[str, frozenset[str], bool]]


@pytest.fixture(params=["8.4", "9.2"])
def pairs(request: pytest.FixtureRequest) -> list[tuple[Route, Method]]:
    """Every route with each method of Proxmox that it stands for."""
    handlers.load()
    methods = load_methods(request.param)
    return [
        (route, methods[route.verb, path])
        for route in ROUTES
        for path in _paths(route)
        if (route.verb, path) not in REFUSED
    ]


def _paths(route: Route) -> Iterator[str]:
    path = route.path.replace("{service}/{command}", "{service}/restart")
    if "{kind}" in path:
        yield from (path.replace("{kind}", kind) for kind in ("qemu", "lxc"))
    else:
        yield path


def test_every_route_wants_the_rights_that_proxmox_wants(
    pairs: list[tuple[Route, Method]],
) -> None:
    differing = {
        f"{method.verb} {method.path}: {_ours(route)}, Proxmox {_theirs(method)}"
        for route, method in pairs
        if method.path not in LOOKS_ITSELF
        and not route.open
        and _theirs(method) is not None
        and _ours(route) != _theirs(method)
    }

    assert len(pairs) > 60
    assert differing == set()


def test_only_what_needs_no_login_at_proxmox_needs_none_here(
    pairs: list[tuple[Route, Method]],
) -> None:
    for route, method in pairs:
        assert route.open == (method.permissions.get("user") == "world"), method.path


def test_a_request_goes_to_another_node_when_proxmox_passes_it_on(
    pairs: list[tuple[Route, Method]],
) -> None:
    for route, method in pairs:
        if "{node}" in route.path:
            assert method.proxied != route.local, f"{method.verb} {method.path}"


def _ours(route: Route) -> Rights:
    return [(check.path, frozenset(check.privs), check.any_of) for check in route.checks]


def _theirs(method: Method) -> Rights | None:
    """The rights on one path; None when Proxmox decides in the method's own code."""
    if method.permissions.get("user") == "all":
        return []
    check = method.permissions.get("expression", {}).get("check") or [None]
    return [(check[1], frozenset(check[2]), "any" in check)] if check[0] == "perm" else None
