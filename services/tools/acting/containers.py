"""Docker containers: started, restarted, stopped."""

from services.cluster.model import ClusterSnapshot
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.docker_place import find_docker, host_of, place_of, run_docker, told_place
from services.tools.hands import Hands
from services.tools.reading.containers import READS, OfContainer, find_container
from services.tools.spec import Found, Tool

TIMEOUT_S = 120.0


def _touches(arguments: OfContainer, snapshot: ClusterSnapshot, *, ends: bool) -> tuple[Touch, ...]:
    # Where no host is named it is Jarvis's own daemon, which None stands for.
    host = host_of(place_of(snapshot, arguments.host)) if arguments.host else None
    return (Touch(kind=TouchKind.DOCKER, id=arguments.container, node=host, ends=ends),)


def _touches_started(arguments: OfContainer, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return _touches(arguments, snapshot, ends=False)


def _touches_ended(arguments: OfContainer, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return _touches(arguments, snapshot, ends=True)


async def _act(arguments: OfContainer, hands: Hands, verb: str, wanted: str) -> Found:
    place = find_docker(hands, arguments.host)
    before = await find_container(hands, place, arguments.container)
    runs = before.state == "running"
    if (verb == "start" and runs) or (verb == "stop" and not runs):
        told = f"{before.name} was {before.state} already; nothing was sent"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    result = await run_docker(hands, place, (verb, before.id), timeout_s=TIMEOUT_S - 40)
    after = await find_container(hands, place, before.id)
    good = result.ok and (after.state == "running") == (wanted == "running")
    told = " ".join(result.stderr.split())[:300]
    because = "" if good else f"{after.name} is {after.state}{f': {told}' if told else ''}"
    return Found(
        outcome=Outcome.DONE if good else Outcome.FAILED,
        because=because,
        text=f"{after.name} on {told_place(place)} is {after.state} ({after.status})",
        data={
            "container": after.name,
            "host": host_of(place),
            "state_before": before.state,
            "state": after.state,
            "health": after.health,
        },
        verified=good,
        read_at=hands.clock.now(),
    )


@answering
async def _start(arguments: OfContainer, hands: Hands) -> Found:
    return await _act(arguments, hands, "start", "running")


@answering
async def _restart(arguments: OfContainer, hands: Hands) -> Found:
    return await _act(arguments, hands, "restart", "running")


@answering
async def _stop(arguments: OfContainer, hands: Hands) -> Found:
    return await _act(arguments, hands, "stop", "stopped")


TOOLS: tuple[Tool[OfContainer], ...] = (
    Tool(
        name="start_container",
        summary="Start a Docker container that is stopped.",
        arguments=OfContainer,
        tier=Tier.YELLOW,
        timeout_s=TIMEOUT_S,
        reads=READS,
        changes="docker start",
        verified_by="docker lists it as running",
        touches=_touches_started,
        run=_start,
    ),
    Tool(
        name="restart_container",
        summary="Restart a Docker container.",
        arguments=OfContainer,
        tier=Tier.YELLOW,
        timeout_s=TIMEOUT_S,
        reads=READS,
        changes="docker restart",
        verified_by="docker restart ended with 0, and docker lists it as running",
        touches=_touches_ended,
        run=_restart,
    ),
    Tool(
        name="stop_container",
        summary="Stop a Docker container.",
        arguments=OfContainer,
        tier=Tier.RED,
        timeout_s=TIMEOUT_S,
        reads=READS,
        changes="docker stop",
        verified_by="docker lists it as not running",
        touches=_touches_ended,
        run=_stop,
    ),
)
