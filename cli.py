"""The `jarvis` command: serve, demo, simulate, doctor, hash-password, backup, classify-command."""

import asyncio
import getpass
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from db import Database
    from simulator.remote import Control

main = typer.Typer(
    name="jarvis",
    help="The assistant that watches a Proxmox homelab.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
simulate = typer.Typer(help="A simulated homelab: run it, hurt it, mend it.", no_args_is_help=True)
main.add_typer(simulate, name="simulate")
audit = typer.Typer(help="The record of what was done, and by whom.", no_args_is_help=True)
main.add_typer(audit, name="audit")


class Pve(StrEnum):
    """The versions of Proxmox VE that the simulator can play."""

    EIGHT = "8.4"
    NINE = "9.2"


def _fail(*lines: str, code: int = 2) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)


def _settings(**overrides: object) -> Settings:
    try:
        return load_settings(**overrides)
    except SettingsError as error:
        _fail(*error.problems)


@main.command()
def serve() -> None:
    """Watch the cluster of .env and serve the page."""
    from app import serve as serve_house

    settings = _settings()
    if missing := settings.missing_for_proxmox():
        _fail(*missing, "To see Jarvis without a cluster, run `jarvis demo`.")
    raise typer.Exit(serve_house(settings))


@main.command()
def demo(
    nodes: Annotated[int, typer.Option(min=1, max=32, help="Nodes of the homelab.")] = 4,
    guests: Annotated[int, typer.Option(min=0, max=2000, help="Guests of the homelab.")] = 20,
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="60: an hour a minute.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    pve: Annotated[Pve, typer.Option(help="The Proxmox VE it plays.")] = Pve.NINE,
) -> None:
    """Serve the page over a simulated homelab and print a one-time login link."""
    from app import serve_demo

    _settings()
    raise typer.Exit(serve_demo(nodes=nodes, guests=guests, speed=speed, seed=seed, pve=pve.value))


@main.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Ask the running demo's homelab.")] = False,
) -> None:
    """Tell, for each endpoint of Proxmox, what works and what is missing."""
    from app import cluster_config
    from services.clock import SystemClock
    from services.cluster.doctor import examine

    settings = _demo_settings() if demo else _settings()
    if missing := settings.missing_for_proxmox():
        _fail(*missing)
    diagnosis = examine(cluster_config(settings), clock=SystemClock())
    typer.echo(json.dumps(diagnosis.as_json(), indent=2) if as_json else diagnosis.as_text())
    raise typer.Exit(1 if diagnosis.failed else 0)


@main.command()
def backup(
    target: Annotated[Path, typer.Argument(help="File to write; it must not exist yet.")],
) -> None:
    """Copy the database while Jarvis goes on; the copy is whole and can be put in its place."""
    from db.errors import DatabaseError
    from db.maintenance import back_up

    database = _database()
    if target.exists():
        _fail(f"{target} exists already; name a new file.")
    try:
        asyncio.run(back_up(database, target))
    except (DatabaseError, OSError, sqlite3.Error) as error:
        _fail(f"{target} could not be written: {error}", code=1)
    typer.echo(f"{database.path} is copied to {target}")


@audit.command("verify")
def verify_audit() -> None:
    """Check that no entry of the audit was changed or taken out; Jarvis may go on meanwhile."""
    from db import Database
    from db.database import FILE_NAME
    from db.errors import DatabaseError
    from db.maintenance import back_up
    from db.queries.audit import find_broken_audit

    database = _database()
    with TemporaryDirectory() as folder:
        # A copy, because a running Jarvis has its folder to itself.
        copy = Database(Path(folder), slow_query_ms=float("inf"))
        try:
            asyncio.run(back_up(database, Path(folder) / FILE_NAME))
            copy.open()
            broken = copy.run_blocking(find_broken_audit)
            copy.close()
        except (DatabaseError, OSError, sqlite3.Error) as error:
            _fail(f"The audit could not be read: {error}", code=1)
    if broken is not None:
        _fail(f"Entry {broken} of the audit does not fit the one before it.", code=1)
    typer.echo("The audit is whole: every entry fits the one before it.")


@main.command("hash-password")
def hash_password() -> None:
    """Ask for a password and print its argon2 hash for JARVIS_PASSWORD_HASH."""
    from services.auth.errors import PasswordTooWeak
    from services.auth.passwords import Passwords, check_strength

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            _fail("The two passwords differ; nothing was hashed.")
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        check_strength(password, name="")
    except PasswordTooWeak as error:
        _fail(str(error))
    typer.echo(asyncio.run(Passwords().hash(password)))


@main.command("classify-command")
def classify_command() -> None:
    """Read commands from standard input, one a line, and print the tier of each as JSON."""
    from services.safety.classify_lines import classify_lines

    try:
        for told in classify_lines(sys.stdin.buffer):
            sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@simulate.command(
    "run",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def simulate_run(context: typer.Context) -> None:
    """Run the homelab alone; everything after `run` goes to the simulator (--help shows it)."""
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *context.args])  # noqa: S606


@simulate.command()
def fault(
    name: Annotated[str, typer.Argument(help="Which fault; `jarvis simulate faults` lists them.")],
    target: Annotated[str | None, typer.Argument(help="Node, vmid or storage it befalls.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Mend it by itself after so long.")] = None,
) -> None:
    """Hurt the running demo's homelab: `jarvis simulate fault power-off agent1`."""
    _ask_simulator(lambda control: control.fault(name, target, seconds))


@simulate.command()
def clear(
    name: Annotated[str | None, typer.Argument(help="Which fault; all when left out.")] = None,
    target: Annotated[str | None, typer.Argument(help="What it had befallen.")] = None,
) -> None:
    """Mend what a fault has done."""
    _ask_simulator(lambda control: control.clear(name, target))


@simulate.command()
def faults() -> None:
    """List the faults there are and those that are active."""
    _ask_simulator(lambda control: control.faults())


def _database() -> "Database":
    from db import Database

    settings = _settings()
    database = Database(settings.jarvis_data_dir, slow_query_ms=settings.slow_query_ms)
    if not database.path.exists():
        _fail(f"There is no database in {settings.jarvis_data_dir}; set JARVIS_DATA_DIR.")
    return database


def _simulator_folder() -> Path:
    from app import demo_folder

    return demo_folder(_settings().jarvis_data_dir) / "simulator"


def _demo_settings() -> Settings:
    from simulator.remote import ControlRefused, read_told

    try:
        told = read_told(_simulator_folder())
    except ControlRefused as error:
        _fail(str(error))
    return _settings(
        jarvis_loopback_only=True,
        proxmox_endpoints=told["endpoints"],
        proxmox_token_id=told["token_id"],
        proxmox_token_secret=told["token_secret"],
        proxmox_ca_file=Path(told["ca_file"]),
        proxmox_fingerprints=[],
    )


def _ask_simulator(ask: "Callable[[Control], dict[str, Any]]") -> None:
    from simulator.remote import Control, ControlRefused

    try:
        told = ask(Control.find(_simulator_folder()))
    except ControlRefused as error:
        _fail(str(error), code=1)
    typer.echo(_as_text(told))


def _as_text(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False)
