"""Where awk's values are kept, and its patterns."""

import re
from collections.abc import Callable

from .values import AwkError, Input, State, Value, number, text

Expression = Callable[[State], Value]
_CLASSES = {"digit": "0-9", "alpha": "a-zA-Z", "space": r"\s", "alnum": "a-zA-Z0-9"}


def compiled(pattern: str) -> re.Pattern[str]:
    """Raises AwkError where it is none."""
    for name, inside in _CLASSES.items():
        pattern = pattern.replace(f"[:{name}:]", inside)
    try:
        return re.compile(pattern)
    except re.error as error:
        raise AwkError(f"invalid regular expression /{pattern}/: {error}") from error


class Place:
    """Something a value can be put into."""

    def __init__(self, get: Expression, put: Callable[[State, Value], None]) -> None:
        self.get = get
        self.put = put


class PatternOfRecord:
    """`/…/` alone: whether the record matches; for `sub` and the like, the pattern itself."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._compiled = compiled(source)

    def __call__(self, state: State) -> Value:
        state.step()
        return float(self._compiled.search(state.record) is not None)


def variable(name: str) -> Place:
    """A variable by its name; NF is the number of fields."""

    def get(state: State) -> Value:
        state.step()
        if name == "NF":
            return float(len(state.fields))
        return state.variables.get(name, Input(""))

    def put(state: State, value: Value) -> None:
        if name == "NF":
            state.fields = state.fields[: int(number(value))]
            state.record = text(state.variables.get("OFS", " ")).join(state.fields)
        else:
            state.variables[name] = value

    return Place(get, put)


def element(name: str, keys: list[Expression]) -> Place:
    """An array's element; reading one makes it."""

    def key(state: State) -> str:
        state.step()
        return "\x1c".join(text(one(state)) for one in keys)

    def put(state: State, value: Value) -> None:
        state.arrays.setdefault(name, {})[key(state)] = value

    return Place(
        lambda state: state.arrays.setdefault(name, {}).setdefault(key(state), Input("")), put
    )
