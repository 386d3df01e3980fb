"""Each page listens to the session it was built for, and to no other.

NiceGUI lets whoever is connected speak for any page whose id they name. An id is hard to guess, yet
it is no secret: what a person approves is bound to that person by the session of the socket.
"""

import json
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any
from urllib.parse import parse_qs

import structlog
from nicegui import Client, core
from socketio.exceptions import ConnectionRefusedError as SocketRefused

from services.auth.errors import SessionEnded
from services.logs import bind_correlation

log = structlog.get_logger("security")

PAGE_CHARS = 8
"""So much of a page's id stands in the log: enough to tell pages apart, and not to name one."""

_OF_A_PAGE = ("handshake", "event", "javascript_response", "ack", "log")

Handler = Callable[..., Any]
SessionOf = Callable[[Any], str]
"""The key of the session behind a scope's entrance. Raises SessionEnded."""


def bind_pages(session_of: SessionOf) -> None:
    """Let sockets speak for the pages of their own session alone; call it once, before `ui.run`."""
    handlers = core.sio.handlers["/"]
    for name in _OF_A_PAGE:
        handlers[name] = _bound(handlers[name], name, session_of)
    handlers["connect"] = _greeted(handlers["connect"], session_of)


def _bound(handler: Handler, name: str, session_of: SessionOf) -> Callable[..., Awaitable[Any]]:
    async def run(sid: str, told: Any = None, *more: Any) -> Any:
        page = told.get("client_id") if isinstance(told, dict) else None
        environ = core.sio.get_environ(sid)
        if not isinstance(page, str) or not _owns(environ, page, session_of):
            log.warning("a socket spoke for a page that is not its own", what=name)
            return False
        with bind_correlation("page", page[:PAGE_CHARS]):
            try:
                answer = handler(sid, told, *more)
                return await answer if isawaitable(answer) else answer
            except (KeyError, TypeError, json.JSONDecodeError) as error:
                log.warning("a socket said what cannot be", what=name, cause=type(error).__name__)
                return False

    return run


def _greeted(handler: Handler, session_of: SessionOf) -> Callable[..., Awaitable[Any]]:
    """A socket may name its page as it connects."""

    async def run(sid: str, environ: dict[str, Any], *more: Any) -> Any:
        named = parse_qs(environ.get("QUERY_STRING", "")).get("client_id", [""])[0]
        if named and not _owns(environ, named, session_of):
            log.warning("a socket spoke for a page that is not its own", what="connect")
            raise SocketRefused("not its own page")
        return await handler(sid, environ, *more)

    return run


def _owns(environ: dict[str, Any] | None, page: str, session_of: SessionOf) -> bool:
    """Whether the socket's session is that of the page; a page that is gone is left to NiceGUI."""
    client = Client.instances.get(page)
    if client is None:
        return True
    try:
        own = session_of((environ or {}).get("asgi.scope"))
        return own == session_of(client.request.scope)
    except SessionEnded:
        return False
