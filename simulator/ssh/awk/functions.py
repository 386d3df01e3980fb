"""The functions awk brings along."""

import math
from collections.abc import Callable

from .places import Expression, PatternOfRecord, Place, compiled
from .values import AwkError, Input, State, Value, formatted, number, part, text

Arguments = list[Expression]
Places = list[Place | str | None]
Function = Callable[[State, Arguments, Places], Value]


def _given(state: State, arguments: Arguments, index: int, default: Value = "") -> Value:
    return arguments[index](state) if index < len(arguments) else default


def _length(state: State, arguments: Arguments, places: Places) -> Value:
    name = places[0] if places else None
    if isinstance(name, str) and name in state.arrays:
        return float(len(state.arrays[name]))
    return float(len(text(_given(state, arguments, 0, state.record))))


def _substr(state: State, arguments: Arguments, _: Places) -> Value:
    whole = text(_given(state, arguments, 0))
    start = round(number(_given(state, arguments, 1, 1.0)))
    end = start + round(number(arguments[2](state))) if len(arguments) > 2 else len(whole) + 1
    return whole[max(start, 1) - 1 : max(end - 1, 0)]


def _split(state: State, arguments: Arguments, places: Places) -> Value:
    name = places[1] if len(places) > 1 else None
    if not isinstance(name, str):
        raise AwkError("split wants an array as its second argument")
    separator = text(_given(state, arguments, 2, state.variables.get("FS", " ")))
    parts = part(text(_given(state, arguments, 0)), separator)
    state.arrays[name] = {str(at): Input(one) for at, one in enumerate(parts, 1)}
    return float(len(parts))


def _substitute(count: int) -> Function:
    def work(state: State, arguments: Arguments, places: Places) -> Value:
        pattern = compiled(text(_pattern_of(state, arguments[0])))
        new = text(_given(state, arguments, 1))
        place = places[2] if len(places) > 2 else None
        whole = text(place.get(state)) if isinstance(place, Place) else state.record
        plain = new.replace("\\&", "\0")
        changed, times = pattern.subn(
            lambda match: plain.replace("&", match.group()).replace("\0", "&"), whole, count
        )
        if times:
            if isinstance(place, Place):
                place.put(state, changed)
            else:
                state.set_field(0, changed)
        return float(times)

    return work


def _pattern_of(state: State, argument: Expression) -> Value:
    return argument.source if isinstance(argument, PatternOfRecord) else argument(state)


def _match_at(state: State, arguments: Arguments, _: Places) -> Value:
    pattern = compiled(text(_pattern_of(state, arguments[1])))
    found = pattern.search(text(_given(state, arguments, 0)))
    state.variables["RSTART"] = float(found.start() + 1 if found else 0)
    state.variables["RLENGTH"] = float(found.end() - found.start() if found else -1)
    return state.variables["RSTART"]


FUNCTIONS: dict[str, Function] = {
    "length": _length,
    "substr": _substr,
    "split": _split,
    "sub": _substitute(1),
    "gsub": _substitute(0),
    "match": _match_at,
    "index": lambda state, given, _: float(
        text(_given(state, given, 0)).find(text(_given(state, given, 1))) + 1
    ),
    "tolower": lambda state, given, _: text(_given(state, given, 0)).lower(),
    "toupper": lambda state, given, _: text(_given(state, given, 0)).upper(),
    "int": lambda state, given, _: float(int(number(_given(state, given, 0)))),
    "sqrt": lambda state, given, _: math.sqrt(max(0.0, number(_given(state, given, 0)))),
    "sprintf": lambda state, given, _: formatted(
        text(_given(state, given, 0)), [one(state) for one in given[1:]]
    ),
}
