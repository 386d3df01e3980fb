"""Claude over the Messages API: one streamed request, and every way in which it can end.

Importing this module loads the SDK, which takes a second and much memory: it is imported only
where a key is configured, and in a thread.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import urlsplit

import anthropic
import httpx2
import structlog
from anthropic import AsyncAnthropic, AsyncStream
from anthropic.types import RawMessageStreamEvent

from services.clock import Clock
from services.dialing import DialRefused, believed_at, check_dialable
from services.llm.claude.adapt import CACHED, adapt_messages, adapt_system, adapt_tools
from services.llm.claude.catalogue import Catalogue, fetch_catalogue
from services.llm.claude.config import ClaudeConfig
from services.llm.claude.door import AskedClaude, translate
from services.llm.claude.manners import KNOWN, ModelFacts, decide_manner
from services.llm.claude.reading import ClaudeReading
from services.llm.errors import (
    AnswerCut,
    ModelUnknown,
    ProviderForbidden,
    RequestRefused,
)
from services.llm.messages import ProviderName, Usage
from services.llm.provider import Answered, Meter, ModelRequest, ProviderEvent, TextDelta
from services.llm.tokens import CLAUDE_CHARS_PER_TOKEN, guess_request_tokens

log = structlog.get_logger("llm.claude")


class ClaudeProvider:
    """Asks Claude; knows nothing of budgets or of when it had better be left alone."""

    name = ProviderName.CLAUDE

    def __init__(self, config: ClaudeConfig, *, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._catalogue: Catalogue | None = None
        self._client = _make_client(config)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.close()

    def learn(self, catalogue: Catalogue) -> None:
        """Go by what the API tells of its models from now on."""
        self._catalogue = catalogue

    async def fetch_catalogue(self) -> Catalogue:
        """The models the API has and had; costs nothing. Raises ProviderError."""
        self._check_dialable()
        asked = self._asked("", under_way=False)
        try:
            return await fetch_catalogue(self._client)
        except Exception as error:
            raise translate(error, asked) from error

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """See `services.llm.provider.Provider.stream`."""
        self._check_dialable()
        model = self._choose_model(request)
        meter = meter if meter is not None else Meter()
        reading = ClaudeReading(
            input_tokens_guess=guess_request_tokens(request, chars_per_token=CLAUDE_CHARS_PER_TOKEN)
        )
        meter.model, meter.read_usage = model, reading.usage
        began_s = self._clock.monotonic_s()
        raw = await self._open(request, model, meter)
        try:
            async for event in raw:
                delta = reading.take(event)
                if meter.first_token_ms is None and (delta or reading.asks):
                    meter.first_token_ms = (self._clock.monotonic_s() - began_s) * 1000
                if delta:
                    yield TextDelta(text=delta)
        except Exception as error:
            meant = translate(error, self._asked(model, under_way=reading.begun))
            meant.streamed = bool(reading.text)
            raise meant from error
        finally:
            meter.total_ms = (self._clock.monotonic_s() - began_s) * 1000
            await raw.close()
        yield self._answered(reading, model, meter)

    def _answered(self, reading: ClaudeReading, model: str, meter: Meter) -> Answered:
        if reading.stop is None:
            cut = AnswerCut(self.name, "Claude's answer broke off before its end")
            cut.streamed = bool(reading.text)
            raise cut
        meter.model = reading.model or model
        return Answered(
            text=reading.text,
            tool_uses=reading.tool_uses(),
            stop=reading.stop_reason(),
            usage=reading.usage(),
            model=meter.model,
            message_id=reading.message_id,
            first_token_ms=meter.first_token_ms,
            total_ms=meter.total_ms,
            opaque=reading.opaque(),
            because=_told_stop(reading),
        )

    async def _open(
        self, request: ModelRequest, model: str, meter: Meter
    ) -> AsyncStream[RawMessageStreamEvent]:
        """Send the request; when what is special about it may be why it is refused, without."""
        params = self._params(request, model)
        special = bool(request.opaque) or any(k in params for k in ("thinking", "output_config"))
        for plainly in (False, True):
            try:
                raw: AsyncStream[RawMessageStreamEvent] = await self._client.messages.create(
                    **params, stream=True
                )
                return raw
            except anthropic.BadRequestError as error:
                meant = translate(error, self._asked(model, under_way=False))
                if plainly or not special or type(meant) is not RequestRefused:
                    meter.read_usage = Usage
                    raise meant from error
                log.warning("refused, asked again plainly", model=model, because=meant.because)
                params = self._params(request, model, plainly=True)
            except Exception as error:
                meter.read_usage = Usage  # an answer that never began costs nothing
                raise translate(error, self._asked(model, under_way=False)) from error
        raise AssertionError("the second attempt either returns or raises")

    def _params(
        self, request: ModelRequest, model: str, *, plainly: bool = False
    ) -> dict[str, Any]:
        facts = self._facts(model)
        manner = decide_manner(
            facts,
            roles=self._config.roles_of(model),
            effort=request.effort,
            max_output_tokens=request.max_output_tokens,
        )
        params: dict[str, Any] = {
            "model": model,
            "max_tokens": manner.max_tokens,
            "messages": adapt_messages(request, model=model, use_opaque=not plainly),
            "cache_control": dict(CACHED),
        }
        if system := adapt_system(request.system):
            params["system"] = system
        if request.tools:
            params["tools"] = adapt_tools(request.tools)
        if not plainly:
            params |= manner.params
        return params

    def _choose_model(self, request: ModelRequest) -> str:
        if request.grammar is not None:
            raise RequestRefused(self.name, "Claude takes no grammar")
        model = request.model or self._config.routine
        if self._catalogue is not None and (what := self._catalogue.unfit.get(model)):
            raise ModelUnknown(self.name, model, what=what)
        return model

    def _facts(self, model: str) -> ModelFacts | None:
        told: Mapping[str, ModelFacts] = self._catalogue.facts if self._catalogue else {}
        return told.get(model) or KNOWN.get(model)

    def _asked(self, model: str, *, under_way: bool) -> AskedClaude:
        return AskedClaude(
            base_url=self._config.base_url,
            model=model,
            silence_timeout_s=self._config.silence_timeout_s,
            patience_s=self._config.patience_s,
            under_way=under_way,
        )

    def _check_dialable(self) -> None:
        host = urlsplit(self._config.base_url).hostname or ""
        try:
            check_dialable(host, loopback_only=self._config.loopback_only)
        except DialRefused as error:
            raise ProviderForbidden(self.name, str(error).rstrip(".")) from error


def _make_client(config: ClaudeConfig) -> AsyncAnthropic:
    async def be_impatient(request: Any, call_next: Any) -> Any:
        """Keep the SDK from waiting for minutes in silence because it was told to."""
        answer = await call_next(request)
        response = answer.http_response
        told = response.headers.get("retry-after", "")
        if not response.is_success and _seconds(told) > config.patience_s:
            response.headers["x-should-retry"] = "false"
        return answer

    assert config.api_key is not None
    return AsyncAnthropic(
        api_key=config.api_key.get_secret_value(),
        base_url=config.base_url,
        max_retries=config.repeats,
        timeout=httpx2.Timeout(config.silence_timeout_s, connect=config.connect_timeout_s),
        open_telemetry=False,
        middleware=[be_impatient],
        # A redirect would carry the prompt elsewhere; a proxy would, where nothing may leave.
        http_client=anthropic.DefaultAsyncHttpxClient(
            verify=believed_at(config.base_url),
            follow_redirects=False,
            trust_env=not config.loopback_only,
        ),
    )


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _told_stop(reading: ClaudeReading) -> str:
    if reading.stop == "refusal":
        kind = f" (category {reading.refusal_category})" if reading.refusal_category else ""
        return f"Claude declined to answer{kind}"
    if not reading.knows_stop:
        return f"Claude stopped for a reason that is not known here: {reading.stop}"
    return ""
