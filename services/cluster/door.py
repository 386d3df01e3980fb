"""The one door for errors of proxmoxer, requests, urllib3 and ssl: each becomes a ClusterError."""

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import requests.exceptions as from_requests
import urllib3.exceptions as from_urllib3
from proxmoxer.core import AuthenticationError, ResourceException

from services.cluster.errors import (
    AnswerUnreadable,
    CertificateRefused,
    ChangeFailed,
    ClusterError,
    DialForbidden,
    EndpointFailed,
    EndpointTimedOut,
    EndpointUnreachable,
    NodeFailed,
    NodeTimedOut,
    NodeUnreachable,
    NotOffered,
    ParameterRefused,
    PermissionMissing,
    TokenRefused,
)
from services.cluster.session import CONNECT_TIMEOUT_S
from services.dialing import DialRefused

_NODE = re.compile(r"^/nodes/(?P<node>[^/]+)")
_SHOWN = re.compile(r'got "(?P<shown>[0-9A-Fa-f:]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was being asked, and of whom, when an error came."""

    url: str
    path: str
    """Below `/api2/json`, such as `/nodes/pve/status`."""
    timeout_s: float
    pinned_sha256: str | None = None
    doing: str | None = None
    """What a change was to do; None for a question."""

    @property
    def node(self) -> str | None:
        """The node the question is passed on to, if it is."""
        found = _NODE.match(self.path)
        return found["node"] if found else None


def translate(error: Exception, asked: Asked) -> ClusterError:
    """The ClusterError that tells what a foreign error means; the caller chains the two.

    A foreign error nobody has mapped counts as an unreadable answer that names its class.
    """
    for cause in _innermost_first(error):
        if isinstance(cause, ClusterError):
            return cause
        for kind, meaning in DOOR:
            if isinstance(cause, kind):
                return meaning(cause, asked)
    return AnswerUnreadable(asked.url, f"{type(error).__name__} was met")


def _innermost_first(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, deepest first: the libraries wrap each other's in `args`."""
    chain: list[BaseException] = []
    seen: set[int] = set()
    next_: BaseException | None = error
    while next_ is not None and id(next_) not in seen:
        seen.add(id(next_))
        chain.append(next_)
        if isinstance(next_, from_requests.RequestException):
            next_.request = None  # it holds the token
        wrapped = [getattr(next_, "reason", None), *next_.args, next_.__cause__, next_.__context__]
        next_ = next((part for part in wrapped if isinstance(part, BaseException)), None)
    return reversed(chain)


def _refused_by_proxmox(error: ResourceException, asked: Asked) -> ClusterError:
    status = int(error.status_code)
    told: Mapping[str, object] = error.errors if isinstance(error.errors, Mapping) else {}
    text = str(told.get("message") or error.content or "").strip()
    node = asked.node
    match status:
        case 401:
            return TokenRefused(asked.path, asked.url, text)
        case 403:
            return PermissionMissing(asked.path, text, doing=asked.doing)
        case 501:
            return NotOffered(asked.path)
        case 595 | 596 if node:
            return NodeUnreachable(asked.path, node, status, text)
        case 502 | 503 | 504:
            return EndpointFailed(asked.url, status, text)
        case _ if status < 500:
            errors = told.get("errors")
            fields = errors.items() if isinstance(errors, Mapping) else ()
            given = {str(k): str(v) for k, v in fields}
            return ParameterRefused(asked.path, text, given, doing=asked.doing)
        case _ if node:
            return NodeFailed(asked.path, node, status, text, doing=asked.doing)
        case 500 if asked.doing:
            return ChangeFailed(asked.path, asked.doing, text)
        case _:
            return EndpointFailed(asked.url, status, text)


def _timed_out(connected: bool) -> "Meaning":
    def meaning(error: BaseException, asked: Asked) -> ClusterError:
        if connected and asked.node:
            return NodeTimedOut(asked.path, asked.node, asked.timeout_s)
        timeout_s = asked.timeout_s if connected else min(CONNECT_TIMEOUT_S, asked.timeout_s)
        return EndpointTimedOut(asked.url, timeout_s, connected=connected)

    return meaning


def _unreachable(what: str, *, unsent: bool = False) -> "Meaning":
    def meaning(error: BaseException, asked: Asked) -> ClusterError:
        return EndpointUnreachable(asked.url, what, unsent=unsent)

    return meaning


def _no_route(error: BaseException, asked: Asked) -> ClusterError:
    reason = getattr(error, "strerror", None) or str(error)
    return EndpointUnreachable(asked.url, f"could not be reached ({reason})", unsent=True)


def _unreadable(what: str) -> "Meaning":
    def meaning(error: BaseException, asked: Asked) -> ClusterError:
        return AnswerUnreadable(asked.url, what)

    return meaning


def _untrusted(error: BaseException, asked: Asked) -> ClusterError:
    problem = str(getattr(error, "verify_message", "") or error).strip()
    shown = found["shown"] if (found := _SHOWN.search(problem)) else None
    return CertificateRefused(asked.url, problem, shown=shown, pinned=asked.pinned_sha256)


def _tls_failed(error: BaseException, asked: Asked) -> ClusterError:
    if "ingerprint" in str(error):
        return _untrusted(error, asked)
    reason = getattr(error, "reason", None) or "the TLS handshake failed"
    return EndpointUnreachable(
        asked.url, f"broke off the TLS connection ({str(reason).replace('_', ' ').lower()})"
    )


Meaning = Callable[..., ClusterError]

DOOR: tuple[tuple[type[BaseException], Meaning], ...] = (
    (ResourceException, _refused_by_proxmox),
    (AuthenticationError, lambda error, asked: TokenRefused(asked.path, asked.url, str(error))),
    (DialRefused, lambda error, asked: DialForbidden(str(error))),
    (ssl.SSLCertVerificationError, _untrusted),
    (ssl.CertificateError, _untrusted),
    (ssl.SSLEOFError, _unreachable("broke off the TLS connection")),
    (ssl.SSLZeroReturnError, _unreachable("closed the connection without an answer")),
    (ssl.SSLError, _tls_failed),
    (from_urllib3.SSLError, _tls_failed),
    (from_requests.SSLError, _tls_failed),
    (socket.gaierror, _unreachable("has a name that does not resolve", unsent=True)),
    (from_urllib3.NameResolutionError, _unreachable("has a name that does not resolve")),
    (ConnectionRefusedError, _unreachable("refused the connection", unsent=True)),
    (ConnectionError, _unreachable("closed the connection without an answer")),
    (from_requests.ConnectTimeout, _timed_out(False)),
    (from_requests.Timeout, _timed_out(True)),
    (from_urllib3.ReadTimeoutError, _timed_out(True)),
    (from_urllib3.NewConnectionError, _unreachable("could not be reached", unsent=True)),
    (from_urllib3.ConnectTimeoutError, _timed_out(False)),
    (from_urllib3.TimeoutError, _timed_out(True)),
    (TimeoutError, _timed_out(True)),
    (from_requests.JSONDecodeError, _unreadable("it is not JSON")),
    (from_requests.InvalidJSONError, _unreadable("it is not JSON")),
    (from_requests.ContentDecodingError, _unreadable("its compression is damaged")),
    (from_urllib3.DecodeError, _unreadable("its compression is damaged")),
    (from_requests.TooManyRedirects, _unreadable("it is a redirect")),
    (from_urllib3.LocationValueError, _unreachable("is no address that can be dialled")),
    (from_requests.InvalidURL, _unreachable("is no address that can be dialled")),
    (from_requests.InvalidSchema, _unreachable("is no address that can be dialled")),
    (from_requests.MissingSchema, _unreachable("is no address that can be dialled")),
    (from_urllib3.IncompleteRead, _unreachable("broke off in the middle of an answer")),
    (http.client.IncompleteRead, _unreachable("broke off in the middle of an answer")),
    (from_requests.ChunkedEncodingError, _unreachable("broke off in the middle of an answer")),
    (http.client.HTTPException, _unreadable("it is not HTTP")),
    (from_urllib3.HeaderParsingError, _unreadable("it is not HTTP")),
    (from_urllib3.ProtocolError, _unreachable("closed the connection without an answer")),
    (from_urllib3.PoolError, _unreachable("could not be reached")),
    (from_urllib3.HTTPError, _unreadable("it is not HTTP")),
    (from_requests.ConnectionError, _unreachable("could not be reached")),
    (from_requests.RequestException, _unreadable("it is not HTTP")),
    (OSError, _no_route),
    (UnicodeError, _unreadable("it is not JSON")),
    (ValueError, _unreadable("it is not JSON")),
    (RecursionError, _unreadable("its JSON is nested too deeply")),
)
"""Foreign classes and what each means; the first that fits counts."""
