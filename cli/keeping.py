"""What Jarvis keeps: a copy of its database, and whether its audit still holds."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from cli.given import ask_copy, find_database
from cli.told import fail

commands = typer.Typer()
audit = typer.Typer(help="The record of what was done, and by whom.", no_args_is_help=True)


@commands.command()
def backup(
    target: Annotated[Path, typer.Argument(help="File to write; it must not exist yet.")],
) -> None:
    """Copy the database while Jarvis goes on; the copy is whole and can be put in its place."""
    from db.errors import DatabaseDamaged, DatabaseError
    from db.maintenance import back_up

    database = find_database()
    if target.exists():
        fail(f"{target} exists already; name a new file.")
    try:
        asyncio.run(back_up(database, target))
    except DatabaseDamaged as error:
        fail(f"Nothing was copied. {error}", code=1)
    except (DatabaseError, OSError, sqlite3.Error) as error:
        fail(f"{target} could not be written: {error}", code=1)
    typer.echo(f"{database.path} is copied to {target}")


@audit.command("verify")
def verify_audit() -> None:
    """Check that no entry of the audit was changed or taken out; Jarvis may go on meanwhile."""
    from db.queries.audit import find_broken_audit

    broken = ask_copy(lambda copy: copy.run_blocking(find_broken_audit), what="The audit")
    if broken is not None:
        fail(f"Entry {broken} of the audit does not fit the one before it.", code=1)
    typer.echo("The audit is whole: every entry fits the one before it.")
