"""The one door for errors of httpx and of llama-server's answers: each becomes a ProviderError."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.dialing import DialRefused
from services.llm.errors import (
    AnswerCut,
    AnswerUnreadable,
    ContextExceeded,
    KeyRefused,
    ModelLoading,
    ProviderError,
    ProviderFailed,
    ProviderForbidden,
    ProviderTimedOut,
    ProviderUnreachable,
    RequestRefused,
)
from services.llm.messages import ProviderName

LOCAL = ProviderName.LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was being asked, and how long it might take, when an error came."""

    base_url: str
    silence_timeout_s: float
    under_way: bool = False
    """Whether the answer had begun."""

    @property
    def host(self) -> str:
        """`192.0.2.20:9931`."""
        return urlsplit(self.base_url).netloc or self.base_url


def translate(error: Exception, asked: Asked) -> ProviderError:
    """The ProviderError that tells what a foreign error means; the caller chains the two."""
    chain: list[BaseException] = []
    next_: BaseException | None = error
    while next_ is not None and next_ not in chain:
        if isinstance(next_, ProviderError):
            return next_
        chain.append(next_)
        next_ = next_.__cause__ or (None if next_.__suppress_context__ else next_.__context__)
    for kind, meaning in DOOR:
        for cause in chain:
            if isinstance(cause, kind):
                return meaning(cause, asked)
    return AnswerUnreadable(
        LOCAL, f"The local model's answer cannot be read: {type(error).__name__}"
    )


def refusal(status: int, body: Any, asked: Asked) -> ProviderError:
    """What an answer means that is no success; `body` is whatever JSON it had."""
    told: Mapping[str, Any] = body.get("error", {}) if isinstance(body, Mapping) else {}
    told = told if isinstance(told, Mapping) else {"message": str(told)}
    kind = str(told.get("type", ""))
    text = " ".join(str(told.get("message", "")).split())[:300].rstrip(".")
    after = f": {text}" if text else ""
    if kind == "exceed_context_size_error":
        return ContextExceeded(
            LOCAL,
            tokens=_whole(told.get("n_prompt_tokens")),
            limit_tokens=_whole(told.get("n_ctx")),
        )
    match status:
        case 401 | 403:
            return KeyRefused(
                LOCAL, f"{asked.host} refused the key ({status}){after}", "Mend LLAMA_SERVER_KEY"
            )
        case 503 if "load" in text.lower() or kind == "unavailable_error":
            return ModelLoading()
        case 404:
            return RequestRefused(
                LOCAL,
                f"{asked.host} does not offer what was asked (404){after}",
                "Is LLAMA_SERVER_URL the address of a llama-server?",
            )
        case _ if status < 400:
            return AnswerUnreadable(
                LOCAL, f"{asked.host} answered with a redirect ({status})", repeat_helps=False
            )
        case _ if status < 500:
            return RequestRefused(LOCAL, f"{asked.host} refused the request ({status}){after}")
        case _:
            return ProviderFailed(LOCAL, f"The local model failed ({status}){after}")


def _unreachable(what: str) -> "Meaning":
    def meaning(_: BaseException, asked: Asked) -> ProviderError:
        if asked.under_way:
            return AnswerCut(LOCAL, f"{asked.host} {what} in the middle of the answer")
        return ProviderUnreachable(LOCAL, f"{asked.host} {what}", "Does llama-server run there?")

    return meaning


def _timed_out(what: str) -> "Meaning":
    def meaning(_: BaseException, asked: Asked) -> ProviderError:
        told = what or f"sent not a byte for {asked.silence_timeout_s:g}\u00a0s"
        return ProviderTimedOut(LOCAL, f"{asked.host} {told}")

    return meaning


def _unreadable(what: str) -> "Meaning":
    def meaning(_: BaseException, asked: Asked) -> ProviderError:
        return AnswerUnreadable(
            LOCAL,
            f"{asked.host} sent an answer that cannot be read: {what}",
            "Is LLAMA_SERVER_URL the address of a llama-server?",
        )

    return meaning


Meaning = Callable[..., ProviderError]

DOOR: tuple[tuple[type[BaseException], Meaning], ...] = (
    (DialRefused, lambda error, _: ProviderForbidden(LOCAL, str(error).rstrip("."))),
    (ssl.SSLCertVerificationError, _unreachable("showed a certificate that is not trusted")),
    (httpx.ConnectTimeout, _timed_out("could not be reached in time")),
    (httpx.PoolTimeout, _timed_out("has no connection left that is free")),
    (httpx.TimeoutException, _timed_out("")),
    (httpx.ConnectError, _unreachable("could not be reached")),
    (httpx.ProxyError, _unreachable("could not be reached: the proxy refused")),
    (httpx.NetworkError, _unreachable("closed the connection")),
    (httpx.RemoteProtocolError, _unreachable("closed the connection")),
    (httpx.ProtocolError, _unreadable("it is not HTTP")),
    (httpx.UnsupportedProtocol, _unreachable("is no address that can be dialled")),
    (httpx.InvalidURL, _unreachable("is no address that can be dialled")),
    (httpx.TooManyRedirects, _unreadable("it is a redirect")),
    (httpx.DecodingError, _unreadable("its compression is damaged")),
    (httpx.HTTPStatusError, _unreadable("its status was not looked at")),
    (httpx.StreamError, _unreachable("closed the connection")),
    (httpx.CookieConflict, _unreadable("its cookies contradict each other")),
    (httpx.HTTPError, _unreachable("could not be reached")),
    (TimeoutError, _timed_out("")),
    (OSError, _unreachable("could not be reached")),
    (UnicodeError, _unreadable("it is not UTF-8")),
    (ValueError, _unreadable("it is not JSON")),
    (AttributeError, _unreadable("it has another shape")),
    (LookupError, _unreadable("it has another shape")),
    (TypeError, _unreadable("it has another shape")),
)
"""Foreign classes and what each means; the first that fits any link of the chain counts."""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
