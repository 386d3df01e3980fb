"""Reads options as GNU's getopt does: `-la`, `-n 5`, `-n5`, `--lines=5`; operands anywhere."""

import getopt
import re
from typing import TYPE_CHECKING

from simulator.ssh.files.tree import Missing

if TYPE_CHECKING:
    from simulator.ssh.shell.state import Call


class Options(dict[str, str]):
    """What was given, by its name with dashes; of one given twice, the last."""

    def __init__(self) -> None:
        super().__init__()
        self.each: list[tuple[str, str]] = []
        """All of them, in order."""

    def has(self, *names: str) -> bool:
        """Whether one of them was given."""
        return any(name in self for name in names)

    def first(self, *names: str, default: str = "") -> str:
        """The value of whichever of these names was given."""
        return next((self[name] for name in names if name in self), default)


class Usage(Missing):
    """The options are wrong: the text follows the command's name, and `status` is its status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def read_options(
    call: "Call", short: str, long: tuple[str, ...] = (), *, status: int = 1, anywhere: bool = True
) -> tuple[Options, list[str]]:
    """Options and operands; `short` and `long` as getopt has them. Raises Usage."""
    read = getopt.gnu_getopt if anywhere else getopt.getopt
    try:
        pairs, operands = read(list(call.rest), short, list(long))
    except getopt.GetoptError as error:
        text = f"{_told(error)}\nTry '{call.name} --help' for more information."
        raise Usage(text, status) from None
    options = Options()
    for name, value in pairs:
        options[name] = value
        options.each.append((name, value))
    return options, operands


def _told(error: getopt.GetoptError) -> str:
    """The refusal in the words of GNU's getopt."""
    dashed = f"--{error.opt}" if len(error.opt or "") > 1 else error.opt
    if "requires argument" in error.msg:
        if dashed.startswith("--"):
            return f"option '{dashed}' requires an argument"
        return f"option requires an argument -- '{dashed}'"
    if dashed.startswith("--"):
        return f"unrecognized option '{dashed}'"
    return f"invalid option -- '{dashed}'"


def number_of(call: "Call", text: str, what: str = "number") -> int:
    """A whole number with K, M or G behind it. Raises Usage."""
    match = re.fullmatch(r"([+-]?\d+)([kKMG]?)i?B?", text)
    if match is None:
        raise Usage(f"invalid {what}: '{text}'")
    scale = {"": 1, "k": 1024, "K": 1024, "M": 1 << 20, "G": 1 << 30}[match.group(2)]
    return int(match.group(1)) * scale


def seconds_of(text: str) -> float:
    """A time as `sleep` takes it: 5, 0.5, 3m, 1h, 2d. Raises Usage."""
    match = re.fullmatch(r"(\d*\.?\d+)([smhd]?)", text)
    if match is None:
        raise Usage(f"invalid time interval '{text}'")
    return float(match.group(1)) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}[match.group(2)]
