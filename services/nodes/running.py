"""One command on a connection that stands: to its end, or to its death.

The output is taken as it comes and kept up to a bound, so however much is written, memory stays
flat. A command that is given up, for its time, its output or its caller, is killed on the other
side; whoever gives it up waits for that, unless it is being cancelled itself.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime

import asyncssh
import structlog

from services.clock import Clock, pause
from services.nodes.commands import command_line, kill_line, told_command
from services.nodes.door import Asked, translate
from services.nodes.errors import (
    CommandCancelled,
    CommandLost,
    CommandTimedOut,
    NodeAway,
    NodesError,
    OutputFlooded,
)
from services.nodes.model import CommandResult
from services.nodes.output import Stream, keep

log = structlog.get_logger("nodes.running")

FLOOD_BYTES = 64 * 2**20
"""Past it nobody reads on, and decrypting it would only keep the rest of the house waiting."""
WINDOW_BYTES = 1 * 2**20
AFTER_EXIT_S = 1.0
"""A command that left something running behind holds its output open; its exit is what counts."""
KILL_S = 5.0
"""How long whoever gave a command up waits to hear that it is dead."""

STDERR = asyncssh.EXTENDED_DATA_STDERR

StartKill = Callable[[Coroutine[None, None, bool]], asyncio.Task[bool]]
"""Starts the killing of a command as a task that outlives whoever gave the command up."""


class _Session(asyncssh.SSHClientSession[bytes]):
    """What one channel says: both streams, how it exits, when it ends."""

    def __init__(self) -> None:
        self.stdout = Stream()
        self.stderr = Stream()
        self.exit_status: int | None = None
        self.exit_signal: str | None = None
        self.lost: Exception | None = None
        self.opened = False
        """The channel stands; from now on the command may have been sent."""
        self.told = asyncio.Event()
        """How it exits is known, it flooded, or it is over."""
        self.over = asyncio.Event()

    @property
    def total_bytes(self) -> int:
        return self.stdout.total_bytes + self.stderr.total_bytes

    @property
    def flooded(self) -> bool:
        return self.total_bytes > FLOOD_BYTES

    @property
    def exited(self) -> bool:
        return self.exit_status is not None or self.exit_signal is not None

    def connection_made(self, chan: "asyncssh.SSHClientChannel[bytes]") -> None:
        self.opened = True

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        (self.stderr if datatype == STDERR else self.stdout).take(data)
        if self.flooded:
            self.told.set()

    def exit_status_received(self, status: int) -> None:
        self.exit_status = status
        self.told.set()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.exit_signal = signal
        self.told.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = exc
        self.told.set()
        self.over.set()


class Command:
    """One command, run once."""

    def __init__(
        self,
        argv: Sequence[str],
        asked: Asked,
        *,
        timeout_s: float,
        stdin: str | None,
        clock: Clock,
        start_kill: StartKill,
    ) -> None:
        self.told = told_command(argv)
        self._argv = tuple(argv)
        self._call = secrets.token_hex(8)
        # Built here as well, so that words that cannot be sent are refused before anything is.
        command_line(argv, call=self._call, timeout_s=timeout_s)
        self._asked = asked
        self._timeout_s = timeout_s
        self._stdin = (stdin or "").encode()
        self._clock = clock
        self._start_kill = start_kill
        self._session = _Session()
        self._given_up: str | None = None

    @property
    def unsent(self) -> bool:
        """Whether it is certain that the node has not been asked to run it."""
        return not self._session.opened

    def give_up(self, because: str) -> None:
        """Have `run` kill it and raise CommandCancelled."""
        self._given_up = because
        self._session.told.set()

    async def run(self, connection: asyncssh.SSHClientConnection) -> CommandResult:
        """Run it to its end. Raises NodesError: what it was given up for, or lost by."""
        began_s, ran_at = self._clock.monotonic_s(), self._clock.now()
        self._session = _Session()
        ended_in_time = True
        channel: asyncssh.SSHClientChannel[bytes] | None = None
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                channel = await self._send(connection)
                await self._session.told.wait()
                await self._drain()
        except TimeoutError as error:
            if not limit.expired():
                raise self._lost_by(error, connection) from error
            ended_in_time = False
        except asyncio.CancelledError:
            self._start_kill(self._kill(connection))
            raise
        except (asyncssh.Error, OSError, ValueError) as error:
            raise self._lost_by(error, connection) from error
        finally:
            if channel is not None:
                channel.close()
        result = self._result(began_s, ran_at)
        await self._judge(connection, result, ended_in_time=ended_in_time)
        return result

    async def _send(
        self, connection: asyncssh.SSHClientConnection
    ) -> asyncssh.SSHClientChannel[bytes]:
        channel, _ = await connection.create_session(
            lambda: self._session,
            command_line(self._argv, call=self._call, timeout_s=self._timeout_s),
            encoding=None,
            window=WINDOW_BYTES,
            request_pty=False,
            x11_forwarding=False,
        )
        if self._stdin:
            channel.write(self._stdin)
        channel.write_eof()
        return channel

    async def _drain(self) -> None:
        """Take what is still on its way after the exit; a child left behind is not waited for."""
        session = self._session
        while session.exited and not session.flooded and not session.over.is_set():
            seen_bytes = session.total_bytes
            over = await pause(AFTER_EXIT_S, session.over)
            if not over and session.total_bytes == seen_bytes:
                return

    async def _judge(
        self,
        connection: asyncssh.SSHClientConnection,
        result: CommandResult,
        *,
        ended_in_time: bool,
    ) -> None:
        """Raise what it was given up for, once it is killed; return where it ended by itself."""
        session, node = self._session, self._asked.node
        if session.flooded:
            await self._kill_soon(connection)
            raise OutputFlooded(node, self.told, FLOOD_BYTES, result)
        if session.exited:
            return
        if self._given_up is not None:
            killed = await self._kill_soon(connection)
            raise CommandCancelled(node, self.told, self._given_up, killed=killed)
        if ended_in_time:
            raise CommandLost(node, self.told, result)
        killed = await self._kill_soon(connection)
        raise CommandTimedOut(node, self.told, self._timeout_s, result, killed=killed)

    def _lost_by(self, error: Exception, connection: asyncssh.SSHClientConnection) -> NodesError:
        refused = isinstance(error, asyncssh.ChannelOpenError) and not connection.is_closed()
        if not self.unsent and not refused:
            return CommandLost(self._asked.node, self.told)
        if connection.is_closed():
            return NodeAway(self._asked.node, "closed the connection")
        return translate(error, self._asked)

    def _result(self, began_s: float, ran_at: datetime) -> CommandResult:
        kept = keep(self._session.stdout, self._session.stderr)
        return CommandResult(
            node=self._asked.node,
            argv=self._argv,
            exit_status=self._session.exit_status,
            exit_signal=self._session.exit_signal,
            stdout=kept.stdout,
            stderr=kept.stderr,
            cut_bytes=kept.cut_bytes,
            duration_ms=(self._clock.monotonic_s() - began_s) * 1000,
            ran_at=ran_at,
        )

    async def _kill_soon(self, connection: asyncssh.SSHClientConnection) -> bool:
        """Kill it; whether that is certain within KILL_S. It goes on where the caller does not."""
        kill = self._start_kill(self._kill(connection))
        done, _ = await asyncio.wait({kill}, timeout=KILL_S)
        return kill in done and not kill.cancelled() and kill.result()

    async def _kill(self, connection: asyncssh.SSHClientConnection) -> bool:
        """Have the node kill the command and its process group; whether it says it did.

        Where the connection is gone too, the node's own limit ends it a little later.
        """
        session = _Session()
        try:
            async with asyncio.timeout(2 * KILL_S):
                channel, _ = await connection.create_session(
                    lambda: session,
                    kill_line(self._call),
                    encoding=None,
                    request_pty=False,
                    x11_forwarding=False,
                )
                channel.write_eof()
                await session.told.wait()
                channel.close()
        except (asyncssh.Error, OSError, ValueError) as error:
            log.warning(
                "a command could not be killed",
                node=self._asked.node,
                command=self.told,
                because=str(error) or "no answer in time",
            )
            return False
        return session.exit_status == 0
