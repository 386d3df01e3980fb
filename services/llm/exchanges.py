"""A history in turns: what a person said, and each step the assistant took upon it.

Every adapter goes by these turns, so a tool use and its answer cannot part: an answer without its
use is left out, and a use without its answer (a stop, a crash, a cut) is answered as unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.llm.messages import Message, Role, ToolAnswer, ToolUse
from services.tools.calls import Outcome

LOST = (
    "No result of this call is on record; whether it ran is not known. Read before you rely on it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of the assistant, and the answers to everything it asked for, in its order."""

    message: Message
    answers: tuple[ToolAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the user said, and the steps that followed."""

    said: tuple[Message, ...]
    """Empty only in a history that begins in the middle of a turn."""
    steps: tuple[Step, ...]


def into_turns(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """The turns of a history, oldest first, wherever it was cut."""
    turns: list[Turn] = []
    said: list[Message] = []
    steps: list[Step] = []
    for index, message in enumerate(messages):
        match message.role:
            case Role.USER:
                if steps:
                    turns.append(Turn(said=tuple(said), steps=tuple(steps)))
                    said, steps = [], []
                said.append(message)
            case Role.ASSISTANT:
                answers = _answers(message.tool_uses, messages[index + 1 :])
                steps.append(Step(message=message, answers=answers))
            case Role.TOOL:
                continue  # read with the message it answers
    if said or steps:
        turns.append(Turn(said=tuple(said), steps=tuple(steps)))
    return tuple(turns)


def keep_last(messages: Sequence[Message], most: int) -> tuple[Message, ...]:
    """At most the last `most` messages, beginning with a message of the user.

    The turn that goes on is never cut: it is kept whole even when it is longer.
    """
    starts = [index for index, message in enumerate(messages) if message.role is Role.USER]
    if not starts:
        return tuple(messages)
    earliest = len(messages) - most
    start = next((index for index in starts if index >= earliest), starts[-1])
    # Two messages of the user in a row belong together.
    while start > earliest and start - 1 in starts:
        start -= 1
    return tuple(messages[start:])


def _answers(uses: Iterable[ToolUse], later: Sequence[Message]) -> tuple[ToolAnswer, ...]:
    found: dict[str, ToolAnswer] = {}
    for message in later:
        # The end of an earlier call may have been told in between.
        if message.role is Role.USER or message.tool_uses:
            break
        for part in message.parts:
            if isinstance(part, ToolAnswer):
                found[part.id] = part
    return tuple(found.get(use.id) or _lost(use) for use in uses)


def _lost(use: ToolUse) -> ToolAnswer:
    return ToolAnswer(
        id=use.id, tool=use.tool, outcome=Outcome.UNKNOWN, text=LOST, digest="no result on record"
    )
