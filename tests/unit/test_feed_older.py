"""How a page's feed reads on where its store ends."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from components.feed import PAGE_ROWS, answer_older

AT = datetime(2026, 11, 20, 14, 7, 1, 250_000, tzinfo=UTC)
Handler = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the journal."""

    id: int
    at: datetime = AT
    severity: str = "warning"
    node: str | None = "pve"
    subject: str = "guest/104"
    kind: str = "GuestPaused"
    text: str = "media (104) is paused on pve"
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


class Page:
    """A page that keeps what it was told and can act."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self.handlers: dict[str, Handler] = {}

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        self.told.append((topic, payload))

    def on_action(self, name: str, handler: Handler) -> None:
        self.handlers[name] = handler


class Journal:
    """Rows below a number, newest first; keeps the questions."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, **asked: Any) -> list[Row]:
        self.asked.append(asked)
        first = min(self.newest, asked["before_id"] - 1)
        return [Row(id=number) for number in range(first, max(0, first - asked["limit"]), -1)]


async def test_older_rows_come_with_word_whether_there_are_more() -> None:
    page, journal = Page(), Journal(newest=PAGE_ROWS + 20)
    answer_older(page, journal)

    await page.handlers["older"]({"before_id": PAGE_ROWS + 10})
    await page.handlers["older"]({"before_id": 10})

    (_, first), (_, last) = page.told
    assert first["before_id"] == PAGE_ROWS + 10
    assert [row["id"] for row in first["rows"]] == list(range(PAGE_ROWS + 9, 9, -1))
    assert first["more"] is True
    assert [row["id"] for row in last["rows"]] == list(range(9, 0, -1))
    assert last["more"] is False
    assert first["rows"][0]["at"] == round(AT.timestamp(), 1)


async def test_the_filters_go_to_the_journal() -> None:
    page, journal = Page(), Journal(newest=3)
    answer_older(page, journal)

    await page.handlers["older"](
        {"before_id": 3, "severities": ["alarm", "warning"], "node": "pve"}
    )

    assert journal.asked[0]["severities"] == ["alarm", "warning"]
    assert journal.asked[0]["nodes"] == ["pve"]


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"before_id": "x"}, id="a word for a number"),
        pytest.param({"before_id": -1}, id="a number below every row"),
        pytest.param({"before_id": 3, "severities": ["loud"]}, id="a severity that is not"),
        pytest.param({"before_id": 3, "node": "a" * 65}, id="a name too long"),
    ],
)
async def test_an_unreadable_question_asks_nothing(args: Mapping[str, Any]) -> None:
    page, journal = Page(), Journal(newest=3)
    answer_older(page, journal)

    await page.handlers["older"](args)

    assert journal.asked == []
    assert page.told == []


async def test_a_failing_journal_is_told_and_can_be_asked_again() -> None:
    page, journal = Page(), Journal(newest=3)
    failing = True

    async def find(**asked: Any) -> list[Row]:
        if failing:
            raise OSError("disk I/O error")
        return await journal(**asked)

    answer_older(page, find)

    await page.handlers["older"]({"before_id": 3})
    failing = False
    await page.handlers["older"]({"before_id": 3})

    (_, failed), (_, well) = page.told
    assert "could not be read" in failed["because"]
    assert "disk I/O" not in failed["because"]
    assert "rows" not in failed
    assert [row["id"] for row in well["rows"]] == [2, 1]
