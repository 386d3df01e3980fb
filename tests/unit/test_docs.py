"""What the documents say is held against what the code does."""

import re
import textwrap
from pathlib import Path

import pytest
from dotenv import dotenv_values

from settings import Settings, load_settings
from tests.support.command_tree import leads_to_a_command

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
NAMES = sorted(name.upper() for name in Settings.model_fields)
UNITS = {
    "_S": "seconds",
    "_MS": "milliseconds",
    "_H": "hours",
    "_DAYS": "days",
    "_PERCENT": "percent",
    "_C": "degrees Celsius",
    "_USD": "US dollars",
}


def described(name: str) -> str:
    text = Settings.model_fields[name.lower()].description
    assert text, f"{name} has no description"
    return text


def default(name: str) -> str:
    value = Settings.model_fields[name.lower()].get_default(call_default_factory=True)
    match value:
        case None | []:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)


@pytest.fixture(scope="module")
def example() -> dict[str, tuple[str, str]]:
    """Name to comment and default, as `.env.example` has them."""
    entries = re.findall(
        r"((?:^# .*\n)+)^#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE
    )
    return {
        name: (" ".join(textwrap.dedent(re.sub("^# ", "", note, flags=re.M)).split()), value)
        for note, name, value in entries
    }


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    """Name to the text below its heading in the configuration guide."""
    parts = re.split(r"^##+ ", (ROOT / "docs/configuration.md").read_text(), flags=re.M)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts[1:]}


def test_the_example_file_names_every_setting_and_no_other(
    example: dict[str, tuple[str, str]],
) -> None:
    assert sorted(example) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_example_file_tells_the_meaning_and_the_default(
    name: str, example: dict[str, tuple[str, str]]
) -> None:
    assert example[name] == (described(name), default(name))


def test_the_example_file_uncommented_is_a_valid_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = re.sub("^#(?=[A-Z])", "", (ROOT / ".env.example").read_text(), flags=re.M)
    Path(".env").write_text(text)

    assert set(dotenv_values(".env")) == set(NAMES)
    assert load_settings() == Settings.model_construct()


def test_the_guide_has_a_heading_for_every_setting_and_no_other(sections: dict[str, str]) -> None:
    assert sorted(title for title in sections if re.fullmatch("[A-Z_]+", title)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_tells_meaning_default_unit_and_an_example(
    name: str, sections: dict[str, str]
) -> None:
    text = sections[name]
    unit = next((word for end, word in UNITS.items() if name.endswith(end)), None)

    assert described(name) in text
    assert f"- Default: {f'`{default(name)}`' if default(name) else 'not set'}\n" in text
    assert f"- Example: `{name}=" in text
    assert (f"- Unit: {unit}\n" in text) if unit else ("- Unit:" not in text)


SHORTENED = {"JARVIS_OVERRIDE_HASH", "JARVIS_PASSWORD_HASH", "PROXMOX_FINGERPRINTS"}
ELSEWHERE = {"PROXMOX_CA_FILE"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - SHORTENED - ELSEWHERE))
def test_the_guide_s_example_is_accepted(
    name: str, sections: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (value,) = re.findall(f"- Example: `{name}=(.*)`", sections[name])
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(f"{name}={value}\n")

    assert load_settings() != Settings.model_construct()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_points_at_is_there(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text())

    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert not [target for target in local if not (document.parent / target).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_make_targets_that_exist(document: Path) -> None:
    rules = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.M))

    named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(), re.M))
    assert named <= rules


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_commands_that_exist(document: Path) -> None:
    named = re.findall(r"(?:`|bin/)(jarvis(?: [a-z][a-z-]+)+)", document.read_text())

    assert not [line for line in named if not leads_to_a_command(line)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_settings_that_exist(document: Path) -> None:
    named = set(re.findall(r"\b((?:JARVIS|PROXMOX|POLL)_[A-Z][A-Z_]*)", document.read_text()))

    assert named <= set(NAMES)
