"""What a command is given to work with: settings, the demo's settings, a copy of the database."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar

import typer

from cli.told import fail
from settings import (
    Settings,
    SettingsError,
    demo_folder,
    demo_settings,
    load_for_command,
    unknown_settings,
)

if TYPE_CHECKING:
    from db import Database

T = TypeVar("T")


def read_settings() -> Settings:
    """Of the environment and `.env`; each problem is told in a line of its own."""
    try:
        return load_for_command(cluster=False)
    except SettingsError as error:
        fail(*error.problems)


def cluster_settings(*, demo: bool = False, otherwise: str = "") -> Settings:
    """Those of a cluster that can be asked, or of the running demo.

    Whatever is wrong, missing or misspelt is told at once; where all that is amiss is that there is
    no cluster, `otherwise` is offered.
    """
    if demo:
        return read_demo_settings()
    try:
        return load_for_command(cluster=True)
    except SettingsError as error:
        offered = [otherwise] if otherwise and error.only_missing else []
        fail(*error.problems, *offered)


def warn_of_unknown_settings() -> None:
    """A line on standard error for each name that is no setting; none of them stops a command."""
    for slip in unknown_settings():
        typer.echo(slip, err=True)


def read_demo_settings() -> Settings:
    """Of the running demo, but for the folder: the demo has its own to itself."""
    from simulator.remote import ControlRefused, read_told

    folder = demo_folder(read_settings().jarvis_data_dir)
    try:
        told = read_told(folder / "simulator")
    except ControlRefused as error:
        fail(str(error))
    try:
        return demo_settings(folder / "cli", SimpleNamespace(**told))
    except SettingsError as error:
        fail(*error.problems)


def simulator_folder() -> Path:
    """Where the demo's simulator tells how to reach it, whether or not one runs."""
    return demo_folder(read_settings().jarvis_data_dir) / "simulator"


def log_errors_alone(settings: Settings | None = None) -> None:
    """What a command finds it says itself."""
    from services.logs import configure_logs

    if settings is None:
        configure_logs("error")
    else:
        configure_logs("error", settings.jarvis_log_format)


def find_database() -> "Database":
    """That of JARVIS_DATA_DIR, not opened."""
    from db import Database

    settings = read_settings()
    database = Database(settings.jarvis_data_dir, slow_query_ms=settings.slow_query_ms)
    try:
        there = database.path.exists()
    except OSError as error:
        fail(f"{database.path} cannot be read ({error.strerror}); let this user read it.")
    if not there:
        fail(f"There is no database in {settings.jarvis_data_dir}; set JARVIS_DATA_DIR.")
    return database


def ask_copy(ask: "Callable[[Database], T]", *, what: str) -> T:
    """Ask a copy of the database, since a running Jarvis has the database to itself."""
    from db import copies
    from db.errors import DatabaseError

    try:
        return copies.ask_copy(find_database(), ask)
    except (DatabaseError, OSError, sqlite3.Error) as error:
        fail(f"{what} could not be read: {error}", code=1)
