"""The one door for errors of httpx and of llama-server's answers: each becomes a ProviderError."""

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from services.dialing import DialRefused
from services.llm.errors import (
    AnswerUnreadable,
    ContextExceeded,
    KeyRefused,
    ModelLoading,
    ProviderError,
    ProviderFailed,
    ProviderForbidden,
    ProviderTimedOut,
    RequestRefused,
)
from services.llm.foreign import (
    Asked,
    Door,
    Meaning,
    Words,
    after,
    clean,
    find_meaning,
    follow_causes,
)
from services.llm.messages import ProviderName

LOCAL = ProviderName.LOCAL
WORDS = Words(
    provider=LOCAL,
    is_there="Does llama-server run there?",
    is_it="Is LLAMA_SERVER_URL the address of a llama-server?",
)
_SHARED_WINDOW_FULL = "context size has been exceeded"
"""Said when requests at the same time share one window, as they do unless the server has `-np`."""


def translate(error: Exception, asked: Asked) -> ProviderError:
    """The ProviderError that tells what a foreign error means; the caller chains the two."""
    chain = list(follow_causes(error, until=ProviderError))
    if isinstance(chain[-1], ProviderError):
        return chain[-1]
    if (meant := find_meaning(DOOR, chain, asked)) is not None:
        return meant
    return AnswerUnreadable(
        LOCAL, f"The local model's answer cannot be read: {type(error).__name__}"
    )


def refusal(status: int, body: Any, asked: Asked) -> ProviderError:
    """What an answer means that is no success; `body` is whatever JSON it had."""
    told: Mapping[str, Any] = body.get("error", {}) if isinstance(body, Mapping) else {}
    told = told if isinstance(told, Mapping) else {"message": str(told)}
    kind = str(told.get("type", ""))
    text = clean(told.get("message", ""))
    if kind == "exceed_context_size_error":
        return ContextExceeded(
            LOCAL,
            tokens=_whole(told.get("n_prompt_tokens")),
            limit_tokens=_whole(told.get("n_ctx")),
        )
    if status == 500 and _SHARED_WINDOW_FULL in text.lower():
        return ContextExceeded(LOCAL)
    match status:
        case 401 | 403:
            return KeyRefused(
                LOCAL,
                f"{asked.host} refused the key ({status}){after(text)}",
                "Mend LLAMA_SERVER_KEY",
            )
        case 503 if "load" in text.lower() or kind == "unavailable_error":
            return ModelLoading()
        case 404:
            return RequestRefused(
                LOCAL,
                f"{asked.host} does not offer what was asked (404){after(text)}",
                "Is LLAMA_SERVER_URL the address of a llama-server?",
            )
        case _ if status < 400:
            return AnswerUnreadable(
                LOCAL, f"{asked.host} answered with a redirect ({status})", repeat_helps=False
            )
        case _ if status < 500:
            return RequestRefused(
                LOCAL, f"{asked.host} refused the request ({status}){after(text)}"
            )
        case _:
            return ProviderFailed(LOCAL, f"The local model failed ({status}){after(text)}")


def _timed_out(what: str) -> Meaning:
    def meaning(_: BaseException, asked: Asked) -> ProviderError:
        told = what or f"sent not a byte for {asked.silence_timeout_s:g}\u00a0s"
        return ProviderTimedOut(LOCAL, f"{asked.host} {told}")

    return meaning


DOOR: Door = (
    (DialRefused, lambda error, _: ProviderForbidden(LOCAL, str(error).rstrip("."))),
    (ssl.SSLCertVerificationError, WORDS.unreachable("showed a certificate that is not trusted")),
    (httpx.ConnectTimeout, _timed_out("could not be reached in time")),
    (httpx.PoolTimeout, _timed_out("has no connection left that is free")),
    (httpx.TimeoutException, _timed_out("")),
    (httpx.ConnectError, WORDS.unreachable("could not be reached")),
    (httpx.ProxyError, WORDS.unreachable("could not be reached: the proxy refused")),
    (httpx.NetworkError, WORDS.unreachable("closed the connection")),
    (httpx.RemoteProtocolError, WORDS.unreachable("closed the connection")),
    (httpx.ProtocolError, WORDS.unreadable("it is not HTTP")),
    (httpx.UnsupportedProtocol, WORDS.unreachable("is no address that can be dialled")),
    (httpx.InvalidURL, WORDS.unreachable("is no address that can be dialled")),
    (httpx.TooManyRedirects, WORDS.unreadable("it is a redirect")),
    (httpx.DecodingError, WORDS.unreadable("its compression is damaged")),
    (httpx.HTTPStatusError, WORDS.unreadable("its status was not looked at")),
    (httpx.StreamError, WORDS.unreachable("closed the connection")),
    (httpx.CookieConflict, WORDS.unreadable("its cookies contradict each other")),
    (httpx.HTTPError, WORDS.unreachable("could not be reached")),
    (TimeoutError, _timed_out("")),
    (OSError, WORDS.unreachable("could not be reached")),
    *WORDS.of_reading(),
)
"""Foreign classes and what each means; the first that fits any link of the chain counts."""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
