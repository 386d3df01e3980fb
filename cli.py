"""The `jarvis` command: serve, demo, simulate, doctor, tools, tool, audit, backup and others."""

import asyncio
import getpass
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from cli_nodes import host_keys, look_at_nodes
from settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from db import Database
    from services.llm.routing import Inventory
    from simulator.remote import Control

T = TypeVar("T")

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
main.add_typer(host_keys)


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
    """Tell, for each endpoint of Proxmox and each node over SSH, what works and what does not."""
    from app import cluster_config
    from services.clock import SystemClock
    from services.cluster.doctor import examine

    settings = _demo_settings() if demo else _settings()
    if missing := settings.missing_for_proxmox():
        _fail(*missing)
    diagnosis = examine(cluster_config(settings), clock=SystemClock())
    ssh = look_at_nodes(settings)
    failed = diagnosis.failed or ssh.failed
    told = {**diagnosis.as_json(), "failed": failed, "ssh": ssh.as_json()}
    typer.echo(json.dumps(told, indent=2) if as_json else f"{diagnosis.as_text()}\n{ssh.as_text()}")
    raise typer.Exit(1 if failed else 0)


@main.command()
def tools(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what Jarvis can do, with the tier of each."""
    from services.tools.command_line import told_tools, tools_json
    from services.tools.registry import REGISTRY

    typer.echo(tools_json(REGISTRY.values()) if as_json else told_tools(REGISTRY.values()))


@main.command()
def tool(
    name: Annotated[str, typer.Argument(help="Which one; `jarvis tools` lists them.")],
    words: Annotated[list[str] | None, typer.Argument(help="Its arguments, as key=value.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    approve: Annotated[
        str | None, typer.Option(help="The token of a question that the same call has left.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Act on the running demo's homelab.")
    ] = False,
) -> None:
    """Do one thing through the gate: `jarvis tool get_guest_status guest=media`."""
    from app import cluster_config, gate_config, nodes_config, policy
    from db.errors import DatabaseError, DatabaseInUse
    from services.logs import configure_logs
    from services.tools import command_line
    from services.tools.errors import ToolError
    from services.tools.shell_calls import call_once, person_at_shell
    from services.tools.standing_alone import StandingConfig

    settings = _demo_settings() if demo else _settings()
    if missing := settings.missing_for_proxmox():
        _fail(*missing)
    gate = gate_config(settings)
    configure_logs("error", settings.jarvis_log_format, hide=gate.secrets)
    config = StandingConfig(
        folder=settings.jarvis_data_dir,
        cluster=cluster_config(settings),
        nodes=nodes_config(settings),
        gate=gate,
        policy=policy(settings),
        event_retention_days=settings.event_retention_days,
        snapshot_retention_days=settings.snapshot_retention_days,
        slow_query_ms=settings.slow_query_ms,
        loopback_only=settings.jarvis_loopback_only,
    )

    def ask(approval: Any, told: str) -> bool:
        typer.echo(command_line.told_approval(approval, told), err=True)
        answer = typer.prompt(f"Type {command_line.YES} to go on", default="", err=True)
        return bool(answer.strip().lower() == command_line.YES)

    try:
        result = asyncio.run(
            call_once(
                config,
                person_at_shell(settings.jarvis_owner),
                name,
                command_line.read_words(words or []),
                approve=approve,
                ask=ask if sys.stdin.isatty() and not as_json else None,
            )
        )
    except DatabaseInUse:
        _fail(
            f"A Jarvis runs on {settings.jarvis_data_dir} and keeps its record to itself: "
            "ask on its page, or stop it first."
        )
    except (DatabaseError, ToolError) as error:
        _fail(str(error))
    typer.echo(command_line.result_json(result) if as_json else command_line.told_result(result))
    code = command_line.exit_code(result.outcome)
    if code == command_line.WAITING_CODE:
        _fail(f"To approve it: the same command with --approve {result.approval_id}", code=code)
    raise typer.Exit(code)


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
    from db.queries.audit import find_broken_audit

    broken = _ask_copy(lambda copy: copy.run_blocking(find_broken_audit), what="The audit")
    if broken is not None:
        _fail(f"Entry {broken} of the audit does not fit the one before it.", code=1)
    typer.echo("The audit is whole: every entry fits the one before it.")


@main.command()
def route(
    no_model: Annotated[bool, typer.Option("--no-model", help="Ask no model in doubt.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Take the demo's homelab.")] = False,
    talk: Annotated[bool, typer.Option("--talk", help="The lines are one conversation.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Tell of the stored routes.")] = False,
) -> None:
    """Read messages from standard input, one a line, and print as JSON who would answer each."""
    from services.llm.routing.lines import LineRouter, find_availability, local_asker
    from services.llm.routing.report import fetch_report

    if report:
        typer.echo(_ask_copy(fetch_report, what="The routes").as_text())
        return
    inventory, settings = _demo_inventory() if demo else _inventory(_settings())
    url, key = settings.llama_server_url, settings.llama_server_key
    able = find_availability(
        claude=demo or bool(settings.anthropic_api_key), local=demo or bool(url)
    )
    ask = None if no_model or not url else local_asker(url, key)
    router = LineRouter(inventory=inventory, availability=able, is_one_conversation=talk)
    _print_lines(router.route_lines(sys.stdin.buffer, ask))


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

    _print_lines(classify_lines(sys.stdin.buffer))


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


def _print_lines(lines: Iterable[str]) -> None:
    try:
        for told in lines:
            sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ask_copy(ask: "Callable[[Database], T]", *, what: str) -> T:
    from db.copies import ask_copy
    from db.errors import DatabaseError

    try:
        return ask_copy(_database(), ask)
    except (DatabaseError, OSError, sqlite3.Error) as error:
        _fail(f"{what} could not be read: {error}", code=1)


def _inventory(settings: Settings) -> "tuple[Inventory, Settings]":
    from app import cluster_config
    from services.llm.routing.live import NoReading, read_inventory
    from services.logs import configure_logs

    configure_logs("error")
    if missing := settings.missing_for_proxmox():
        _fail(*missing, "To try it without a cluster, add --demo.")
    try:
        return asyncio.run(read_inventory(cluster_config(settings))), settings
    except NoReading as error:
        _fail(str(error), code=1)


def _demo_inventory() -> "tuple[Inventory, Settings]":
    """Of the running demo's homelab, or else of one that is started to be asked."""
    from app import demo_settings
    from simulator.process import SimulatorFailed, SimulatorProcess
    from simulator.remote import Control, ControlRefused

    try:
        Control.find(_simulator_folder()).world()
    except ControlRefused:
        with TemporaryDirectory() as folder:
            try:
                with SimulatorProcess.start(Path(folder) / "simulator") as simulator:
                    return _inventory(demo_settings(Path(folder), simulator))
            except (SimulatorFailed, OSError) as error:
                _fail(f"The simulated homelab did not start: {error}")
    return _inventory(_demo_settings())


def _simulator_folder() -> Path:
    from app import demo_folder

    return demo_folder(_settings().jarvis_data_dir) / "simulator"


def _demo_settings() -> Settings:
    """Of the running demo, but for the folder: the demo has its own to itself."""
    from app import demo_folder, demo_settings
    from simulator.remote import ControlRefused, read_told

    folder = demo_folder(_settings().jarvis_data_dir)
    try:
        told = read_told(folder / "simulator")
    except ControlRefused as error:
        _fail(str(error))
    try:
        return demo_settings(folder / "cli", SimpleNamespace(**told))  # type: ignore[arg-type]
    except SettingsError as error:
        _fail(*error.problems)


def _ask_simulator(ask: "Callable[[Control], dict[str, Any]]") -> None:
    from simulator.remote import Control, ControlRefused

    try:
        told = ask(Control.find(_simulator_folder()))
    except ControlRefused as error:
        _fail(str(error), code=1)
    typer.echo(_as_text(told))


def _as_text(told: dict[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False)
