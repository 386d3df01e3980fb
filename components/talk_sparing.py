"""Tells a page of the talk in fewer bytes: what streams comes bare, and comes only once.

An answer is told to a page word by word. While nothing else happens, the words go out as
`jarvis.said("…")`, for the answer that the page was last told of; and when the whole of it is
stored, its text is `{k: rest, from, text}`: what comes after the first `from` UTF-16 units, which
the page has. A page that has not got so many opens the conversation anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from components.live.asking import ActionHandler, Teller
from components.live.patch import encode

Payload = Mapping[str, Any]


class Told(Teller, Protocol):
    """A page that takes bare words too, and knows whether it would show any; `Live` is one."""

    @property
    def listening(self) -> bool: ...
    def send(self, code: str) -> None: ...


class Sparing:
    """The page as `components.talk` tells it; it knows what the page has of the answer."""

    def __init__(self, live: Told) -> None:
        self._live = live
        self._comes: str | None = None
        """The answer whose words the page takes bare ones for."""
        self._pieces: list[str] = []

    @property
    def listening(self) -> bool:
        """Whether a message would be shown."""
        return self._live.listening

    def on_action(self, name: str, handler: ActionHandler) -> None:
        """Await `handler` when the browser asks for `name`."""
        self._live.on_action(name, handler)

    def tell(self, topic: str, payload: Payload) -> None:
        """Hand the page a word."""
        if topic != "talk":
            self._live.tell(topic, payload)
        elif payload["t"] == "events":
            self._tell_events(payload)
        else:
            if payload["t"] in ("opened", "live"):
                live = payload["live"] or {"mid": None, "text": ""}
                self._comes, self._pieces = live["mid"], [live["text"]]
            self._live.tell(topic, payload)

    def _tell_events(self, payload: Payload) -> None:
        events: Sequence[Payload] = payload["events"]
        only = events[0] if len(events) == 1 else {"k": ""}
        if only["k"] == "text" and only["mid"] == self._comes:
            self._pieces.append(only["text"])
            self._live.send(f"jarvis.said({encode(only['text'])})")
            return
        self._live.tell("talk", {**payload, "events": list(self._lightened(events))})

    def _lightened(self, events: Sequence[Payload]) -> Iterator[Payload]:
        for event in events:
            match event["k"]:
                case "answer":
                    self._comes, self._pieces = event["mid"], []
                case "text" if event["mid"] == self._comes:
                    self._pieces.append(event["text"])
                case "text":
                    self._comes, self._pieces = event["mid"], [event["text"]]
                case "withdrawn":
                    self._comes = None
                case "stored" if event["message"]["id"] == self._comes:
                    self._comes = None
                    yield {**event, "message": self._without_words(event["message"])}
                    continue
            yield event

    def _without_words(self, message: Payload) -> Payload:
        parts: Sequence[Payload] = message["parts"]
        said = "".join(self._pieces)
        if not said or not parts or parts[0]["k"] != "text":
            return message
        text: str = parts[0]["text"]
        if not text.startswith(said):
            return message
        rest = {"k": "rest", "from": _utf16_units(said), "text": text[len(said) :]}
        return {**message, "parts": [rest, *parts[1:]]}


def _utf16_units(text: str) -> int:
    """The length of a text as a browser counts it."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)
