"""Snapshots of a guest: taken, rolled back to, deleted."""

from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field

from services.cluster.change import Change
from services.cluster.model import ClusterSnapshot
from services.cluster.orders import copies as orders
from services.cluster.parse_guest import SnapshotReading
from services.safety.tiers import Tier
from services.safety.touches import Touch
from services.tools.answering import answering
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
from services.tools.errors import NotAsThings, NotNamed
from services.tools.fields import SnapshotName
from services.tools.hands import Hands
from services.tools.spec import CutOff, Found, Tool
from services.tools.subject import OfGuest, Subject, told_state, touch_of, touches_guest

TIMEOUT_S = 600.0
READS = "GET …/status/current, GET …/snapshot"


class OfSnapshot(OfGuest):
    """Arguments of what acts on a snapshot that is there."""

    snapshot: SnapshotName


class ToTake(OfSnapshot):
    """Arguments of create_snapshot."""

    description: Annotated[
        str, Field(max_length=256, description="What it is for, in a few words.")
    ] = ""
    with_memory: Annotated[
        bool,
        Field(description="Keep a virtual machine's memory as well, which halts it for a moment."),
    ] = False


class ToRollBack(OfSnapshot):
    """Arguments of rollback_snapshot."""

    start: Annotated[bool, Field(description="Start the guest afterwards.")] = False


Snapshots = tuple[SnapshotReading, ...] | None


def _touches_taken(arguments: ToTake, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (touch_of(arguments.guest, snapshot, ends=arguments.with_memory),)


async def _find_snapshot(subject: Subject, hands: Hands, name: str) -> SnapshotReading:
    """The one of that name. Raises CallRefused, ClusterError."""
    found = await hands.cluster.lookups.fetch_snapshots(subject.place)
    if found is None:
        raise NotAsThings(f"{subject.place.node} sent no list of the snapshots of {subject.label}")
    known = {each.name: each for each in found}
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5) or [each.name for each in found[:3]]
        raise NotNamed(f"snapshot of {subject.label} called", name, near)
    return known[name]


async def _bring_about(
    hands: Hands, subject: Subject, change: Change, name: str, *, there: bool
) -> Found:
    """Send it, follow it, and look at the list of snapshots until it is as wanted."""
    deadline_s = deadline_of(hands, TIMEOUT_S)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    return await _read(hands, subject, sent, name, there=there, until_s=until_s)


async def _read(
    hands: Hands, subject: Subject, sent: Sent, name: str, *, there: bool, until_s: float
) -> Found:
    """Look at the list of snapshots until it has that one, or no longer, or the time is over."""
    seen = await look_until(
        hands,
        lambda: hands.cluster.lookups.fetch_snapshots(subject.place),
        lambda found: found is not None and (name in _names(found)) is there,
        until_s=until_s,
    )
    poll_soon(hands)
    has = f"{subject.label} has the snapshot {name}"
    still_has = f"{subject.label} still has the snapshot {name}"
    has_none = f"{subject.label} has no snapshot {name}"
    no_longer = f"{subject.label} no longer has the snapshot {name}"
    done, undone = (has, has_none) if there else (no_longer, still_has)
    return conclude(
        hands,
        sent,
        seen,
        Words(label=subject.label, done=done, undone=undone),
        data={
            "vmid": subject.place.vmid,
            "snapshot": name,
            "snapshots": [each.name for each in seen.found or ()],
        },
    )


def _names(found: Snapshots) -> set[str]:
    return {each.name for each in found or ()}


