"""Docker containers: which there are, and what one of them has written."""

from typing import Annotated

from pydantic import Field

from services.nodes.model import DockerContainer
from services.nodes.readings import DockerPlace, fetch_containers
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.docker_place import find_docker, run_docker, told_place
from services.tools.errors import NotNamed
from services.tools.fields import GUEST_PATTERN, ContainerName, Lines
from services.tools.figures import count, told_age
from services.tools.hands import Hands
from services.tools.naming import nearest
from services.tools.reading.found import found_list, read_now
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, list_rows

READS = "docker ps over SSH, on the node or within the guest"

Host = Annotated[
    str | None,
    Field(
        pattern=GUEST_PATTERN,
        description="The node or guest whose Docker daemon is meant; when left out, the one "
        "Jarvis itself runs on.",
    ),
]


class OfDocker(Arguments):
    """Arguments of list_containers."""

    host: Host = None


class OfContainer(Arguments):
    """Arguments of what is about one container."""

    container: ContainerName
    host: Host = None


class Logs(OfContainer):
    """Arguments of get_container_logs."""

    lines: Lines = 50


COLUMNS: tuple[Column[DockerContainer], ...] = (
    Column("container", "name", lambda c: c.name),
    Column("state", "state", lambda c: c.state),
    Column("health", "health", lambda c: c.health),
    Column("status", "status", lambda c: c.status),
    Column("image", "image", lambda c: c.image),
    Column("ports", "ports", lambda c: c.ports),
    Column("id", "id", lambda c: c.id[:12]),
)


async def fetch_there(hands: Hands, place: DockerPlace) -> tuple[DockerContainer, ...]:
    return await fetch_containers(
        lambda node, argv, timeout_s: hands.nodes.run(node, argv, timeout_s=timeout_s), place
    )


async def find_container(hands: Hands, place: DockerPlace, name: str) -> DockerContainer:
    """The one of that name or id. Raises CallRefused, NodesError."""
    found = await fetch_there(hands, place)
    for each in found:
        if each.name == name or (len(name) >= 12 and each.id.startswith(name.lower())):
            return each
    raise NotNamed(
        f"container on {told_place(place)} called", name, nearest(name, [c.name for c in found])
    )


@answering
async def _list(arguments: OfDocker, hands: Hands) -> Found:
    place = find_docker(hands, arguments.host)
    if arguments.host is None and hands.nodes.containers_at is not None:
        known, read_at = hands.nodes.containers, hands.nodes.containers_at
        listing = list_rows(known, COLUMNS)
        running = sum(each.state == "running" for each in known)
        headline = f"{count(len(known), 'container')} on {told_place(place)}, {running} running"
        because = hands.nodes.containers_because
        notes = (
            (f"Not read since {told_age(read_at, hands.clock.now())}: {because}",)
            if because
            else ()
        )
        return found_list(
            headline, listing, under="containers", hands=hands, read_at=read_at, notes=notes
        )
    found = await fetch_there(hands, place)
    running = sum(each.state == "running" for each in found)
    listing = list_rows(found, COLUMNS)
    headline = f"{count(len(found), 'container')} on {told_place(place)}, {running} running"
    return read_now(headline, listing, under="containers", hands=hands)


@answering
async def _logs(arguments: Logs, hands: Hands) -> Found:
    place = find_docker(hands, arguments.host)
    container = await find_container(hands, place, arguments.container)
    words = ("logs", "--timestamps", "--tail", str(arguments.lines), container.id)
    result = await run_docker(hands, place, words)
    lines = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    # Docker stamps each line, so that its two outputs can be put in order.
    lines = sorted(lines)[-arguments.lines :]
    if not result.ok:
        because = f"docker logs on {told_place(place)} ended with status {result.exit_status}"
        return Found(outcome=Outcome.FAILED, because=because, text="\n".join(lines))
    headline = f"The last {count(len(lines), 'line')} of {container.name} ({container.status})"
    now = hands.clock.now()
    return Found(
        outcome=Outcome.DONE if lines else Outcome.EMPTY,
        because="" if lines else f"{container.name} has written nothing",
        text="\n".join([headline, *lines]),
        data={"container": container.name, "state": container.state, "lines": lines},
        read_at=now,
    )


TOOLS: tuple[Tool[OfDocker] | Tool[Logs], ...] = (
    Tool(
        name="list_containers",
        summary="List Docker containers: those beside Jarvis, or those of a node or guest.",
        arguments=OfDocker,
        tier=Tier.GREEN,
        timeout_s=60.0,
        reads=READS,
        run=_list,
    ),
    Tool(
        name="get_container_logs",
        summary="Read the newest lines a Docker container has written.",
        arguments=Logs,
        tier=Tier.GREEN,
        timeout_s=90.0,
        reads="docker logs over SSH",
        run=_logs,
    ),
)
