"""The models' room over the simulator's doubles: counted, guarded by the budget, and kept."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.llm.costs.prices import price
from services.llm.errors import AnswerCut, BudgetSpent, ProviderError, ProviderOverloaded
from services.llm.happenings import BudgetUsedUp, CostCounted
from services.llm.provider import Account, Answered, Meter, TextDelta
from tests.support import claude_double as claude_acts
from tests.support import llama_double as llama_acts
from tests.support.models_room import ACCOUNT, KEY, Room, a_room, ask
from tests.support.talks import request
from tests.support.turned_clock import NOON


async def test_an_answer_comes_with_its_cost_and_is_written_down_before_it_is_told(
    room: Room,
) -> None:
    usage = claude_acts.started(input_tokens=1_000, cache_read_input_tokens=4_000)
    room.claude.acts = [
        claude_acts.stream(
            usage, *claude_acts.text_block(0, "Well."), *claude_acts.ended("end_turn")
        )
    ]
    meter = Meter()

    async for event in room.models.claude.stream(request(account=ACCOUNT), meter):
        if isinstance(event, Answered):
            answered = event
            (row,) = await room.rows()

    assert answered.cost_usd == price("claude-haiku-5-5", answered.usage, NOON) == row.cost_usd
    assert meter.cost_usd == answered.cost_usd
    assert row.always_claude_usd == row.cost_usd
    assert (row.provider, row.model, row.outcome) == ("claude", "claude-haiku-5-5", "done")
    assert (row.conversation, row.message, row.user) == ("c1", "m1", "owner")
    assert (row.session, row.actor, row.because) == ("key", "person/owner", "needs tools")
    assert (row.input_tokens, row.cache_read_tokens, row.cache_write_tokens) == (1_000, 4_000, 40)
    assert not row.is_estimated
    counted = (await room.heard(CostCounted))[-1]
    assert isinstance(counted, CostCounted)
    assert counted.today_usd == row.cost_usd == room.models.costs.today_usd


async def test_a_stopped_answer_is_counted_by_estimate(room: Room) -> None:
    words = claude_acts.text_block(0, "Well " * 54)
    room.claude.acts = [claude_acts.stream(claude_acts.started(), *words, hold=True)]
    meter = Meter()

    async with aclosing(room.models.claude.stream(request(account=ACCOUNT), meter)) as events:
        async for event in events:
            assert isinstance(event, TextDelta)
            break

    assert meter.cost_usd is not None
    assert meter.cost_usd > 0
    assert meter.usage.estimated
    await room.models.costs.stop()
    (row,) = await room.rows()
    assert row.outcome == "stopped"
    assert row.is_estimated
    assert row.output_tokens == 100
    assert row.cost_usd == meter.cost_usd == room.models.costs.today_usd
    assert room.models.costs.states[0].reserved_usd == 0


async def test_a_cancelled_task_leaves_its_row(room: Room) -> None:
    words = claude_acts.text_block(0, "Well")
    room.claude.acts = [claude_acts.stream(claude_acts.started(), *words, hold=True)]
    begun = asyncio.Event()

    async def listen() -> None:
        async with aclosing(room.models.claude.stream(request())) as events:
            async for _ in events:
                begun.set()

    task = asyncio.create_task(listen())
    await asyncio.wait_for(begun.wait(), 30)
    task.cancel()
    await asyncio.wait([task])

    await room.models.costs.stop()
    (row,) = await room.rows()
    assert row.outcome == "stopped"
    assert room.models.costs.states[0].reserved_usd == 0


async def test_a_failure_is_counted_for_what_it_used(room: Room) -> None:
    room.claude.acts = [
        claude_acts.refusal(529, "overloaded_error"),
        claude_acts.stream(claude_acts.started(), *claude_acts.text_block(0, "Half of")),
        claude_acts.refusal(400, "invalid_request_error"),
    ]

    for kind in (ProviderOverloaded, AnswerCut, ProviderError):
        with pytest.raises(kind):
            await ask(room.models.claude)

    await room.models.costs.stop()
    before, within, refused = await room.rows()
    assert (before.outcome, before.cost_usd, before.input_tokens) == ("failed", 0, 0)
    assert before.ended_because == "Claude is overloaded (529)"
    assert within.outcome == "failed"
    assert within.is_estimated
    assert within.cost_usd > 0
    assert (refused.outcome, refused.cost_usd) == ("failed", 0)


async def test_a_refusal_of_the_model_is_told_apart(room: Room) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": None}
    room.claude.acts = [
        claude_acts.stream(
            claude_acts.started(), *claude_acts.ended("refusal", stop_details=details)
        )
    ]

    await ask(room.models.claude)

    (row,) = await room.rows()
    assert (row.outcome, row.ended_because) == (
        "refused",
        "Claude declined to answer (category cyber)",
    )


async def test_whoever_failed_or_was_stopped_has_spared_nothing(room: Room) -> None:
    asked = room.llama.acts["/v1/chat/completions"]
    room.llama.acts["/v1/chat/completions"] = llama_acts.told({"error": {"message": "no"}}, 500)
    with pytest.raises(ProviderError):
        await ask(room.models.local)
    room.llama.acts["/v1/chat/completions"] = asked
    async with aclosing(room.models.local.stream(request(account=ACCOUNT))) as events:
        async for _ in events:
            break
    await ask(room.models.claude)
    await room.models.costs.stop()

    report = await room.models.costs.report()

    rows = await room.rows()
    assert [row.outcome for row in rows] == ["failed", "stopped", "done"]
    assert [row.always_claude_usd for row in rows[:2]] == [0, 0]
    assert (report.saving.requests, report.saving.saved_usd) == (0, 0)
    assert report.saving.always_claude_usd == report.saving.spent_usd > 0


async def test_the_local_model_costs_nothing_and_spares_something(room: Room) -> None:
    answered = await ask(room.models.local)
    await room.models.costs.record_direct(
        question="x" * 270, answer="y" * 27, total_ms=3.0, account=ACCOUNT
    )

    local, direct = await room.rows()
    assert answered.cost_usd == local.cost_usd == direct.cost_usd == 0
    assert local.always_claude_usd == Decimal("0.1") * 19 / 10**6 + Decimal("0.5") * 6 / 10**6
    assert direct.always_claude_usd == Decimal("0.1") * 100 / 10**6 + Decimal("0.5") * 10 / 10**6
    assert (direct.provider, direct.model, direct.is_estimated) == ("direct", "rules", True)
    report = await room.models.costs.report()
    assert report.saving.requests == 2
    assert report.saving.saved_usd == local.always_claude_usd + direct.always_claude_usd
    assert report.saving.always_claude_usd == report.saving.saved_usd
    assert await room.heard(CostCounted) == []


async def test_a_spent_budget_refuses_claude_and_not_the_local_model(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        models = room.models = room.make(budget_day_usd=Decimal("0.0001"))
        await models.costs.start()
        dear = claude_acts.started(input_tokens=50_000)
        room.claude.acts = [
            claude_acts.stream(
                dear, *claude_acts.text_block(0, "Well."), *claude_acts.ended("end_turn")
            )
        ]
        await ask(models.claude)

        with pytest.raises(BudgetSpent):
            await ask(models.claude)

        assert len(room.claude.requests) == 1
        assert len(await room.rows()) == 1, "what was not sent is not written down"
        assert len(await room.heard(BudgetUsedUp)) == 1
        assert any(state.is_spent for state in models.costs.states)
        assert models.availability.claude, "the budget is the router's own question"
        await ask(models.local)
        room.clock.turn(86_400)
        await ask(models.claude)


async def test_a_restart_remembers_what_was_spent(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        await room.models.costs.start()
        await ask(room.models.claude)
        spent = room.models.costs.today_usd
        assert spent > 0

        again = room.make()
        await again.costs.start()

        assert again.costs.today_usd == spent
        assert again.costs.states[1].spent_usd == spent
        await again.stop("the test ends")


async def test_many_at_once_do_not_overshoot_by_more_than_one_answer(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        budget = Decimal("0.005")
        models = room.models = room.make(budget_day_usd=budget)
        await models.costs.start()
        usage = claude_acts.started(input_tokens=400, cache_read_input_tokens=0)
        room.claude.acts = [
            claude_acts.stream(
                usage,
                *claude_acts.text_block(0, "Well."),
                *claude_acts.ended("end_turn", output_tokens=3_000),
            )
        ]
        asked = request("x" * 800, max_output_tokens=2_048)

        outcomes = await asyncio.gather(
            *(ask(models.claude, asked) for _ in range(40)), return_exceptions=True
        )

        refused = [one for one in outcomes if isinstance(one, BudgetSpent)]
        answered = [one for one in outcomes if isinstance(one, Answered)]
        assert len(refused) + len(answered) == 40
        assert refused
        assert answered
        dearest = max(one.cost_usd or Decimal(0) for one in answered)
        assert models.costs.today_usd <= budget + dearest


async def test_the_costs_can_be_taken_away_as_csv(room: Room) -> None:
    await ask(room.models.claude, request(account=Account(because='=HYPERLINK("x")')))
    await ask(room.models.local)

    day = timedelta(days=1)
    pages = [page async for page in room.models.costs.export(since=NOON - day, until=NOON + day)]

    head, first, second, rest = "".join(pages).split("\r\n")
    assert head.startswith("id,at,provider,model,outcome,input_tokens")
    assert first.startswith("1,2026-11-20T12:00:00.000Z,claude,claude-haiku-5-5,done,120,900,40,12")
    assert "'=HYPERLINK" in first, "a spreadsheet would run it"
    assert "0.000032" in first
    assert second.startswith("2,2026-11-20T12:00:00.000Z,local,")
    assert rest == ""


async def test_a_disk_that_fails_delays_the_rows_and_loses_none(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = room.database.run

    async def fails(*_: Any, **__: Any) -> None:
        raise OSError("disk is full")

    monkeypatch.setattr(room.database, "run", fails)
    await ask(room.models.claude)
    assert room.models.costs.today_usd > 0
    monkeypatch.setattr(room.database, "run", whole)

    await ask(room.models.claude)

    assert len(await room.rows()) == 2


async def test_the_key_is_in_no_log_event_or_row(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.claude.acts = [
        claude_acts.refusal(401, "authentication_error", f"invalid key {KEY[:12]}"),
        claude_acts.cut,
    ]
    for _ in range(2):
        with pytest.raises(ProviderError):
            await ask(room.models.claude)
        room.clock.turn(60)
    await room.models.look()
    await room.models.costs.stop()

    await room.bus.drained()
    logged = "".join(capsys.readouterr())
    assert "provider rests" in logged
    told = f"{logged}{room.told!r}{await room.rows()!r}{room.models.statuses!r}"
    assert KEY not in told
