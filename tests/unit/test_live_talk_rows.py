"""What every page shows of the talk: who can answer, what Jarvis does, and what today has cost."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from components.live.talk_rows import SILENCE, talk_meta, view_of
from components.live.view import draw_view
from db import Database
from services.events import Bus
from services.llm.claude.config import ClaudeConfig
from services.llm.models.config import ModelsConfig
from services.llm.models.models import Models
from services.llm.turn_events import Doing
from services.tasks import Tasks
from tests.support.clusters import make_snapshot, make_tiers
from tests.support.turned_clock import TurnedClock

KEY = "sk-ant-known-only-to-this-test-7720"


@dataclass
class Doer:
    """As much of a talk as every page shows."""

    doing: Doing | None = None


@pytest.fixture
async def models(tmp_path: Path) -> AsyncIterator[Models]:
    """Claude with a key, never dialled; no local model."""
    database = Database(tmp_path, slow_query_ms=10_000)
    database.open()
    tasks = Tasks()
    yield Models(
        ModelsConfig(
            claude=ClaudeConfig(api_key=SecretStr(KEY), loopback_only=True),
            budget_day_usd=Decimal("0.50"),
            budget_month_usd=Decimal(20),
        ),
        database=database,
        bus=Bus(tasks),
        clock=TurnedClock(),
        chance=lambda: 0.5,
    )
    await tasks.stop(because="the test is over")
    database.close()


def meta_of(models: Models, doing: Doing | None = None, *, scripted: bool = False) -> Any:
    return talk_meta(view_of(cast(Any, Doer(doing)), models, scripted=scripted))


async def test_providers_stand_there_with_why_not_and_what_to_do(models: Models) -> None:
    claude, local = meta_of(models)["providers"]

    assert (claude["name"], claude["model"]) == ("claude", "claude-haiku-5-5")
    assert (local["name"], local["state"]) == ("local", "off")
    assert "LLAMA_SERVER_URL" in f"{local['because']} {local['remedy']}"


async def test_no_key_reaches_a_page(models: Models) -> None:
    assert KEY not in json.dumps(meta_of(models))


@pytest.mark.parametrize("doing", [None, *Doing])
async def test_what_jarvis_does_is_told(models: Models, doing: Doing | None) -> None:
    assert meta_of(models, doing)["doing"] == (doing and doing.value)


async def test_what_today_cost_is_told_to_the_hundredth_of_a_cent(models: Models) -> None:
    models.costs.budget.spend(Decimal("0.12345678"))

    meta = meta_of(models)

    assert (meta["today"], meta["limit"], meta["spent"]) == (0.1235, 0.5, False)


async def test_a_budget_that_is_used_up_is_told_whether_of_the_day_or_the_month(
    models: Models,
) -> None:
    models.costs.budget.restore(day_spent_usd=Decimal(0), month_spent_usd=Decimal(20))
    assert meta_of(models)["spent"] is True
    models.costs.budget.restore(day_spent_usd=Decimal("0.5"), month_spent_usd=Decimal("0.5"))
    assert meta_of(models)["spent"] is True


async def test_a_script_says_that_it_is_one(models: Models) -> None:
    assert meta_of(models, scripted=True)["scripted"] is True


def test_silence_is_a_panel_too() -> None:
    panel = draw_view(make_snapshot(), make_tiers(), talk=SILENCE).panels["talk"]

    assert panel.meta == {
        "state": "ok",
        "doing": None,
        "today": 0.0,
        "limit": 0.0,
        "spent": False,
        "scripted": False,
        "providers": [],
    }
    assert panel.rows == {}
