"""docker run: a container of an image that is there, with whatever labels its maker gives it."""

from simulator.ssh.shell.state import Call
from simulator.world.errors import Refused

from .options import read_options

_FAILED = 125
"""The status where the daemon itself refused."""


async def run(call: Call) -> int:
    """`docker run -d [--name N] [-l KEY=VALUE]… IMAGE [COMMAND…]`; only detached."""
    options, words = read_options(call, "dl:", ("detach", "name=", "label="), anywhere=False)
    if not words:
        await call.complain('"docker run" requires at least 1 argument.')
        return 1
    if not options.has("-d", "--detach"):
        raise Refused("run without --detach is not part of this simulated daemon")
    given = [value for name, value in options.each if name in ("-l", "--label")]
    labels = {key: value for key, _, value in (one.partition("=") for one in given)}
    daemon = call.machine.world.docker
    try:
        made = daemon.run(words[0], tuple(words[1:]), options.first("--name"), labels)
    except Refused as refused:
        await call.complain(f"docker: Error response from daemon: {refused.text}")
        return _FAILED
    await call.say(f"{made.id}\n")
    return 0
