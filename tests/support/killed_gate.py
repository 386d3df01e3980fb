"""A house in a process of its own that is killed while its gate carries something out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IN_THE_MIDDLE = """
import asyncio, sys
from pathlib import Path
from tests.support.gate_house import OWNER, GateHouse

async def begun(folder, tool, upid):
    house = await GateHouse(Path(folder)).open()
    house.deeds.hold = asyncio.Event()
    if tool == "stop_guest":
        result = await house.ask(tool, OWNER, guest=104)
        house.tasks.start(house.gate.proceed(result.approval_id, OWNER), name="click")
    else:
        house.tasks.start(house.ask(tool, OWNER, guest=104), name="call")
    await house.deeds.begun.wait()
    if upid:
        await house.gate.audit.accepted((await house.entries())[-1], upid)
    print("in the middle", flush=True)
    await asyncio.Event().wait()

asyncio.run(begun(*sys.argv[1:]))
"""


def kill_in_the_middle(folder: Path, tool: str, *, upid: str = "") -> None:
    """Let that tool begin on guest 104 in a house of that folder, and kill the process.

    :param upid: the task that was put on record before; none when left out.
    """
    with subprocess.Popen(
        [sys.executable, "-c", IN_THE_MIDDLE, str(folder), tool, upid],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert any(b"in the middle" in line for line in iter(process.stdout.readline, b""))
        process.send_signal(signal.SIGKILL)
