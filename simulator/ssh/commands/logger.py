"""logger: a line in the journal, by whoever is on the machine."""

from simulator.ssh.shell.state import Call
from simulator.ssh.streams import lines_of

from .options import Usage, read_options
from .registry import command

_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_SHORT = {"panic": "emerg", "error": "err", "warn": "warning"}


@command("logger")
async def logger(call: Call) -> int:
    options, words = read_options(
        call, "t:p:isf:", ("tag=", "priority=", "id", "stderr", "file="), anywhere=False
    )
    program = options.first("-t", "--tag", default="root")
    told = options.first("-p", "--priority", default="user.notice")
    level = told.rpartition(".")[2]
    level = _SHORT.get(level, level)
    if level not in _LEVELS:
        raise Usage(f"unknown priority name: {told}")
    texts = [" ".join(words)] if words else [line async for line in lines_of(call.stdin)]
    for text in texts:
        call.machine.note(program, text, pid=call.shell.pid, priority=_LEVELS.index(level))
        if options.has("-s", "--stderr"):
            await call.complain(f"{program}: {text}")
    return 0
