"""A guest's share of its node: cores, memory, swap."""

from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.cluster.model import ClusterSnapshot, GuestState
from services.cluster.orders.guests import set_guest_resources
from services.cluster.parse_guest import GuestConfig
from services.safety.tiers import Tier
from services.safety.touches import Touch
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.effects import (
    Sent,
    Words,
    conclude,
    deadline_of,
    look_back_s,
    look_for_s,
    look_until,
    poll_soon,
    send,
    sent_before,
)
from services.tools.errors import NotAsThings
from services.tools.figures import told_bytes
from services.tools.hands import Hands
from services.tools.naming import find_guest
from services.tools.spec import CutOff, Found, Tool
from services.tools.subject import OfGuest, Subject, touch_of

TIMEOUT_S = 90.0
MIB = 1024 * 1024


class Share(OfGuest):
    """Arguments of set_guest_resources; what is left out stays."""

    cores: Annotated[int | None, Field(ge=1, le=512, description="Processor cores.")] = None
    memory_mib: Annotated[
        int | None, Field(ge=16, le=16_777_216, description="Memory in MiB; 4 GiB are 4096.")
    ] = None
    swap_mib: Annotated[
        int | None,
        Field(ge=0, le=16_777_216, description="Swap in MiB; only containers have their own."),
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.cores is None and self.memory_mib is None and self.swap_mib is None:
            raise ValueError("give cores, memory_mib or swap_mib")
        return self


def _touches(arguments: Share, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    runs = find_guest(snapshot, arguments.guest).state is not GuestState.STOPPED
    return (touch_of(arguments.guest, snapshot, ends=runs),)


def _as_wanted(arguments: Share, config: GuestConfig) -> bool:
    return (
        arguments.cores in (None, config.cores)
        and (arguments.memory_mib is None or config.mem_bytes == arguments.memory_mib * MIB)
        and (arguments.swap_mib is None or config.swap_bytes == arguments.swap_mib * MIB)
    )


def _told(config: GuestConfig | None) -> str:
    if config is None:
        return "a configuration that cannot be read"
    parts = [f"{config.cores or '—'} cores", f"{told_bytes(config.mem_bytes)} of memory"]
    if config.swap_bytes is not None:
        parts.append(f"{told_bytes(config.swap_bytes)} of swap")
    return ", ".join(parts)


def _refuse_too_much(arguments: Share, subject: Subject, hands: Hands) -> None:
    node = hands.cluster.snapshot.nodes.get(subject.place.node)
    if subject.virtual and arguments.swap_mib is not None:
        raise NotAsThings(f"{subject.label} is a virtual machine, whose swap is its own affair")
    if node is None:
        return
    if node.cpu_count and arguments.cores and arguments.cores > node.cpu_count:
        raise NotAsThings(
            f"{node.name} has {node.cpu_count} cores, {arguments.cores} are asked for"
        )
    total = node.mem_total_bytes
    if total and arguments.memory_mib and arguments.memory_mib * MIB > total:
        asked = told_bytes(arguments.memory_mib * MIB)
        raise NotAsThings(f"{node.name} has {told_bytes(total)} of memory, {asked} are asked for")


@answering
async def _set(arguments: Share, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    _refuse_too_much(arguments, subject, hands)
    before = await hands.cluster.lookups.fetch_guest_config(subject.place)
    if _as_wanted(arguments, before):
        told = f"{subject.label} had {_told(before)} already; nothing was sent"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    subject.refuse_lock()
    change = set_guest_resources(
        subject.place,
        cores=arguments.cores,
        memory_mib=arguments.memory_mib,
        swap_mib=arguments.swap_mib,
    )
    deadline_s = deadline_of(hands, TIMEOUT_S)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    found = await _read(arguments, hands, subject, sent, until_s=until_s)
    was = {"cores_before": before.cores, "mem_bytes_before": before.mem_bytes}
    return replace(found, data={**found.data, **was})


async def _look_back(arguments: Share, hands: Hands, cut: CutOff) -> Found:
    sent, subject = sent_before(cut), await Subject.again(hands, cut)
    return await _read(arguments, hands, subject, sent, until_s=look_back_s(hands, sent))


async def _read(
    arguments: Share, hands: Hands, subject: Subject, sent: Sent, *, until_s: float
) -> Found:
    """Look until it is configured as wanted or the time is over."""
    seen = await look_until(
        hands,
        lambda: hands.cluster.lookups.fetch_guest_config(subject.place),
        lambda config: _as_wanted(arguments, config),
        until_s=until_s,
    )
    done = f"{subject.label} is configured with {_told(seen.found)}"
    if seen.good and subject.virtual and subject.before.state is not GuestState.STOPPED:
        done += (
            "; it runs on with what it had, unless hotplug is on, until it is stopped and started"
        )
    poll_soon(hands)
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=subject.label,
            done=done,
            undone=f"{subject.label} is configured with {_told(seen.found)}",
        ),
        data={
            "vmid": subject.place.vmid,
            "cores": seen.found.cores if seen.found else None,
            "mem_bytes": seen.found.mem_bytes if seen.found else None,
            "swap_bytes": seen.found.swap_bytes if seen.found else None,
        },
    )


TOOLS: tuple[Tool[Share], ...] = (
    Tool(
        name="set_guest_resources",
        summary="Set how many cores and how much memory or swap a guest has.",
        arguments=Share,
        tier=Tier.RED,
        timeout_s=TIMEOUT_S,
        reads="GET …/status/current, GET …/config",
        changes="POST …/config (virtual machine), PUT …/config (container)",
        verified_by="its configuration is read back with these figures",
        touches=_touches,
        run=_set,
        look_back=_look_back,
    ),
)
