"""Runs what the parser read: chains, pipelines, loops; and commands with their redirections."""

import asyncio
import fnmatch
import logging
import time

from simulator.api.errors import ApiError
from simulator.ssh.commands.registry import NOT_INSTALLED, find_command
from simulator.ssh.files.tree import Missing, normal
from simulator.ssh.streams import Collected, Given, Pipe, Sink
from simulator.world.errors import Refused

from .expansion import Unbound, expand, expand_pattern, expand_text
from .grammar import (
    Case,
    Chain,
    Command,
    Condition,
    For,
    Function,
    Group,
    If,
    Malformed,
    Pipeline,
    Script,
    Simple,
    Unfinished,
    While,
)
from .parser import parse
from .redirections import redirected
from .state import Call, Exit, Jump, Shell, Streams

INTERRUPTED = 130
BROKEN_PIPE = 141
DEEPEST = 40

_log = logging.getLogger("simulator.ssh")


async def run_text(shell: Shell, text: str, streams: Streams) -> int:
    """Read and run a line, or several; hands back the status. Raises Exit."""
    try:
        script = parse(text)
    except Malformed as error:
        first = text.strip().partition("\n")[0]
        where = "" if shell.interactive else "-c: line 1: "
        await _complain(streams, f"bash: {where}{error}")
        if not shell.interactive and not isinstance(error, Unfinished):
            await _complain(streams, f"bash: -c: line 1: `{first}'")
        shell.status = 2
        return 2
    return await run_script(shell, script, streams)


async def run_to_end(shell: Shell, text: str, streams: Streams) -> int:
    """The same in a shell that ends with it, as `bash -c` does."""
    try:
        return await run_text(shell, text, streams)
    except Exit as exit_:
        return exit_.status
    except Jump as jump:
        return jump.count if jump.verb == "return" else 0


async def run_script(shell: Shell, script: Script, streams: Streams) -> int:
    shell.depth += 1
    try:
        if shell.depth > DEEPEST:
            await _complain(streams, "bash: maximum nesting level exceeded")
            return 1
        for chain in script:
            await _run_chain(shell, chain, streams)
    finally:
        shell.depth -= 1
    return shell.status


async def _run_chain(shell: Shell, chain: Chain, streams: Streams) -> None:
    if chain.background:
        inner = shell.fork()
        quiet = Streams(Given(b""), streams.stdout, streams.stderr)
        job = asyncio.create_task(_run_job(inner, chain, quiet), name="ssh job")
        shell.jobs.add(job)
        job.add_done_callback(shell.jobs.discard)
        if shell.interactive:
            await _complain(streams, f"[{len(shell.jobs)}] {shell.machine.processes.next_pid()}")
        shell.status = 0
        return
    await _run_steps(shell, chain, streams)


async def _run_job(shell: Shell, chain: Chain, streams: Streams) -> None:
    try:
        with shell.machine.processes.fork():
            await _run_steps(shell, chain, streams)
    except (Exit, Jump, BrokenPipeError):
        return
    except Missing as missing:
        await _complain(streams, f"bash: {missing.text}")


async def _run_steps(shell: Shell, chain: Chain, streams: Streams) -> int:
    last = len(chain.steps) - 1
    for index, (operator, pipeline) in enumerate(chain.steps):
        if (operator == "&&" and shell.status != 0) or (operator == "||" and shell.status == 0):
            continue
        shell.status = await _run_pipeline(shell, pipeline, streams)
        failed = shell.status != 0 and not pipeline.negated
        if failed and index == last and "errexit" in shell.options and shell.depth <= 2:
            raise Exit(shell.status)
    return shell.status


async def _run_pipeline(shell: Shell, pipeline: Pipeline, streams: Streams) -> int:
    await asyncio.sleep(0)
    began = time.monotonic()
    if len(pipeline.commands) == 1:
        status = await _run_command(shell, pipeline.commands[0], streams)
    else:
        status = await _run_piped(shell, pipeline, streams)
    if pipeline.timed:
        minutes, seconds = divmod(time.monotonic() - began, 60)
        real = f"{minutes:.0f}m{seconds:.3f}s"
        await _complain(streams, f"\nreal\t{real}\nuser\t0m0.002s\nsys\t0m0.001s")
    return int(status == 0) if pipeline.negated else status