@answering
async def _create(arguments: ToTake, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    name = arguments.snapshot
    if name == "current":
        raise NotAsThings("Proxmox keeps the name current for itself; choose another")
    if name in _names(await hands.cluster.lookups.fetch_snapshots(subject.place)):
        raise NotAsThings(f"{subject.label} has a snapshot {name} already; choose another name")
    subject.refuse_lock()
    change = orders.take_snapshot(
        subject.place,
        name,
        description=arguments.description,
        with_memory=arguments.with_memory,
    )
    return await _bring_about(hands, subject, change, name, there=True)


@answering
async def _delete(arguments: OfSnapshot, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    name = (await _find_snapshot(subject, hands, arguments.snapshot)).name
    subject.refuse_lock()
    change = orders.delete_snapshot(subject.place, name)
    return await _bring_about(hands, subject, change, name, there=False)


def _looks_back(*, there: bool) -> Callable[[OfSnapshot, Hands, CutOff], Awaitable[Found]]:
    async def look_back(arguments: OfSnapshot, hands: Hands, cut: CutOff) -> Found:
        sent, subject = sent_before(cut), await Subject.again(hands, cut)
        until_s = look_back_s(hands, sent)
        return await _read(hands, subject, sent, arguments.snapshot, there=there, until_s=until_s)

    return look_back


@answering
async def _roll_back(arguments: ToRollBack, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    chosen = await _find_snapshot(subject, hands, arguments.snapshot)
    subject.refuse_lock()
    change = orders.roll_back_snapshot(subject.place, chosen.name, start=arguments.start)
    deadline_s = deadline_of(hands, TIMEOUT_S)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    return await _read_rolled_back(hands, subject, sent, chosen.name, until_s=until_s)


async def _look_back_at_rollback(arguments: ToRollBack, hands: Hands, cut: CutOff) -> Found:
    sent, subject = sent_before(cut), await Subject.again(hands, cut)
    until_s = look_back_s(hands, sent)
    return await _read_rolled_back(hands, subject, sent, arguments.snapshot, until_s=until_s)


async def _read_rolled_back(
    hands: Hands, subject: Subject, sent: Sent, name: str, *, until_s: float
) -> Found:
    lookups = hands.cluster.lookups
    # What was rolled back looks like what had never gone on: only its task tells them apart.
    well = sent.end is not None and sent.end.succeeded
    seen = await look_until(
        hands,
        lambda: lookups.fetch_snapshot_below(subject.place),
        lambda below: well and below == name,
        until_s=until_s,
    )
    status = await look_until(hands, subject.look, lambda _: True, until_s=0.0)
    poll_soon(hands)
    state = told_state(status.found)
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=subject.label,
            done=f"{subject.label} is back at {name} and is {state}",
            undone=f"{subject.label} stands on {seen.found or 'no snapshot'} and is {state}",
        ),
        data={
            "vmid": subject.place.vmid,
            "snapshot": name,
            "state": status.found.state.value if status.found else None,
        },
    )


TOOLS: tuple[Tool[ToTake] | Tool[OfSnapshot] | Tool[ToRollBack], ...] = (
    Tool(
        name="create_snapshot",
        summary="Take a snapshot of a guest, so that it can be put back to how it is now.",
        arguments=ToTake,
        tier=Tier.YELLOW,
        timeout_s=TIMEOUT_S,
        reads=READS,
        changes="POST …/snapshot",
        verified_by="the guest's list of snapshots has it",
        touches=_touches_taken,
        run=_create,
        look_back=_looks_back(there=True),
    ),
    Tool(
        name="rollback_snapshot",
        summary="Put a guest back to a snapshot; whatever came after it is lost.",
        arguments=ToRollBack,
        tier=Tier.RED,
        timeout_s=TIMEOUT_S,
        reads=READS,
        changes="POST …/snapshot/{name}/rollback",
        verified_by="its task ended well and the guest stands on that snapshot",
        touches=touches_guest(ends=True),
        run=_roll_back,
        look_back=_look_back_at_rollback,
    ),
    Tool(
        name="delete_snapshot",
        summary="Delete a snapshot of a guest; the guest itself stays as it is.",
        arguments=OfSnapshot,
        tier=Tier.RED,
        timeout_s=TIMEOUT_S,
        reads=READS,
        changes="DELETE …/snapshot/{name}",
        verified_by="the guest's list of snapshots no longer has it",
        touches=touches_guest(ends=True),
        run=_delete,
        look_back=_looks_back(there=False),
    ),
)
