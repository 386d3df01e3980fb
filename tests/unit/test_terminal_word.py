"""A terminal's way through the real gate: one word a session, and all of it on record."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.rows import AuditRow
from services.nodes.terminal_gate import Granted, Refused, TerminalAsk, TerminalUse, Waiting
from services.nodes.terminal_model import TerminalPlace
from services.tools import terminal_word
from services.tools.registry import REGISTRY
from services.tools.spec import Tool
from services.tools.terminal_word import TOOL, TerminalWord
from tests.support import gate_house
from tests.support.gate_house import GUEST_USER, OWNER, PHONE, GateHouse
from tests.support.turned_clock import NOON
from tests.support.waiting import until


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GateHouse]:
    """A gate that has the product's own tool for terminals among its others."""
    plain = gate_house.tools_over

    def tools(deeds: Any) -> dict[str, Tool[Any]]:
        return {**plain(deeds), TOOL: REGISTRY[TOOL]}

    monkeypatch.setattr(gate_house, "tools_over", tools)
    opened = await GateHouse(tmp_path).open()
    yield opened
    await opened.shut()


@pytest.fixture
def word(house: GateHouse) -> TerminalWord:
    return TerminalWord(house.gate, database=house.database)


def ask(session: str = "s-desk", *, node: str = "pve", guest: int | None = None) -> TerminalAsk:
    return TerminalAsk(session=session, user="owner", place=TerminalPlace(node=node, guest=guest))


async def waiting(word: TerminalWord, wish: TerminalAsk) -> str:
    answer = await word.may_open(wish)
    assert isinstance(answer, Waiting), answer
    return answer.approval_id


async def entries(house: GateHouse) -> list[AuditRow]:
    return [row for row in await house.entries() if row.action == "terminal"]


async def test_the_first_of_a_session_waits_and_the_others_do_not(
    house: GateHouse, word: TerminalWord
) -> None:
    approval = await waiting(word, ask())
    (question,) = house.gate.pending
    assert (question.id, question.call.tool, question.tier.name) == (approval, TOOL, "RED")
    assert question.actor == OWNER

    settled = asyncio.create_task(word.settled(approval))
    await house.gate.proceed(approval, OWNER)

    assert await settled == Granted()
    assert await word.may_open(ask(node="home")) == Granted()
    assert await word.may_open(ask(guest=104)) == Granted()
    assert house.gate.pending == ()


async def test_another_session_of_the_same_person_asks_anew(
    house: GateHouse, word: TerminalWord
) -> None:
    approval = await waiting(word, ask())
    await house.gate.proceed(approval, OWNER)
    assert await word.settled(approval) == Granted()

    assert isinstance(await word.may_open(ask("s-phone")), Waiting)
    assert house.gate.pending[0].actor == PHONE


async def test_a_refusal_opens_nothing_and_the_next_asks_again(
    house: GateHouse, word: TerminalWord
) -> None:
    approval = await waiting(word, ask())
    await house.gate.refuse(approval, OWNER, "not tonight")

    answer = await word.settled(approval)

    assert isinstance(answer, Refused)
    assert "not tonight" in answer.because
    assert isinstance(await word.may_open(ask()), Waiting)


async def test_a_question_that_lapses_opens_nothing(house: GateHouse, word: TerminalWord) -> None:
    approval = await waiting(word, ask())
    settled = asyncio.create_task(word.settled(approval))
    house.clock.turn(301)

    await until(settled.done, "the question to lapse")

    assert isinstance(await settled, Refused)
    assert isinstance(await word.may_open(ask()), Waiting)


async def test_another_person_cannot_say_yes_to_it(house: GateHouse, word: TerminalWord) -> None:
    approval = await waiting(word, ask())

    result = await house.gate.proceed(approval, GUEST_USER)

    assert result.outcome.value == "refused"
    assert house.gate.pending[0].id == approval


async def test_a_stand_down_ends_the_question(house: GateHouse, word: TerminalWord) -> None:
    approval = await waiting(word, ask())

    await house.gate.stand_down(OWNER, "smoke")

    answer = await word.settled(approval)
    assert isinstance(answer, Refused)
    assert answer.because


