"""The audit's page: whatever stands in an entry is text, on the page and in a spreadsheet."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.queries.audit import record_audit
from db.rows import NewAudit
from pages.audit import PAGE_ROWS, parse_search
from tests.support.gate_house import MODEL, OWNER
from tests.support.paper_house import PaperHouse

EMPTY = dict.fromkeys(("actor", "action", "target", "outcome", "since", "until", "text"), "")
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'&amp;{{7*7}}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaperHouse]:
    opened = await PaperHouse(tmp_path).open()
    yield opened
    await opened.shut()


async def write(house: PaperHouse, **fields: Any) -> int:
    """An entry with whatever in it."""
    entry = NewAudit(
        **{
            "at": house.clock.now(),
            "actor": "person/owner",
            "action": "stop_guest",
            "outcome": "done",
            **fields,
        }
    )
    return (await house.database.run(record_audit, entry)).id


def rows_of(page: httpx.Response) -> list[str]:
    """The rows of the table, newest first, each as its text."""
    found = re.findall(r"<tr><td.*?</tr>", page.text, flags=re.S)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


async def test_entries_stand_there_newest_first_with_their_detail(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.ask("stop_guest", MODEL, guest=103, reason="make room")

    first, *others = rows_of(await owner.get("/audit"))

    assert "model/claude stop_guest guest/103 refused" in first
    assert '"reason": "make room"' in first
    assert "sign-in" in others[0]


async def test_a_hostile_entry_is_text(house: PaperHouse, owner: httpx.AsyncClient) -> None:
    detail = json.dumps({HOSTILE: [HOSTILE, {"deep": HOSTILE}]})
    await write(
        house,
        actor=f"model/{HOSTILE}",
        action=HOSTILE,
        target=HOSTILE,
        outcome=HOSTILE[:30],
        because=HOSTILE,
        detail_json=detail,
    )

    page = await owner.get("/audit")

    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert rows_of(page)[0].count("<script>alert(1)</script>") >= 6
    assert page.text.count("<script") == 1


async def test_hostile_filters_come_back_as_text(owner: httpx.AsyncClient) -> None:
    page = await owner.get(
        "/audit", params=dict.fromkeys(EMPTY, HOSTILE) | {"since": "", "until": ""}
    )

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "No entry fits." in page.text


async def test_the_links_to_files_carry_the_filters(owner: httpx.AsyncClient) -> None:
    page = await owner.get("/audit", params={"target": "guest/104&outcome=x", "text": "a b"})

    links = re.findall(r'href="(/audit\.csv[^"]*)"', page.text)
    assert [unescape(link) for link in links] == [
        "/audit.csv?target=guest%2F104%26outcome%3Dx&text=a+b"
    ]


@pytest.mark.parametrize(
    "filters",
    [
        {"actor": "model/"},
        {"actor": "model/claude"},
        {"action": " stop_guest "},
        {"target": "guest/103"},
        {"outcome": "refused"},
        {"text": "MAKE ROOM"},
        {"since": "2026-11-20", "until": "2026-11-20", "action": "stop_guest"},
    ],
    ids=str,
)
async def test_an_entry_is_found_by(
    house: PaperHouse, owner: httpx.AsyncClient, filters: dict[str, str]
) -> None:
    await house.ask("stop_guest", MODEL, guest=103, reason="make room")
    await house.ask("start_guest", OWNER, guest=112)

    found = rows_of(await owner.get("/audit", params=filters))

    assert len(found) == 1
    assert "guest/103" in found[0]


async def test_pages_follow_one_another_and_end(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    for n in range(PAGE_ROWS + 5):
        await write(house, action="note", target=f"n/{n}")

    first = await owner.get("/audit?action=note")
    older = re.search(r'href="(/audit\?[^"]*before=[^"]*)">Older entries', first.text)
    assert older is not None
    second = await owner.get(unescape(older[1]))

    assert (len(rows_of(first)), len(rows_of(second))) == (PAGE_ROWS, 5)
    assert "n/104" in rows_of(first)[0]
    assert "n/0" in rows_of(second)[-1]
    assert "Older entries" not in second.text


@pytest.mark.parametrize("before", ["-1", "0", "abc", "1" * 40, "١٢", "1; DROP TABLE audit"])
async def test_a_place_that_is_none_is_passed_over(owner: httpx.AsyncClient, before: str) -> None:
    page = await owner.get("/audit", params={"before": before})

    assert page.status_code == 200


async def test_the_chain_is_verified_and_a_changed_entry_named(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    number = await write(house)
    assert "the audit is whole" in (await owner.get("/audit?verify=1")).text
    await house.database.run(_spoil, number)

    page = await owner.get("/audit?verify=1")

    assert f"Entry {number} does not fit the one before it." in page.text


def _spoil(entities: Any, number: int) -> None:
    for trigger in ("audit_is_not_changed", "audit_is_not_deleted"):
        entities.db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    entities.db.execute(
        "UPDATE audit SET because = 'nothing' WHERE id = $number", {}, {"number": number}
    )


async def test_a_spreadsheet_computes_nothing_of_it(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.test")']
    for formula in formulas:
        await write(house, action="note", target=formula, because=formula)

    page = await owner.get("/audit.csv?action=note")

    assert page.headers["content-type"] == "text/csv; charset=utf-8"
    assert page.headers["content-disposition"] == 'attachment; filename="jarvis-audit.csv"'
    rows = list(csv.DictReader(io.StringIO(page.text, newline="")))
    assert [row["because"] for row in rows] == [f"'{formula}" for formula in formulas]
    assert [row["target"] for row in rows] == [f"'{formula}" for formula in formulas]


async def test_json_holds_what_the_filters_leave(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await write(house, action="note", because=HOSTILE, detail_json=json.dumps({"a": [1, None]}))

    page = await owner.get("/audit.json?action=note")

    (row,) = page.json()
    assert (row["because"], row["detail"]) == (HOSTILE, {"a": [1, None]})
    assert page.headers["content-disposition"] == 'attachment; filename="jarvis-audit.json"'
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/audit", "/audit.csv", "/audit.json"])
async def test_a_day_that_is_none_is_told(owner: httpx.AsyncClient, path: str) -> None:
    page = await owner.get(path, params={"until": "tomorrow"})

    assert page.status_code == (200 if path == "/audit" else 400)
    assert "Until is no date; write it as 2026-11-27." in page.text


@pytest.mark.parametrize("path", ["/audit", "/audit.csv", "/audit.json"])
async def test_a_stranger_is_sent_to_the_door(house: PaperHouse, path: str) -> None:
    async with await house.enter(), house.browser() as stranger:
        page = await stranger.get(path)

    assert (page.status_code, page.headers["location"]) == (303, "/login")


def test_an_empty_form_asks_for_everything() -> None:
    search, fault = parse_search(EMPTY)

    assert fault == ""
    assert all(getattr(search, name) is None for name in EMPTY)


def test_days_are_whole_and_in_utc() -> None:
    search, fault = parse_search({**EMPTY, "since": " 2026-11-19", "until": "2026-11-20 "})

    assert fault == ""
    assert search.since == datetime(2026, 11, 19, tzinfo=UTC)
    assert search.until == datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "9999-12-31x", "1", "²⁰²⁶-11-20"])
def test_what_is_no_day_asks_for_nothing(day: str) -> None:
    for name in ("since", "until"):
        search, fault = parse_search({**EMPTY, name: day, "actor": "model/"})
        assert name.capitalize() in fault
        assert search.actor is None


def test_a_day_beyond_all_days_is_no_crash() -> None:
    _, fault = parse_search({**EMPTY, "until": "9999-12-31"})

    assert "Until" in fault
