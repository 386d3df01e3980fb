"""Every command of `jarvis`, as Typer has put them together."""

from collections.abc import Iterator

import click
import typer

from cli import main


def commands() -> dict[str, click.Command]:
    """`jarvis simulate fault` and all the others, groups included."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        for word, inner in inner_commands(command).items():
            yield from below(f"{name} {word}", inner)

    return dict(list(below("jarvis", typer.main.get_command(main)))[1:])


def inner_commands(command: click.Command) -> dict[str, click.Command]:
    """Word to command of a group; none of a command that is no group."""
    return getattr(command, "commands", {})


def leads_to_a_command(line: str) -> bool:
    """Whether the words after `jarvis` are groups' and a command's, as far as they go."""
    command = typer.main.get_command(main)
    for word in line.split()[1:]:
        inner = inner_commands(command)
        if not inner:
            return True
        if word not in inner:
            return False
        command = inner[word]
    return True
