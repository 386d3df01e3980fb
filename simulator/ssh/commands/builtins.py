"""What is part of the shell: its folder, its variables, its ways out."""

import posixpath
import re

from simulator.ssh.files.tree import NOT_THERE, Missing, normal
from simulator.ssh.shell.arithmetic import evaluate
from simulator.ssh.shell.grammar import Malformed
from simulator.ssh.shell.interpreter import run_call, run_text
from simulator.ssh.shell.state import Call, Exit, Jump, Streams
from simulator.ssh.streams import read_all

from .registry import COMMANDS, command, find_command

_NAME = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset(("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done"))


@command("cd", "chdir", builtin=True)
async def cd(call: Call) -> int:
    shell = call.shell
    wanted = call.rest[0] if call.rest else shell.variables.get("HOME", "/root")
    if wanted == "-":
        wanted = shell.variables.get("OLDPWD", shell.cwd)
        await call.say(f"{wanted}\n")
    path = normal(wanted, shell.cwd)
    entry = call.machine.files.find(path)
    if entry is None or not entry.is_folder:
        what = NOT_THERE if entry is None else "Not a directory"
        await call.complain(f"bash: cd: {wanted}: {what}")
        return 1
    shell.variables["OLDPWD"] = shell.cwd
    shell.cwd = shell.variables["PWD"] = path
    return 0


@command("pwd", builtin=True)
async def pwd(call: Call) -> int:
    await call.say(f"{call.shell.cwd}\n")
    return 0


@command("exit", "logout", builtin=True)
async def leave(call: Call) -> int:
    raise Exit(_status(call, call.shell.status))


@command("return", builtin=True)
async def return_(call: Call) -> int:
    raise Jump("return", _status(call, call.shell.status))


@command("break", "continue", builtin=True)
async def jump(call: Call) -> int:
    raise Jump(call.name, max(1, _status(call, 1)))


def _status(call: Call, default: int) -> int:
    if not call.rest:
        return default
    if not re.fullmatch(r"-?\d+", call.rest[0]):
        raise Missing(f"{call.rest[0]}: numeric argument required")
    return int(call.rest[0]) & 0xFF


@command("export", "declare", "typeset", "local", "readonly", builtin=True)
async def export(call: Call) -> int:
    words = [word for word in call.rest if not word.startswith("-")]
    for word in words:
        name, equals, value = word.partition("=")
        if not _NAME.fullmatch(name):
            await call.complain(f"bash: {call.name}: `{word}': not a valid identifier")
            return 1
        if equals:
            call.shell.variables[name] = value
        elif call.name == "local":
            call.shell.variables[name] = ""
    if not words:
        for name in sorted(call.shell.variables):
            await call.say(f'declare -x {name}="{call.shell.variables[name]}"\n')
    return 0


@command("unset", builtin=True)
async def unset(call: Call) -> int:
    for name in call.rest:
        call.shell.variables.pop(name, None)
        call.shell.functions.pop(name, None)
    return 0


@command("set", "shopt", builtin=True)
async def set_(call: Call) -> int:
    letters = {"e": "errexit", "u": "nounset", "x": "xtrace"}
    words = list(call.rest)
    if call.name == "shopt":
        return 0
    if not words:
        for name in sorted(call.shell.variables):
            await call.say(f"{name}={call.shell.variables[name]}\n")
    while words:
        word = words.pop(0)
        if word == "--":
            call.shell.arguments = tuple(words)
            return 0
        change = call.shell.options.add if word.startswith("-") else call.shell.options.discard
        if word in ("-o", "+o") and words:
            change(words.pop(0))
            continue
        for letter in word[1:]:
            if letter == "o" and words:
                change(words.pop(0))
            elif letter in letters:
                change(letters[letter])
    return 0


@command("shift", builtin=True)
async def shift(call: Call) -> int:
    count = _status(call, 1)
    if count > len(call.shell.arguments):
        return 1
    call.shell.arguments = call.shell.arguments[count:]
    return 0


@command("eval", builtin=True)
async def eval_(call: Call) -> int:
    streams = Streams(call.stdin, call.stdout, call.stderr)
    return await run_text(call.shell, " ".join(call.rest), streams)


@command("source", ".", builtin=True)
async def source(call: Call) -> int:
    if not call.rest:
        await call.complain(f"bash: {call.name}: filename argument required")
        return 2
    try:
        text = call.machine.files.read(normal(call.rest[0], call.shell.cwd))
    except Missing as missing:
        await call.complain(f"bash: {call.rest[0]}: {missing.text}")
        return 1
    streams = Streams(call.stdin, call.stdout, call.stderr)
    return await run_text(call.shell, text.decode(errors="replace"), streams)


@command("exec", "command", "builtin", builtin=True)
async def command_(call: Call) -> int:
    words = call.rest
    if words and words[0] in ("-v", "-V"):
        return await which(call.called("command", *words[1:]))
    if not words:
        return 0
    status = await run_call(call.called(*words))
    if call.name == "exec":
        raise Exit(status)
    return status


