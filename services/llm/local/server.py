"""llama-server over HTTP: its health, its window, exact counts, and a streamed answer."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.dialing import believed_at, check_dialable
from services.llm.errors import (
    AnswerUnreadable,
    ProviderError,
    ProviderFailed,
    RequestRefused,
)
from services.llm.foreign import Asked
from services.llm.local.config import LocalConfig
from services.llm.local.door import refusal, translate
from services.llm.local.reading import bare_name
from services.llm.messages import ProviderName
from services.llm.tokens import CHARS_PER_TOKEN

UNTHINKING: Mapping[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}}
"""No thinking first. Some templates lay out a longer prompt for it, so counting says it too."""
MESSAGE_TOKENS = 8
"""What a template adds to each message, where nobody counts."""
_CANNOT_COUNT = (RequestRefused, ProviderFailed, AnswerUnreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What the server told of itself."""

    window_tokens: int
    """What one request and its answer may hold."""
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The tokens of a prompt."""

    tokens: int
    exact: bool


class LlamaServer:
    """One server. Every method raises ProviderError and nothing else."""

    def __init__(self, config: LocalConfig) -> None:
        self._config = config
        self._model = ""
        self._counts_chats = True
        self._counts_templates = True
        headers = {}
        if config.key is not None:
            headers["Authorization"] = f"Bearer {config.key.get_secret_value()}"
        self._client = httpx.AsyncClient(
            base_url=config.base_url.rstrip("/"),
            headers=headers,
            timeout=httpx.Timeout(config.look_timeout_s, connect=config.connect_timeout_s),
            verify=believed_at(config.base_url),
            follow_redirects=False,
            trust_env=False,  # a proxy has no business in one's own network
        )

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()

    async def look(self) -> ServerFacts:
        """What the server is like now. Raises ModelLoading while it loads."""
        try:
            await self._get("/health")
            told = await self._get("/props")
        except RequestRefused as error:  # whatever listens there, it is no llama-server
            raise AnswerUnreadable(error.provider, error.because, error.remedy) from error
        if told.get("role") == "router":
            host = self._asked(under_way=False).host
            raise AnswerUnreadable(
                ProviderName.LOCAL,
                f"{host} hands requests on to several models and has no window of its own",
                "Start that llama-server with one model, by -m",
                repeat_helps=False,
            )
        async with self._translated():
            settings = told.get("default_generation_settings") or {}
            window = settings.get("n_ctx") or told["n_ctx"]
            name = told.get("model_alias") or told.get("model_path") or "local"
            facts = ServerFacts(window_tokens=int(window), model=bare_name(str(name)))
        if facts.model != self._model:  # it may have been started anew, by another build
            self._counts_chats = self._counts_templates = True
        self._model = facts.model
        return facts

    async def count(self, messages: Sequence[Mapping[str, Any]]) -> Counted:
        """The tokens of a whole prompt: by the server, or guessed where it cannot count."""
        body = {"model": self._model, "messages": list(messages), **UNTHINKING}
        if self._counts_chats:
            try:
                told = await self._post("/v1/chat/completions/input_tokens", body)
                async with self._translated():
                    return Counted(tokens=int(told["input_tokens"]), exact=True)
            except _CANNOT_COUNT:
                self._counts_chats = False  # an older build
        if self._counts_templates:
            try:
                laid_out = await self._post("/apply-template", body)
                async with self._translated():
                    prompt = str(laid_out["prompt"])
                # The template's own words are in it, so that they count as what they are.
                special = {"add_special": True, "parse_special": True}
                told = await self._post("/tokenize", {"content": prompt, **special})
                async with self._translated():
                    return Counted(tokens=len(told["tokens"]), exact=True)
            except _CANNOT_COUNT:
                self._counts_templates = False
        size = sum(len(str(message.get("content", ""))) for message in messages)
        guess = ceil(size / CHARS_PER_TOKEN) + MESSAGE_TOKENS * len(messages)
        return Counted(tokens=guess, exact=False)

    async def complete(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A whole answer at once, for a question of a word or two; who asks bounds the time."""
        silence_s = self._config.silence_timeout_s
        return await self._ask("POST", "/v1/chat/completions", body, silence_s)

    async def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """The chunks of an answer; closing it ends the generation."""
        asked = self._asked(under_way=False)
        timeout = httpx.Timeout(
            self._config.silence_timeout_s, connect=self._config.connect_timeout_s
        )
        try:
            self._check_dialable()
            request = self._client.build_request(
                "POST", "/v1/chat/completions", json=dict(body), timeout=timeout
            )
            response = await self._client.send(request, stream=True)
        except Exception as error:
            raise translate(error, asked) from error
        try:
            if response.status_code != 200:
                await response.aread()
                raise refusal(response.status_code, _json(response), asked)
            asked = self._asked(under_way=True)
            async for line in _lines(response):
                if (chunk := parse_line(line)) is None:
                    continue
                if chunk is DONE:
                    return
                if "error" in chunk:
                    raise refusal(_code(chunk), chunk, asked)
                yield chunk
        except ProviderError:
            raise
        except Exception as error:
            raise translate(error, asked) from error
        finally:
            await response.aclose()

    async def _get(self, path: str) -> Mapping[str, Any]:
        return await self._ask("GET", path, None, self._config.look_timeout_s)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._ask("POST", path, body, self._config.look_timeout_s)

    async def _ask(
        self, verb: str, path: str, body: Mapping[str, Any] | None, silence_s: float
    ) -> Mapping[str, Any]:
        asked = self._asked(under_way=False, silence_s=silence_s)
        timeout = httpx.Timeout(silence_s, connect=self._config.connect_timeout_s)
        async with self._translated(asked):
            self._check_dialable()
            response = await self._client.request(verb, path, json=body, timeout=timeout)
            if response.status_code != 200:
                raise refusal(response.status_code, _json(response), asked)
            told: Mapping[str, Any] = dict(response.json())
            return told

    @asynccontextmanager
    async def _translated(self, asked: Asked | None = None) -> AsyncIterator[None]:
        try:
            yield
        except ProviderError:
            raise
        except Exception as error:
            raise translate(error, asked or self._asked(under_way=False)) from error

    def _asked(self, *, under_way: bool, silence_s: float | None = None) -> Asked:
        return Asked(
            base_url=self._config.base_url,
            silence_timeout_s=silence_s or self._config.silence_timeout_s,
            under_way=under_way,
        )

    def _check_dialable(self) -> None:
        host = urlsplit(self._config.base_url).hostname or ""
        check_dialable(host, loopback_only=self._config.loopback_only)


DONE: Mapping[str, Any] = {}
"""The mark at the end of a stream."""


def parse_line(line: str) -> Mapping[str, Any] | None:
    """What a line of the stream says: a chunk, DONE, or nothing. Raises ValueError."""
    field, _, value = line.partition(":")
    value = value.strip()
    if field not in ("data", "error") or not value:
        return None  # a blank line, or a comment that keeps the connection open
    if value == "[DONE]":
        return DONE
    told = json.loads(value)
    if not isinstance(told, dict):
        raise ValueError("a chunk is no object")
    return {"error": told} if field == "error" else told


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """The lines of a stream; httpx's own ones also end at characters that JSON may hold."""
    rest = b""
    async for part in response.aiter_bytes():
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.decode()
    if rest:
        yield rest.decode()


def _code(chunk: Mapping[str, Any]) -> int:
    error = chunk["error"]
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) else 500


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return {"error": {"message": response.text[:300]}}