async def _run_piped(shell: Shell, pipeline: Pipeline, streams: Streams) -> int:
    """All commands at once, each in a shell of its own, as bash has it."""
    pipes = [Pipe() for _ in pipeline.commands[1:]]

    async def stage(index: int, command: Command) -> int:
        own = streams.copy()
        if index > 0:
            own.stdin = pipes[index - 1]
        if index < len(pipes):
            own.stdout = pipes[index]
        try:
            with shell.machine.processes.fork():
                return await _run_command(shell.fork(), command, own)
        except Exit as exit_:
            return exit_.status
        except Jump:
            return 0
        except Missing as missing:
            await _complain(streams, f"bash: {missing.text}")
            return 254
        finally:
            if index > 0:
                pipes[index - 1].desert()
            if index < len(pipes):
                pipes[index].end()

    stages = [
        asyncio.create_task(stage(index, command), name="ssh pipe")
        for index, command in enumerate(pipeline.commands)
    ]
    try:
        statuses = await asyncio.gather(*stages)
    finally:
        for task in stages:
            task.cancel()
        await asyncio.gather(*stages, return_exceptions=True)
    if "pipefail" in shell.options:
        return next((status for status in reversed(statuses) if status), 0)
    return statuses[-1]


async def _run_command(shell: Shell, command: Command, streams: Streams) -> int:
    try:
        own = await redirected(shell, command.redirects, streams, substitute)
        if isinstance(command, Simple):
            return await _run_simple(shell, command, own)
        return await _run_compound(shell, command, own)
    except Missing as missing:
        await _complain(streams, f"bash: {missing.text}")
    except (Malformed, Unbound) as error:
        await _complain(streams, f"bash: {error}")
        if isinstance(error, Unbound) and not shell.interactive:
            raise Exit(NOT_INSTALLED) from error
    return 1


async def _run_compound(shell: Shell, command: Command, streams: Streams) -> int:
    match command:
        case Group(script=script, subshell=True):
            inner = shell.fork()
            try:
                return await run_script(inner, script, streams)
            except Exit as exit_:
                return exit_.status
        case Group(script=script):
            return await run_script(shell, script, streams)
        case If():
            for condition, body in command.branches:
                if await _judge(shell, condition, streams) == 0:
                    return await run_script(shell, body, streams)
            shell.status = 0
            return await run_script(shell, command.otherwise, streams)
        case While():
            return await _run_while(shell, command, streams)
        case For():
            return await _run_for(shell, command, streams)
        case Case():
            text = await expand_text(shell, command.word, substitute)
            for patterns, body in command.arms:
                for pattern in patterns:
                    if fnmatch.fnmatchcase(text, await expand_pattern(shell, pattern, substitute)):
                        return await run_script(shell, body, streams)
            return 0
        case Condition():
            return await _run_condition(shell, command, streams)
        case Function():
            shell.functions[command.name] = command.body
    return 0


async def _run_condition(shell: Shell, condition: Condition, streams: Streams) -> int:
    words: list[str] = []
    for word in condition.words:
        pattern = bool(words) and words[-1] in ("=", "==", "!=")
        expand_one = expand_pattern if pattern else expand_text
        words.append(await expand_one(shell, word, substitute))
    call = Call(
        shell=shell,
        words=("[[", *words, "]]"),
        stdin=streams.stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
    )
    return await run_call(call)


async def _judge(shell: Shell, condition: Script, streams: Streams) -> int:
    """A condition may fail without ending a shell under `set -e`."""
    held = "errexit" in shell.options
    shell.options.discard("errexit")
    try:
        return await run_script(shell, condition, streams)
    finally:
        if held:
            shell.options.add("errexit")