@command("type", builtin=True)
async def type_(call: Call) -> int:
    status = 0
    for word in call.rest:
        known = find_command(call.machine, word)
        if word in call.shell.functions:
            await call.say(f"{word} is a function\n")
        elif word in _KEYWORDS:
            await call.say(f"{word} is a shell keyword\n")
        elif known is None:
            await call.complain(f"bash: type: {word}: not found")
            status = 1
        elif known.builtin:
            await call.say(f"{word} is a shell builtin\n")
        else:
            await call.say(f"{word} is {known.folder}/{word}\n")
    return status


@command("which")
async def which(call: Call) -> int:
    """Where the commands are; a shell's own are only told by `command -v`."""
    status = 0
    for word in call.rest:
        known = find_command(call.machine, word)
        if known is None or (known.builtin and call.name == "which"):
            status = 1
        elif known.builtin:
            await call.say(f"{word}\n")
        else:
            await call.say(f"{known.folder}/{word.rpartition('/')[2]}\n")
    return status


@command("read", builtin=True)
async def read(call: Call) -> int:
    """One line of its input into variables; what is left over goes into the last."""
    names = [word for word in call.rest if not word.startswith("-")] or ["REPLY"]
    line = bytearray()
    ended = False
    while byte := await call.stdin.read(1):
        if byte == b"\n":
            ended = True
            break
        line += byte
    parts = line.decode(errors="replace").split(None, len(names) - 1)
    for index, name in enumerate(names):
        call.shell.variables[name] = parts[index].rstrip() if index < len(parts) else ""
    return 0 if ended or line else 1


@command("mapfile", "readarray", builtin=True)
async def mapfile(call: Call) -> int:
    await read_all(call.stdin)
    return await call.fail("arrays are not part of this simulated bash", 2)


@command("wait", builtin=True)
async def wait(call: Call) -> int:
    for job in list(call.shell.jobs):
        await job
    return 0


@command("jobs", builtin=True)
async def jobs(call: Call) -> int:
    for number, _ in enumerate(call.shell.jobs, 1):
        await call.say(f"[{number}]   Running\n")
    return 0


@command("fg", "bg", "disown", builtin=True)
async def no_job(call: Call) -> int:
    await call.complain(f"bash: {call.name}: current: no such job")
    return 1


@command("history", builtin=True)
async def history(call: Call) -> int:
    lines = call.shell.history
    if call.rest and call.rest[0] == "-c":
        lines.clear()
    wanted = int(call.rest[0]) if call.rest and call.rest[0].isdigit() else len(lines)
    start = max(0, len(lines) - wanted)
    for number, line in enumerate(lines[start:], start + 1):
        await call.say(f"{number:>5}  {line}\n")
    return 0


@command("alias", "unalias", "umask", "ulimit", "trap", "hash", "enable", builtin=True)
async def settled(call: Call) -> int:
    """What changes nothing here: there is one set of aliases, and no limit but the simulator's."""
    shown = {
        "alias": "alias grep='grep --color=auto'\nalias ll='ls -l'\nalias ls='ls --color=auto'\n",
        "umask": "0022\n",
        "ulimit": "unlimited\n",
    }
    if not call.rest and call.name in shown:
        await call.say(shown[call.name])
    return 0


@command("let", builtin=True)
async def let(call: Call) -> int:
    value = 0
    for word in call.rest:
        name, equals, text = word.partition("=")
        try:
            value = evaluate(text if equals else word, call.shell.variables)
        except Malformed as error:
            return await call.fail(str(error))
        if equals:
            call.shell.variables[name] = str(value)
    return int(value == 0)


@command("help", builtin=True)
async def help_(call: Call) -> int:
    """What there is: the shell's own, and what is installed."""
    own = sorted(name for name, known in COMMANDS.items() if known.builtin)
    there = sorted(
        name
        for name, known in COMMANDS.items()
        if not known.builtin and find_command(call.machine, name) is not None
    )
    await call.say(
        "A simulated bash. It knows pipes, lists, redirections, quotes, variables, `$(…)`,"
        " `$((…))`, patterns, if, for, while, until, case, functions; no arrays, no jobs.\n\n"
        f"Builtins: {' '.join(own)}\n\nCommands: {' '.join(there)}\n"
    )
    return 0


@command("basename", "dirname")
async def basename(call: Call) -> int:
    if not call.rest:
        return await call.fail("missing operand")
    path = call.rest[0].rstrip("/") or "/"
    if call.name == "dirname":
        await call.say(f"{posixpath.dirname(path) or '.'}\n")
        return 0
    name = posixpath.basename(path) or "/"
    suffix = call.rest[1] if len(call.rest) > 1 else ""
    await call.say(f"{name.removesuffix(suffix) if name != suffix else name}\n")
    return 0
