"""How a command tells what came of it: lines, or why it stops and with which status."""

import os
import sys
from collections.abc import Iterable
from typing import NoReturn

import typer


def fail(*lines: str, code: int = 2) -> NoReturn:
    """Say why on standard error, a line each, and stop with that exit status."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)


def print_lines(lines: Iterable[str]) -> None:
    """As they come; whoever reads them may stop listening."""
    try:
        for told in lines:
            sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
