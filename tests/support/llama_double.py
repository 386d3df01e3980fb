"""A tiny llama-server on loopback: a recorded or scripted answer for each path."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

RECORDED = Path(__file__).parents[3] / "shared/fixtures/llama-server"

Act = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LlamaDouble:
    """Plays the act of each path; counts a token for each word unless told otherwise."""

    def __init__(self) -> None:
        self.window_tokens = 4096
        self.requests: list[tuple[str, Any]] = []
        self.keys: list[str | None] = []
        self.hung_up = asyncio.Event()
        self.url = ""
        self.acts: dict[str, Act] = {
            "/health": told({"status": "ok"}),
            "/props": self._props,
            "/v1/chat/completions": streamed("All ", "is well."),
            "/v1/chat/completions/input_tokens": self._count,
        }

    def bodies(self, path: str = "/v1/chat/completions") -> list[Any]:
        """What was sent to a path."""
        return [body for asked, body in self.requests if asked == path]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read() or b"null")
        self.requests.append((request.path, body))
        self.keys.append(request.headers.get("Authorization"))
        act = self.acts.get(request.path)
        if act is None:
            return refused(404, "not_found_error", "File Not Found")
        try:
            return await act(request)
        except (ConnectionResetError, asyncio.CancelledError):
            self.hung_up.set()
            raise

    async def _props(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "default_generation_settings": {"n_ctx": self.window_tokens},
                "model_alias": "/models/tiny-qwen2.gguf",
                "model_path": "/models/tiny-qwen2.gguf",
            }
        )

    async def _count(self, request: web.Request) -> web.Response:
        return web.json_response({"input_tokens": count_words(await request.json())})


def count_words(body: Any) -> int:
    """A token for each word, and four for each message."""
    return sum(len(m["content"].split()) + 4 for m in body["messages"])


@asynccontextmanager
async def llama_double() -> AsyncIterator[LlamaDouble]:
    """A double that listens until the block ends."""
    double = LlamaDouble()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.serve)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield double
    finally:
        await runner.cleanup()


def refused(status: int, kind: str, message: str = "no", **figures: int) -> web.Response:
    """An error as the server tells it."""
    error = {"code": status, "message": message, "type": kind, **figures}
    return web.json_response({"error": error}, status=status)


def told(body: Any, status: int = 200) -> Act:
    """JSON, whatever is asked."""

    async def act(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return act


def refusing(status: int, kind: str, message: str = "no", **figures: int) -> Act:
    """An error, whatever is asked."""

    async def act(_: web.Request) -> web.StreamResponse:
        return refused(status, kind, message, **figures)

    return act


def chunk(content: str | None, finish: str | None = None, **more: Any) -> str:
    """One chunk of a stream."""
    delta = {} if content is None else {"content": content}
    body = {
        "id": "chatcmpl-1",
        "model": "/models/tiny-qwen2.gguf",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def last_chunk(prompt: int = 19, cached: int = 18, said: int = 6) -> str:
    """The one without choices."""
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    body = {"id": "chatcmpl-1", "choices": [], "usage": usage, "timings": {}}
    return f"data: {json.dumps(body)}\n\n"


def written(*parts: str | bytes, hold: bool = False, abort: bool = False) -> Act:
    """A stream as it is written; then it is held open, or the connection goes away."""

    async def act(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for part in parts:
            await response.write(part.encode() if isinstance(part, str) else part)
        if hold:
            await asyncio.Event().wait()
        if abort:
            assert request.transport is not None
            request.transport.abort()
        return response

    return act


def streamed(*pieces: str, finish: str = "stop") -> Act:
    """A whole answer."""
    return written(
        ": ping\n\n",
        chunk(None),
        *(chunk(piece) for piece in pieces),
        chunk(None, finish),
        last_chunk(),
        "data: [DONE]\n\n",
    )


def in_turn(*acts: Act) -> Act:
    """One act after the other, the last again and again."""
    waiting = list(acts)

    async def act(request: web.Request) -> web.StreamResponse:
        return await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(request)

    return act
