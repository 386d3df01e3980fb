"""A person at a simulated machine's terminal: keys, sizes, interrupts, whole screens."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from simulator.process import SimulatorProcess
from tests.support.shells import sign_in

ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\a]*\a|\(B)")


class Typist:
    """One terminal: what is typed, and what is shown since."""

    def __init__(self, process: "asyncssh.SSHClientProcess[bytes]") -> None:
        self.process = process
        self.shown = bytearray()
        self._reading = asyncio.create_task(self._read())

    @property
    def text(self) -> str:
        """What is shown, without colours and moves of the cursor."""
        return ESCAPES.sub("", self.shown.decode(errors="replace")).replace("\r", "")

    def type(self, keys: str) -> None:
        self.shown.clear()
        self.process.stdin.write(keys.encode())

    async def meets(self, wanted: str, *, within_s: float = 5.0, raw: bool = False) -> None:
        """Wait until that is shown."""
        until_s = time.monotonic() + within_s
        while wanted not in (self.shown.decode(errors="replace") if raw else self.text):
            assert time.monotonic() < until_s, f"waited in vain for {wanted!r} in {self.text!r}"
            await asyncio.sleep(0.01)

    async def _read(self) -> None:
        while chunk := await self.process.stdout.read(65_536):
            self.shown += chunk

    def close(self) -> None:
        self._reading.cancel()
        self.process.close()


@asynccontextmanager
async def terminal(
    simulator: SimulatorProcess, machine: str = "pve", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Typist]:
    async with sign_in(simulator, machine) as connection:
        process = await connection.create_process(
            term_type="xterm-256color", term_size=size, encoding=None
        )
        typist = Typist(process)
        await typist.meets(f"root@{machine}:~# ")
        yield typist
        typist.close()


async def test_the_prompt_tells_where_one_is_in_colours(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        assert "This machine is simulated" in typist.text
        assert b"\x1b[01;32mroot@pve\x1b[00m" in typist.shown

        typist.type("cd /etc/pve; pwd\r")

        await typist.meets("/etc/pve\nroot@pve:/etc/pve# ")
        typist.type("ls\r")
        await typist.meets("\x1b[01;34mnodes\x1b[0m", raw=True)


async def test_a_line_is_edited_recalled_and_searched(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("echo wrld\x1b[D\x1b[D\x1b[Do\x01\x0b\x19\r")
        await typist.meets("\nworld\n")
        typist.type("\x1b[A\x7f\x7f\x7f\x7f\x7fhome\r")
        await typist.meets("\nhome\n")
        typist.type("\x12wor\r")
        await typist.meets("\nworld\n")
        typist.type("echo 'two\rlines'\r")
        await typist.meets("\ntwo\nlines\n")
        typist.type("cat /etc/host\tname\r")
        await typist.meets("\npve\n")


async def test_a_line_longer_than_the_screen_wraps_and_runs_whole(
    simulator: SimulatorProcess,
) -> None:
    word = "abcdefghij" * 12
    async with terminal(simulator, size=(40, 10)) as typist:
        typist.type(f"echo {word}\x01\x05 日本\r")

        await typist.meets(f"\n{word} 日本\n")


async def test_a_paste_runs_only_when_enter_is_pressed(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("\x1b[200~echo one\necho two\n\x1b[201~")
        await typist.meets("echo two")
        assert "\none\n" not in typist.text

        typist.type("\r")

        await typist.meets("\none\ntwo\n")


async def test_an_interrupt_ends_what_runs_and_nothing_else(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("sleep 100; echo never\r")
        await typist.meets("sleep 100; echo never\n")
        typist.type("\x03")
        await typist.meets("^C\nroot@pve:~# ")
        typist.type("echo $?\r")
        await typist.meets("\n130\n")
        typist.type("half a line\x03")
        await typist.meets("^C\nroot@pve:~# ")
        typist.type("cat\r")
        await typist.meets("cat\n")
        typist.type("said\r")
        await typist.meets("said\nsaid\n")
        typist.type("\x04")
        await typist.meets("root@pve:~# ")


async def test_an_endless_flood_is_interrupted(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("yes\r")
        await typist.meets("y\ny\ny\n")

        typist.type("\x03")

        await typist.meets("root@pve:~# ", within_s=30)


async def test_top_fills_the_screen_follows_its_size_and_gives_it_back(
    simulator: SimulatorProcess,
) -> None:
    async with terminal(simulator, size=(100, 30)) as typist:
        typist.type("top\r")
        await typist.meets("\x1b[?1049h", raw=True)
        await typist.meets("PID USER")
        assert "\x1b[31;1H" not in typist.shown.decode()

        typist.shown.clear()
        typist.process.change_terminal_size(60, 12)
        await typist.meets("\x1b[2J", raw=True)
        await typist.meets("PID USER")
        assert "\x1b[13;1H" not in typist.shown.decode()
        typist.shown.clear()
        await typist.meets("top - ", within_s=30)
        typist.type("q")

        await typist.meets("\x1b[?1049l", raw=True)
        await typist.meets("root@pve:~# ")
        typist.type("stty size; tput cols\r")
        await typist.meets("\n12 60\n60\n")


async def test_watch_draws_again_until_it_is_left(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("watch -n 0.2 'cat /proc/uptime'\r")
        await typist.meets("Every 0.2s: cat /proc/uptime")
        typist.shown.clear()
        await typist.meets("\x1b[3;1H", raw=True)
        typist.type("\x03")
        await typist.meets("root@pve:~# ")


async def test_a_container_is_entered_and_left(simulator: SimulatorProcess) -> None:
    async with terminal(simulator, "agent") as typist:
        typist.type("pct enter 106\r")
        await typist.meets("root@paperless:~# ")
        typist.type("hostname; nproc\r")
        await typist.meets("\npaperless\n2\n")
        typist.type("sleep 9\r")
        await typist.meets("sleep 9\n")
        typist.type("\x03")
        await typist.meets("root@paperless:~# ")
        typist.type("exit\r")
        await typist.meets("root@agent:~# ")


async def test_a_serial_console_is_left_by_its_escape(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("qm terminal 104\r")
        await typist.meets("press Ctrl+O to exit")
        await typist.meets("root@media:~# ")
        typist.type("sleep 50\r")
        await typist.meets("sleep 50\n")
        typist.type("\x0f")
        await typist.meets("root@pve:~# ")
        typist.type("echo back\r")
        await typist.meets("\nback\n")


async def test_a_container_that_stops_puts_its_guests_out(
    own_simulator: SimulatorProcess,
) -> None:
    async with (
        terminal(own_simulator, "agent") as typist,
        sign_in(own_simulator, "agent") as other,
    ):
        typist.type("pct enter 106\r")
        await typist.meets("root@paperless:~# ")
        await other.run("pct stop 106", check=True)

        await typist.meets("root@agent:~# ")


async def test_leaving_ends_the_session_with_its_status(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        typist.type("exit 3\r")
        ended = await asyncio.wait_for(typist.process.wait(), 30)
        assert ended.exit_status == 3
    async with terminal(simulator) as typist:
        typist.type("\x04")
        ended = await asyncio.wait_for(typist.process.wait(), 30)
        assert ended.exit_status == 0


async def test_each_key_is_echoed_before_the_next_one_comes(simulator: SimulatorProcess) -> None:
    async with terminal(simulator) as typist:
        for key in "nobody presses enter":
            typist.shown.clear()
            typist.type(key)
            await typist.meets(key)
