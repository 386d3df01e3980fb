"""What awk reckons with: numbers, texts, and fields, which are either as one looks at them."""

import re
from dataclasses import dataclass, field

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))")
_FORMAT = re.compile(r"%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?([diouxXeEfgGcs%])")
MOST_STEPS = 1_000_000
"""What one record may take; a program that never ends is ended."""


class AwkError(Exception):
    """A program that cannot be read, or goes wrong; the text is for a person."""


class Next(Exception):
    """On to the next record."""


class Done(Exception):
    """`exit`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Jump(Exception):
    """`break` and `continue`."""

    def __init__(self, verb: str) -> None:
        super().__init__(verb)
        self.verb = verb


class Input(str):
    """Text from the input: it is a number where it looks like one."""

    __slots__ = ()


Value = str | float


def number(value: Value) -> float:
    """As a number; a text is as much of one as it begins with."""
    if isinstance(value, float):
        return value
    match = _NUMBER.match(value)
    return float(match.group(1)) if match else 0.0


def text(value: Value) -> str:
    """As text: whole numbers without a point."""
    if isinstance(value, str):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else f"{value:.6g}"


def truth(value: Value) -> bool:
    if isinstance(value, Input) and looks_numeric(value):
        return number(value) != 0
    return value != 0.0 if isinstance(value, float) else value != ""


def looks_numeric(value: Value) -> bool:
    if isinstance(value, float):
        return True
    match = _NUMBER.match(value) if isinstance(value, Input) else None
    return match is not None and value[match.end() :].strip() == ""


def compare(left: Value, right: Value) -> int:
    """Below, at or above zero: as numbers where both are, else as texts."""
    if looks_numeric(left) and looks_numeric(right):
        a, b = number(left), number(right)
        return (a > b) - (a < b)
    first, second = text(left), text(right)
    return (first > second) - (first < second)


def formatted(shape: str, given: list[Value]) -> str:
    """`printf`'s; what is missing counts as nothing."""
    rest = list(given)

    def one(match: re.Match[str]) -> str:
        flags, width, exact, kind = match.groups()
        if kind == "%":
            return "%"
        if width == "*":
            width = text(rest.pop(0)) if rest else ""
        if exact == "*":
            exact = text(rest.pop(0)) if rest else "0"
        value = rest.pop(0) if rest else ""
        digits = f".{exact}" if exact is not None else ""
        if kind in "di":
            return f"%{flags}{width}{digits}d" % int(number(value))
        if kind in "ouxX":
            return f"%{flags}{width}{digits}{kind.replace('u', 'd')}" % int(number(value))
        if kind in "eEfgG":
            return f"%{flags}{width}{digits}{kind}" % number(value)
        shown = text(value)
        if kind == "c":
            shown = chr(int(value)) if isinstance(value, float) else shown[:1]
        return f"%{flags.replace('0', '')}{width}{digits}s" % shown

    return _FORMAT.sub(one, shape)


@dataclass(slots=True)
class State:
    """What a running program knows."""

    variables: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, dict[str, Value]] = field(default_factory=dict)
    record: str = ""
    fields: list[str] = field(default_factory=list)
    steps: int = 0
    written: list[str] = field(default_factory=list)

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise AwkError("a record took more steps than this simulated awk allows")

    def read(self, record: str) -> None:
        """Make that the current record, parted into fields."""
        self.steps = 0
        self.record = record
        self.split()

    def split(self) -> None:
        separator = text(self.variables.get("FS", " "))
        self.fields = part(self.record, separator)

    def get_field(self, index: int) -> Value:
        if index == 0:
            return Input(self.record)
        return Input(self.fields[index - 1]) if 0 < index <= len(self.fields) else Input("")

    def set_field(self, index: int, value: str) -> None:
        if index == 0:
            self.record = value
            self.split()
            return
        if not 0 < index < 10_000:
            raise AwkError(f"attempt to access field {index}")
        self.fields += [""] * (index - len(self.fields))
        self.fields[index - 1] = value
        self.record = text(self.variables.get("OFS", " ")).join(self.fields)


def part(record: str, separator: str) -> list[str]:
    """A record's fields; a lone blank parts at any blanks."""
    if separator == " ":
        return record.split()
    if not record:
        return []
    if len(separator) == 1 and separator != "|":
        return record.split(separator)
    return re.split(separator if len(separator) > 1 else re.escape(separator), record)
