"""The control API of the doubles: what they were asked, and what they are to say next."""

from typing import Any

from aiohttp import web

from .doubles import Doubles
from .faults import BEFALLS
from .pace import PACES
from .trouble import ScriptRefused, parse_line


def add_llm_routes(app: web.Application, doubles: Doubles) -> None:
    """Put the requests about the doubles into the control API."""
    told = _LlmControl(doubles)
    app.router.add_get("/llm/requests", told.list_requests)
    app.router.add_delete("/llm/requests", told.forget_requests)
    app.router.add_post("/llm/script", told.write_script)
    app.router.add_delete("/llm/script", told.clear_script)
    app.router.add_post("/llm/speed", told.set_speed)
    app.router.add_delete("/llm/cache", told.clear_cache)


class _LlmControl:
    def __init__(self, doubles: Doubles) -> None:
        self._doubles = doubles

    async def list_requests(self, request: web.Request) -> web.Response:
        double, after = request.query.get("double"), request.query.get("after", "0")
        if double is not None:
            self._check(double)
        if not after.isdigit():
            raise ScriptRefused("after is the number of a request")
        found = self._doubles.records.list(double=double, after=int(after))
        return web.json_response({"requests": found})

    async def forget_requests(self, request: web.Request) -> web.Response:
        self._doubles.records.clear()
        return web.json_response({"requests": []})

    async def write_script(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        double = self._check(asked.get("double"))
        lines = asked.get("lines")
        if not isinstance(lines, list):
            raise ScriptRefused("say what: {'double': 'claude', 'lines': [{'text': …}, …]}")
        self._doubles.trouble.write(double, [parse_line(line, BEFALLS, double) for line in lines])
        return self._waiting()

    async def clear_script(self, request: web.Request) -> web.Response:
        for script in self._doubles.trouble.scripts.values():
            script.clear()
        return self._waiting()

    async def set_speed(self, request: web.Request) -> web.Response:
        speed = (await _body(request)).get("speed")
        if speed not in PACES:
            raise ScriptRefused(f"no speed {speed}; there are: {', '.join(PACES)}")
        self._doubles.speed = str(speed)
        return web.json_response({"speed": speed})

    async def clear_cache(self, request: web.Request) -> web.Response:
        self._doubles.claude.cache.clear()
        return web.json_response({})

    def _check(self, double: object) -> str:
        scripts = self._doubles.trouble.scripts
        if not isinstance(double, str) or double not in scripts:
            raise ScriptRefused(f"no double {double}; there are: {', '.join(scripts)}")
        return double

    def _waiting(self) -> web.Response:
        scripts = self._doubles.trouble.scripts
        return web.json_response({name: len(script) for name, script in scripts.items()})


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise ScriptRefused("the body is not JSON") from error
    if not isinstance(body, dict):
        raise ScriptRefused("the body is not a JSON object")
    return body
