"""The application that answers as api.anthropic.com does."""

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator.llm.ids import make_id
from simulator.llm.pace import Pace
from simulator.llm.record import MOST_BODY_CHARS, Recorded, Records
from simulator.llm.trouble import CLAUDE, Fate, Trouble

from .answer import Answer, make_answer
from .cache import Counted, PromptCache, lay_out
from .catalogue import find_model
from .diagnosis import Diagnoses
from .errors import Refused, invalid, missing
from .events import Event, tell_events, tell_message
from .pages import list_models
from .request import OLD_VERSION, VERSION, parse_request
from .thinking import Signatures

MOST_BYTES: Final = 32 * 1024 * 1024
_RECORD: Final = web.RequestKey("record", Recorded)
_KEPT_HEADERS: Final = ("anthropic-version", "anthropic-beta", "user-agent", "accept")


class ClaudeDouble:
    """Everything the Anthropic double knows; `app` serves it."""

    def __init__(
        self, key: str, trouble: Trouble, records: Records, pace: Callable[[], Pace]
    ) -> None:
        self._key = key
        self._trouble = trouble
        self._records = records
        self._pace = pace
        self._signatures = Signatures(key)
        self._diagnoses = Diagnoses()
        self.cache = PromptCache(time.monotonic)

    def app(self) -> web.Application:
        """An application of its own, as each opening of the port needs one."""
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[self._guard])
        app.router.add_post("/v1/messages", self._create)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/v1/models/{model}", self._retrieve)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Record the request, sign it in, and tell what is refused in the API's shape."""
        record = self._records.open(
            at=time.time(),
            double=CLAUDE,
            verb=request.method,
            path=request.path,
            headers={
                name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers
            },
        )
        record.request_id = make_id("req_01")
        request[_RECORD] = record
        try:
            self._sign_in(request, record)
            return await handler(request)
        except Refused as refused:
            return _refuse(record, refused)
        except web.HTTPRequestEntityTooLarge:
            return _refuse(
                record,
                Refused(413, "request_too_large", "Request exceeds the maximum size"),
            )
        except web.HTTPException as error:
            if error.status != 404:
                return _refuse(record, Refused(error.status, "invalid_request_error", error.reason))
            return _refuse(record, missing("Not Found"))
        except asyncio.CancelledError:
            record.ended = record.ended or "client gone"
            raise

    def _sign_in(self, request: web.Request, record: Recorded) -> None:
        """The key in `x-api-key` or as a bearer; where both are sent, the former counts."""
        api_key = request.headers.get("x-api-key")
        bearer = request.headers.get("Authorization", "")
        shown = api_key if api_key is not None else bearer.removeprefix("Bearer ").strip()
        if not shown:
            raise Refused(401, "authentication_error", "x-api-key header is required")
        if self._trouble.has(CLAUDE, "llm-401") or not hmac.compare_digest(
            shown.encode(), self._key.encode()
        ):
            kind = "x-api-key" if api_key is not None else "bearer token"
            raise Refused(401, "authentication_error", f"invalid {kind}")
        record.signed_in = True
        version = request.headers.get("anthropic-version")
        if version is None:
            raise invalid("anthropic-version: header is required")
        if version not in (VERSION, OLD_VERSION):
            raise invalid(f'anthropic-version: "{version}" is not a valid version')

    async def _create(self, http: web.Request) -> web.StreamResponse:
        record = http[_RECORD]
        body = await _json(http, record)
        fate = self._trouble.take(CLAUDE)
        record.faults = sorted(fate.faults)
        if fate.has("llm-silent"):
            await self._trouble.wait_while(CLAUDE, "llm-silent", fate)
        self._refuse_by_fate(fate)
        request = parse_request(body, http.headers["anthropic-version"])
        self._signatures.check(request)
        prompt = lay_out(request)[-1].tokens
        if prompt > request.model.max_input:
            raise invalid(
                f"prompt is too long: {prompt} tokens > {request.model.max_input} maximum"
            )
        counted = self.cache.take(request)
        thinking = self._signatures.make(request) if request.thinks else None
        answer = make_answer(request, fate, thinking)
        diagnostics = self._diagnoses.explain(request, counted)
        self._diagnoses.keep(answer.id, request, counted)
        pace = self._pace()
        record.calls = [
            {"tool": block.name, "arguments": block.tell()["input"]}
            for block in answer.blocks
            if block.kind == "tool_use"
        ]
        await pace.think(counted.fresh + counted.written)
        if request.stream:
            events = tell_events(answer, request.model.id, counted, diagnostics, pace)
            return await self._stream(http, record, fate, [*events], pace)
        await pace.speak(answer.output_tokens)
        _note(record, answer, counted)
        told = tell_message(answer, request.model.id, counted, diagnostics)
        return web.json_response(told, headers=_headers(record))

    def _refuse_by_fate(self, fate: Fate) -> None:
        if fate.has("llm-401"):
            raise Refused(401, "authentication_error", "invalid x-api-key")
        if fate.has("llm-429"):
            raise Refused(
                429,
                "rate_limit_error",
                "This request would exceed your organization's rate limit of 50 requests per "
                "minute. Please try again later.",
                headers={"retry-after": f"{self._trouble.retry_after_s:g}"},
            )
        if fate.has("llm-529"):
            raise Refused(529, "overloaded_error", "Overloaded")

    async def _stream(
        self, http: web.Request, record: Recorded, fate: Fate, events: list[Event], pace: Pace
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                **_headers(record),
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-cache",
            }
        )
        await response.prepare(http)
        record.status = 200
        breaks_at = _breaking_point(events)
        for number, event in enumerate(events):
            if number == breaks_at and await self._break(http, response, record, fate):
                return response
            await pace.speak(event.tokens)
            await response.write(event.encode())
            record.tokens_sent += event.tokens
            record.text += event.said
            if event.name == "message_start":
                record.usage = event.data["message"]["usage"]
            if event.name == "message_delta":
                record.stop = event.data["delta"]["stop_reason"]
                record.usage = {**(record.usage or {}), **event.data["usage"]}
        record.ended = "whole"
        await response.write_eof()
        return response

    async def _break(
        self, http: web.Request, response: web.StreamResponse, record: Recorded, fate: Fate
    ) -> bool:
        """Whether the stream is over here, because of a fault that lets it begin."""
        if fate.has("llm-stall"):
            await self._trouble.wait_while(CLAUDE, "llm-stall", fate)
        if fate.has("llm-529-midstream"):
            error = {"type": "overloaded_error", "message": "Overloaded"}
            data = {"error": error, "request_id": record.request_id}
            await response.write(Event(name="error", data=data).encode())
        elif fate.has("llm-reset-stream"):
            if http.transport is not None:
                http.transport.abort()
        elif not fate.has("llm-cut-stream"):
            return False
        record.ended = "cut"
        if not fate.has("llm-reset-stream"):
            await response.write_eof()
        return True

    async def _count(self, http: web.Request) -> web.Response:
        record = http[_RECORD]
        body = await _json(http, record)
        request = parse_request(body, http.headers["anthropic-version"], counting=True)
        self._signatures.check(request)
        return _answer(record, {"input_tokens": lay_out(request)[-1].tokens})

    async def _list(self, http: web.Request) -> web.Response:
        return _answer(http[_RECORD], list_models(http.query))

    async def _retrieve(self, http: web.Request) -> web.Response:
        name = http.match_info["model"]
        model = find_model(name)
        if model is None:
            raise missing(f"model: {name}")
        return _answer(http[_RECORD], model.describe())


