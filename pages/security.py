"""The wall around every page, API route and socket; it stands before NiceGUI sees anything."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

import structlog
from nicegui import App, core
from nicegui.version import __version__ as nicegui_version
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.binding import bind_pages
from pages.cookies import read_token
from pages.origins import Origins, Seen, header
from pages.polling import Pollers
from pages.sockets import GuardedSocket, Sockets, limits_for
from services.auth.errors import SessionEnded
from services.auth.happenings import SessionsEnded
from services.auth.service import Auth
from services.auth.sessions import Session
from services.clock import Clock
from services.events import Bus
from settings import Settings

log = structlog.get_logger("security")

SOCKET_PATH = "/_nicegui_ws/"
_ASSETS = f"/_nicegui/{nicegui_version}/"
_OPEN_PATHS = frozenset({"/login", "/setup", "/healthz", "/favicon.ico"})
_OPEN_PREFIXES = (
    "/assets/",
    f"{_ASSETS}static/",
    f"{_ASSETS}libraries/",
    f"{_ASSETS}components/",
    f"{_ASSETS}resources/",
    f"{_ASSETS}esm/",
)
_ONE_TIME_LINK = re.compile(r"/enter/[^/]+")
"""No deeper: NiceGUI answers what it does not know with a page, and builds it for the asker."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Vue compiles its templates in the browser, and NiceGUI evaluates what it is sent.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What the wall knows of a request; in `scope["jarvis"]`."""

    seen: Seen
    session: Session | None
    token: str | None
    request_id: str
    auth: Auth

    def __repr__(self) -> str:
        return f"Entrance(request_id={self.request_id!r})"


def entrance(asked: Any) -> Entrance:
    """The entrance of a Starlette request, or of a NiceGUI client."""
    request = getattr(asked, "request", None) or asked
    found = request.scope.get("jarvis")
    if not isinstance(found, Entrance):
        raise SessionEnded
    return found


def current_session(asked: Any) -> Session:
    """The session behind a request or a NiceGUI client, checked now. Raises SessionEnded."""
    found = entrance(asked)
    if found.session is None:
        raise SessionEnded
    return found.auth.guard.check(found.session.key)


def install(app: App, *, auth: Auth, settings: Settings, bus: Bus, clock: Clock) -> Sockets:
    """Put the wall around `app`; call it before `ui.run`. Hands back the open sockets."""
    origins = Origins(
        public_origins=settings.jarvis_public_origins,
        trusted_proxies=settings.jarvis_trusted_proxies,
    )
    sockets = Sockets()
    app.add_middleware(Wall, auth=auth, origins=origins, sockets=sockets, clock=clock)

    def owned(origin: str, environ: dict[str, Any]) -> bool:
        scope = environ.get("asgi.scope")
        return scope is not None and origins.owns(origin, origins.look(scope))

    # NiceGUI lets every origin open a socket; the wall refuses them first, this is the second lock.
    core.sio.eio.cors_allowed_origins = owned
    bind_pages(_key_of)

    def listen() -> None:
        bus.subscribe(SessionsEnded, sockets.end_sessions, name="sockets")

    app.on_startup(listen)
    return sockets


