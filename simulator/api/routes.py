"""The route table. A handler is a plain function; the decorator says who may call it.

    @route("GET", "/nodes/{node}/services", check=Check("/nodes/{node}", "Sys.Audit"))
    def services(world: World, request: Request, params: Params) -> object:
        node = world.nodes[params["node"]]
        return [...]

What it returns becomes `{"data": …}`. It raises ApiError, or the world's Refused (500, its text).
Path parameters and declared parameters arrive validated, as text, in `params`.
A path below /nodes/{node}/ is proxied to that node: when it is down the caller gets 595 before
the handler is asked, unless the route says `local=True`. `{kind}` matches qemu or lxc.
Handlers answer from `world.now`, and pass every time through `world.told`.
Handlers live in `api/handlers/`; every module there is loaded.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator.world.model import Guest, Kind, Node, Who
from simulator.world.world import World

from .errors import ApiError, bad_parameter


@dataclass(frozen=True, slots=True)
class Check:
    """Rights wanted on a path; all of them, or with `any_of` one."""

    path: str
    privs: tuple[str, ...]
    any_of: bool

    def __init__(self, path: str, *privs: str, any_of: bool = False) -> None:
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "privs", privs)
        object.__setattr__(self, "any_of", any_of)


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter a route takes: `kind` is "string", "integer" or "boolean"."""

    name: str
    kind: str = "string"
    required: bool = False
    enum: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None

    def fault_of(self, value: str) -> str | None:
        """What is wrong with a value, in Proxmox's words; None when nothing is."""
        if self.enum and value not in self.enum:
            wanted = ", ".join(self.enum)
            return f"value '{value}' does not have a value in the enumeration '{wanted}'"
        if self.kind == "boolean" and value.lower() not in _TRUE | _FALSE:
            return f"type check ('boolean') failed - got '{value}'"
        if self.kind == "integer":
            if not re.fullmatch(r"-?\d+", value):
                return f"type check ('integer') failed - got '{value}'"
            if self.low is not None and int(value) < self.low:
                return f"value must have a minimum value of {self.low}"
            if self.high is not None and int(value) > self.high:
                return f"value must have a maximum value of {self.high}"
        return None


_TRUE = frozenset({"1", "on", "yes", "true"})
_FALSE = frozenset({"0", "off", "no", "false"})


class Params(dict[str, str]):
    """Path and query or form parameters, validated, still as text."""

    def integer(self, name: str, default: int) -> int:
        return int(self[name]) if name in self else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self[name].lower() in _TRUE if name in self else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks, through which node, and what they may do."""

    who: Who
    entry: str
    """The node whose listener took the request: `local` in /cluster/status."""
    rights: Callable[[str], frozenset[str]]
    """The privileges this caller has on a path."""
    permissions: Callable[[], dict[str, dict[str, int]]]
    """All of them, by path."""
    login: Callable[[str, str], dict[str, object]]
    """Ticket, CSRF token and capabilities for a user and password; ApiError 401 otherwise."""

    def may(self, path: str, *privs: str) -> bool:
        """Whether the caller has all of these privileges there."""
        return self.rights(path).issuperset(privs)

    def may_see_guest(self, guest: Guest) -> bool:
        return self.may(f"/vms/{guest.vmid}", "VM.Audit")


Handler = Callable[[World, Request, Params], object]


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows with the `total` that stands beside `data`; left out when it is 0, as Proxmox does."""

    rows: object
    total: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """An answer's `data` already as JSON, for what is large and asked for often."""

    json: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    verb: str
    path: str
    pattern: re.Pattern[str]
    handler: Handler
    checks: tuple[Check, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    open: bool = False
    """Needs no login."""
    local: bool = False
    """Answered by the entry node, never proxied."""
    writes: bool = False
    """Refused without quorum."""
    extra: bool = False
    """Takes parameters it does not declare."""

    def validate(self, given: Mapping[str, str]) -> Params:
        """The parameters, or ApiError 400 that names each fault."""
        errors: dict[str, str] = {}
        for name, param in self.params.items():
            if name not in given:
                if param.required:
                    errors[name] = "property is missing and it is not optional"
            elif fault := param.fault_of(given[name]):
                errors[name] = fault
        path_names = self.pattern.groupindex
        for name in given:
            if not self.extra and name not in self.params and name not in path_names:
                errors[name] = (
                    "property is not defined in schema and the schema does not allow"
                    " additional properties"
                )
        if vmid := ("vmid" in path_names and given.get("vmid")):
            fault = Param("vmid", "integer", low=100, high=999_999_999).fault_of(vmid)
            if fault:
                errors["vmid"] = fault
        if errors:
            raise bad_parameter(**errors)
        return Params(given)


REST = "/{volume}"
"""A path that ends so takes all that follows: volumes have slashes in their names."""


class Routes:
    """All routes, found by verb and path."""

    def __init__(self) -> None:
        self._by_shape: dict[tuple[str, int], list[Route]] = {}

    def add(self, route: Route) -> None:
        length = -1 if route.path.endswith(REST) else route.path.count("/")
        found = self._by_shape.setdefault((route.verb, length), [])
        found.append(route)
        found.sort(key=lambda r: r.path.count("{"))

    def find(self, verb: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters; ApiError 501 when there is none."""
        of_length = self._by_shape.get((verb, path.count("/")), [])
        for route in [*of_length, *self._by_shape.get((verb, -1), ())]:
            match = route.pattern.fullmatch(path)
            if match:
                return route, match.groupdict()
        raise ApiError(501, f"Method '{verb} {path}' not implemented")

    def __iter__(self) -> Iterator[Route]:
        for routes in self._by_shape.values():
            yield from routes


ROUTES = Routes()


def route(
    verb: str,
    path: str,
    *,
    check: Check | Iterable[Check] = (),
    params: Iterable[Param] = (),
    open: bool = False,
    local: bool = False,
    writes: bool | None = None,
    extra: bool = False,
) -> Callable[[Handler], Handler]:
    """Enter a handler in the table. Without `check` any signed-in caller may ask.

    `writes` is assumed for every verb but GET: such a request fails without quorum.
    """
    checks = (check,) if isinstance(check, Check) else tuple(check)
    shape = path.replace("{kind}", "(?P<kind>qemu|lxc)")
    shape = shape.replace(REST, "/(?P<volume>.+)")
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", shape))

    def enter(handler: Handler) -> Handler:
        ROUTES.add(
            Route(
                verb=verb,
                path=path,
                pattern=pattern,
                handler=handler,
                checks=checks,
                params={param.name: param for param in params},
                open=open,
                local=local,
                writes=verb != "GET" if writes is None else writes,
                extra=extra,
            )
        )
        return handler

    return enter


def node_of(world: World, params: Params) -> Node:
    """The node named in the path."""
    return world.nodes[params["node"]]


def guest_of(world: World, params: Params) -> Guest:
    """The guest named in the path (`{node}`, `{kind}`, `{vmid}`); Refused when it is not there."""
    kind: Kind = "qemu" if params["kind"] == "qemu" else "lxc"
    return world.find_guest(params["node"], kind, int(params["vmid"]))
