"""The socket of a terminal: bytes as binary messages, a few words about them as JSON.

To the browser: binary messages are the output. Text messages are objects with `t`:
`size` {cols, rows, writing}, `begin` {at, fresh, cut, replayed}, `taken` {count}, `alive`, and
`over` {because, status}. From the browser: binary messages are input. Text messages are `size`
{cols, rows} (this page sets the size from now on), `drawn` {at}, and `alive`, which is answered.

What a message means for a terminal is decided in `services/nodes/terminal_viewer.py`.
"""

import asyncio
import json
from typing import Annotated, Literal

import structlog
from fastapi import Query, WebSocket
from nicegui import App
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocketDisconnect

from pages.security import current_session
from pages.sockets import CLOSE_POLICY, CLOSE_SESSION_ENDED, TERMINALS
from services.auth.errors import SessionEnded
from services.nodes.terminal import Terminal
from services.nodes.terminal_errors import NoSuchTerminal
from services.nodes.terminal_model import Begun, Output, Over, Piece, Sized, Taken
from services.nodes.terminal_viewer import Viewer
from services.nodes.terminals import Terminals

log = structlog.get_logger("terminals")

CLOSE_GONE = 4404
"""The terminal is no longer there, or is another session's."""
SILENT_S = 150.0
"""A page that says nothing for so long is gone; one in the background speaks every minute."""
INPUT_ON_THE_WAY_BYTES = 192 * 1024
"""Input that a page may have sent before it was told as taken; ours sends 64 KiB."""


class _Word(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Size(_Word):
    t: Literal["size"]
    cols: int = Field(ge=1, le=100_000)
    rows: int = Field(ge=1, le=100_000)


class _Drawn(_Word):
    t: Literal["drawn"]
    at: int = Field(ge=0)


class _Alive(_Word):
    t: Literal["alive"]


_WORDS: TypeAdapter[_Size | _Drawn | _Alive] = TypeAdapter(
    Annotated[_Size | _Drawn | _Alive, Field(discriminator="t")]
)


def register(app: App, *, terminals: Terminals) -> None:
    """Serve the sockets of terminals; call it behind `security.install`."""

    @app.websocket(TERMINALS + "{terminal_id}")
    async def _serve(
        socket: WebSocket,
        terminal_id: str,
        since: Annotated[int | None, Query(ge=0)] = None,
    ) -> None:
        await socket.accept()
        try:
            session = current_session(socket)
            terminal = terminals.find(terminal_id, session.key)
        except SessionEnded:
            await socket.close(CLOSE_SESSION_ENDED, "the session ended")
            return
        except NoSuchTerminal as error:
            await socket.close(CLOSE_GONE, error.because)
            return
        viewer = terminal.attach(since=since)
        try:
            await _Talk(socket, terminal, viewer).run()
        finally:
            terminal.detach(viewer)


class _Ended(Exception):
    """The talk is over."""


class _Talk:
    """One page and one terminal, until either leaves."""

    def __init__(self, socket: WebSocket, terminal: Terminal, viewer: Viewer) -> None:
        self._socket = socket
        self._terminal = terminal
        self._viewer = viewer
        self._on_the_way = 0

    async def run(self) -> None:
        """Carry both directions; neither waits for the other."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell(), name="terminal tells")
                group.create_task(self._hear(), name="terminal hears")
        except* (_Ended, WebSocketDisconnect):
            log.debug("a page left its terminal", terminal=self._terminal.facts.id)

    async def _tell(self) -> None:
        while True:
            piece = await self._viewer.next()
            if isinstance(piece, Output):
                await self._socket.send_bytes(piece.data)
                continue
            await self._socket.send_text(_told(piece))
            if isinstance(piece, Begun) and piece.first:
                await self._socket.send_bytes(piece.first)
            if isinstance(piece, Taken):
                self._on_the_way -= piece.count

    async def _hear(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    message = await self._socket.receive()
            except TimeoutError:
                await self._end(CLOSE_POLICY, "nothing was heard of the page")
            if message["type"] == "websocket.disconnect":
                raise _Ended
            if (data := message.get("bytes")) is not None:
                await self._type(data)
            else:
                await self._heed(message.get("text") or "")

    async def _type(self, data: bytes) -> None:
        self._on_the_way += len(data)
        if self._on_the_way > INPUT_ON_THE_WAY_BYTES:
            await self._end(CLOSE_POLICY, "more was typed than the node has taken")
        self._terminal.type(self._viewer, data)

    async def _heed(self, text: str) -> None:
        try:
            word = _WORDS.validate_json(text)
            if isinstance(word, _Drawn):
                self._viewer.acknowledge(word.at)
            elif isinstance(word, _Size):
                self._terminal.claim(self._viewer, word.cols, word.rows)
            else:
                await self._socket.send_text('{"t":"alive"}')
        except (ValidationError, ValueError) as error:
            log.warning("a terminal's page said what cannot be", cause=type(error).__name__)
            await self._end(CLOSE_POLICY, "unreadable")

    async def _end(self, code: int, because: str) -> None:
        await self._socket.close(code, because)
        raise _Ended


def _told(piece: Piece) -> str:
    match piece:
        case Sized():
            said = {"t": "size", "cols": piece.cols, "rows": piece.rows, "writing": piece.writing}
        case Begun():
            said = {
                "t": "begin",
                "at": piece.at,
                "fresh": piece.fresh,
                "first": len(piece.first),
                "cut": piece.cut,
                "replayed": piece.replayed_to,
            }
        case Taken():
            said = {"t": "taken", "count": piece.count}
        case Over():
            said = {"t": "over", "because": piece.because, "status": piece.exit_status}
        case Output():
            raise TypeError("output goes as it is")
    return json.dumps(said, separators=(",", ":"))
