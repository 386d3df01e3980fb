"""One request from its path to its answer, in Proxmox's order: who, where, rights, node, values."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.world.errors import Refused
from simulator.world.model import Power, Who
from simulator.world.world import CLUSTER_NAME, World

from .auth import Auth
from .errors import ApiError
from .rights import Rights
from .routes import ROUTES, Encoded, Listing, Params, Request, Route
from .wire import encode

NOBODY = Who(user="nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the unpleasant answers take, in seconds of the wall. Proxmox: 3, 3, 30."""

    auth_hold_s: float = 0.05
    """Before a 401 is sent."""
    unreachable_s: float = 0.3
    """Until a node without power is told as 595."""
    timeout_s: float = 3.0
    """Until a frozen node is told as 596."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status line and body, ready to be sent."""

    status: int
    reason: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One HTTP request as far as the API cares."""

    verb: str
    path: str
    """Below /api2/json, decoded."""
    values: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    entry: str


class Dispatcher:
    """Answers requests from the route table over one world."""

    def __init__(self, world: World, auth: Auth, rights: Rights, pace: Pace) -> None:
        self.world = world
        self.auth = auth
        self.rights = rights
        self.pace = pace

    async def answer(self, asked: Asked) -> Answer:
        """The answer to any request; never raises ApiError or Refused."""
        self.world.advance()
        try:
            data = await self._data(asked)
        except ApiError as error:
            if error.status == 401:
                await asyncio.sleep(self.pace.auth_hold_s)
            return _refusal(error)
        except Refused as refused:
            return _refusal(ApiError(500, refused.text))
        return _success(data)

    async def ask(
        self, who: Who, entry: str, verb: str, path: str, values: Mapping[str, str]
    ) -> object:
        """The data of one request by a caller who is known; raises ApiError or Refused."""
        self.world.advance()
        route, found = self._find(verb, path)
        if route is None:
            raise ApiError(501, f"Method '{verb} {path}' not implemented")
        return await self._ask(route, found, who, entry, values)

    async def _data(self, asked: Asked) -> object:
        route, found = self._find(asked.verb, asked.path)
        who = NOBODY if route is not None and route.open else self._identify(asked)
        if route is None:
            raise ApiError(501, f"Method '{asked.verb} {asked.path}' not implemented")
        return await self._ask(route, found, who, asked.entry, asked.values)

    async def _ask(
        self,
        route: Route,
        found: Mapping[str, str],
        who: Who,
        entry: str,
        values: Mapping[str, str],
    ) -> object:
        request = Request(
            who=who,
            entry=entry,
            rights=lambda path: self.rights.of(who, path),
            permissions=lambda: self.rights.permissions(who),
            login=self._login,
        )
        given = {**values, **found}
        if not route.open:
            check_rights(route, request, given)
        if route.path.startswith("/nodes/{node}"):
            await self._reach(found["node"], entry, proxied=not route.local)
        params = route.validate(given)
        if route.writes and not self.world.is_quorate(entry):
            raise ApiError(500, "cluster not ready - no quorum?")
        return route.handler(self.world, request, Params(params))

    def _find(self, verb: str, path: str) -> tuple[Route | None, dict[str, str]]:
        try:
            return ROUTES.find(verb, path)
        except ApiError:
            return None, {}

    def _identify(self, asked: Asked) -> Who:
        return self.auth.identify(asked.verb, asked.headers, asked.cookies)

    def _login(self, user: str, password: str) -> dict[str, object]:
        who, ticket, csrf = self.auth.login(user, password)
        return {
            "ticket": ticket,
            "CSRFPreventionToken": csrf,
            "username": who.user,
            "clustername": CLUSTER_NAME,
            "cap": self.rights.capabilities(who),
        }

    async def _reach(self, name: str, entry: str, *, proxied: bool) -> None:
        """Raise what Proxmox answers when that node cannot be reached through `entry`."""
        node = self.world.nodes.get(name)
        if node is None:
            folded = name.partition(".")[0].lower()
            if folded in self.world.nodes:
                raise ApiError(
                    596, "tls_process_server_certificate: certificate verify failed", empty=True
                )
            raise ApiError(
                500,
                f"hostname lookup '{name}' failed - failed to get address info for: {name}:"
                " Name or service not known",
            )
        if not proxied or name == entry:
            return
        cut_off = self.world.lost_since(entry, node) is not None and node.is_up
        if node.power is Power.OFF or cut_off:
            await asyncio.sleep(self.pace.unreachable_s)
            raise ApiError(595, "No route to host", empty=True)
        if node.power is Power.BOOTING:
            raise ApiError(595, "Connection refused", empty=True)
        if node.frozen:
            await asyncio.sleep(self.pace.timeout_s)
            raise ApiError(596, "Connection timed out", empty=True)


def check_rights(route: Route, request: Request, given: Mapping[str, str]) -> None:
    """403 with the path and the privileges that are missing."""
    for check in route.checks:
        path = check.path.format_map(given)
        held = request.rights(path)
        wanted = set(check.privs)
        if (check.any_of and held & wanted) or (not check.any_of and held >= wanted):
            continue
        raise ApiError(403, f"Permission check failed ({path}, {'|'.join(check.privs)})")


def _success(data: object) -> Answer:
    if isinstance(data, Encoded):
        return Answer(200, "OK", b'{"data":' + data.json + b"}")
    body: dict[str, Any] = {"data": data}
    if isinstance(data, Listing):
        body = {"data": data.rows}
        if data.total:
            body["total"] = data.total
    return Answer(200, "OK", encode(body))


def _refusal(error: ApiError) -> Answer:
    reason = error.reason.split("\n")[0]
    if error.empty:
        return Answer(error.status, reason, b"")
    body: dict[str, Any] = {"data": None, "message": f"{error.reason}\n"}
    if error.errors:
        body["errors"] = error.errors
    return Answer(error.status, reason, encode(body))
