"""A conversation as the brain reads it, whichever wire it came in on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A tool the model was told of."""

    name: str
    summary: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool the model asks for."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    """Given by the wire; empty in what the brain says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came back for a call."""

    id: str
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One side's turn; neighbours of the same side are one turn."""

    role: Literal["user", "assistant"]
    text: str = ""
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Everything a model is given for one answer."""

    system: str = ""
    tools: tuple[Offered, ...] = ()
    turns: tuple[Turn, ...] = ()

    def tool(self, name: str) -> Offered | None:
        """The tool of that name, None where it is not offered."""
        return next((tool for tool in self.tools if tool.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the model answers: words, calls, or words and then calls."""

    text: str = ""
    calls: tuple[Call, ...] = ()


def join_turns(turns: list[Turn]) -> tuple[Turn, ...]:
    """Neighbours of the same side become one, as both APIs read them."""
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            last = joined.pop()
            turn = Turn(
                role=turn.role,
                text="\n\n".join(part for part in (last.text, turn.text) if part),
                calls=last.calls + turn.calls,
                results=last.results + turn.results,
            )
        joined.append(turn)
    return tuple(joined)
