"""Who would answer a message: tried from the shell on lines, or told of the stored routes."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import (
    ask_copy,
    cluster_settings,
    log_errors_alone,
    read_demo_settings,
    simulator_folder,
)
from cli.told import fail, print_lines
from settings import Settings, demo_settings

if TYPE_CHECKING:
    from services.llm.routing import Inventory

commands = typer.Typer()


@commands.command()
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
        typer.echo(ask_copy(fetch_report, what="The routes").as_text())
        return
    inventory, settings = _demo_inventory() if demo else _own_inventory()
    url, key = settings.llama_server_url, settings.llama_server_key
    able = find_availability(
        claude=demo or bool(settings.anthropic_api_key), local=demo or bool(url)
    )
    ask = None if no_model or not url else local_asker(url, key)
    router = LineRouter(inventory=inventory, availability=able, is_one_conversation=talk)
    print_lines(router.route_lines(sys.stdin.buffer, ask))


def _own_inventory() -> "tuple[Inventory, Settings]":
    return _read_inventory(cluster_settings(otherwise="To try it without a cluster, add --demo."))


def _demo_inventory() -> "tuple[Inventory, Settings]":
    """Of the running demo's homelab, or else of one that is started to be asked."""
    from simulator.process import SimulatorFailed, SimulatorProcess
    from simulator.remote import Control, ControlRefused

    try:
        Control.find(simulator_folder()).world()
    except ControlRefused:
        with TemporaryDirectory() as folder:
            try:
                with SimulatorProcess.start(Path(folder) / "simulator") as simulator:
                    return _read_inventory(demo_settings(Path(folder), simulator))
            except (SimulatorFailed, OSError) as error:
                fail(f"The simulated homelab did not start: {error}")
    return _read_inventory(read_demo_settings())


def _read_inventory(settings: Settings) -> "tuple[Inventory, Settings]":
    from services.cluster.config import cluster_config
    from services.llm.routing.live import NoReading, read_inventory

    log_errors_alone()
    try:
        return asyncio.run(read_inventory(cluster_config(settings))), settings
    except NoReading as error:
        fail(str(error), code=1)
