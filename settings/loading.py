"""Reading all settings at once, and telling in one line each what is wrong with them."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from settings.cluster import ClusterSettings
from settings.house import HouseSettings
from settings.models import MODELS_PREFIXES, ModelsSettings
from settings.nodes import NodesSettings

ENV_FILE = Path(".env")
PREFIXES = ("JARVIS_", "PROXMOX_", "POLL_", "WOL_", "TEMPERATURE_", *MODELS_PREFIXES)
"""What a name begins with that is meant for Jarvis and for nobody else."""


class SettingsError(Exception):
    """One or more settings are wrong; `problems` has a line for each.

    `only_missing` tells that no value is wrong and some are not there.
    """

    def __init__(self, problems: list[str], *, only_missing: bool = False) -> None:
        self.problems = problems
        self.only_missing = only_missing
        super().__init__("\n".join(problems))


class Settings(HouseSettings, ClusterSettings, NodesSettings, ModelsSettings):
    """The settings; each field's name in upper case is its variable in the environment."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`; an empty value counts as not set.

    Raises SettingsError with one line for every wrong value, each naming its variable; the value
    of a secret is in none of them.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError([_problem(fault) for fault in error.errors()]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _unread(error) from None


def load_for_command(*, cluster: bool) -> Settings:
    """The same for a command; `cluster` tells that it needs one it can ask.

    Raises SettingsError with a line for every wrong value, then for every missing one, then for
    every name that is no setting: it may be the missing one misspelt. Alone, those stop nobody.
    """
    given = _given()
    wrong: list[str] = []
    try:
        settings = load_settings()
    except SettingsError as error:
        wrong = error.problems
        settings = Settings.model_construct(**given)  # unchecked: it tells what is there at all
    missing = settings.missing_for_proxmox() if cluster else []
    if wrong or missing:
        raise SettingsError([*wrong, *missing, *unknown_settings()], only_missing=not wrong)
    return settings


def unknown_settings() -> list[str]:
    """A line for each name in the environment or `.env` that looks like a setting and is none.

    They change nothing, so they are worth a warning: most are slips of the pen. Raises
    SettingsError when `.env` cannot be read or is no text.
    """
    known = {name.upper() for name in Settings.model_fields}
    lines = []
    for name in sorted({name.upper() for name in (*os.environ, *_in_file())} - known):
        if name.startswith(PREFIXES):
            near = get_close_matches(name, known, n=1)
            hint = f"; {near[0]} is one" if near else "; docs/configuration.md lists them all"
            lines.append(f"{name}: is no setting{hint}")
    return lines


def _given() -> dict[str, Any]:
    """What is set, by field and as it is written; an empty value counts as not set."""
    sources = (_in_file(), os.environ)
    found = {name.lower(): value for source in sources for name, value in source.items() if value}
    return {name: value for name, value in found.items() if name in Settings.model_fields}


def _in_file() -> Mapping[str, str | None]:
    try:
        return dotenv_values(ENV_FILE)
    except (OSError, UnicodeDecodeError) as error:
        raise _unread(error) from None


def _unread(error: OSError | UnicodeDecodeError) -> SettingsError:
    if isinstance(error, OSError):
        return SettingsError(
            [f"{ENV_FILE}: cannot be read ({error.strerror}); let the user Jarvis runs as read it"]
        )
    return SettingsError([f"{ENV_FILE}: is no UTF-8 text (byte {error.start}); save it as UTF-8"])


_WANTED = {
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_parsing": "is no number",
    "decimal_parsing": "is no number",
    "decimal_type": "is no number",
    "finite_number": "is no number",
    "bool_parsing": "is neither true nor false",
    "literal_error": "must be one of {expected}",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "is too short; at least {min_length} characters",
    "string_too_long": "is too long; at most {max_length} characters",
}
"""What we say instead of pydantic's own words; {…} is filled from the error's context."""


def _problem(fault: Any) -> str:
    """One line: the variable, what is wrong with it, and the value met unless it is secret."""
    field = str(fault["loc"][0])
    name = field.upper()
    own_words = fault["type"] == "value_error"
    if own_words:
        return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
    text = _WANTED.get(fault["type"], fault["msg"]).format(**fault.get("ctx", {}))
    annotation = repr(Settings.model_fields[field].annotation)
    return f"{name}: {text}" + ("" if "Secret" in annotation else f" (met {fault['input']!r})")
