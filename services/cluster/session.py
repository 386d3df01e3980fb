"""The HTTPS session with one endpoint: verified, bounded, without proxies, cookies or redirects."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from weakref import WeakSet

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.response import BaseHTTPResponse

from services.cluster.config import Trust
from services.cluster.errors import AnswerUnreadable
from services.dialing import check_dialable

CONNECT_TIMEOUT_S = 3.0
ANSWER_BYTES_MAX = 32 * 1024 * 1024
"""Unpacked; 2,000 guests make about 1 MiB."""


class TokenAuth(AuthBase):
    """Puts the API token on a request; never shows its secret."""

    def __init__(self, token_id: str, secret: SecretStr) -> None:
        self.token_id = token_id
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = (
            f"PVEAPIToken={self.token_id}={self._secret.get_secret_value()}"
        )
        return request

    def __repr__(self) -> str:
        return f"TokenAuth({self.token_id!r})"


class Wire:
    """The open connections of one session, so that a stop can cut those that hang."""

    def __init__(self, *, loopback_only: bool, once: bool = False) -> None:
        self.loopback_only = loopback_only
        self.once = once
        """Whether each connection carries one request and is closed."""
        self.cuts = 0
        self._open: WeakSet[HTTPSConnection] = WeakSet()
        self._lock = threading.Lock()
        self._here = threading.local()

    @property
    def sent(self) -> bool:
        """Whether this thread has begun to send a request since it last set this to False."""
        return bool(getattr(self._here, "sent", False))

    @sent.setter
    def sent(self, value: bool) -> None:
        self._here.sent = value

    def connection_opens(self, connection: HTTPSConnection) -> None:
        """Keep sight of a connection."""
        with self._lock:
            self._open.add(connection)

    def cut(self) -> None:
        """End every read that waits now; the threads that read see a closed connection."""
        with self._lock:
            self.cuts += 1
            connections = list(self._open)
        for connection in connections:
            if isinstance(sock := connection.sock, socket.socket):
                with suppress(OSError):
                    # An SSLSocket's own shutdown() takes its TLS state from under the reader.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


def tls_context(trust: Trust) -> ssl.SSLContext:
    """The context for connections to one endpoint.

    With a pin, the chain is not looked at: the certificate itself is compared, by `Adapter`,
    before anything is sent.
    """
    context = ssl.create_default_context(cafile=trust.ca_file)
    # Proxmox's own CA has no key usage extension, which Python 3.13's strict mode refuses.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if trust.pinned_sha256 is not None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _pool_class(wire: Wire) -> type[HTTPSConnectionPool]:
    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            check_dialable(self.host, loopback_only=wire.loopback_only)
            sock = super()._new_conn()
            try:
                check_dialable(sock.getpeername()[0], loopback_only=wire.loopback_only)
            except BaseException:
                sock.close()
                raise
            wire.connection_opens(self)
            return sock

        def request(self, *args: Any, **kwargs: Any) -> None:
            # The connection stands and its certificate is believed: from here on bytes may leave.
            wire.sent = True
            super().request(*args, **kwargs)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

        def _put_conn(self, conn: Any) -> None:
            if wire.once and conn is not None:
                conn.close()
                conn = None
            super()._put_conn(conn)

    return Pool


class CappedBody:
    """An answer's body that stops being read once it is larger than an answer can be."""

    def __init__(self, inner: BaseHTTPResponse, url: str) -> None:
        self._inner = inner
        self._url = url

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """The body in pieces; raises AnswerUnreadable past ANSWER_BYTES_MAX."""
        size = 0
        for piece in self._inner.stream(64 * 1024, decode_content=decode_content):
            size += len(piece)
            if size > ANSWER_BYTES_MAX:
                raise AnswerUnreadable(self._url, f"it is larger than {ANSWER_BYTES_MAX >> 20} MiB")
            yield piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Adapter(HTTPAdapter):
    """Dials one endpoint with its own trust and nothing of the process's."""

    def __init__(self, url: str, trust: Trust, wire: Wire, *, connections: int) -> None:
        self._url = url
        self._trust = trust
        self._wire = wire
        super().__init__(pool_connections=1, pool_maxsize=connections)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        self.poolmanager = PoolManager(
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            ssl_context=tls_context(self._trust),
            assert_fingerprint=self._trust.pinned_sha256,
            **pool_kwargs,
        )
        self.poolmanager.pool_classes_by_scheme = {"https": _pool_class(self._wire)}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Add nothing: the context given above is the whole trust."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        response.raw = CappedBody(resp, self._url)
        return response


class Session(requests.Session):
    """What proxmoxer speaks through; every request is bounded and read to its end."""

    def __init__(
        self,
        url: str,
        *,
        auth: TokenAuth,
        trust: Trust,
        loopback_only: bool,
        timeout_s: float,
        connections: int,
        once: bool = False,
    ) -> None:
        """With `once`, no connection is used for a second request."""
        super().__init__()
        self.url = url
        self.timeout_s = timeout_s
        self.wire = Wire(loopback_only=loopback_only, once=once)
        self.trust_env = False
        self.max_redirects = 0
        self.auth = auth
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.verify = trust.pinned_sha256 is None
        self.headers["Accept"] = "application/json"
        self.headers["User-Agent"] = "jarvis"
        self.adapters.clear()
        self.mount("https://", Adapter(url, trust, self.wire, connections=connections))

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """One request, its body read.

        Raises what requests raises, and AnswerUnreadable for a redirect or a body too large.
        """
        kwargs |= {
            "allow_redirects": False,
            "stream": True,
            "timeout": (min(CONNECT_TIMEOUT_S, self.timeout_s), self.timeout_s),
        }
        with super().request(method, url, *args, **kwargs) as response:
            if response.status_code < 200 or 300 <= response.status_code < 400:
                raise AnswerUnreadable(self.url, f"it is a redirect ({response.status_code})")
            assert response.content is not None
        return response
