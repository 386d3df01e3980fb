"""The settings of the models: a wrong one is told by its name, a key never."""

from decimal import Decimal
from pathlib import Path

import pytest

from settings import Settings, SettingsError, load_settings

KEY = "sk-ant-known-only-to-this-test-0451"


@pytest.fixture(autouse=True)
def bare_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def problem(monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    for name, value in given.items():
        monkeypatch.setenv(name.upper(), value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = caught.value.problems
    return line


def test_without_any_nobody_is_asked_and_little_may_be_spent() -> None:
    settings = load_settings()

    assert settings.anthropic_api_key is None
    assert settings.llama_server_url is None
    assert (settings.budget_day_usd, settings.budget_month_usd) == (Decimal(2), Decimal(20))
    assert settings.budget_tell_usd == Decimal("0.10")


def test_money_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUDGET_DAY_USD", "0.10")

    assert load_settings().budget_day_usd == Decimal("0.1")


@pytest.mark.parametrize("url", ["https://api.example/", "http://127.0.0.1:9940", "http://[::1]:1"])
def test_an_address_is_kept_without_its_last_slash(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)

    assert load_settings().anthropic_base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"anthropic_base_url": "http://192.0.2.5"}, "https://"),
        ({"anthropic_base_url": "api.anthropic.com"}, "no address"),
        ({"llama_server_url": "ftp://192.0.2.5"}, "no address"),
        ({"llama_server_url": "http://host:port"}, "no address"),
        ({"llama_server_url": "http://me:hunter2@192.0.2.5"}, "more than host"),
        ({"claude_model_hard": "the big one"}, "no name of a model"),
        ({"budget_day_usd": "-1"}, "at least 0"),
        ({"budget_day_usd": "much"}, "BUDGET_DAY_USD"),
        ({"budget_tell_usd": "-0.1"}, "at least 0"),
    ],
)
def test_a_wrong_one_is_told_by_its_name(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = problem(monkeypatch, **given)

    assert line.startswith(next(iter(given)).upper())
    assert told in line
    assert "hunter2" not in line


def test_a_key_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("LLAMA_SERVER_KEY", KEY)

    assert KEY not in repr(load_settings())
