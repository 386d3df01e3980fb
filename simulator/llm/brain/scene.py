"""What is going on: the question, what was looked up for it so far, and what else was said.

A plan is written as if every answer were there already: `need` hands out the results, or ends the
plan with the calls that are missing; the next time the plan runs from its top, and gets further.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulator.llm.schema import smallest
from simulator.llm.talk import Call, Offered, Step, Talk, Turn

from .reading import Reading, read

_FRAMED: Final = re.compile(r"<data\b[^>]*>.*?</data\b[^>]*>|<(context|state)\b.*?</\1>", re.DOTALL)
_SOURCE: Final = re.compile(r'<data source="([\w-]+)"[^>]*>\n?(.*?)</data\b', re.DOTALL)
_DIRECTION: Final = re.compile(
    r"^\(What was said before is left out\.\)|\(You began: .*?\)\s*Go on\.", re.DOTALL
)
_NUDGE: Final = re.compile(
    r"^go on( from where you stopped)?\.?$|\bread\b.{0,60}\bback\b|\bbefore you (answer|say)\b",
    re.IGNORECASE,
)
"""What a client says in a person's place, to have the answer to the question before it go on."""
MOST_ROUNDS: Final = 6


class Need(Exception):
    """The plan goes on once these calls are answered."""

    def __init__(self, calls: tuple[Call, ...], words: str = "") -> None:
        super().__init__(f"{len(calls)} calls")
        self.step = Step(text=words, calls=calls)


@dataclass(frozen=True, slots=True)
class Want:
    """A tool that a plan would use, with the arguments it knows of."""

    tool: str
    arguments: Mapping[str, Any]


def want(tool: str, **arguments: Any) -> Want:
    """Such as `want("get_node_status", node="pve")`."""
    return Want(tool, arguments)


@dataclass(frozen=True)
class Done:
    """A call that was answered, in this turn or before."""

    call: Call
    reading: Reading
    framed: bool = False
    """Whether the result stood beside the question, so that its arguments are not known."""


class Scene:
    """The last question of a talk and all that belongs to it."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        at = _question_at(talk)
        self.ask = strip_frames(talk.turns[at].text) if at is not None else ""
        self.before = talk.turns[:at] if at is not None else ()
        after = talk.turns[at:] if at is not None else ()
        self.done = (*_framed(talk, after), *_pair(after))
        """What was looked up for this question."""
        self.earlier = _pair(self.before)
        """What was looked up for those before it."""
        self.rounds = sum(bool(turn.calls) for turn in after)

    @property
    def last_answer(self) -> str:
        """What was said last before this question."""
        said = [turn.text for turn in self.before if turn.role == "assistant" and turn.text]
        return said[-1] if said else ""

    @property
    def questions(self) -> tuple[str, ...]:
        """What was asked before, oldest first."""
        asked = [strip_frames(turn.text) for turn in self.before if turn.role == "user"]
        return tuple(one for one in asked if one)

    def offers(self, tool: str) -> bool:
        """Whether that tool may be asked for."""
        return self.talk.tool(tool) is not None

    def need(self, *wants: Want, words: str = "", aloud: bool = False) -> list[Reading | None]:
        """The results, None for a tool that is not offered. Raises Need for what is missing.

        :param words: what is said with the first calls of a turn; `aloud`: with later ones too.
        """
        found: list[Reading | None] = []
        missing: list[Call] = []
        for one in wants:
            offered = self.talk.tool(one.tool)
            if offered is None:
                found.append(None)
                continue
            call = Call(tool=one.tool, arguments=_fit(offered, one.arguments))
            known = self._answered(call)
            found.append(known)
            if known is None and call not in missing:
                missing.append(call)
        if missing and self.rounds < MOST_ROUNDS:
            raise Need(tuple(missing), words if aloud or not self.done else "")
        return found

    def again(self, one: Want) -> Reading | None:
        """The result of a reading that came after the last change; asked for anew if none did."""
        offered = self.talk.tool(one.tool)
        if offered is None:
            return None
        call = Call(tool=one.tool, arguments=_fit(offered, one.arguments))
        for done in reversed(self.done):
            if _answers(done, call):
                return done.reading
            if not done.call.tool.startswith(("get_", "list_")):
                break
        if self.rounds >= MOST_ROUNDS:
            return None
        raise Need((call,))

    def _answered(self, call: Call) -> Reading | None:
        found = [done.reading for done in self.done if _answers(done, call)]
        return found[0] if found else None


def strip_frames(text: str) -> str:
    """What a person said, without the data and the stage directions that stand beside it."""
    return _DIRECTION.sub("", _FRAMED.sub("", text)).strip()


def _question_at(talk: Talk) -> int | None:
    """Where the last turn is in which a person said something."""
    for at in range(len(talk.turns) - 1, -1, -1):
        turn = talk.turns[at]
        words = strip_frames(turn.text) if turn.role == "user" else ""
        if words and not (at and _NUDGE.search(words)):
            return at
    return None


def _pair(turns: tuple[Turn, ...]) -> tuple[Done, ...]:
    calls = {call.id: call for turn in turns for call in turn.calls}
    return tuple(
        Done(calls[result.id], read(result.text))
        for turn in turns
        for result in turn.results
        if result.id in calls
    )


def _framed(talk: Talk, turns: tuple[Turn, ...]) -> tuple[Done, ...]:
    """Results that stand as data beside the question, as a local model is given them."""
    return tuple(
        Done(Call(tool=source), read(text), framed=True)
        for turn in turns
        if turn.role == "user"
        for source, text in _SOURCE.findall(turn.text)
        if talk.tool(source) is not None
    )


def _answers(done: Done, call: Call) -> bool:
    if done.call.tool != call.tool:
        return False
    return done.framed or all(
        _plain(done.call.arguments.get(name)) == _plain(value)
        for name, value in call.arguments.items()
    )


def _plain(value: Any) -> str:
    return value.lower() if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _fit(tool: Offered, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known, as far as the tool takes it, and the plainest values for what it demands."""
    properties: Mapping[str, Any] = tool.schema.get("properties") or {}
    fitted = {name: value for name, value in known.items() if name in properties}
    for name, value in smallest(tool.schema).items():
        fitted.setdefault(name, value)
    return fitted
