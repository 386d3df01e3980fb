"""Commands that run other commands: bash, env, timeout, xargs, watch, ssh."""

import asyncio
import re
import shlex
import time

from simulator.ssh.files.tree import Missing, normal
from simulator.ssh.shell.interpreter import run_call, run_to_end
from simulator.ssh.shell.layout import without_escapes
from simulator.ssh.shell.prompt import converse
from simulator.ssh.shell.state import Call, Shell, Streams, new_shell
from simulator.ssh.streams import Collected, Nothing, lines_of, read_all

from .options import Usage, number_of, read_options, seconds_of
from .registry import Where, command
from .screen import Screen

TIMED_OUT = 124
KILLED = 137


@command("bash", "sh", "dash")
async def bash(call: Call) -> int:
    words = list(call.rest)
    shell = call.shell.fork()
    shell.name, shell.interactive = call.name, False
    streams = Streams(call.stdin, call.stdout, call.stderr)
    while words and re.fullmatch(r"-[a-z]*", words[0]) and words[0] != "-":
        option = words.pop(0)
        if "e" in option:
            shell.options.add("errexit")
        if "x" in option:
            shell.options.add("xtrace")
        if "c" in option:
            if not words:
                return await call.fail("-c: option requires an argument", 2)
            text = words.pop(0)
            if words:
                shell.name = words.pop(0)
            shell.arguments = tuple(words)
            return await run_to_end(shell, text, streams)
    if words and not words[0].startswith("-"):
        try:
            text = call.machine.files.read(normal(words[0], call.shell.cwd)).decode()
        except Missing as missing:
            await call.complain(f"{call.name}: {words[0]}: {missing.text}")
            return 127
        shell.name, shell.arguments = words[0], tuple(words[1:])
        return await run_to_end(shell, text, streams)
    terminal = call.shell.terminal
    if terminal is not None and terminal.is_tty and call.stdin is terminal:
        return await converse(call.machine, terminal, ends="exit")
    text = (await read_all(call.stdin)).decode(errors="replace")
    return await run_to_end(shell, text, streams)


@command("env")
async def env(call: Call) -> int:
    words = list(call.rest)
    shell = call.shell.fork()
    while words:
        word = words[0]
        if word in ("-i", "-", "--ignore-environment"):
            shell.variables.clear()
        elif word in ("-u", "--unset") and len(words) > 1:
            shell.variables.pop(words.pop(1), None)
        elif re.match(r"[A-Za-z_]\w*=", word):
            name, _, value = word.partition("=")
            shell.variables[name] = value
        else:
            break
        words.pop(0)
    if not words:
        for name in sorted(shell.variables):
            await call.say(f"{name}={shell.variables[name]}\n")
        return 0
    return await run_call(_within(call, shell, words))


def _within(call: Call, shell: Shell, words: list[str]) -> Call:
    """The same places, in another shell."""
    return Call(
        shell=shell,
        words=tuple(words),
        stdin=call.stdin,
        stdout=call.stdout,
        stderr=call.stderr,
    )


@command("printenv")
async def printenv(call: Call) -> int:
    if not call.rest:
        return await env(call.called("env"))
    status = 0
    for name in call.rest:
        value = call.shell.variables.get(name)
        if value is None:
            status = 1
        else:
            await call.say(f"{value}\n")
    return status


@command("timeout")
async def timeout(call: Call) -> int:
    options, words = read_options(
        call,
        "k:s:v",
        ("kill-after=", "signal=", "preserve-status", "foreground", "verbose"),
        status=125,
        anywhere=False,
    )
    if len(words) < 2:
        raise Usage("missing operand\nTry 'timeout --help' for more information.", 125)
    limit_s = seconds_of(words[0])
    try:
        async with asyncio.timeout(limit_s or None):
            return await run_call(call.called(*words[1:]))
    except TimeoutError:
        signal = options.first("-s", "--signal", default="TERM").removeprefix("SIG")
        return KILLED if signal in ("KILL", "9") else TIMED_OUT


@command(
    "nice", "ionice", "nohup", "setsid", "stdbuf", "chrt", "taskset", "choom", "prlimit"
)  # fmt: skip
async def wrapped(call: Call) -> int:
    words = list(call.rest)
    takes = {"nice": "n", "ionice": "cnp", "stdbuf": "ioe", "choom": "n"}.get(call.name, "")
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "--":
            break
        if len(option) == 2 and option[1] in takes and words:
            words.pop(0)
    return await run_call(call.called(*words)) if words else 0


