"""What is wrong with the doubles, and what they have been told to answer next."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .talk import Call, Step

CLAUDE: Final = "claude"
LOCAL: Final = "local"
BOTH: Final = "all"
MOST_SCRIPTED: Final = 200
RETRY_AFTER_S: Final = 2.0


class ScriptRefused(Exception):
    """What was to be said next cannot be; the text says what would be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """What one request is answered with, in place of what the brain would say."""

    step: Step | None = None
    fault: str | None = None
    """The fault only this request meets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What befalls one request."""

    faults: frozenset[str]
    step: Step | None = None
    scripted_fault: str | None = None
    """The one that ends with this request, and so cannot be cleared."""

    def has(self, fault: str) -> bool:
        """Whether it meets that fault."""
        return fault in self.faults


@dataclass(slots=True)
class Trouble:
    """Which faults are on, for which double, and the script of each."""

    on: dict[str, set[str]] = field(default_factory=lambda: {CLAUDE: set(), LOCAL: set()})
    retry_after_s: float = RETRY_AFTER_S
    scripts: dict[str, deque[Scripted]] = field(
        default_factory=lambda: {CLAUDE: deque(), LOCAL: deque()}
    )
    _eased: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, fault: str, doubles: tuple[str, ...]) -> None:
        """Turn a fault on."""
        for double in doubles:
            self.on[double].add(fault)

    def clear(self, fault: str, doubles: tuple[str, ...]) -> None:
        """Turn a fault off; what waited because of it goes on."""
        for double in doubles:
            self.on[double].discard(fault)
        self._eased.set()
        self._eased = asyncio.Event()

    def has(self, double: str, fault: str) -> bool:
        """Whether a fault is on."""
        return fault in self.on[double]

    def take(self, double: str) -> Fate:
        """What befalls the next request there; uses up one line of its script."""
        script = self.scripts[double]
        line = script.popleft() if script else Scripted()
        faults = {*self.on[double], *([line.fault] if line.fault else [])}
        return Fate(faults=frozenset(faults), step=line.step, scripted_fault=line.fault)

    async def wait_while(self, double: str, fault: str, fate: Fate) -> None:
        """Wait until that fault is cleared; one of the script's stays until the client goes."""
        while fate.scripted_fault == fault or self.has(double, fault):
            await self._eased.wait()

    def write(self, double: str, lines: list[Scripted]) -> None:
        """Put lines at the end of a script. Raises ScriptRefused."""
        script = self.scripts[double]
        if len(script) + len(lines) > MOST_SCRIPTED:
            raise ScriptRefused(f"a script has at most {MOST_SCRIPTED} lines")
        script.extend(lines)


def parse_line(given: Any, faults: Mapping[str, tuple[str, ...]], double: str) -> Scripted:
    """One line of a script as the control API takes it. Raises ScriptRefused.

    :param faults: the doubles that each fault can befall.
    """
    if not isinstance(given, dict) or not given.keys() & {"text", "calls", "fault"}:
        raise ScriptRefused("a line is {'text': …, 'calls': [{'tool': …, 'arguments': {…}}]}")
    fault = given.get("fault")
    if fault is not None and double not in faults.get(fault, ()):
        raise ScriptRefused(f"no fault {fault} of {double}; there are: {', '.join(faults)}")
    step = None
    if given.keys() & {"text", "calls"}:
        step = Step(text=str(given.get("text", "")), calls=_calls(given.get("calls", [])))
    return Scripted(step=step, fault=fault)


def _calls(given: Any) -> tuple[Call, ...]:
    if not isinstance(given, list):
        raise ScriptRefused("calls is a list of {'tool': …, 'arguments': {…}}")
    calls = []
    for one in given:
        arguments = one.get("arguments", {}) if isinstance(one, dict) else None
        if not isinstance(arguments, dict) or not isinstance(one.get("tool"), str):
            raise ScriptRefused("a call is {'tool': name, 'arguments': {…}}")
        calls.append(Call(tool=one["tool"], arguments=arguments))
    return tuple(calls)
