"""The HTTPS side of the world: a listener for each of the first four nodes."""

import asyncio
import email.utils
import gzip
import json
import urllib.parse

from aiohttp import web

from simulator.world.model import Node, Power
from simulator.world.world import World

from .certificates import Authority, NodeCertificate
from .dispatch import Answer, Asked, Dispatcher
from .listener import Door, Listener
from .trouble import Trouble
from .wire import encode

ENDPOINTS = 4
MAX_BODY = 512 * 1024
_GZIP_FROM = 1024


class ApiServer:
    """Listeners that follow the state of their nodes."""

    def __init__(
        self, world: World, dispatcher: Dispatcher, authority: Authority, stranger: Authority
    ) -> None:
        self.world = world
        self.trouble = Trouble()
        self.changed_certificates: set[str] = set()
        """Nodes that show a certificate of another CA."""
        self._dispatcher = dispatcher
        self._authority = authority
        self._stranger = stranger
        self.listeners: dict[str, Listener] = {}
        self._followed = -1

    @property
    def endpoints(self) -> list[str]:
        return [f"https://127.0.0.1:{listener.port}" for listener in self.listeners.values()]

    def certificate_of(self, node: str) -> NodeCertificate:
        """The certificate that node's listener shows now."""
        changed = node in self.changed_certificates
        return (self._stranger if changed else self._authority).certificate(node)

    async def start(self, base_port: int = 0) -> None:
        """Open a listener per node for the first four; a base port of 0 lets the system choose."""
        for index, name in enumerate([*self.world.nodes][:ENDPOINTS]):
            server = web.Server(self._handler_of(name), max_headers=64, access_log=None)
            port = base_port + index if base_port else 0
            self.listeners[name] = Listener(name, server, self.certificate_of(name), port)
        await self.follow()

    async def follow(self) -> None:
        """Bring the listeners in line with the world and the faults."""
        self._followed = self.world.version
        self.trouble.ease()
        for name, listener in self.listeners.items():
            await listener.turn(_door_of(self.world.nodes.get(name)))
            wanted = self.certificate_of(name)
            if wanted.fingerprint != listener.certificate.fingerprint:
                listener.show(wanted)

    async def catch_up(self) -> None:
        """Follow when anything has changed; before an answer tells of it."""
        if self.world.version != self._followed:
            await self.follow()

    async def stop(self) -> None:
        self.trouble.stalled.clear()
        self.trouble.ease()
        await asyncio.gather(*(listener.stop() for listener in self.listeners.values()))

    def _handler_of(self, name: str) -> "_NodeHandler":
        return _NodeHandler(self, name)

    async def respond(self, name: str, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request that came in at that node."""
        node = self.world.nodes.get(name)
        if node is None or name in self.trouble.reset:
            self.listeners[name].cut()
            return web.Response()
        await self.trouble.wait_while(lambda: node.frozen)
        await self.trouble.hold(name)
        if (error := self.trouble.next_error(name)) is not None:
            return self._send(request, Answer(*error, encode({"data": None})))
        if "chunked" in request.headers.get("Transfer-Encoding", ""):
            return self._send(request, Answer(501, "chunked transfer encoding not supported", b""))
        prefix, path = _split(request.path)
        if prefix is None:
            return self._send(request, Answer(501, "Not Implemented", b""))
        body = await request.content.read(MAX_BODY + 1)
        while len(body) <= MAX_BODY and not request.content.at_eof():
            body += await request.content.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            return self._send(request, Answer(501, "for data too large", b""))
        asked = Asked(
            verb=request.method,
            path=path,
            values=_values(request, body),
            headers=request.headers,
            cookies=request.cookies,
            entry=name,
        )
        answer = await self._dispatcher.answer(asked)
        await self.catch_up()
        if prefix == "extjs":
            answer = _extjs(answer)
        return self._send(request, answer)

    def _send(self, request: web.BaseRequest, answer: Answer) -> web.Response:
        told = email.utils.formatdate(self.world.told(self.world.advance()), usegmt=True)
        headers = {
            "Cache-Control": "max-age=0",
            "Date": told,
            "Expires": told,
            "Pragma": "no-cache",
            "Server": "pve-api-daemon/3.0",
        }
        body = answer.body
        if body:
            headers["Content-Type"] = "application/json;charset=UTF-8"
        if len(body) > _GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        response = web.Response(
            status=answer.status, reason=answer.reason, body=body, headers=headers
        )
        if answer.status >= 400:
            response.force_close()
        return response


class _NodeHandler:
    def __init__(self, server: ApiServer, name: str) -> None:
        self._server = server
        self._name = name

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        return await self._server.respond(self._name, request)


def _door_of(node: Node | None) -> Door:
    """A node that left the cluster answers nobody; one without pveproxy neither."""
    if (
        node is None
        or "pveproxy" in node.stopped_services
        or node.power in (Power.OFF, Power.BOOTING)
    ):
        return Door.SHUT
    return Door.SILENT if node.frozen else Door.OPEN


def _split(path: str) -> tuple[str | None, str]:
    for prefix in ("json", "extjs"):
        start = f"/api2/{prefix}"
        if path == start or path.startswith(f"{start}/"):
            return prefix, path[len(start) :].rstrip("/") or "/"
    return None, path


def _values(request: web.BaseRequest, body: bytes) -> dict[str, str]:
    values = dict(request.query.items())
    if not body:
        return values
    if request.content_type == "application/json":
        try:
            loaded = json.loads(body)
        except ValueError:
            return values
        if isinstance(loaded, dict):
            values.update({str(k): _text(v) for k, v in loaded.items() if v is not None})
        return values
    return values | dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), True))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _extjs(answer: Answer) -> Answer:
    inner = json.loads(answer.body) if answer.body else {"data": None}
    if answer.status == 200:
        return Answer(200, "OK", encode({**inner, "success": 1}))
    inner |= {"success": 0, "status": answer.status, "message": answer.reason}
    return Answer(200, "OK", encode(inner))
