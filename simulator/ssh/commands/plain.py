"""Commands that say something, or nothing."""

from simulator.ssh.shell.state import Call

from .registry import command


@command("true", ":", builtin=True)
async def true(call: Call) -> int:
    return 0


@command("false", builtin=True)
async def false(call: Call) -> int:
    return 1


@command("echo", builtin=True)
async def echo(call: Call) -> int:
    await call.say(" ".join(call.rest) + "\n")
    return 0


@command("hostname")
async def hostname(call: Call) -> int:
    await call.say(f"{call.machine.hostname}\n")
    return 0
