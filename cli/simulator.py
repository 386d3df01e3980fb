"""A simulated homelab: run it alone, hurt the running demo's and mend it."""

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import simulator_folder
from cli.told import fail

if TYPE_CHECKING:
    from simulator.remote import Control

simulate = typer.Typer(help="A simulated homelab: run it, hurt it, mend it.", no_args_is_help=True)


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


def _ask_simulator(ask: "Callable[[Control], dict[str, Any]]") -> None:
    from simulator.remote import Control, ControlRefused

    try:
        told = ask(Control.find(simulator_folder()))
    except ControlRefused as error:
        fail(str(error), code=1)
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
