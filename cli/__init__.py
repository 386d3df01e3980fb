"""The `jarvis` command, one module a family of its words.

Whatever a command works with is imported when it is called, so that `jarvis --help` is there at
once; `told` and `given` hold what the families share, and none of them imports another.
"""

import atexit
import gc
from importlib.metadata import version
from typing import Annotated

import typer

from cli import house, keeping, nodes, routing, simulator, tools

main = typer.Typer(
    name="jarvis",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for family in (house, nodes, tools, routing, keeping):
    main.add_typer(family.commands)
main.add_typer(simulator.simulate, name="simulate")
main.add_typer(keeping.audit, name="audit")


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"jarvis {version('jarvis-homelab')}")
        raise typer.Exit


@main.callback()
def _jarvis(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version and end."
        ),
    ] = False,
) -> None:
    """The assistant that watches a Proxmox homelab."""
    gc.disable()  # what is loaded stays: to look through it as it comes is a fifth of a start
    atexit.register(gc.freeze)  # and to look through it once more at the end is half of an end
