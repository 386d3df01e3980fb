"""Shell commands on a node, each judged by what it is before it runs."""

from typing import Annotated

from pydantic import Field

from services.cluster.model import ClusterSnapshot
from services.nodes.model import CommandResult
from services.safety.classifier import LONGEST_CHARS, classify
from services.safety.protection_commands import touches_of_command
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.errors import NotAsThings
from services.tools.fields import NodeName
from services.tools.figures import told_span
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.spec import Arguments, Found, Tool

LONGEST_S = 300
TIMEOUT_S = LONGEST_S + 15.0


class Command(Arguments):
    """Arguments of run_command and run_readonly_command."""

    node: NodeName
    command: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_CHARS,
            description="One command line for bash, as root on the node.",
        ),
    ]
    timeout_s: Annotated[
        int, Field(ge=1, le=LONGEST_S, description="Seconds after which it is killed.")
    ] = 30


def _tier(arguments: Command) -> Verdict:
    return classify(arguments.command)


def _touches(arguments: Command, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    node = find_node(snapshot, arguments.node).name
    return touches_of_command(node, arguments.command, snapshot)


def _told(result: CommandResult) -> str:
    """What it wrote, and how it ended."""
    ended = (
        f"ended with status {result.exit_status}"
        if result.exit_status is not None
        else f"was ended by signal {result.exit_signal or '—'}"
    )
    lines = [f"On {result.node} it {ended} after {told_span(result.duration_ms / 1000)}"]
    if result.stdout.strip():
        lines.append(result.stdout.rstrip("\n"))
    if result.stderr.strip():
        lines += ["On its error output:", result.stderr.rstrip("\n")]
    if result.cut_bytes:
        lines.append(f"… {result.cut_bytes} bytes of output were left out")
    return "\n".join(lines)


def _data(result: CommandResult) -> dict[str, object]:
    return {
        "node": result.node,
        "exit_status": result.exit_status,
        "exit_signal": result.exit_signal,
        "stdout": result.stdout,
        "stderr": result.stderr,
        "cut_bytes": result.cut_bytes,
        "duration_ms": result.duration_ms,
    }


@answering
async def _run_readonly(arguments: Command, hands: Hands) -> Found:
    verdict = classify(arguments.command)
    if verdict.tier is not Tier.GREEN:
        raise NotAsThings(
            f"This command does not only read, as far as code can tell: {verdict.reason}. "
            "run_command asks a person about it"
        )
    node = find_node(hands.cluster.snapshot, arguments.node).name
    result = await hands.nodes.run_text(
        node, arguments.command, timeout_s=float(arguments.timeout_s), only_reads=True
    )
    silent = not result.stdout.strip() and not result.stderr.strip()
    # Readers such as grep end with 1 where they find nothing, which is no failure.
    because = "" if result.ok else f"It ended with status {result.exit_status}"
    return Found(
        outcome=Outcome.EMPTY if silent else Outcome.DONE,
        because=because or ("It wrote nothing" if silent else ""),
        text=_told(result),
        data=_data(result),
        read_at=result.ran_at or hands.clock.now(),
    )


@answering
async def _run(arguments: Command, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    changes = classify(arguments.command).tier is not Tier.GREEN
    result = await hands.nodes.run_text(
        node, arguments.command, timeout_s=float(arguments.timeout_s), only_reads=not changes
    )
    told = "—" if result.exit_status is None else str(result.exit_status)
    because = "" if result.ok else f"It ended with status {told}"
    if result.ok and changes:
        because = "It ended with status 0; what it has changed was not looked at"
    return Found(
        outcome=Outcome.DONE if result.ok else Outcome.FAILED,
        because=because,
        text=_told(result),
        data=_data(result),
        # A status of 0 is no read of what a change has come to: nobody is told that it was seen.
        verified=None if result.ok and changes else result.ok,
        read_at=result.ran_at or hands.clock.now(),
    )


TOOLS: tuple[Tool[Command], ...] = (
    Tool(
        name="run_readonly_command",
        summary="Run a shell command that only reads on a node; any other is refused.",
        arguments=Command,
        tier=Tier.GREEN,
        timeout_s=TIMEOUT_S,
        reads="whatever the command reads, over SSH; the classifier must say GREEN",
        run=_run_readonly,
    ),
    Tool(
        name="run_command",
        summary="Run a shell command on a node; its tier is that of the command.",
        arguments=Command,
        tier=_tier,
        timeout_s=TIMEOUT_S,
        reads="whatever the command reads, over SSH",
        changes="whatever the command changes",
        verified_by="nothing: its exit status is told, and its effect as not known",
        touches=_touches,
        run=_run,
    ),
)
