"""A tiny Messages API on loopback: answers what a test scripted, records what it was sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.claude.config import ClaudeConfig
from services.llm.claude.provider import ClaudeProvider

Act = Callable[[web.Request], Awaitable[web.StreamResponse]]

KEY = "sk-ant-known-only-to-this-test-0451"
MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5")


class ClaudeDouble:
    """Plays its acts in order, the last one again and again."""

    def __init__(self) -> None:
        self.acts: list[Act] = [answer("All is well.")]
        self.catalogue: list[dict[str, Any]] = [model(name) for name in MODELS]
        self.refuses_list = False
        """Whether the catalogue may not be read."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hung_up = asyncio.Event()
        """Set when a client closed the connection in the middle of an answer."""
        self.url = ""

    async def messages(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        self.headers.append(dict(request.headers))
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        try:
            return await act(request)
        except (ConnectionResetError, asyncio.CancelledError):
            self.hung_up.set()
            raise

    async def models(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        if self.refuses_list:
            return web.json_response({"type": "error", "error": {"type": "x"}}, status=400)
        return web.json_response({"data": self.catalogue, "has_more": False})


@asynccontextmanager
async def claude_double() -> AsyncIterator[ClaudeDouble]:
    """A double that listens until the block ends."""
    double = ClaudeDouble()
    app = web.Application()
    app.router.add_post("/v1/messages", double.messages)
    app.router.add_get("/v1/models", double.models)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    double.url = f"http://127.0.0.1:{port}"
    try:
        yield double
    finally:
        await runner.cleanup()


def model(name: str, lifecycle: str = "active", **fields: Any) -> dict[str, Any]:
    """A model of the catalogue."""
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": lifecycle,
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        **fields,
    }


def text_block(index: int, *pieces: str) -> list[dict[str, Any]]:
    """The events of one block of text."""
    return [
        start_block(index, {"type": "text", "text": ""}),
        *(delta(index, {"type": "text_delta", "text": piece}) for piece in pieces),
        stop_block(index),
    ]


def thinking_block(index: int, text: str = "", signature: str = "sig") -> list[dict[str, Any]]:
    """The events of one block of signed thinking."""
    pieces = [delta(index, {"type": "thinking_delta", "thinking": text})] if text else []
    return [
        start_block(index, {"type": "thinking", "thinking": "", "signature": ""}),
        *pieces,
        delta(index, {"type": "signature_delta", "signature": signature}),
        stop_block(index),
    ]


def tool_block(index: int, id: str, name: str, *pieces: str) -> list[dict[str, Any]]:
    """The events of one tool use, its arguments in pieces of JSON."""
    return [
        start_block(index, {"type": "tool_use", "id": id, "name": name, "input": {}}),
        *(delta(index, {"type": "input_json_delta", "partial_json": p}) for p in pieces),
        stop_block(index),
    ]


def start_block(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": of}


def stop_block(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def started(**usage: int) -> dict[str, Any]:
    """The first event of an answer."""
    return {
        "type": "message_start",
        "message": {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-5-5",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": 120,
                "output_tokens": 1,
                "cache_read_input_tokens": 900,
                "cache_creation_input_tokens": 40,
                **usage,
            },
        },
    }


def ended(reason: str | None, *, output_tokens: int = 12, **more: Any) -> list[dict[str, Any]]:
    """The last two events of an answer."""
    return [
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None, **more},
            "usage": {"output_tokens": output_tokens},
        },
        {"type": "message_stop"},
    ]


def stream(*events: dict[str, Any] | str, hold: bool = False) -> Act:
    """Events as they are sent; a text is written as it is. With `hold` the end never comes."""

    async def act(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            if isinstance(event, str):
                await response.write(event.encode())
            else:
                text = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
                await response.write(text.encode())
        if hold:
            await asyncio.Event().wait()
        return response

    return act


def answer(*pieces: str) -> Act:
    """A whole answer of words."""
    return stream(started(), *text_block(0, *pieces), *ended("end_turn"))


def refusal(status: int, kind: str, message: str = "no", **headers: str) -> Act:
    """An error before anything else."""

    async def act(_: web.Request) -> web.StreamResponse:
        body = {"type": "error", "error": {"type": kind, "message": message}}
        return web.json_response(body, status=status, headers=headers)

    return act


def error_event(kind: str) -> str:
    """An error in the middle of a stream."""
    body = {"type": "error", "error": {"type": kind, "message": "Overloaded"}}
    return f"event: error\ndata: {json.dumps(body)}\n\n"


async def shut(request: web.Request) -> web.StreamResponse:
    """The connection goes away before the answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    """The connection goes away in the middle of the answer."""
    response = await _begun(request)
    assert request.transport is not None
    request.transport.abort()
    return response


async def _begun(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for event in (started(), *text_block(0, "Half of")[:2]):
        await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    return response


def provider_at(url: str, **fields: Any) -> ClaudeProvider:
    """Jarvis's own client, sent to a double."""
    config = ClaudeConfig(api_key=SecretStr(KEY), base_url=url, loopback_only=True, **fields)
    return ClaudeProvider(config, clock=SystemClock())
