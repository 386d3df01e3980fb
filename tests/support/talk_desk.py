"""One page's view of a scripted talk, which tells within a hundredth of a second."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import pytest

from components import talk as talk_component
from components.talk import TalkAnswers
from services.llm.turn_events import TextAdded
from tests.support.gate_house import OWNER
from tests.support.scripted_talk import TURN, ScriptedTalk
from tests.support.told_page import ToldPage
from tests.support.waiting import until

SOON_S = 0.01


def join(talk: ScriptedTalk) -> tuple[ToldPage, TalkAnswers]:
    """A page of the owner, and what answers it until it is ended."""
    told = ToldPage()
    return told, TalkAnswers(told, cast(Any, talk), OWNER)


@contextmanager
def joined(talk: ScriptedTalk, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldPage]:
    """The same for as long as a test lasts, and quick; nobody watches the talk after it."""
    monkeypatch.setattr(talk_component, "FLUSH_S", SOON_S)
    monkeypatch.setattr(talk_component, "AGAIN_S", SOON_S)
    told, answers = join(talk)
    yield told
    answers.end()
    assert talk.watchers == []


def text(words: str, *, of: str = "c1", message: str = "a1") -> TextAdded:
    """Words that are added to an answer."""
    return TextAdded(conversation_id=of, turn_id=TURN, message_id=message, text=words)


async def words(page: ToldPage, kind: str) -> list[Mapping[str, Any]]:
    """What was told of the talk under that name, once there is any."""
    await until(lambda: any(p["t"] == kind for t, p in page.told if t == "talk"), kind)
    return [payload for payload in page.take("talk") if payload["t"] == kind]
