"""The faults of the doubles: what each does, and to which of them it can be given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .trouble import BOTH, CLAUDE, LOCAL, RETRY_AFTER_S, Trouble

_EACH: Final = (CLAUDE, LOCAL)
WHICH: Final = "double (claude, local, all)"


class NoSuchDouble(Exception):
    """The fault cannot be given to that; the text says to what it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleFault:
    """One entry of the catalogue."""

    name: str
    tells: str
    doubles: tuple[str, ...] = _EACH
    target: str = WHICH
    default: str = CLAUDE

    def of(self, target: str) -> tuple[str, ...]:
        """The doubles it befalls. Raises NoSuchDouble."""
        if target in self.doubles:
            return (target,)
        if target == BOTH and len(self.doubles) > 1:
            return self.doubles
        offered = [*self.doubles, *([BOTH] if len(self.doubles) > 1 else [])]
        raise NoSuchDouble(f"{self.name} can be given to: {', '.join(offered)}")


def _only(name: str, tells: str, double: str = CLAUDE) -> DoubleFault:
    return DoubleFault(
        name=name, tells=tells, doubles=(double,), target=f"double ({double})", default=double
    )


RATE_LIMIT: Final = "llm-429"
FAULTS: Final = (
    DoubleFault(name="llm-401", tells="the key is refused"),
    DoubleFault(
        name=RATE_LIMIT,
        tells="Claude answers 429 and asks to be left alone for so many seconds",
        doubles=(CLAUDE,),
        target="number of seconds",
        default=f"{RETRY_AFTER_S:g}",
    ),
    _only("llm-529", "Claude is overloaded and answers 529"),
    _only("llm-529-midstream", "Claude is overloaded in the middle of an answer"),
    DoubleFault(name="llm-cut-stream", tells="streams end in the middle, without a word"),
    DoubleFault(
        name="llm-reset-stream", tells="the connection is reset in the middle of an answer"
    ),
    DoubleFault(name="llm-stall", tells="answers stop in the middle and go on once it is cleared"),
    DoubleFault(name="llm-silent", tells="requests are taken and not answered"),
    DoubleFault(
        name="llm-malformed-tool-input", tells="the arguments of tool calls cannot be read"
    ),
    DoubleFault(name="llm-loops", tells="the model asks for the same tool again and again"),
    DoubleFault(name="llm-obeys", tells="the model obeys whatever text it reads"),
    _only("llm-refusal", "Claude declines to answer"),
    DoubleFault(name="llm-max-tokens", tells="answers reach their limit in the middle"),
    DoubleFault(name="llm-context-exceeded", tells="the context window is full"),
    _only("local-loading", "the local model is still being loaded", LOCAL),
    _only("local-off", "nothing listens where the local model was", LOCAL),
    _only("claude-off", "nothing listens where Claude was", CLAUDE),
)
"""In the order in which they are shown."""
BEFALLS: Final[Mapping[str, tuple[str, ...]]] = {fault.name: fault.doubles for fault in FAULTS}
OFF: Final[Mapping[str, str]] = {CLAUDE: "claude-off", LOCAL: "local-off"}
"""The fault that closes the port of each double."""


def givers(
    fault: DoubleFault, trouble: Trouble
) -> tuple[Callable[[str], None], Callable[[str], None]]:
    """What gives it to a target, and what clears it again; both raise NoSuchDouble."""

    def give(target: str) -> None:
        if fault.name == RATE_LIMIT:
            trouble.retry_after_s = _seconds(target)
        trouble.give(fault.name, _doubles(fault, target))

    def clear(target: str) -> None:
        trouble.clear(fault.name, _doubles(fault, target))

    return give, clear


def _doubles(fault: DoubleFault, target: str) -> tuple[str, ...]:
    return fault.doubles if fault.name == RATE_LIMIT else fault.of(target)


def _seconds(target: str) -> float:
    try:
        seconds = float(target)
    except ValueError as error:
        raise NoSuchDouble(f"no wait of {target} s; give a number of seconds") from error
    if not 0 <= seconds <= 3600:
        raise NoSuchDouble(f"no wait of {target} s; give 0 to 3600")
    return seconds