async def _run_while(shell: Shell, loop: While, streams: Streams) -> int:
    status = 0
    while (await _judge(shell, loop.condition, streams) == 0) != loop.until:
        try:
            status = await run_script(shell, loop.body, streams)
        except Jump as jump:
            if _leaves(jump):
                return 0
    return status


async def _run_for(shell: Shell, loop: For, streams: Streams) -> int:
    status = 0
    for word in await expand(shell, loop.words, substitute):
        shell.variables[loop.name] = word
        try:
            status = await run_script(shell, loop.body, streams)
        except Jump as jump:
            if _leaves(jump):
                return 0
    return status


def _leaves(jump: Jump) -> bool:
    """Whether this loop ends; raises on for those around it, and for `return`."""
    if jump.verb == "return":
        raise jump
    if jump.count > 1:
        raise Jump(jump.verb, jump.count - 1)
    return jump.verb == "break"


async def _run_simple(shell: Shell, command: Simple, streams: Streams) -> int:
    before = shell.status
    words = await expand(shell, command.words, substitute)
    given = {name: await expand_text(shell, word, substitute) for name, word in command.assignments}
    if not words:
        shell.variables |= given
        return shell.status if command.assignments and shell.status != before else 0
    if "xtrace" in shell.options:
        await _complain(streams, f"+ {' '.join(words)}")
    held = {name: shell.variables.get(name) for name in given}
    shell.variables |= given
    call = Call(
        shell=shell,
        words=tuple(words),
        stdin=streams.stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
    )
    try:
        return await run_call(call)
    finally:
        for name, value in held.items():
            if value is None:
                shell.variables.pop(name, None)
            else:
                shell.variables[name] = value


async def run_call(call: Call) -> int:
    """Run one command: a function of this shell, or what the machine has by that name."""
    shell = call.shell
    call.machine.world.advance()
    body = shell.functions.get(call.words[0])
    if body is not None:
        return await _run_function(shell, body, call)
    name = call.words[0]
    found = find_command(call.machine, name)
    if found is None:
        if "/" in name:
            entry = call.machine.files.find(normal(name, shell.cwd))
            what = "No such file or directory" if entry is None else "Permission denied"
            what = "Is a directory" if entry is not None and entry.is_folder else what
            await call.complain(f"bash: {name}: {what}")
            return NOT_INSTALLED if entry is None else 126
        await call.complain(f"bash: {name}: command not found")
        return NOT_INSTALLED
    try:
        if found.builtin:
            return await found.run(call)
        return await call.machine.processes.run(call.words, found.run(call), shell.tty)
    except BrokenPipeError:
        return BROKEN_PIPE
    except Missing as missing:
        return await call.fail(missing.text, getattr(missing, "status", 1))
    except Refused as refused:
        await call.complain(refused.text)
        return 255
    except ApiError as error:
        await call.complain(error.reason)
        return 255
    except (Exit, Jump, Malformed, Unbound):
        raise
    except Exception:  # noqa: BLE001 - a command that breaks must not break the session
        _log.exception("%s failed on %s", call.words, call.machine.name)
        await call.complain(f"{call.name}: Segmentation fault")
        return 139


async def _run_function(shell: Shell, body: Group, call: Call) -> int:
    held, shell.arguments = shell.arguments, call.rest
    try:
        return await run_script(shell, body.script, Streams(call.stdin, call.stdout, call.stderr))
    except Jump as jump:
        if jump.verb != "return":
            raise
        return jump.count
    finally:
        shell.arguments = held


async def substitute(shell: Shell, script: Script) -> str:
    """What a script writes, for `$(…)`."""
    collected = Collected()
    terminal = shell.terminal
    errors: Sink = collected if terminal is None else terminal.errors
    inner = shell.fork()
    try:
        shell.status = await run_script(inner, script, Streams(Given(b""), collected, errors))
    except Exit as exit_:
        shell.status = exit_.status
    return collected.text


async def _complain(streams: Streams, text: str) -> None:
    await streams.stderr.write(f"{text}\n".encode())
