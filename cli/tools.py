"""What Jarvis can do, from the shell: list it, do one thing of it, tell the tier of a command."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import cluster_settings
from cli.told import fail, print_lines
from settings import Settings

if TYPE_CHECKING:
    from services.tools.gate.approvals import Approval
    from services.tools.standing_alone import StandingConfig

commands = typer.Typer()


@commands.command()
def tools(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what Jarvis can do, with the tier of each."""
    from services.tools.command_line import told_tools, tools_json
    from services.tools.registry import REGISTRY

    typer.echo(tools_json(REGISTRY.values()) if as_json else told_tools(REGISTRY.values()))


@commands.command()
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
    from db.errors import DatabaseError, DatabaseInUse
    from services.logs import configure_logs
    from services.tools import command_line
    from services.tools.errors import ToolError
    from services.tools.shell_calls import call_once, person_at_shell

    settings = cluster_settings(demo=demo, otherwise="Beside a running demo, add --demo.")
    config = _standing_config(settings)
    configure_logs("error", settings.jarvis_log_format, hide=config.gate.secrets)
    try:
        result = asyncio.run(
            call_once(
                config,
                person_at_shell(settings.jarvis_owner),
                name,
                command_line.read_words(words or []),
                approve=approve,
                ask=_ask_person if sys.stdin.isatty() and not as_json else None,
            )
        )
    except DatabaseInUse:
        fail(
            f"A Jarvis runs on {settings.jarvis_data_dir} and keeps its record to itself: "
            "ask on its page, or stop it first."
        )
    except (DatabaseError, ToolError) as error:
        fail(str(error))
    typer.echo(command_line.result_json(result) if as_json else command_line.told_result(result))
    code = command_line.exit_code(result.outcome)
    if code == command_line.WAITING_CODE:
        fail(f"To approve it: the same command with --approve {result.approval_id}", code=code)
    raise typer.Exit(code)


@commands.command("classify-command")
def classify_command() -> None:
    """Read commands from standard input, one a line, and print the tier of each as JSON."""
    from services.safety.classify_lines import classify_lines

    print_lines(classify_lines(sys.stdin.buffer))


def _standing_config(settings: Settings) -> "StandingConfig":
    """All that a call needs where no house is built."""
    from services.cluster.config import cluster_config
    from services.cluster.policy import policy_of
    from services.nodes.config import nodes_config
    from services.tools.gate.config import gate_config
    from services.tools.standing_alone import StandingConfig

    return StandingConfig(
        folder=settings.jarvis_data_dir,
        cluster=cluster_config(settings),
        nodes=nodes_config(settings),
        gate=gate_config(settings),
        policy=policy_of(settings),
        event_retention_days=settings.event_retention_days,
        snapshot_retention_days=settings.snapshot_retention_days,
        slow_query_ms=settings.slow_query_ms,
        loopback_only=settings.jarvis_loopback_only,
    )


def _ask_person(approval: "Approval", told: str) -> bool:
    from services.tools import command_line

    typer.echo(command_line.told_approval(approval, told), err=True)
    answer: str = typer.prompt(f"Type {command_line.YES} to go on", default="", err=True)
    return answer.strip().lower() == command_line.YES
