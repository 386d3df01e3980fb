"""`python -m simulator`: the simulated homelab as a process of its own."""

import argparse
import asyncio
import fcntl
import gc
import os
import signal
import sys
from pathlib import Path

from .api.dispatch import Pace
from .llm.doubles import CONTEXT, LlmOptions
from .llm.pace import PACES
from .simulation import Options, Simulation


def main() -> int:
    """Run until SIGTERM, SIGINT, or the parent's end."""
    arguments = parser().parse_args()
    real = Pace(auth_hold_s=3.0, unreachable_s=3.0, timeout_s=30.0)
    options = Options(
        folder=arguments.dir,
        seed=arguments.seed,
        speed=arguments.speed,
        nodes=arguments.nodes,
        guests=arguments.guests,
        pve=arguments.pve,
        port=arguments.port,
        ssh_port=arguments.ssh_port,
        pace=real if arguments.real_waits else Pace(),
        llm=LlmOptions(
            speed=arguments.llm_speed,
            context=arguments.llm_context,
            load_s=arguments.llm_load_s,
            port=arguments.llm_port,
        ),
    )
    if not _take(options.folder):
        sys.stderr.write(f"another simulator keeps its files in {options.folder}; end it\n")
        return 1
    asyncio.run(_run(options, exit_with_parent=arguments.exit_with_parent))
    gc.freeze()  # no last collection has to walk what the end lets go of
    return 0


def _take(folder: Path) -> bool:
    """Whether the folder is ours: a second simulator would tell its clients of the wrong ports."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # let go of with the process
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _run(options: Options, *, exit_with_parent: bool) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if exit_with_parent:
        await loop.connect_read_pipe(lambda: _Parent(over), sys.stdin)
    simulation = Simulation(options)
    await simulation.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    try:
        await over.wait()
    finally:
        await simulation.stop()


class _Parent(asyncio.Protocol):
    """Watches stdin: its end is the end of whoever started us."""

    def __init__(self, over: asyncio.Event) -> None:
        self._over = over

    def connection_lost(self, exc: Exception | None) -> None:
        self._over.set()


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    options = argparse.ArgumentParser(prog="simulator", description=__doc__)
    options.add_argument("--dir", type=Path, required=True, help="where CA, secrets and state live")
    options.add_argument("--seed", type=int, default=1, help="the same seed gives the same day")
    options.add_argument("--speed", type=float, default=1.0, help="60 plays an hour in a minute")
    options.add_argument("--nodes", type=int, default=4, choices=range(1, 65), metavar="1..64")
    options.add_argument("--guests", type=int, default=20, choices=range(5001), metavar="0..5000")
    options.add_argument("--pve", choices=("8.4", "9.2"), default="9.2", help="whose shapes")
    options.add_argument("--port", type=int, default=0, help="first port of the nodes; 0: any")
    options.add_argument(
        "--ssh-port", type=int, default=0, help="first port of their SSH servers; 0: any"
    )
    options.add_argument("--llm-speed", choices=tuple(PACES), default="realistic", help="of words")
    options.add_argument(
        "--llm-context", type=int, default=CONTEXT, help="the local model's window"
    )
    options.add_argument("--llm-load-s", type=float, default=0.0, help="how long it is loaded")
    options.add_argument("--llm-port", type=int, default=0, help="of Claude, and the next; 0: any")
    options.add_argument(
        "--real-waits",
        action="store_true",
        help="hold a 401 for 3 s and an unreachable node for 3 to 30 s, as Proxmox does",
    )
    options.add_argument(
        "--exit-with-parent", action="store_true", help="end when standard input ends"
    )
    return options


if __name__ == "__main__":
    sys.exit(main())