async def test_a_question_nobody_waits_for_any_more_is_taken_back(
    house: GateHouse, word: TerminalWord
) -> None:
    approval = await waiting(word, ask())
    assert await waiting(word, ask()) == approval, "the same place, the same question"

    await word.withdraw(approval, "you closed it")
    assert [one.id for one in house.gate.pending] == [approval], "the other one waits"
    await word.withdraw(approval, "you closed it")

    assert not house.gate.pending
    (kept,) = await house.gate.find_approvals(1)
    assert (kept.state.value, kept.because) == ("cancelled", "you closed it")


async def test_a_word_that_was_given_is_not_taken_back(
    house: GateHouse, word: TerminalWord
) -> None:
    approval = await waiting(word, ask())
    await house.gate.proceed(approval, OWNER)

    await word.withdraw(approval, "you closed it")

    (kept,) = await house.gate.find_approvals(1)
    assert kept.state.value == "spent"


async def test_after_a_restart_the_word_is_asked_for_again(
    house: GateHouse, word: TerminalWord
) -> None:
    approval = await waiting(word, ask())
    await house.gate.proceed(approval, OWNER)
    assert await word.settled(approval) == Granted()
    await house.shut()
    await house.open()

    anew = TerminalWord(house.gate, database=house.database)

    assert isinstance(await anew.may_open(ask()), Waiting)


async def test_only_so_many_sessions_are_remembered(
    house: GateHouse, word: TerminalWord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_word, "MOST_SESSIONS", 2)
    for n in range(3):
        approval = await waiting(word, ask(f"s-{n}"))
        (question,) = house.gate.pending
        await house.gate.proceed(approval, question.actor)
        assert await word.settled(approval) == Granted()
        house.clock.turn(10)

    assert await word.may_open(ask("s-2")) == Granted()
    assert isinstance(await word.may_open(ask("s-0")), Waiting)


@pytest.mark.parametrize(
    ("guest", "target"), [(None, "node/pve"), (104, "guest/104")], ids=["node", "guest"]
)
async def test_it_is_on_record_before_it_opens_and_completed_after(
    house: GateHouse, word: TerminalWord, guest: int | None, target: str
) -> None:
    wish = ask(guest=guest)

    number = await word.audit_opened(wish)
    (begun,) = await entries(house)
    assert (begun.id, begun.actor, begun.target, begun.outcome) == (
        number,
        "person/owner",
        target,
        "begun",
    )
    house.clock.turn(90)
    used = TerminalUse(
        began_at=NOON,
        lasted_s=90.04,
        typed_bytes=42,
        shown_bytes=4_096,
        because="the shell has ended",
    )
    await word.audit_closed(number, wish, used)

    _, ended = await entries(house)
    assert (ended.outcome, ended.because) == ("done", "the shell has ended")
    assert ended.at - begun.at == timedelta(seconds=90)
    assert json.loads(ended.detail_json) == {
        "of": number,
        "lasted_s": 90.0,
        "typed_bytes": 42,
        "shown_bytes": 4_096,
    }
    assert await house.broken() is None


async def test_one_that_never_came_about_is_recorded_as_failed(
    house: GateHouse, word: TerminalWord
) -> None:
    wish = ask()
    number = await word.audit_opened(wish)
    used = TerminalUse(
        began_at=NOON, lasted_s=0, typed_bytes=0, shown_bytes=0, because="pve is away", opened=False
    )

    await word.audit_closed(number, wish, used)

    assert [row.outcome for row in await entries(house)] == ["begun", "failed"]


async def test_a_crash_in_its_middle_leaves_it_unknown(
    house: GateHouse, word: TerminalWord
) -> None:
    await word.audit_opened(ask())
    await house.shut(killed=True)

    await house.open()

    begun, ended = await entries(house)
    assert (begun.outcome, ended.outcome) == ("begun", "unknown")
    assert json.loads(ended.detail_json)["of"] == begun.id
