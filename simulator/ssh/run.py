"""What a session runs: one command line, or a shell that a person types at."""

import asyncio

from .machines import Machine
from .shell.interpreter import INTERRUPTED, run_to_end
from .shell.prompt import converse
from .shell.state import Shell, Streams, new_shell
from .streams import read_all
from .terminal import Terminal


async def run_command(machine: Machine, terminal: Terminal, line: str) -> int:
    """`bash -c` of what the client asked to execute; hands back its status."""
    shell = new_shell(machine, terminal)
    work = asyncio.create_task(
        run_to_end(shell, line, Streams(terminal, terminal, terminal.errors)), name="ssh exec"
    )
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        work.cancel()

    terminal.on_interrupt = interrupt
    process = machine.processes.enter(("bash", "-c", line), shell.tty)
    shell.pid = process.pid
    try:
        return await work
    except asyncio.CancelledError:
        if not interrupted:
            raise
        return INTERRUPTED
    finally:
        machine.processes.leave(process)
        end_jobs(shell)


async def run_interactive(machine: Machine, terminal: Terminal) -> int:
    """A login shell, until `exit`, Ctrl-D or the end of the channel; hands back its status."""
    if terminal.is_tty:
        return await converse(machine, terminal, greeting=greet(machine))
    script = await read_all(terminal)
    return await run_command(machine, terminal, script.decode(errors="replace"))


def greet(machine: Machine) -> str:
    """What a machine says to who signs in."""
    return (
        f"{machine.uname}\n\n"
        "This machine is simulated: it does not exist, and nothing done here reaches a real one.\n"
        f"Last login: {machine.last_login} from 192.0.2.50\n"
    )


def end_jobs(shell: Shell) -> None:
    """Hang up on what was started with `&`."""
    for job in list(shell.jobs):
        job.cancel()
