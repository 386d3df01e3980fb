"""A pseudo-terminal on a node: bytes as they come, in both directions, with a stop for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import asyncssh

from services.nodes.config import Address
from services.nodes.door import Asked, translate

TERM_TYPE = "xterm-256color"
ENVIRONMENT: Mapping[bytes | str, bytes | str] = {"LC_CTYPE": "C.UTF-8"}
"""The screen speaks UTF-8, whatever a node's locale; an sshd that takes no LC_* ignores it."""
WINDOW_BYTES = 256 * 1024
"""What the node may send unasked. It bounds what still arrives after Ctrl C."""
INPUT_HIGH_WATER = 64 * 1024
"""Bytes of input that may wait for the node's programme to read."""
INPUT_LOW_WATER = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PtyEnding:
    """How a pseudo-terminal ended."""

    exit_status: int | None = None
    exit_signal: str | None = None
    lost: Exception | None = None
    """What broke the connection, where that is known."""

    @property
    def broken(self) -> bool:
        """Whether the connection went, and not the programme."""
        return self.lost is not None or (self.exit_status is None and self.exit_signal is None)


class PtyEars(Protocol):
    """Hears what a pseudo-terminal says; nothing in here may wait."""

    def hear(self, output: bytes) -> None:
        """The next bytes of the output."""

    def hear_room(self) -> None:
        """Input that waited has been handed to the node; more may be written."""

    def hear_end(self, ending: PtyEnding) -> None:
        """It is over; nothing follows."""


class Pty(asyncssh.SSHClientSession[bytes]):
    """One channel with a terminal at its far end; `open_pty` makes it."""

    def __init__(self, ears: PtyEars) -> None:
        self._ears = ears
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._room = True
        self._ended = False

    @property
    def has_room(self) -> bool:
        """Whether input may be written; past the mark it waits for the node's programme."""
        return self._room

    def write(self, data: bytes) -> None:
        """Type; after the end it is typed to nobody."""
        if self._channel is not None and not self._ended and not self._channel.is_closing():
            self._channel.write(data)

    def resize(self, cols: int, rows: int) -> None:
        """Tell the programme how large its terminal is now."""
        if self._channel is not None and not self._ended and not self._channel.is_closing():
            self._channel.change_terminal_size(cols, rows)

    def hold(self, held: bool) -> None:
        """Stop taking output, or go on; what the node has sent by then is at most a window."""
        if self._channel is None or self._ended:
            return
        if held:
            self._channel.pause_reading()
        else:
            self._channel.resume_reading()

    def close(self) -> None:
        """Hang up: the programme gets SIGHUP, as when a terminal's window is closed."""
        if self._channel is not None and not self._ended:
            # An end that waits behind held output would never be told.
            self._channel.resume_reading()
            self._channel.close()

    def connection_made(self, chan: "asyncssh.SSHClientChannel[bytes]") -> None:
        """The channel is there."""
        chan.set_write_buffer_limits(INPUT_HIGH_WATER, INPUT_LOW_WATER)
        self._channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Output; what a programme's errors go to is the same terminal."""
        self._ears.hear(data)

    def pause_writing(self) -> None:
        """The programme does not read its input."""
        self._room = False

    def resume_writing(self) -> None:
        """It reads again."""
        self._room = True
        self._ears.hear_room()

    def eof_received(self) -> bool:
        """The programme is done; the channel closes with it."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is closed, by its end or because the connection broke."""
        self._ended = True
        channel = self._channel
        signal = channel.get_exit_signal() if channel is not None else None
        self._ears.hear_end(
            PtyEnding(
                exit_status=channel.get_exit_status() if channel is not None else None,
                exit_signal=signal[0] if signal else None,
                lost=exc,
            )
        )


async def open_pty(
    connection: asyncssh.SSHClientConnection,
    command: str | None,
    *,
    node: str,
    cols: int,
    rows: int,
    ears: PtyEars,
) -> Pty:
    """Run a command, or the login shell, in a new pseudo-terminal on `node`. Raises NodesError.

    `command` is a line as `services/nodes/commands.py` quotes it.
    """
    make: Callable[[], Any] = partial(Pty, ears)
    try:
        _, session = await connection.create_session(
            make,
            command,
            term_type=TERM_TYPE,
            term_size=(cols, rows),
            env=ENVIRONMENT,
            encoding=None,
            window=WINDOW_BYTES,
        )
    except (asyncssh.Error, OSError) as error:
        host, port = (connection.get_extra_info("peername") or ("?", 0))[:2]
        user = connection.get_extra_info("username") or "?"
        address = Address(host=host, port=port)
        raise translate(error, Asked(node=node, address=address, user=user)) from error
    assert isinstance(session, Pty)
    return session
