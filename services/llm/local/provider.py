"""The local model: a request fitted into its window, streamed, and a quick yes or no."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import structlog

from services.clock import Clock
from services.llm.errors import (
    AnswerCut,
    AnswerUnreadable,
    ContextExceeded,
    ProviderError,
    RequestRefused,
)
from services.llm.local.adapt import adapt_talk
from services.llm.local.config import LocalConfig
from services.llm.local.prompt import local_prompt
from services.llm.local.reading import LocalReading
from services.llm.local.server import UNTHINKING, LlamaServer, ServerFacts
from services.llm.local.tools import response_format, without_deep
from services.llm.local.window import Fitted, fit_talk
from services.llm.messages import ProviderName, Usage
from services.llm.provider import (
    Answered,
    Meter,
    ModelRequest,
    OfferedTool,
    ProviderEvent,
    TextDelta,
)
from services.llm.tokens import guess_tokens
from services.llm.wrapping import plain_words

log = structlog.get_logger("llm.local")

YES_NO = 'root ::= "YES" | "NO"'
TOOLS_SHARE = 0.125
"""The most of the window that tools may take."""
YES_NO_CHARS = 2_000


class LocalProvider:
    """Asks llama-server; knows nothing of when it had better be left alone."""

    name = ProviderName.LOCAL

    def __init__(self, config: LocalConfig, *, clock: Clock, address: str = "sir") -> None:
        """:param address: how the user is addressed."""
        self._config = config
        self._clock = clock
        self._address = address
        self._server = LlamaServer(config)
        self._facts: ServerFacts | None = None

    @property
    def window_tokens(self) -> int | None:
        """What one request and its answer may hold; None while the server has not told."""
        return self._facts.window_tokens if self._facts is not None else None

    @property
    def model(self) -> str:
        """The model that is loaded, as the server names it."""
        return self._facts.model if self._facts is not None else "local"

    async def close(self) -> None:
        """Let go of every connection."""
        await self._server.close()

    async def look(self) -> ServerFacts:
        """Whether it could answer now, and its window. Raises ProviderError."""
        self._facts = await self._server.look()
        return self._facts

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """See `services.llm.provider.Provider.stream`.

        It has a system prompt of its own. As many of the tools are offered as fit; whoever asks
        offers GREEN ones alone.
        """
        meter = meter if meter is not None else Meter()
        tools = await self._choose_tools(request.tools)
        began_s = self._clock.monotonic_s()
        overcount = 1.0
        for attempt in (1, 2):
            fitted = await self._fit(request, tools, overcount)
            reading = LocalReading(prompt_tokens=fitted.prompt_tokens, in_steps=bool(tools))
            meter.model, meter.read_usage = self.model, reading.usage
            body = self._body(request, fitted, tools)
            try:
                async with aclosing(self._server.stream(body)) as chunks:
                    async for chunk in chunks:
                        delta = self._read(reading, chunk)
                        if meter.first_token_ms is None and (
                            delta or reading.usage().output_tokens
                        ):
                            meter.first_token_ms = (self._clock.monotonic_s() - began_s) * 1000
                        if delta:
                            yield TextDelta(text=delta)
                if rest := reading.rest():
                    yield TextDelta(text=rest)
                break
            except ProviderError as error:
                error.streamed = bool(reading.text)
                if not reading.usage().output_tokens:
                    meter.read_usage = Usage
                if attempt == 2 or error.streamed or not self._learned_from(error, tools):
                    raise
                if isinstance(error, ContextExceeded) and error.tokens:
                    overcount = min(2.0, max(1.0, error.tokens / fitted.prompt_tokens))
                else:
                    tools = ()  # it may be their schema that is refused
            finally:
                meter.total_ms = (self._clock.monotonic_s() - began_s) * 1000
        yield self._answered(reading, fitted, meter)

    async def ask_yes_no(self, question: str, *, within_ms: float = 400.0) -> bool | None:
        """The model's yes or no; None when it gave neither in time, for whatever reason."""
        told = "Answer the question with YES or NO."
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": told},
                {"role": "user", "content": plain_words(question[:YES_NO_CHARS])},
            ],
            "grammar": YES_NO,
            "max_tokens": 4,
            "temperature": 0,
            **_QUICK,
        }
        try:
            async with asyncio.timeout(within_ms / 1000):
                answer = await self._server.complete(body)
            message = answer["choices"][0]["message"]
            # Some templates open a thought whatever they are told, and what is said ends it.
            word = str(message.get("content") or message["reasoning_content"]).split()[-1]
        except (ProviderError, TimeoutError, LookupError, TypeError, AttributeError) as error:
            log.debug("no yes or no", because=str(error) or "not in time", within_ms=within_ms)
            return None
        return {"YES": True, "NO": False}.get(word)

    async def _fit(
        self, request: ModelRequest, tools: Sequence[OfferedTool], overcount: float
    ) -> Fitted:
        facts = self._facts or await self.look()

        async def count(messages: Sequence[Mapping[str, Any]]) -> int:
            counted = await self._server.count(messages)
            return int(counted.tokens * overcount)

        return await fit_talk(
            adapt_talk(request),
            prompt=local_prompt(tools, address=self._address),
            window_tokens=facts.window_tokens,
            max_output_tokens=request.max_output_tokens,
            config=self._config,
            count=count,
        )

    async def _choose_tools(self, offered: Sequence[OfferedTool]) -> tuple[OfferedTool, ...]:
        """The first ones that fit into their share of the window."""
        if not offered:
            return ()
        facts = self._facts or await self.look()
        chosen: list[OfferedTool] = []
        bare = len(local_prompt((), address=self._address))
        for tool in without_deep(offered):
            told = local_prompt([*chosen, tool], address=self._address)
            if guess_tokens(told[bare:]) > facts.window_tokens * TOOLS_SHARE:
                break
            chosen.append(tool)
        return tuple(chosen)

    def _body(
        self, request: ModelRequest, fitted: Fitted, tools: Sequence[OfferedTool]
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": fitted.messages,
            "max_tokens": fitted.answer_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **_QUICK,
        }
        if request.grammar is not None:
            body["grammar"] = request.grammar
        elif tools:
            body["response_format"] = response_format(tools)
        return body

    def _learned_from(self, error: ProviderError, tools: Sequence[OfferedTool]) -> bool:
        """Whether the same request may pass once what the refusal told is minded."""
        if isinstance(error, ContextExceeded) and error.tokens and error.limit_tokens:
            self._facts = ServerFacts(window_tokens=error.limit_tokens, model=self.model)
            log.warning("over the window", tokens=error.tokens, window=error.limit_tokens)
            return True
        return type(error) is RequestRefused and bool(tools)

    def _read(self, reading: LocalReading, chunk: Mapping[str, Any]) -> str:
        try:
            return reading.take(chunk)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise AnswerUnreadable(
                self.name, "The local model's answer cannot be read: a chunk has another shape"
            ) from error

    def _answered(self, reading: LocalReading, fitted: Fitted, meter: Meter) -> Answered:
        if reading.finish is None:
            cut = AnswerCut(self.name, "The local model's answer broke off before its end")
            cut.streamed = bool(reading.text)
            raise cut
        if reading.asks_unreadably:
            raise AnswerUnreadable(
                self.name, "The local model asked for a tool in words that cannot be read"
            )
        meter.model = reading.model or self.model
        return Answered(
            text=reading.text,
            tool_uses=reading.tool_uses(),
            stop=reading.stop_reason(),
            usage=reading.usage(),
            model=meter.model,
            message_id=reading.id,
            first_token_ms=meter.first_token_ms,
            total_ms=meter.total_ms,
            window_used_ratio=fitted.used_ratio,
            left_out_messages=fitted.left_out_messages,
        )


_QUICK = {"cache_prompt": True, **UNTHINKING}
"""The prompt's beginning is kept from request to request; a model that can think does not."""