@command("sudo", where=Where.GUEST)
async def sudo(call: Call) -> int:
    words = [word for word in call.rest if word not in ("-n", "-E", "-H", "-i", "-s")]
    return await run_call(call.called(*words)) if words else await bash(call.called("bash"))


@command("xargs")
async def xargs(call: Call) -> int:
    options, words = read_options(
        call, "n:I:0rtd:P:L:", ("max-args=", "replace=", "null", "no-run-if-empty"), anywhere=False
    )
    text = (await read_all(call.stdin)).decode(errors="replace")
    place = options.first("-I", "--replace")
    if options.has("-0", "--null"):
        items = [one for one in text.split("\0") if one]
    elif place or options.has("-d"):
        items = [line for line in text.split("\n") if line]
    else:
        items = shlex.split(text)
    words = words or ["echo"]
    if place:
        batches = [[word.replace(place, item) for word in words] for item in items]
    elif not items:
        batches = [] if options.has("-r", "--no-run-if-empty") else [words]
    else:
        most = number_of(call, options.first("-n", "--max-args", "-L", default=str(len(items))))
        batches = [
            [*words, *items[start : start + most]] for start in range(0, len(items), max(1, most))
        ]
    failed = False
    for batch in batches:
        quiet = Call(
            shell=call.shell,
            words=tuple(batch),
            stdin=Nothing(),
            stdout=call.stdout,
            stderr=call.stderr,
        )
        status = await run_call(quiet)
        if status in (126, 127):
            return status
        failed = failed or status != 0
    return 123 if failed else 0


@command("watch")
async def watch(call: Call) -> int:
    """A command again and again, over the whole screen, until q or Ctrl-C."""
    options, words = read_options(
        call, "n:dtcg", ("interval=", "differences", "no-title", "color"), anywhere=False
    )
    if not words:
        return await call.fail("no command given")
    pause_s = max(0.1, seconds_of(options.first("-n", "--interval", default="2")))
    line = words[0] if len(words) == 1 else shlex.join(words)
    if call.screen is None:
        return await call.fail("Error opening terminal: unknown.")
    async with Screen(call.screen) as screen:
        while True:
            output = Collected()
            streams = Streams(Nothing(), output, output)
            await run_to_end(call.shell.fork(), line, streams)
            when = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(call.machine.told_now))
            left, right = f"Every {pause_s:.1f}s: {line}", f"{call.machine.hostname}: {when}"
            gap = max(1, screen.columns - len(left) - len(right))
            head = [f"{left}{' ' * gap}{right}", ""] if not options.has("-t", "--no-title") else []
            text = output.text if options.has("-c", "--color") else without_escapes(output.text)
            await screen.draw(head + text.split("\n"))
            key = await screen.key(pause_s)
            if key in ("q", "\x03", ""):
                return 0


@command("ssh")
async def ssh(call: Call) -> int:
    """From one machine to another: root's key is on all of them."""
    options, words = read_options(call, "tTqo:p:l:i:nvxa46", status=255, anywhere=False)
    if not words:
        await call.complain("usage: ssh [-t] destination [command [argument ...]]")
        return 255
    user, _, name = words[0].rpartition("@")
    wanted = name.partition(".")[0] if not re.fullmatch(r"[\d.]+", name) else name
    found = call.machine.house.find(wanted)
    if found is None:
        await call.complain(f"ssh: Could not resolve hostname {name}: Name or service not known")
        return 255
    if not call.machine.sees(found):
        await call.complain(f"ssh: connect to host {name} port 22: No route to host")
        return 255
    if (user or options.first("-l", default="root")) != "root":
        await call.complain(f"{user}@{name}: Permission denied (publickey).")
        return 255
    terminal = call.shell.terminal
    if len(words) > 1:
        shell = new_shell(found, terminal)
        streams = Streams(call.stdin, call.stdout, call.stderr)
        return await run_to_end(shell, " ".join(words[1:]), streams)
    if terminal is None or not terminal.is_tty or call.stdin is not terminal:
        status = 0
        shell = new_shell(found, terminal)
        async for line in lines_of(call.stdin):
            status = await run_to_end(shell, line, Streams(Nothing(), call.stdout, call.stderr))
        return status
    status = await converse(found, terminal)
    await terminal.write(f"Connection to {name} closed.\n".encode())
    return status