class Wall:
    """ASGI middleware: who is not known gets no further, and all that leaves wears its headers."""

    def __init__(
        self, app: ASGIApp, *, auth: Auth, origins: Origins, sockets: Sockets, clock: Clock
    ) -> None:
        self._app = app
        self._auth = auth
        self._origins = origins
        self._sockets = sockets
        self._clock = clock
        self._pollers = Pollers(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        seen = self._origins.look(scope)
        token = read_token(scope, seen.scheme)
        found = Entrance(
            seen=seen,
            session=self._auth.guard.find(token),
            token=token,
            request_id=uuid.uuid4().hex[:12],
            auth=self._auth,
        )
        scope["jarvis"] = found
        with structlog.contextvars.bound_contextvars(request=found.request_id):
            if scope["type"] == "websocket":
                await self._serve_socket(scope, receive, send, found)
            else:
                await self._serve_request(scope, receive, send, found)

    async def _serve_request(
        self, scope: Scope, receive: Receive, send: Send, found: Entrance
    ) -> None:
        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(message, found.request_id)
            await send(message)

        refusal = self._refusal(scope, found)
        if refusal is None:
            if found.session is not None and _is_poll(scope):
                receive = self._pollers.count(found.session.key, receive)
            await self._app(scope, receive, send_dressed)
        else:
            await refusal(scope, receive, send_dressed)

    def _refusal(self, scope: Scope, found: Entrance) -> Response | None:
        path, method = scope["path"], scope["method"]
        if not self._origins.knows_host(found.seen.host):
            log.warning("request refused", because="unknown host", host=found.seen.host[:100])
            return PlainTextResponse(
                f"Jarvis does not go by the name '{found.seen.host[:100]}'. "
                "Add its origin to JARVIS_PUBLIC_ORIGINS, or use the address.\n",
                status_code=421,
            )
        if method not in _SAFE_METHODS and not self._origins.same_site(scope, found.seen):
            log.warning("request refused", because="foreign origin", path=path)
            return told(
                403,
                "foreign_origin",
                "This was not sent by a page of Jarvis. Behind a proxy, set JARVIS_PUBLIC_ORIGINS.",
            )
        if is_open(path):
            return None
        if found.session is None:
            return self._ask_to_sign_in(scope, path)
        if path.startswith(SOCKET_PATH):
            return self._poll_refusal(scope, found, found.session)
        return None

    def _ask_to_sign_in(self, scope: Scope, path: str) -> Response:
        accepts = header(scope, "accept") or ""
        is_page = scope["method"] in ("GET", "HEAD") and ("text/html" in accepts or path == "/")
        if is_page and not path.startswith(("/api/", "/_nicegui")):
            return RedirectResponse(
                "/setup" if self._auth.needs_setup else "/login", status_code=303
            )
        return told(401, "session_ended", "The session has ended. Sign in again.")

    def _poll_refusal(self, scope: Scope, found: Entrance, session: Session) -> Response | None:
        origin = header(scope, "origin")
        site = header(scope, "sec-fetch-site")
        if (origin is not None and not self._origins.owns(origin, found.seen)) or site not in (
            None,
            "same-origin",
        ):
            return told(403, "foreign_origin", "Sockets are for pages of Jarvis only.")
        if _is_poll(scope) and not self._pollers.take(session.key):
            log.warning("request refused", because="too many events")
            return told(429, "too_many_events", "This page sends more than it may.")
        return None

    async def _serve_socket(
        self, scope: Scope, receive: Receive, send: Send, found: Entrance
    ) -> None:
        because = self._socket_refusal(scope, found)
        if because is not None or found.session is None:
            # A page left open after its session ended comes back every few seconds.
            tell = log.debug if because == "no session" else log.warning
            tell("socket refused", because=because, address=found.seen.visitor.address)
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": because or ""})
            return
        opened = GuardedSocket(
            found.session.key,
            receive,
            send,
            guard=self._auth.guard,
            clock=self._clock,
            limits=limits_for(scope["path"]),
        )
        self._sockets.add(opened)
        try:
            await self._app(scope, opened.receive, opened.send)
        finally:
            self._sockets.discard(opened)

    def _socket_refusal(self, scope: Scope, found: Entrance) -> str | None:
        if not self._origins.knows_host(found.seen.host):
            return "unknown host"
        if not self._origins.owns(header(scope, "origin"), found.seen):
            return "foreign origin"
        return "no session" if found.session is None else None


def _key_of(scope: Any) -> str:
    """The key of the session that a scope was entered with. Raises SessionEnded."""
    found = scope.get("jarvis") if isinstance(scope, dict) else None
    if not isinstance(found, Entrance) or found.session is None:
        raise SessionEnded
    return found.session.key


def told(status: int, code: str, message: str) -> JSONResponse:
    """An error as every API route tells it."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def is_open(path: str) -> bool:
    """Whether the wall lets a stranger come as far as that path."""
    return (
        path in _OPEN_PATHS
        or path.startswith(_OPEN_PREFIXES)
        or _ONE_TIME_LINK.fullmatch(path) is not None
    )


def _is_poll(scope: Scope) -> bool:
    return scope["method"] == "POST" and str(scope["path"]).startswith(SOCKET_PATH)


def _dress(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers["x-request-id"] = request_id
    kind = headers.get("content-type", "")
    if kind.startswith(("text/html", "application/json")) or message["status"] in (
        301,
        302,
        303,
        307,
    ):
        headers["cache-control"] = "no-store"


__all__ = ["Entrance", "Wall", "current_session", "entrance", "install", "is_open", "told"]
