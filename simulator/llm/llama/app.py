"""The application that answers as llama-server does."""

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from itertools import takewhile
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator.llm.ids import make_id
from simulator.llm.pace import Pace
from simulator.llm.record import MOST_BODY_CHARS, Recorded, Records
from simulator.llm.tokens import split_pieces, token_ids
from simulator.llm.trouble import LOCAL, Fate, Trouble

from . import shapes
from .answer import Answer, make_answer
from .request import Refused, Request, parse_request

_RECORD: Final = web.RequestKey("record", Recorded)
_OPEN: Final = ("/health", "/v1/health")
"""What is answered without a key."""
_PING: Final = b":\n\n"


class LlamaDouble:
    """Everything the llama-server double knows; `app` serves it."""

    def __init__(
        self,
        key: str,
        trouble: Trouble,
        records: Records,
        pace: Callable[[], Pace],
        *,
        context: int,
        load_s: float,
    ) -> None:
        self._key = key
        self._trouble = trouble
        self._records = records
        self._pace = pace
        self._context = context
        self._load_s = load_s
        self._ready_at = time.monotonic() + load_s
        self._slot: list[str] = []
        """The last prompt, of which the beginning may be used again."""
        self._busy = asyncio.Lock()
        """One slot: requests wait for one another."""

    def app(self) -> web.Application:
        """An application of its own, as each opening of the port needs one."""
        app = web.Application(middlewares=[self._guard])
        for path in ("/health", "/v1/health"):
            app.router.add_get(path, self._health)
        for path in ("/models", "/v1/models"):
            app.router.add_get(path, self._models)
        app.router.add_get("/props", self._props)
        app.router.add_post("/tokenize", self._tokenize)
        app.router.add_post("/apply-template", self._apply_template)
        for path in ("/chat/completions", "/v1/chat/completions"):
            app.router.add_post(path, self._chat)
            app.router.add_post(f"{path}/input_tokens", self._count)
        return app

    def load(self) -> None:
        """Begin to load the model anew, as a restarted server does."""
        self._ready_at = time.monotonic() + self._load_s
        self._slot = []

    @property
    def is_loading(self) -> bool:
        """Whether it answers 503 to everything."""
        return self._trouble.has(LOCAL, "local-loading") or time.monotonic() < self._ready_at

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        record = self._records.open(
            at=time.time(),
            double=LOCAL,
            verb=request.method,
            path=request.path,
            headers={"user-agent": request.headers.get("user-agent", "")},
        )
        request[_RECORD] = record
        try:
            wrong = self._is_stranger(request, record)
            if self.is_loading:  # which it says to strangers too
                raise Refused(503, "unavailable_error", "Loading model")
            if wrong:
                raise Refused(401, "authentication_error", "Invalid API Key")
            response = await handler(request)
            record.ended = record.ended or "whole"
            record.status = response.status
            return response
        except Refused as refused:
            record.status, record.ended, record.text = refused.status, "refused", refused.message
            body = shapes.error(refused.status, refused.kind, refused.message, **refused.figures)
            return _json(body, refused.status)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            record.status, record.ended = 404, "refused"
            return _json(shapes.error(404, "not_found_error", "File Not Found"), 404)
        except asyncio.CancelledError:
            record.ended = record.ended or "client gone"
            raise

    def _is_stranger(self, request: web.Request, record: Recorded) -> bool:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        shown = shown or request.headers.get("X-Api-Key", "")
        wrong = not hmac.compare_digest(shown.encode(), self._key.encode())
        record.signed_in = not wrong
        return request.path not in _OPEN and (wrong or self._trouble.has(LOCAL, "llm-401"))

    async def _health(self, http: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def _props(self, http: web.Request) -> web.Response:
        return _json(shapes.props(self._context))

    async def _models(self, http: web.Request) -> web.Response:
        return _json(shapes.models(self._context, int(time.time())))

    async def _tokenize(self, http: web.Request) -> web.Response:
        body = await _read(http)
        text = str(body.get("content", ""))
        if body.get("with_pieces") is True:
            pairs = zip(token_ids(text), split_pieces(text), strict=True)
            return _json({"tokens": [{"id": one, "piece": piece} for one, piece in pairs]})
        return _json({"tokens": token_ids(text)})

    async def _apply_template(self, http: web.Request) -> web.Response:
        return _json({"prompt": parse_request(await _read(http)).prompt})

    async def _count(self, http: web.Request) -> web.Response:
        request = parse_request(await _read(http))
        return _json({"object": "response.input_tokens", "input_tokens": request.prompt_tokens})

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        record = http[_RECORD]
        body = await _read(http)
        fate = self._trouble.take(LOCAL)
        record.faults = sorted(fate.faults)
        if fate.has("llm-silent"):
            await self._trouble.wait_while(LOCAL, "llm-silent", fate)
        if fate.has("llm-401"):
            raise Refused(401, "authentication_error", "Invalid API Key")
        request = parse_request(body)
        tokens = request.prompt_tokens
        if fate.has("llm-context-exceeded"):
            tokens = max(tokens, self._context) + 1
        if tokens >= self._context:
            raise Refused(
                400,
                "exceed_context_size_error",
                f"request ({tokens} tokens) exceeds the available context size "
                f"({self._context} tokens), try increasing it",
                n_prompt_tokens=tokens,
                n_ctx=self._context,
            )
        async with self._busy:
            return await self._generate(http, record, request, fate)

    async def _generate(
        self, http: web.Request, record: Recorded, request: Request, fate: Fate
    ) -> web.StreamResponse:
        prompt = request.prompt_tokens
        pieces = split_pieces(request.prompt)
        same = takewhile(lambda pair: pair[0] == pair[1], zip(self._slot, pieces, strict=False))
        cached = min(sum(1 for _ in same), prompt - 1)
        self._slot = pieces
        answer = make_answer(request, fate, self._context - prompt)
        record.calls = [
            {"tool": call["function"]["name"], "arguments": call["function"]["arguments"]}
            for call in answer.calls
        ]
        record.stop = answer.finish
        run = _Run(request, answer, cached, self._pace())
        if request.stream:
            return await self._stream(http, record, fate, run)
        await run.pace.think(prompt - cached)
        await run.pace.speak(answer.tokens)
        told = run.whole()
        record.text, record.usage = answer.text, told["usage"]
        record.tokens_sent = answer.tokens
        return _json(told)

    async def _stream(
        self, http: web.Request, record: Recorded, fate: Fate, run: "_Run"
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(http)
        record.status = 200
        await response.write(_PING)
        chunks = run.chunks()
        breaks_at = 1 + max(1, sum(tokens > 0 for _, tokens, _ in chunks) // 2)
        await run.pace.think(run.request.prompt_tokens - run.cached)
        for number, (chunk, tokens, said) in enumerate(chunks):
            if number == breaks_at and await self._break(http, response, record, fate):
                return response
            await run.pace.speak(tokens)
            await response.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())
            record.tokens_sent += tokens
            record.text += said
            record.usage = chunk.get("usage", record.usage)
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _break(
        self, http: web.Request, response: web.StreamResponse, record: Recorded, fate: Fate
    ) -> bool:
        """Whether the stream is over here, because of a fault that lets it begin."""
        if fate.has("llm-stall"):
            await response.write(_PING)
            await self._trouble.wait_while(LOCAL, "llm-stall", fate)
        if fate.has("llm-reset-stream") and http.transport is not None:
            http.transport.abort()
        elif fate.has("llm-cut-stream"):
            await response.write_eof()
        else:
            return False
        record.ended = "cut"
        return True


class _Run:
    """One generation: its chunks, its figures."""

    def __init__(self, request: Request, answer: Answer, cached: int, pace: Pace) -> None:
        self.request = request
        self.answer = answer
        self.cached = cached
        self.pace = pace
        self._id = make_id("chatcmpl-", 32)
        self._created = int(time.time())
        self._began = time.monotonic()

    def whole(self) -> dict[str, Any]:
        """The answer that is not streamed."""
        message: dict[str, Any] = {"role": "assistant", "content": self.answer.text}
        if self.answer.calls:
            message["content"] = self.answer.text or None
            message["tool_calls"] = [*self.answer.calls]
        choice = {"finish_reason": self.answer.finish, "index": 0, "message": message}
        return {
            "choices": [choice],
            "created": self._created,
            "model": shapes.MODEL,
            "system_fingerprint": shapes.BUILD,
            "object": "chat.completion",
            "usage": self._usage(),
            "id": self._id,
            "timings": self._timings(),
        }

    def chunks(self) -> list[tuple[dict[str, Any], int, str]]:
        """The streamed one: each chunk with its tokens and its words."""
        answer = self.answer
        out = [(self._chunk({"role": "assistant", "content": None}), 0, "")]
        for text, tokens in self.pace.split(answer.text):
            out.append((self._chunk({"content": text}), tokens, text))
        for index, call in enumerate(answer.calls):
            head = {**call, "function": {"name": call["function"]["name"], "arguments": ""}}
            out.append((self._chunk({"tool_calls": [{"index": index, **head}]}), 8, ""))
            for text, tokens in self.pace.split(call["function"]["arguments"]):
                piece = {"index": index, "function": {"arguments": text}}
                out.append((self._chunk({"tool_calls": [piece]}), tokens, ""))
        last = self._chunk({}, answer.finish)
        if not self.request.tell_usage:
            last["timings"] = self._timings()
            return [*out, (last, 0, "")]
        end = {**self._chunk({}), "choices": [], "usage": self._usage(), "timings": self._timings()}
        return [*out, (last, 0, ""), (end, 0, "")]

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "choices": [{"finish_reason": finish, "index": 0, "delta": delta}],
            "created": self._created,
            "id": self._id,
            "model": shapes.MODEL,
            "system_fingerprint": shapes.BUILD,
            "object": "chat.completion.chunk",
        }

    def _usage(self) -> dict[str, Any]:
        return shapes.usage(self.request.prompt_tokens, self.cached, self.answer.tokens)

    def _timings(self) -> dict[str, Any]:
        pace, said = self.pace, self.answer.tokens
        read_s = pace.first_token_s or time.monotonic() - self._began
        said_s = said / pace.tokens_s if pace.tokens_s else 0.0
        return shapes.timings(self.request.prompt_tokens, self.cached, said, read_s, said_s)


async def _read(http: web.Request) -> dict[str, Any]:
    raw = await http.text()
    try:
        body = json.loads(raw or "{}")
    except ValueError as error:
        message = f"[json.exception.parse_error.101] parse error: {error}"
        raise Refused(500, "server_error", message) from error
    if not isinstance(body, dict):
        raise Refused(400, "invalid_request_error", "JSON body must be an object")
    if len(raw) <= MOST_BODY_CHARS:
        http[_RECORD].body = body
    return body


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers={"Server": "llama.cpp"})
