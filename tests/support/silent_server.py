"""The server of the talk as a test plays it: it hears the page, and says what the test says."""

from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Page

AT = 1_790_000_000


def question(id: str, text: str) -> dict[str, Any]:
    """What a person said, as a page is told of it."""
    return _message(id, "user", text, provider=None, model=None, usage=None)


def answer(id: str, text: str, **facts: Any) -> dict[str, Any]:
    """What Jarvis answered."""
    return _message(id, "assistant", text, **facts)


def _message(id: str, role: str, text: str, **facts: Any) -> dict[str, Any]:
    return {
        "id": id,
        "role": role,
        "at": AT,
        "parts": [{"k": "text", "text": text}],
        "provider": "claude",
        "model": "claude-haiku-5-5",
        "usage": {"in": 12, "out": 3, "read": 0, "write": 0, "est": False},
        "cost": "0.0004",
        "because": "it asks about the cluster",
        "ended": None,
        "ms": 3_210,
        **facts,
    }


@dataclass(frozen=True, slots=True)
class SilentServer:
    """In the place of the real one, for one page."""

    page: Page

    @classmethod
    def of(cls, page: Page) -> Self:
        """From now on nothing of what the page asks reaches the real server."""
        page.evaluate("() => { window.sent = []; jarvis.connectActions((one) => sent.push(one)); }")
        return cls(page)

    def sent(self, name: str) -> list[dict[str, Any]]:
        """The arguments of every wish of that name, oldest first."""
        sent: list[dict[str, Any]] = self.page.evaluate("sent")
        return [one["args"] for one in sent if one["name"] == name]

    def tell(self, kind: str, **word: Any) -> None:
        """A word of the talk."""
        self.page.evaluate("word => jarvis.notify('tell:talk', word)", {"t": kind, **word})

    def open(self, *messages: dict[str, Any], more: bool = False, live: Any = None) -> None:
        """The page has a conversation open, of which these are the latest messages."""
        self.tell(
            "opened",
            id="c1",
            title="Disks",
            count=len(messages),
            messages=list(messages),
            more=more,
            live=live,
        )

    def reply(self, name: str, **told: Any) -> None:
        """The answer to the latest wish of that name."""
        word = {"ask": self.sent(name)[-1]["ask"], **told}
        self.page.evaluate("word => jarvis.notify('tell:act', word)", word)
