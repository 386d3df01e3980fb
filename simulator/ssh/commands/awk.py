"""awk: a program over the lines of files, or of the input."""

from simulator.ssh.awk.lexer import unescape
from simulator.ssh.awk.program import read_program
from simulator.ssh.awk.values import AwkError, Done, Input, State
from simulator.ssh.files.tree import normal
from simulator.ssh.shell.state import Call

from .options import read_options
from .registry import command
from .texts import each_line


@command("awk", "gawk", "mawk")
async def awk(call: Call) -> int:
    options, operands = read_options(call, "F:v:f:", anywhere=False, status=2)
    sources = [
        call.machine.files.read(normal(value, call.shell.cwd)).decode()
        for name, value in options.each
        if name == "-f"
    ]
    if not sources and not operands:
        await call.complain("usage: awk [-F fs] [-v var=value] 'program' [file ...]")
        return 2
    source = "\n".join(sources) or operands.pop(0)
    state = State()
    state.variables |= {"FS": " ", "OFS": " ", "ORS": "\n", "NR": 0.0}
    for name, value in options.each:
        if name == "-F":
            state.variables["FS"] = "\t" if value == "t" else unescape(value)
        elif name == "-v":
            variable, _, given = value.partition("=")
            state.variables[variable] = Input(unescape(given))
    state.arrays["ENVIRON"] = {name: Input(value) for name, value in call.shell.variables.items()}
    try:
        return await _run(call, source, state, operands)
    except AwkError as error:
        await _flush(call, state)
        return await call.fail(str(error), 2)


async def _run(call: Call, source: str, state: State, paths: list[str]) -> int:
    program = read_program(source)
    status = 0
    try:
        for action in program.begins:
            action(state)
        if program.reads:
            number = 0
            async for path, line in each_line(call, paths):
                number += 1
                state.variables["NR"] = state.variables["FNR"] = float(number)
                state.variables["FILENAME"] = path if path != "-" else ""
                state.read(line)
                program.run(state)
                if len(state.written) > 500:
                    await _flush(call, state)
    except Done as done:
        status = done.status
    try:
        for action in program.ends:
            state.steps = 0
            action(state)
    except Done as done:
        status = done.status or status
    await _flush(call, state)
    return status


async def _flush(call: Call, state: State) -> None:
    text, state.written = "".join(state.written), []
    if text:
        await call.say(text)
