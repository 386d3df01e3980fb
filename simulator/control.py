"""The control API: gives and clears faults, turns the clock, tells how the world is.

HTTP on loopback; every request carries the key in `X-Control-Key`.
"""

import hmac
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from .faults import FaultRefused, Faults
from .llm.control import add_llm_routes
from .llm.doubles import Doubles
from .llm.trouble import ScriptRefused
from .world.world import World


def make_control(world: World, faults: Faults, doubles: Doubles, key: str) -> web.Application:
    """The application that serves it."""
    control = _Control(world, faults)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get("X-Control-Key", ""), key):
            return web.json_response({"error": "the control key is missing or wrong"}, status=401)
        try:
            return await handler(request)
        except (FaultRefused, ScriptRefused) as refused:
            return web.json_response({"error": str(refused)}, status=400)

    app = web.Application(middlewares=[guard])
    app.router.add_get("/faults", control.list_faults)
    app.router.add_post("/faults", control.give)
    app.router.add_delete("/faults", control.clear)
    app.router.add_delete("/faults/{name}", control.clear)
    app.router.add_delete("/faults/{name}/{target:.+}", control.clear)
    app.router.add_get("/world", control.tell)
    app.router.add_post("/clock", control.jump)
    add_llm_routes(app, doubles)
    return app


class _Control:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    async def list_faults(self, request: web.Request) -> web.Response:
        catalogue = [
            {
                "fault": fault.name,
                "target": fault.target,
                "default": fault.default,
                "tells": fault.tells,
            }
            for fault in self._faults.catalogue.values()
        ]
        return web.json_response({"catalogue": catalogue, "active": self._faults.active})

    async def give(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        name, target, seconds = asked.get("fault"), asked.get("target"), asked.get("seconds")
        if not isinstance(name, str):
            raise FaultRefused("say which: {'fault': name, 'target': …, 'seconds': …}")
        if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
            raise FaultRefused("seconds is a number above 0")
        self._faults.give(name, None if target is None else str(target), seconds)
        await self._faults.settle()
        return web.json_response({"active": self._faults.active})

    async def clear(self, request: web.Request) -> web.Response:
        found = request.match_info
        cleared = self._faults.clear(found.get("name"), found.get("target"))
        await self._faults.settle()
        return web.json_response(
            {
                "cleared": [{"fault": a.name, "target": a.target} for a in cleared],
                "active": self._faults.active,
            }
        )

    async def jump(self, request: web.Request) -> web.Response:
        jump_s = (await _body(request)).get("jump_s")
        if not isinstance(jump_s, int | float) or isinstance(jump_s, bool):
            raise FaultRefused("jump_s is a number of seconds")
        self._world.clock.jump_s += jump_s
        self._world.changed()
        return web.json_response({"jump_s": self._world.clock.jump_s})

    async def tell(self, request: web.Request) -> web.Response:
        world = self._world
        world.advance()
        nodes = []
        for node in world.nodes.values():
            figures = world.node_figures(node)
            nodes.append(
                {
                    "name": node.name,
                    "power": node.power.value,
                    "frozen": node.frozen,
                    "cpu": figures.cpu if figures else None,
                    "mem_bytes": figures.mem if figures else None,
                    "temp_c": figures.temp_c if figures else None,
                    "uptime_s": figures.uptime if figures else None,
                    "guests": len(world.guests_on(node.name)),
                }
            )
        running = sum(guest.is_running for guest in world.guests.values())
        return web.json_response(
            {
                "seed": world.seed,
                "pve": world.pve,
                "speed": world.clock.speed,
                "now": world.now,
                "told": world.told(world.now),
                "jump_s": world.clock.jump_s,
                "nodes": nodes,
                "guests": {"total": len(world.guests), "running": running},
                "quorate": {name: world.is_quorate(name) for name in world.nodes},
                "tasks_running": sum(task.is_running for task in world.tasks.all()),
                "active": self._faults.active,
            }
        )


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise FaultRefused("the body is not JSON") from error
    if not isinstance(body, dict):
        raise FaultRefused("the body is not a JSON object")
    return body
