"""Decisions are stored with what was weighed; a person says what they should have been."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

import db.maintenance
from db import Database
from db.maintenance import delete_expired_rows
from db.queries.costs import record_model_request
from db.queries.routes import (
    find_misroutes,
    find_route_of,
    record_feedback,
    record_route,
    sum_routes,
)
from db.rows_talk import NewModelRequest
from services.llm.routing import Budget, Conversation, route
from services.llm.routing.availability import Availability
from services.llm.routing.record import to_row
from services.llm.routing.report import fetch_report
from tests.support.routing_messages import demo_inventory
from tests.support.turned_clock import TurnedClock

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=400)
INVENTORY = demo_inventory()


def store(database: Database, text: str, *, message: str, at: datetime = AT) -> int:
    decided = route(
        text, Conversation(), INVENTORY, Availability(claude=True, local=True), Budget()
    )
    row = to_row(decided, at=at, took_ms=0.2, redacted=text, conversation="c1", message=message)
    return database.run_blocking(record_route, row)


def spend(database: Database, message: str, provider: str, usd: str, claude_usd: str) -> None:
    database.run_blocking(
        record_model_request,
        NewModelRequest(
            at=AT,
            provider=provider,
            model="m",
            cost_usd=Decimal(usd),
            always_claude_usd=Decimal(claude_usd),
            message=message,
        ),
    )


def test_a_decision_is_found_again_whole(database: Database) -> None:
    store(database, "is media up?", message="m1")

    row = database.run_blocking(find_route_of, "m1")
    assert row is not None
    assert (row.provider, row.needs_tools, row.step) == ("claude", True, "tools")
    assert row.at == AT
    assert "name.common" in row.features_json
    assert "media" in row.because
    assert not row.should_have_been
    assert database.run_blocking(find_route_of, "m2") is None


def test_only_the_beginning_of_a_message_is_kept(database: Database) -> None:
    store(database, "what is zfs? " + "x" * 5_000, message="m1")

    row = database.run_blocking(find_route_of, "m1")
    assert row is not None
    assert len(row.excerpt) == 200
    assert row.excerpt.endswith("…")


def test_feedback_makes_a_misroute_and_can_be_taken_back(database: Database) -> None:
    number = store(database, "what is zfs", message="m1")
    store(database, "is media up", message="m2")

    told = database.run_blocking(record_feedback, number, "tools", at=AT, by="owner")
    assert told
    (wrong,) = database.run_blocking(find_misroutes, since=LONG_AGO, limit=10)
    assert (wrong.id, wrong.should_have_been, wrong.told_by) == (number, "tools", "owner")

    database.run_blocking(record_feedback, number, "", at=AT, by="owner")
    assert database.run_blocking(find_misroutes, since=LONG_AGO, limit=10) == []


def test_feedback_about_nothing_says_so(database: Database) -> None:
    assert not database.run_blocking(record_feedback, 99, "tools", at=AT, by="owner")


def test_feedback_is_one_of_a_closed_list(database: Database) -> None:
    number = store(database, "what is zfs", message="m1")

    with pytest.raises(Exception, match="CHECK"):
        database.run_blocking(record_feedback, number, "whatever", at=AT, by="owner")


def test_sums_join_the_costs_of_each_message_once(database: Database) -> None:
    store(database, "is media up", message="m1")
    store(database, "is git up", message="m2")
    store(database, "what is zfs", message="m3")
    spend(database, "m1", "claude", "0.002", "0.002")
    spend(database, "m1", "claude", "0.001", "0.001")
    spend(database, "m3", "local", "0", "0.004")

    sums = {one.step: one for one in database.run_blocking(sum_routes, since=LONG_AGO)}
    assert (sums["tools"].routes, sums["tools"].requests) == (2, 2)
    assert sums["tools"].cost_usd == Decimal("0.003")
    assert sums["knowledge"].always_claude_usd == Decimal("0.004")
    assert sums["knowledge"].cost_usd == 0


def test_the_report_tells_misroutes_and_what_it_would_have_cost(database: Database) -> None:
    wrong = store(database, "what is zfs", message="m3")
    store(database, "is media up", message="m1")
    spend(database, "m1", "claude", "0.003", "0.003")
    spend(database, "m3", "local", "0", "0.004")
    database.run_blocking(record_feedback, wrong, "tools", at=AT, by="owner")

    clock = TurnedClock(AT + timedelta(days=1))
    text = fetch_report(database, clock=clock).as_text()
    assert "2 messages, 1 of them called wrong (50.0 %)" in text
    assert "$0.0030" in text
    assert "$0.0070" in text
    assert "should have been tools, said owner" in text
    assert "what is zfs" in text


def test_a_report_of_nothing_says_so(database: Database) -> None:
    assert "No message was routed" in fetch_report(database, clock=TurnedClock(AT)).as_text()


async def test_decisions_go_when_events_of_their_age_do(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.maintenance, "BATCH", 3)
    for number in range(5):
        store(database, "hello", message=f"m{number}", at=LONG_AGO)
    store(database, "hello", message="new")

    gone = await delete_expired_rows(database, events_before=AT, snapshots_before=AT)

    assert gone.routes == 5
    assert database.run_blocking(find_route_of, "m4") is None
    assert database.run_blocking(find_route_of, "new") is not None
