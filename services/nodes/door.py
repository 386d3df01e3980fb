"""The one door for errors of asyncssh and of its sockets: each becomes a NodesError."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import asyncssh

from services.dialing import DialRefused
from services.nodes.config import Address
from services.nodes.errors import (
    CommandRefused,
    CommandUnspeakable,
    DialForbidden,
    LoginRefused,
    NodeAway,
    NodesError,
    OutputBroken,
    SshNotConfigured,
)

CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was being done, and with whom, when an error came."""

    node: str
    address: Address
    user: str
    told: str = ""
    """The command, where one was to run."""


def translate(error: BaseException, asked: Asked) -> NodesError:
    """The NodesError that tells what a foreign error means; the caller chains the two.

    A foreign error nobody has mapped counts as a connection that does not come about, and names
    its class.
    """
    for cause in _innermost_first(error):
        if isinstance(cause, NodesError):
            return cause
        for kind, meaning in DOOR:
            if isinstance(cause, kind):
                return meaning(cause, asked)
    return NodeAway(
        asked.node, f"{_at(asked)} failed in a way nobody knows ({type(error).__name__})"
    )


def _innermost_first(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it, deepest first: asyncssh may have wrapped one of ours."""
    chain: list[BaseException] = []
    next_: BaseException | None = error
    while next_ is not None and next_ not in chain:
        chain.append(next_)
        next_ = next_.__cause__ or next_.__context__
    return reversed(chain)


def _at(asked: Asked) -> str:
    return f"at {asked.address}"


def _away(what: str) -> "Meaning":
    def meaning(error: BaseException, asked: Asked) -> NodesError:
        return NodeAway(asked.node, f"{_at(asked)} {what}")

    return meaning


def _timed_out(error: BaseException, asked: Asked) -> NodesError:
    return NodeAway(asked.node, f"{_at(asked)} did not answer within {CONNECT_TIMEOUT_S:g} s")


def _no_route(error: BaseException, asked: Asked) -> NodesError:
    reason = getattr(error, "strerror", None) or str(error) or "no reason was given"
    return NodeAway(asked.node, f"{_at(asked)} could not be reached ({reason})")


def _said_goodbye(error: BaseException, asked: Asked) -> NodesError:
    reason = " ".join(str(getattr(error, "reason", "")).split())[:200]
    told = f" ({reason})" if reason else ""
    return NodeAway(asked.node, f"{_at(asked)} closed the connection{told}")


def _no_common_tongue(error: BaseException, asked: Asked) -> NodesError:
    reason = " ".join(str(getattr(error, "reason", "")).split())[:200]
    return NodeAway(
        asked.node,
        f"{_at(asked)} has no algorithm in common with Jarvis{': ' + reason if reason else ''}",
        "Is its OpenSSH up to date?",
    )


def _refused(error: BaseException, asked: Asked) -> NodesError:
    return LoginRefused(asked.node, asked.user)


def _unstarted(error: BaseException, asked: Asked) -> NodesError:
    reason = " ".join(str(getattr(error, "reason", "")).split())[:200]
    return CommandRefused(asked.node, reason.lower() or "it gave no reason")


def _unreadable(error: BaseException, asked: Asked) -> NodesError:
    return OutputBroken(asked.node, asked.told or "the answer", "what came cannot be read")


def _key_unusable(error: BaseException, asked: Asked) -> NodesError:
    return SshNotConfigured("the key file holds no key that can be read", node=asked.node)


def _unspeakable(error: BaseException, asked: Asked) -> NodesError:
    return CommandUnspeakable("it cannot be written as SSH wants it", node=asked.node)


Meaning = Callable[[BaseException, Asked], NodesError]

DOOR: tuple[tuple[type[BaseException], Meaning], ...] = (
    (DialRefused, lambda error, asked: DialForbidden(str(error), node=asked.node)),
    (asyncssh.PermissionDenied, _refused),
    (asyncssh.IllegalUserName, _refused),
    (asyncssh.PasswordChangeRequired, _refused),
    (asyncssh.HostKeyNotVerifiable, _away("shows a host key that cannot be read")),
    (asyncssh.KeyExchangeFailed, _no_common_tongue),
    (asyncssh.ProtocolNotSupported, _no_common_tongue),
    (asyncssh.ServiceNotAvailable, _no_common_tongue),
    (asyncssh.CompressionError, _away("sent something damaged")),
    (asyncssh.MACError, _away("sent something damaged")),
    (asyncssh.ProtocolError, _away("does not speak SSH as it should")),
    (asyncssh.ConnectionLost, _away("closed the connection")),
    (asyncssh.ChannelOpenError, _unstarted),
    (asyncssh.ChannelListenError, _unstarted),
    (asyncssh.TimeoutError, _timed_out),
    (asyncssh.ProcessError, _unreadable),
    (asyncssh.SFTPError, _unreadable),
    (asyncssh.BreakReceived, _unreadable),
    (asyncssh.SignalReceived, _unreadable),
    (asyncssh.TerminalSizeChanged, _unreadable),
    (asyncssh.DisconnectError, _said_goodbye),
    (asyncssh.Error, _said_goodbye),
    (asyncssh.KeyImportError, _key_unusable),
    (asyncssh.KeyEncryptionError, _key_unusable),
    (asyncssh.KeyExportError, _key_unusable),
    (asyncssh.KeyGenerationError, _key_unusable),
    (asyncssh.ConfigParseError, _key_unusable),
    (asyncio.IncompleteReadError, _away("broke off in the middle of an answer")),
    (socket.gaierror, _away("has a name that does not resolve")),
    (ConnectionRefusedError, _away("refused the connection: no SSH server listens there")),
    (ConnectionError, _away("closed the connection")),
    (TimeoutError, _timed_out),
    (OSError, _no_route),
    (UnicodeError, _unspeakable),
    (ValueError, _unspeakable),
)
"""Foreign classes and what each means; the first that fits counts."""