def _breaking_point(events: list[Event]) -> int:
    """The event before which a broken stream breaks: half-way through what is said."""
    deltas = [number for number, event in enumerate(events) if event.name == "content_block_delta"]
    return deltas[len(deltas) // 2] if deltas else len(events) - 1


async def _json(http: web.Request, record: Recorded) -> Any:
    raw = await http.text()
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from error
    if len(raw) <= MOST_BODY_CHARS:
        record.body = body
    return body


def _headers(record: Recorded) -> dict[str, str]:
    return {
        "request-id": record.request_id or "",
        "anthropic-organization-id": "5c0b3d1e-0000-4000-8000-000000000000",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
    }


def _answer(record: Recorded, told: dict[str, Any]) -> web.Response:
    record.status, record.ended = 200, "whole"
    return web.json_response(told, headers=_headers(record))


def _refuse(record: Recorded, refused: Refused) -> web.Response:
    record.status, record.ended = refused.status, "refused"
    record.text = refused.message
    return web.json_response(
        refused.body(record.request_id or ""),
        status=refused.status,
        headers={**_headers(record), **refused.headers},
    )


def _note(record: Recorded, answer: Answer, counted: Counted) -> None:
    record.status, record.ended, record.stop = 200, "whole", answer.stop
    record.text = "".join(block.text for block in answer.blocks if block.kind == "text")
    record.usage = counted.usage(answer.output_tokens)
    record.tokens_sent = answer.output_tokens
