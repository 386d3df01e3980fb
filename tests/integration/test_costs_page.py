"""The page of costs: exact, honest about what it guesses, and nobody else's conversations."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

import httpx
import pytest

from pages.costs import BEGINNING, END, parse_span
from services.llm.models.config import ModelsConfig
from tests.support.paper_house import PaperHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaperHouse]:
    config = ModelsConfig(budget_day_usd=Decimal("0.50"), budget_month_usd=Decimal(20))
    opened = await PaperHouse(tmp_path, models=config).open()
    yield opened
    await opened.shut()


def words(page: httpx.Response) -> str:
    """What stands on the page, without its markup, with plain spaces."""
    body = re.sub(r"<(style|script).*?</\1>", "", page.text, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


async def test_a_month_in_which_nothing_was_asked_says_so(owner: httpx.AsyncClient) -> None:
    told = words(await owner.get("/costs"))

    assert "$0.00 of $0.50" in told
    assert "$0.00 of $20.00" in told
    assert "No model was asked in the last 24 hours." in told
    assert "No model was asked this month." in told
    assert "No conversation this month." in told
    assert "nothing was saved" in told
    assert "≈" not in told


async def test_costs_are_told_to_the_hundredth_of_a_cent(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    cost = Decimal("0.0041235")
    await house.spend(
        input_tokens=468,
        cache_read_tokens=2_716,
        output_tokens=148,
        cost_usd=cost,
        always_claude_usd=cost,
    )
    await house.spend(model="claude-opus-5-5", cost_usd=Decimal("0.42"), outcome="failed")
    await house.models.costs.start()

    told = words(await owner.get("/costs"))

    assert "$0.4241 of $0.50" in told
    assert "2 requests, 1 failed" in told
    assert "four fifths are spent" in told
    assert "Claude claude-haiku-5-5 1 3 184 2 716 148 $0.0041" in told
    assert "Claude claude-opus-5-5 1, 1 failed 0 0 0 $0.4200" in told
    assert "≈" not in told.replace("≈ spared", "")


async def test_less_than_a_hundredth_of_a_cent_is_not_nothing(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.spend(cost_usd=Decimal("0.0000203"))
    await house.models.costs.start()

    assert "Today under $0.0001 of $0.50" in words(await owner.get("/costs"))


async def test_a_guess_is_marked_wherever_it_is_added_up(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.spend(cost_usd=Decimal("0.001"), is_estimated=True, conversation="c1")
    await house.models.costs.start()

    told = words(await owner.get("/costs"))

    assert "≈ $0.0010 of $0.50" in told
    assert told.count("≈ $0.0010 ") >= 4


async def test_what_costs_nothing_is_no_guess_however_its_tokens_were_counted(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.spend(cost_usd=Decimal("0.002"))
    await house.spend(provider="direct", model="rules", is_estimated=True, output_tokens=194)
    await house.models.costs.start()

    told = words(await owner.get("/costs"))

    assert "Today $0.0020 of $0.50" in told
    assert "No model rules 1 ≈ 0 0 ≈ 194 $0.000" in told


async def test_a_budget_that_is_used_up_says_until_when(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.spend(cost_usd=Decimal("0.6"))
    await house.models.costs.start()

    page = await owner.get("/costs")

    assert "used up: Claude is not asked until midnight UTC" in words(page)
    assert '<rect class="alert" width="100.00"' in page.text


async def test_what_is_set_aside_is_told(house: PaperHouse, owner: httpx.AsyncClient) -> None:
    reserved = house.models.costs.budget.reserve(Decimal("0.03"))

    told = words(await owner.get("/costs"))

    assert "up to $0.03 set aside for what is being answered" in told
    reserved.settle(Decimal(0))
    assert "set aside" not in words(await owner.get("/costs"))


async def test_the_saving_is_an_estimate_and_says_what_it_takes_for_granted(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.spend(cost_usd=Decimal("0.10"), always_claude_usd=Decimal("0.10"))
    await house.spend(provider="local", model="qwen", always_claude_usd=Decimal("0.02"))
    await house.spend(provider="direct", model="rules", always_claude_usd=Decimal("0.003"))

    told = words(await owner.get("/costs"))

    assert "≈ $0.0230 against always asking Claude" in told
    assert "would have cost ≈ $0.1230 instead of $0.10" in told
    assert "2 requests were answered by the local model or by rules" in told
    assert "none of them from its cache" in told
    assert "everyday model (claude-haiku-5-5)" in told


async def test_the_last_day_is_drawn_hour_by_hour_without_a_script(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    for hours, cost in ((25, "9"), (3, "0.2"), (1, "0.1")):
        at = house.clock.now() - timedelta(hours=hours)
        await house.spend(at=at, cost_usd=Decimal(cost), always_claude_usd=Decimal(cost))
    await house.spend(provider="local", model="qwen")

    page = await owner.get("/costs")

    chart = page.text[page.text.index('<div class="hours">') :].partition("</svg>")[0]
    bars = re.findall(r'<rect class="arc" x="([\d.]+)" y="([\d.]+)" .*?height="([\d.]+)"', chart)
    assert [(float(y), float(height)) for _, y, height in bars] == [(0.0, 100.0), (50.0, 50.0)]
    assert chart.count("<g>") == 24
    assert "09:00 UTC: 1\u00a0request, $0.20" in chart
    assert "12:00 UTC: 1\u00a0request, $0.00" in chart
    assert "$0.30 in all" in chart
    assert "$9" not in chart
    assert page.text.count("<script") == 1, "only the one that tells local times"


async def test_conversations_have_their_titles_and_only_those_of_the_reader(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await house.converse("c1", "How full is local-zfs?")
    await house.kept.rename("c1", "owner", "<b>Disks</b> & more")
    await house.converse("c2", "What is my wife given for Christmas?", user="alex")
    for conversation in ("c1", "c2", "gone"):
        await house.spend(conversation=conversation, cost_usd=Decimal("0.01"))

    page = await owner.get("/costs")

    assert '<a href="/#talk/c1">&lt;b&gt;Disks&lt;/b&gt; &amp; more</a>' in page.text
    assert "Christmas" not in page.text
    assert words(page).count("deleted, or another person’s") == 2


async def test_names_of_models_are_text(house: PaperHouse, owner: httpx.AsyncClient) -> None:
    await house.spend(model='"><script>alert(1)</script>')

    page = await owner.get("/costs")

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_the_file_holds_the_days_that_were_asked_for(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    for day in (18, 19, 20):
        at = datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC)
        await house.spend(at=at, cost_usd=Decimal("0.0000203"), because=f"=day{day}")

    whole = await owner.get("/costs.csv")
    one = await owner.get("/costs.csv?since=2026-11-19&until=2026-11-19")
    head = await owner.get("/costs.csv?since=2027-01-01")

    assert whole.headers["content-disposition"] == 'attachment; filename="jarvis-costs.csv"'
    assert whole.headers["cache-control"] == "no-store"
    assert "content-length" not in whole.headers, "it is streamed"
    rows = list(csv.DictReader(io.StringIO(whole.text)))
    assert [row["because"] for row in rows] == ["'=day18", "'=day19", "'=day20"]
    assert rows[0]["cost_usd"] == "0.0000203"
    assert rows[0]["first_token_ms"] == ""
    assert [row["because"] for row in csv.DictReader(io.StringIO(one.text))] == ["'=day19"]
    assert head.text.count("\r\n") == 1


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("yesterday", "", "From is no day"),
        ("2026-02-30", "", "From is no day"),
        ("", "20261127", "To is no day"),
        ("", "9999-12-31", ""),
        ("0001-01-01", "", ""),
        ("2026-11-20", "2026-11-19", "exchange them"),
        ("2026-11-20T00:00", "", "From is no day"),
    ],
)
async def test_a_day_that_is_none_is_told(
    owner: httpx.AsyncClient, since: str, until: str, says: str
) -> None:
    page = await owner.get("/costs.csv", params={"since": since, "until": until})

    assert page.status_code == (400 if says else 200)
    if says:
        assert says in words(page)
        assert f'value="{since}"' in page.text


def test_days_are_whole_and_in_utc() -> None:
    assert parse_span({"since": "", "until": ""}) == (BEGINNING, END)
    assert parse_span({"since": "2026-11-19", "until": "2026-11-20"}) == (
        datetime(2026, 11, 19, tzinfo=UTC),
        datetime(2026, 11, 21, tzinfo=UTC),
    )


@pytest.mark.parametrize("path", ["/costs", "/costs.csv"])
async def test_a_stranger_is_sent_to_the_door(house: PaperHouse, path: str) -> None:
    async with await house.enter(), house.browser() as stranger:
        page = await stranger.get(path)

    assert (page.status_code, page.headers["location"]) == (303, "/login")


async def test_the_page_runs_no_script_but_its_own(owner: httpx.AsyncClient) -> None:
    page = await owner.get("/costs")

    policy = page.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f'<script nonce="{nonce[1]}">' in page.text
    assert " style=" not in page.text, "the policy would not let it be"
