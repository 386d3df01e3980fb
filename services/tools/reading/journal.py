"""The log of a node: over SSH where it is reached, else as far as the API tells it."""

from typing import Annotated, Literal

from pydantic import Field

from services.nodes.errors import NodesError, OutputBroken
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.fields import Lines, NodeName, UnitName
from services.tools.figures import count
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.reading.found import aged, snapshot_of
from services.tools.spec import Arguments, Found, Tool

Priority = Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]


class JournalOf(Arguments):
    """Arguments of read_journal."""

    node: NodeName
    unit: Annotated[
        UnitName | None, Field(description="Only lines of this systemd unit, such as pveproxy.")
    ] = None
    priority: Annotated[
        Priority | None, Field(description="Only lines of this severity and worse.")
    ] = None
    since_hours: Annotated[
        int | None, Field(ge=1, le=168, description="Only lines of the last so many hours.")
    ] = None
    lines: Lines = 50


def journal_argv(arguments: JournalOf) -> list[str]:
    """The words that have journalctl tell it."""
    argv = ["journalctl", "--no-pager", "--quiet", "--output=short-iso"]
    argv += [f"--lines={arguments.lines}"]
    if arguments.unit is not None:
        argv.append(f"--unit={arguments.unit}")
    if arguments.priority is not None:
        argv.append(f"--priority={arguments.priority}")
    if arguments.since_hours is not None:
        argv.append(f"--since=-{arguments.since_hours}h")
    return argv


async def _over_ssh(node: str, arguments: JournalOf, hands: Hands) -> list[str]:
    """The lines as journalctl tells them. Raises NodesError."""
    result = await hands.nodes.run(node, journal_argv(arguments))
    if not result.ok:
        told = " ".join(result.stderr.split())[:300] or f"it ended with {result.exit_status}"
        raise OutputBroken(node, "journalctl", told)
    return result.stdout.splitlines()[-arguments.lines :]


@answering
async def _read_journal(arguments: JournalOf, hands: Hands) -> Found:
    node = find_node(snapshot_of(hands), arguments.node).name
    notes: list[str] = []
    try:
        lines = await _over_ssh(node, arguments, hands)
    except NodesError as error:
        if arguments.priority is not None or arguments.since_hours is not None:
            raise  # the API cannot narrow it so
        notes.append(f"Read over the API, for it cannot be read over SSH: {error.because}")
        found = await hands.cluster.lookups.fetch_syslog(
            node, lines=arguments.lines, service=arguments.unit
        )
        lines = list(found or ())
    of = f" of {arguments.unit}" if arguments.unit else ""
    headline = f"The last {count(len(lines), 'line')} of the journal{of} on {node}"
    if not lines:
        headline = f"The journal{of} on {node} holds no such lines"
    now = hands.clock.now()
    return Found(
        outcome=Outcome.DONE if lines else Outcome.EMPTY,
        because="" if lines else headline,
        text="\n".join([aged(headline, now, hands), *notes, *lines]),
        data={"node": node, "unit": arguments.unit, "lines": lines},
        read_at=now,
    )


TOOLS: tuple[Tool[JournalOf], ...] = (
    Tool(
        name="read_journal",
        summary="Read the newest lines of a node's journal, all or those of a unit or severity.",
        arguments=JournalOf,
        tier=Tier.GREEN,
        timeout_s=60.0,
        reads="journalctl over SSH; else GET /nodes/{node}/journal or /syslog",
        run=_read_journal,
    ),
)
