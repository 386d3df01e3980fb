"""The house itself: serve it, or its demo, and make the password that opens it."""

import asyncio
import getpass
import sys
from enum import StrEnum
from typing import Annotated

import typer

from cli.given import cluster_settings, read_settings
from cli.told import fail

commands = typer.Typer()


class Pve(StrEnum):
    """The versions of Proxmox VE that the simulator can play."""

    EIGHT = "8.4"
    NINE = "9.2"


@commands.command()
def serve() -> None:
    """Watch the cluster of .env and serve the page."""
    settings = cluster_settings(otherwise="To see Jarvis without a cluster, run `jarvis demo`.")
    _leave_out_aiohttp()
    from app import serve as serve_house

    raise typer.Exit(serve_house(settings))


@commands.command()
def demo(
    nodes: Annotated[int, typer.Option(min=1, max=32, help="Nodes of the homelab.")] = 4,
    guests: Annotated[int, typer.Option(min=0, max=2000, help="Guests of the homelab.")] = 20,
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="60: an hour a minute.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    pve: Annotated[Pve, typer.Option(help="The Proxmox VE it plays.")] = Pve.NINE,
) -> None:
    """Serve the page over a simulated homelab and print a one-time login link."""
    read_settings()
    _leave_out_aiohttp()
    from app import serve_demo

    raise typer.Exit(serve_demo(nodes=nodes, guests=guests, speed=speed, seed=seed, pve=pve.value))


def _leave_out_aiohttp() -> None:
    """Spare a tenth of a second and 8 MB: python-socketio loads it for clients, and we serve."""
    sys.modules.setdefault("aiohttp", None)  # type: ignore[arg-type]  # so an import fails, as without it


@commands.command("hash-password")
def hash_password() -> None:
    """Ask for a password and print its argon2 hash for JARVIS_PASSWORD_HASH."""
    from services.auth.errors import PasswordTooWeak
    from services.auth.passwords import Passwords, check_strength

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            fail("The two passwords differ; nothing was hashed.")
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        check_strength(password, name="")
    except PasswordTooWeak as error:
        fail(str(error))
    typer.echo(asyncio.run(Passwords().hash(password)))
