"""The one door for errors of anthropic and httpx2: each becomes a ProviderError."""

import re
import ssl
from dataclasses import dataclass

import anthropic
import httpx2

from services.dialing import DialRefused
from services.llm.errors import (
    AnswerUnreadable,
    ContextExceeded,
    CreditSpent,
    KeyRefused,
    ModelUnknown,
    ProviderError,
    ProviderFailed,
    ProviderForbidden,
    ProviderOverloaded,
    ProviderTimedOut,
    RateLimited,
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

CLAUDE = ProviderName.CLAUDE
WORDS = Words(
    provider=CLAUDE,
    is_there="Is the internet in reach?",
    is_it="Is ANTHROPIC_BASE_URL the address of the Messages API?",
    repeat_helps=True,
)

_TOO_LONG = re.compile(r"prompt is too long|context (?:window|length)|too many (?:input )?tokens")
_FIGURES = re.compile(r"(?P<tokens>\d{3,}) tokens? > (?P<limit>\d{3,})")
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedClaude(Asked):
    """Which model was asked as well, and how long a repetition may be put off."""

    model: str
    patience_s: float = 5.0


def translate(error: Exception, asked: AskedClaude) -> ProviderError:
    """The ProviderError that tells what a foreign error means; the caller chains the two.

    A foreign error nobody has mapped counts as an unreadable answer that names its class.
    """
    # A refusal in words counts whatever led to it.
    chain = list(follow_causes(error, until=anthropic.APIStatusError))
    if (meant := find_meaning(DOOR, chain, asked)) is not None:
        return _with_attempts(meant, error)
    return AnswerUnreadable(CLAUDE, f"Claude's answer cannot be read: {type(error).__name__}")


def _with_attempts(meant: ProviderError, error: Exception) -> ProviderError:
    """What the SDK has repeated already is not worth repeating once more."""
    request = getattr(error, "request", None) if isinstance(error, anthropic.APIError) else None
    taken = request.headers.get("x-stainless-retry-count", "0") if request is not None else "0"
    meant.attempts = 1 + (int(taken) if taken.isdigit() else 0)
    if meant.attempts > 1:
        meant.repeat_helps = False
    return meant


def _refused(error: anthropic.APIStatusError, asked: AskedClaude) -> ProviderError:
    response = getattr(error, "response", None)
    status = int(getattr(error, "status_code", 500))
    kind = getattr(error, "type", None)
    if status < 300:  # told within the stream of an answer that had begun well
        status = _STATUS_OF_TYPE.get(str(kind), 500)
    told = clean(getattr(error, "api_message", None) or "")
    wait_s = _retry_after_s(response)
    match status:
        case 401 | 403:
            what = "does not know the key" if status == 401 else "does not allow this to the key"
            return KeyRefused(
                CLAUDE, f"Claude {what} ({status}){after(told)}", "Mend ANTHROPIC_API_KEY"
            )
        case 402:
            return CreditSpent(
                CLAUDE,
                f"The Anthropic account has no credit (402){after(told)}",
                "Add credit in the Anthropic console",
            )
        case 404:
            return ModelUnknown(CLAUDE, asked.model)
        case 408 | 504:
            return ProviderTimedOut(
                CLAUDE, f"Claude gave up on the answer ({status}){after(told)}", repeat_helps=True
            )
        case 413:
            return ContextExceeded(CLAUDE)
        case 429:
            later = f"; it asks to be left alone for {wait_s:g}\u00a0s" if wait_s else ""
            return RateLimited(
                CLAUDE,
                f"The Anthropic account is over its rate limit (429){later}",
                retry_after_s=wait_s,
            )
        case 503 | 529:
            return ProviderOverloaded(
                CLAUDE,
                f"Claude is overloaded ({status})",
                repeat_helps=wait_s is None or wait_s <= asked.patience_s,
                retry_after_s=wait_s,
            )
        case 501:
            return RequestRefused(CLAUDE, f"Claude does not offer this (501){after(told)}")
        case 409 | 499:
            return ProviderFailed(CLAUDE, f"Claude dropped the request ({status}){after(told)}")
        case _ if status >= 500:
            return ProviderFailed(CLAUDE, f"Claude failed ({status}){after(told)}")
        case _ if status < 400:
            return AnswerUnreadable(
                CLAUDE, f"{asked.host} answered with a redirect ({status})", repeat_helps=False
            )
        case _ if _TOO_LONG.search(told.lower()):
            found = _FIGURES.search(told)
            return ContextExceeded(
                CLAUDE,
                tokens=int(found["tokens"]) if found else None,
                limit_tokens=int(found["limit"]) if found else None,
            )
        case _:
            return RequestRefused(CLAUDE, f"Claude refused the request ({status}){after(told)}")


def _timed_out(what: str) -> Meaning:
    def meaning(_: BaseException, asked: AskedClaude) -> ProviderError:
        if what:
            return ProviderTimedOut(CLAUDE, f"{asked.host} {what}", repeat_helps=True)
        where = "within the answer " if asked.under_way else ""
        return ProviderTimedOut(
            CLAUDE,
            f"Not a byte came from {asked.host} {where}for {asked.silence_timeout_s:g}\u00a0s",
            repeat_helps=True,
        )

    return meaning


def _no_key(_: BaseException, __: AskedClaude) -> ProviderError:
    return KeyRefused(
        CLAUDE, "There is no key for Claude that can be used", "Set ANTHROPIC_API_KEY"
    )


DOOR: Door = (
    (anthropic.APIStatusError, _refused),
    (DialRefused, lambda error, _: ProviderForbidden(CLAUDE, str(error))),
    (ssl.SSLCertVerificationError, WORDS.unreachable("showed a certificate that is not trusted")),
    (httpx2.ConnectTimeout, _timed_out("could not be reached in time")),
    (httpx2.PoolTimeout, _timed_out("has no connection left that is free")),
    (httpx2.TimeoutException, _timed_out("")),
    (anthropic.APITimeoutError, _timed_out("")),
    (httpx2.ConnectError, WORDS.unreachable("could not be reached")),
    (
        httpx2.ProxyError,
        WORDS.unreachable("could not be reached: the proxy refused", "Mend the proxy"),
    ),
    (httpx2.NetworkError, WORDS.unreachable("closed the connection")),
    (httpx2.RemoteProtocolError, WORDS.unreachable("closed the connection")),
    (httpx2.LocalProtocolError, WORDS.unreadable("it is not HTTP")),
    (httpx2.ProtocolError, WORDS.unreadable("it is not HTTP")),
    (httpx2.UnsupportedProtocol, WORDS.unreachable("is no address that can be dialled")),
    (httpx2.InvalidURL, WORDS.unreachable("is no address that can be dialled")),
    (httpx2.TooManyRedirects, WORDS.unreadable("it is a redirect")),
    (httpx2.DecodingError, WORDS.unreadable("its compression is damaged")),
    (httpx2.HTTPStatusError, WORDS.unreadable("its status was not looked at")),
    (httpx2.StreamError, WORDS.unreachable("closed the connection")),
    (httpx2.CookieConflict, WORDS.unreadable("its cookies contradict each other")),
    (httpx2.SSEError, WORDS.unreadable("it is no stream of events")),
    (httpx2.HTTPError, WORDS.unreachable("could not be reached")),
    (anthropic.APIConnectionError, WORDS.unreachable("could not be reached")),
    (anthropic.APIResponseValidationError, WORDS.unreadable("it has another shape")),
    (anthropic.APIWebhookValidationError, WORDS.unreadable("it has another shape")),
    (anthropic.CredentialsError, _no_key),
    (anthropic.RetryableError, WORDS.unreachable("could not be reached")),
    (anthropic.AnthropicError, WORDS.unreadable("the library did not understand it")),
    (TimeoutError, _timed_out("")),
    (OSError, WORDS.unreachable("could not be reached")),
    *WORDS.of_reading(),
)
"""Foreign classes and what each means; the first that fits any link of the chain counts."""


def _retry_after_s(response: httpx2.Response | None) -> float | None:
    if response is None:
        return None
    for header, factor in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(response.headers.get(header, "")) * factor
        except ValueError:
            continue
        if 0 < seconds < 86_400:
            return seconds
    return None
