"""Before a terminal opens: whether there is such a place, a person's word, and the record."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.auth.happenings import SessionsEnded
from services.clock import SystemClock
from services.nodes.terminal_errors import NoSuchTerminal, TerminalRefused
from services.nodes.terminal_gate import Granted, Refused, TerminalAsk, Waiting
from services.nodes.terminal_happenings import TerminalEnded, TerminalOpened
from services.nodes.terminal_model import TerminalState
from services.nodes.terminal_places import find_place
from services.nodes.terminals import MOST_OF_SESSION
from tests.support.terminals import (
    OWNER,
    Dialled,
    KeptGate,
    TerminalStory,
    homelab,
    terminal_story,
)
from tests.support.waiting import until


@pytest.fixture
async def story() -> AsyncIterator[TerminalStory]:
    """Every terminal asks, and no node answers."""
    async with terminal_story(Dialled(), gate=KeptGate(asks=True)) as told:
        yield told


async def test_the_first_terminal_of_a_session_waits_for_a_person(story: TerminalStory) -> None:
    terminal = story.open()
    await until(lambda: terminal.facts.state is TerminalState.WAITING, "the question")
    assert terminal.facts.approval_id == "a1"
    assert not story.gate.opened, "nothing is on record before the word"

    story.gate.proceed("a1")

    await until(lambda: terminal.facts.state is TerminalState.ENDED, "the dial to fail")
    assert terminal.facts.because is not None
    assert "pve did not answer" in terminal.facts.because
    assert terminal.facts.away
    assert len(story.gate.opened) == 1
    await until(lambda: story.gate.closed, "the record to be completed")
    assert not story.gate.closed[0][2].opened
    second = story.open("home")
    await until(lambda: second.facts.state is TerminalState.ENDED, "the second, unasked")
    assert list(story.gate.questions) == ["a1"]


async def test_a_refusal_opens_nothing_and_says_why(story: TerminalStory) -> None:
    terminal = story.open()
    await until(lambda: terminal.facts.approval_id, "the question")

    story.gate.refuse("a1", "not tonight")

    await until(lambda: terminal.facts.state is TerminalState.ENDED, "the end")
    assert terminal.facts.because == "not tonight"
    assert terminal.facts.approval_id is None
    assert not story.gate.opened


async def test_a_word_that_comes_after_the_session_has_ended_opens_nothing(
    story: TerminalStory,
) -> None:
    terminal = story.open()
    await until(lambda: terminal.facts.approval_id, "the question")

    story.bus.publish(
        SessionsEnded(at=SystemClock().now(), keys=frozenset({OWNER}), because="signed out")
    )
    await until(lambda: story.terminals.count == 0, "the terminal to go")
    story.gate.proceed("a1")
    await asyncio.sleep(0.05)

    assert not story.gate.opened
    assert terminal.facts.state is TerminalState.ENDED


async def test_a_terminal_that_is_withdrawn_no_longer_waits(story: TerminalStory) -> None:
    terminal = story.open()
    await until(lambda: terminal.facts.approval_id, "the question")

    await story.terminals.close(terminal.facts.id, OWNER)
    assert story.gate.withdrawn == [("a1", "its terminal is gone: you closed it")]
    story.gate.proceed("a1")
    await asyncio.sleep(0.05)

    assert not story.gate.opened
    with pytest.raises(NoSuchTerminal):
        story.terminals.find(terminal.facts.id, OWNER)


async def test_one_that_is_closed_while_it_is_asked_about_leaves_no_question() -> None:
    class SlowGate(KeptGate):
        """Asks once it is let."""

        let = asyncio.Event()

        async def may_open(self, ask: TerminalAsk) -> Granted | Waiting | Refused:
            await self.let.wait()
            return await super().may_open(ask)

    gate = SlowGate(asks=True)
    async with terminal_story(Dialled(), gate=gate) as story:
        terminal = story.open()
        terminal.dismiss("you closed it")

        gate.let.set()

        await until(lambda: gate.withdrawn, "the question to be taken back")
        assert not gate.opened


async def test_a_node_that_is_down_is_told_without_a_question(story: TerminalStory) -> None:
    terminal = story.open("agent1")

    await until(lambda: terminal.facts.state is TerminalState.ENDED, "the end")

    assert terminal.facts.because == "agent1 is down since 12:00 UTC"
    assert terminal.facts.away
    assert not story.gate.questions


async def test_a_gate_that_fails_opens_nothing() -> None:
    class BrokenGate(KeptGate):
        async def audit_opened(self, ask: TerminalAsk) -> int:
            raise OSError("the disk is full")

    async with terminal_story(Dialled(), gate=BrokenGate()) as story:
        terminal = story.open()

        await until(lambda: terminal.facts.state is TerminalState.ENDED, "the end")

        assert terminal.facts.because == "Jarvis stumbled over it; the log tells where"


@pytest.mark.parametrize(
    ("node", "guest", "because"),
    [
        pytest.param("nowhere", None, "no node nowhere", id="a node that is not"),
        pytest.param("pve", 999, "no guest 999", id="a guest that is not"),
        pytest.param("pve", 112, r"win11 \(112\) is off", id="a guest that is off"),
    ],
)
async def test_a_place_that_is_not_there_is_refused(
    story: TerminalStory, node: str, guest: int | None, because: str
) -> None:
    with pytest.raises(TerminalRefused, match=because):
        story.open(node, guest=guest)
    assert story.terminals.count == 0


async def test_a_session_has_so_many_terminals_and_no_more(story: TerminalStory) -> None:
    for _ in range(MOST_OF_SESSION):
        story.open()

    with pytest.raises(TerminalRefused, match="as many as may be"):
        story.open()
    story.open(owner="another session")


def test_a_guest_is_sought_on_the_node_it_is_on_now() -> None:
    container = find_place(homelab(), "home", 101)
    machine = find_place(homelab(), "home", 104)

    assert (container.node, container.argv) == ("pve", ("pct", "enter", "101"))
    assert (machine.node, machine.argv) == ("pve", ("qm", "terminal", "104"))
    assert find_place(homelab(), "pve", None).argv is None
    assert machine.told == "media (104) on pve"


def test_what_happened_is_told_without_what_was_typed() -> None:
    at = SystemClock().now()
    opened = TerminalOpened(at=at, node="pve", user="owner")
    ended = TerminalEnded(
        at=at, node="pve", guest=104, user="owner", lasted_s=61, because="you closed it"
    )
    assert opened.sentence() == "owner opened a terminal on pve"
    assert ended.sentence().startswith("The terminal of owner on guest 104 ended after 61 s")
