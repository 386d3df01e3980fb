"""Whose request is it: hosts, origins, proxies and addresses, as plain rules without a server."""

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services.auth.visitor import Visitor

Scope = Mapping[str, Any]
_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a request comes from, once trusted proxies have had their say."""

    visitor: Visitor
    scheme: str
    """`http` or `https`, as the browser sees it."""
    host: str
    """The Host header in lower case, with its port if it has one."""


class Origins:
    """What this house calls its own."""

    def __init__(self, *, public_origins: Iterable[str], trusted_proxies: Iterable[str]) -> None:
        self._public = frozenset(_origin_of(text) for text in public_origins)
        self._names = (
            _LOCAL_NAMES
            | {urlsplit(text).hostname or "" for text in self._public}
            | {socket.gethostname().lower()}
        )
        self._proxies = tuple(ipaddress.ip_network(text, strict=False) for text in trusted_proxies)

    def look(self, scope: Scope) -> Seen:
        """Read who asks, from where, and how they reached the house."""
        peer = str((scope.get("client") or ("unknown", 0))[0])
        asked = str(scope["scheme"])
        scheme = {"ws": "http", "wss": "https"}.get(asked, asked)
        address = peer
        trusted = self._is_proxy(peer)
        if trusted:
            address = self._beyond_proxies(header(scope, "x-forwarded-for"), peer)
            told = (header(scope, "x-forwarded-proto") or "").split(",")[-1].strip().lower()
            scheme = told if told in ("http", "https") else scheme
        host = (header(scope, "host") or "").lower()
        return Seen(
            visitor=Visitor(
                address=address,
                agent=(header(scope, "user-agent") or "")[:200],
            ),
            scheme=scheme,
            host=host,
        )

    def knows_host(self, host: str) -> bool:
        """Whether a Host header is one of ours.

        Addresses always are: a page of somebody else can take on a name (DNS rebinding), but no
        address.
        """
        name = _hostname(host)
        return name in self._names or _is_address(name)

    def owns(self, origin: str | None, seen: Seen) -> bool:
        """Whether an Origin header is our own."""
        if not origin or origin == "null":
            return False
        own = _origin_of(f"{seen.scheme}://{seen.host}")
        return _origin_of(origin) in self._public | {own}

    def same_site(self, scope: Scope, seen: Seen) -> bool:
        """Whether a request that changes something was sent by one of our own pages."""
        origin = header(scope, "origin")
        if origin is not None and origin != "null":
            return self.owns(origin, seen)
        return header(scope, "sec-fetch-site") == "same-origin"

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)

    def _beyond_proxies(self, forwarded: str | None, peer: str) -> str:
        for part in reversed((forwarded or "").split(",")):
            address = part.strip()
            if _is_address(address) and not self._is_proxy(address):
                return address
            if address and not _is_address(address):
                break
        return peer


def header(scope: Scope, name: str) -> str | None:
    """A header's value, or None."""
    wanted = name.encode()
    for key, value in scope["headers"]:
        if key == wanted:
            return str(value.decode("latin-1"))
    return None


def _origin_of(text: str) -> str:
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}:{port or usual}"


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
