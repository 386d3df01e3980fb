"""Canonical messages as OpenAI-style ones for a model with little room; pure.

Roles alternate, as many templates demand. What tools found stands with the question it was found
for, framed as data: an earlier exchange as one line, those of the present turn in full. It never
stands in the assistant's mouth, since a small model would learn to make such lines up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.llm.digests import digests
from services.llm.exchanges import Turn, into_turns
from services.llm.messages import Message, Text
from services.llm.provider import ModelRequest
from services.llm.wrapping import TOLD_AS_IT_STANDS, TOLD_SOURCE, plain_words, wrap_as_data

GO_ON = "Go on."
LEFT_OUT = " […] "


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message as the local model sees it."""

    role: str
    text: str
    data: tuple[tuple[str, str], ...] = ()
    """What machines said, each with its source; framed only when it is sent."""

    def rendered(self) -> dict[str, str]:
        """As it is sent."""
        frames = [wrap_as_data(text, source=source) for source, text in self.data]
        words = plain_words(self.text)
        return {"role": self.role, "content": "\n\n".join([*([words] if words else []), *frames])}

    def shortened(self, chars: int) -> "Entry":
        """The same with at most so many characters, the middle of each text left out."""
        size = len(self.text) + sum(len(text) for _, text in self.data)
        if size <= chars:
            return self
        share = chars / size
        data = tuple((source, _cut(text, int(len(text) * share))) for source, text in self.data)
        return replace(self, text=_cut(self.text, int(len(self.text) * share)), data=data)

    def with_data_of(self, chars: int) -> "Entry":
        """The same with at most so many characters of data; its words stay whole."""
        size = sum(len(text) for _, text in self.data)
        if size <= chars:
            return self
        share = chars / size
        kept = ((source, _cut(text, int(len(text) * share))) for source, text in self.data)
        return replace(self, data=tuple((source, text) for source, text in kept if text))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTalk:
    """A history in the form the local model takes, before it is fitted into its window."""

    earlier: tuple[Entry, ...]
    """Alternating, beginning with the user's; ends with the assistant's."""
    present: Entry
    """What is to be answered."""


def adapt_talk(request: ModelRequest) -> LocalTalk:
    """The whole history, wherever it was cut."""
    turns = into_turns(request.messages)
    earlier: list[Entry] = []
    for turn in turns[:-1]:
        _append(earlier, Entry(role="user", text=_said(turn), data=_digests(turn)))
        _append(earlier, Entry(role="assistant", text=_told(turn)))
    present = _present(turns[-1], request.context) if turns else Entry(role="user", text=GO_ON)
    while earlier and earlier[0].role == "assistant":
        earlier.pop(0)
    if earlier and earlier[-1].role == "user":  # a turn nobody answered
        unanswered = earlier.pop()
        present = replace(
            present,
            text=f"{unanswered.text}\n\n{present.text}",
            data=unanswered.data + present.data,
        )
    return LocalTalk(earlier=tuple(earlier), present=present)


def render(prompt: str, entries: Sequence[Entry]) -> list[Mapping[str, Any]]:
    """The messages of a request."""
    return [{"role": "system", "content": prompt}, *(entry.rendered() for entry in entries)]


def _present(turn: Turn, context: str) -> Entry:
    data = [("state of the house", context)] if context.strip() else []
    data += [
        (answer.tool, answer.text or answer.digest or answer.outcome.value)
        for step in turn.steps
        for answer in step.answers
    ]
    data += _quoted(turn)
    done = " ".join(_own_words(step.message) for step in turn.steps if not step.answers)
    said = _said(turn)
    if done.strip():  # the answer was begun already, and is to be gone on with
        said = f"{said}\n\n(You began: {done.strip()})\n{GO_ON}"
    return Entry(role="user", text=said or GO_ON, data=tuple(data))


def _said(turn: Turn) -> str:
    return "\n\n".join(filter(None, (_words(message) for message in turn.said)))


def _told(turn: Turn) -> str:
    return "\n\n".join(filter(None, (_own_words(step.message) for step in turn.steps)))


def _own_words(message: Message) -> str:
    """What the assistant said; what machines said is not among it."""
    words = _words(message)
    return TOLD_AS_IT_STANDS if words and message.is_quoted else words


def _digests(turn: Turn) -> tuple[tuple[str, str], ...]:
    lines = [line for step in turn.steps for line in digests(step)]
    found = (("tools, asked then", "\n".join(lines)),) if lines else ()
    return found + _quoted(turn)


def _quoted(turn: Turn) -> tuple[tuple[str, str], ...]:
    """Answers that were made from what machines said."""
    quoted = (_words(step.message) for step in turn.steps if step.message.is_quoted)
    return tuple((TOLD_SOURCE, words) for words in quoted if words)


def _words(message: Message) -> str:
    texts = (part.text.strip() for part in message.parts if isinstance(part, Text))
    return "\n\n".join(text for text in texts if text)


def _append(entries: list[Entry], entry: Entry) -> None:
    if not (entry.text or entry.data):
        return
    if entries and entries[-1].role == entry.role:
        last = entries.pop()
        text = "\n\n".join(filter(None, (last.text, entry.text)))
        entry = replace(entry, text=text, data=last.data + entry.data)
    entries.append(entry)


def _cut(text: str, chars: int) -> str:
    if len(text) <= chars:
        return text
    room = chars - len(LEFT_OUT)
    if room < 2:
        return ""
    head = room * 2 // 3
    return text[:head] + LEFT_OUT + text[len(text) - (room - head) :]
