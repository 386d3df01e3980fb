"""A guest moved to another node."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from services.cluster.model import ClusterSnapshot, GuestState, NodeState
from services.cluster.orders.guests import migrate_guest
from services.cluster.parse_guest_status import GuestStatusReading
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
from services.tools.fields import NodeName, StorageName
from services.tools.hands import Hands
from services.tools.naming import find_node, find_storage
from services.tools.spec import CutOff, Found, Tool
from services.tools.subject import OfGuest, Subject, told_state, touch_of, touch_of_node

TIMEOUT_S = 1_800.0


class ToMove(OfGuest):
    """Arguments of migrate_guest."""

    target: Annotated[NodeName, Field(description="The node it shall move to.")]
    with_local_disks: Annotated[
        bool,
        Field(description="Copy disks that lie on the node's own storage; that can take hours."),
    ] = False
    target_storage: Annotated[
        StorageName | None,
        Field(description="Where copied disks go; the storage of the same name when left out."),
    ] = None


def _touches(arguments: ToMove, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (
        touch_of(arguments.guest, snapshot, ends=True),
        touch_of_node(arguments.target, snapshot, ends=False),
    )


@answering
async def _migrate(arguments: ToMove, hands: Hands) -> Found:
    target = find_node(hands.cluster.snapshot, arguments.target)
    subject = await Subject.find(hands, arguments.guest)
    if subject.place.node == target.name:
        told = f"{subject.label} was on {target.name} already; nothing was sent"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    if target.state is not NodeState.ONLINE:
        raise NotAsThings(f"{target.name} is {target.state}: nothing can move there")
    if arguments.target_storage is not None:
        find_storage(hands.cluster.snapshot, arguments.target_storage, target.name)
    subject.refuse_lock()
    ran = subject.before.state is not GuestState.STOPPED
    change = migrate_guest(
        subject.place,
        target.name,
        running=ran,
        with_local_disks=arguments.with_local_disks,
        target_storage=arguments.target_storage,
    )
    deadline_s = deadline_of(hands, TIMEOUT_S)
    before = subject.place.node
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s, patient=subject.managed)
    found = await _read(hands, subject, sent, target.name, ran=ran, until_s=until_s)
    return replace(found, data={**found.data, "node_before": before})


async def _look_back(arguments: ToMove, hands: Hands, cut: CutOff) -> Found:
    sent, subject = sent_before(cut), await Subject.again(hands, cut)
    until_s = look_back_s(hands, sent, patient=subject.managed)
    target = next((t.partition("/")[2] for t in cut.targets if t.startswith("node/")), "")
    # Whether it ran before is not on record; its task would have failed had it not started.
    return await _read(hands, subject, sent, target or arguments.target, ran=False, until_s=until_s)


async def _read(
    hands: Hands, subject: Subject, sent: Sent, target: str, *, ran: bool, until_s: float
) -> Found:
    """Look until the target has it, or the time is over."""

    def arrived(status: GuestStatusReading) -> bool:
        at_home = subject.place.node == target and status.lock is None
        return at_home and (not ran or status.state is not GuestState.STOPPED)

    seen = await look_until(hands, subject.look, arrived, until_s=until_s)
    poll_soon(hands)
    now_is = f"{subject.label} is {told_state(seen.found)} on {subject.place.node}"
    return conclude(
        hands,
        sent,
        seen,
        Words(label=subject.label, done=now_is, undone=now_is),
        data={
            "vmid": subject.place.vmid,
            "node": subject.place.node,
            "state": seen.found.state.value if seen.found else None,
        },
    )


TOOLS: tuple[Tool[ToMove], ...] = (
    Tool(
        name="migrate_guest",
        summary="Move a guest to another node: a virtual machine as it runs, a container by a "
        "restart.",
        arguments=ToMove,
        tier=Tier.RED,
        timeout_s=TIMEOUT_S,
        reads="GET …/status/current, GET /cluster/resources",
        changes="POST …/migrate",
        verified_by="the target node has it, unlocked, and running if it ran before",
        touches=_touches,
        run=_migrate,
        look_back=_look_back,
    ),
)
