"""The power of a guest: start, resume, stop, shut down, reboot, reset, suspend."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field

from services.cluster.change import Change
from services.cluster.model import GuestState
from services.cluster.orders import guests as orders
from services.cluster.parse_guest_status import GuestStatusReading
from services.safety.tiers import Tier
from services.tools.answering import NotTaken, answering
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
from services.tools.hands import Hands
from services.tools.spec import CutOff, Found, Tool
from services.tools.subject import OfGuest, Subject, told_state, touches_guest

QUICK_S = 120.0
PATIENT_S = 660.0
"""For what waits until the guest's own system has ended."""
READS = "GET /nodes/{node}/{qemu|lxc}/{vmid}/status/current"

Wanted = Callable[[GuestStatusReading], bool]


class Gently(OfGuest):
    """Arguments of what waits until the guest's own system has ended."""

    timeout_s: Annotated[
        int,
        Field(
            ge=30, le=600, description="Seconds its system may take to end before it is given up."
        ),
    ] = 180


class ToSuspend(OfGuest):
    """Arguments of suspend_guest."""

    to_disk: Annotated[
        bool,
        Field(
            description="Write its memory to disk and power it off, instead of only freezing it."
        ),
    ] = False


def _running(status: GuestStatusReading) -> bool:
    return status.state is GuestState.RUNNING


def _stopped(status: GuestStatusReading) -> bool:
    return status.state is GuestState.STOPPED


def _paused(status: GuestStatusReading) -> bool:
    return status.state is GuestState.PAUSED


def _on_disk(status: GuestStatusReading) -> bool:
    return _stopped(status) and status.lock == "suspended"


def _already(subject: Subject, state: str) -> Found:
    told = f"{subject.label} was {state} already; nothing was sent"
    return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)


async def _bring_about(
    hands: Hands,
    subject: Subject,
    change: Change,
    wanted: Wanted,
    state: str,
    *,
    timeout_s: float,
) -> Found:
    """Send it, follow it, and look until the guest is as wanted or the time is over."""
    deadline_s = deadline_of(hands, timeout_s)
    try:
        sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    except NotTaken:
        # Containers refuse at once what somebody else was quicker to bring about.
        by_now = await look_until(hands, subject.look, wanted, until_s=0.0)
        if not by_now.good:
            raise
        told = f"{subject.label} was {state} by the time the request came"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s, patient=subject.managed)
    return await _read(hands, subject, sent, wanted, state, until_s=until_s)


async def _read(
    hands: Hands, subject: Subject, sent: Sent, wanted: Wanted, state: str, *, until_s: float
) -> Found:
    """Look until the guest is as wanted or the time is over."""
    seen = await look_until(hands, subject.look, wanted, until_s=until_s)
    poll_soon(hands)
    undone = f"{subject.label} is {told_state(seen.found)}"
    if subject.managed and not seen.good:
        ha = seen.found.ha_state if seen.found else None
        undone += f"; high availability has it as {ha or 'unknown'}"
    words = Words(
        label=subject.label,
        done=f"{subject.label} is {state} on {subject.place.node}",
        undone=undone,
    )
    data = {
        "vmid": subject.place.vmid,
        "node": subject.place.node,
        "state_before": subject.before.state.value,
        "state": seen.found.state.value if seen.found else None,
    }
    return conclude(hands, sent, seen, words, data=data)


def _looks_back(wanted: Wanted, state: str) -> Callable[[OfGuest, Hands, CutOff], Awaitable[Found]]:
    async def look_back(_: OfGuest, hands: Hands, cut: CutOff) -> Found:
        return await _read_again(hands, cut, wanted, state)

    return look_back


async def _read_again(hands: Hands, cut: CutOff, wanted: Wanted, state: str) -> Found:
    sent, subject = sent_before(cut), await Subject.again(hands, cut)
    until_s = look_back_s(hands, sent, patient=subject.managed)
    return await _read(hands, subject, sent, wanted, state, until_s=until_s)


@answering
async def _start(arguments: OfGuest, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    if _running(subject.before):
        return _already(subject, "running")
    subject.refuse_template()
    if _paused(subject.before):
        raise NotAsThings(f"{subject.label} is {told_state(subject.before)}: resume it instead")
    subject.refuse_lock(but="suspended")
    change = orders.start_guest(subject.place)
    return await _bring_about(hands, subject, change, _running, "running", timeout_s=QUICK_S)


@answering
async def _resume(arguments: OfGuest, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    if _running(subject.before):
        return _already(subject, "running")
    if _stopped(subject.before) and not _on_disk(subject.before):
        raise NotAsThings(f"{subject.label} is stopped, not paused: start it instead")
    subject.refuse_lock(but="suspended")
    change = orders.resume_guest(subject.place)
    return await _bring_about(hands, subject, change, _running, "running", timeout_s=QUICK_S)


@answering
async def _stop(arguments: OfGuest, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    if _stopped(subject.before):
        return _already(subject, "stopped")
    subject.refuse_lock()
    change = orders.stop_guest(subject.place)
    return await _bring_about(hands, subject, change, _stopped, "stopped", timeout_s=QUICK_S)


@answering
async def _shut_down(arguments: Gently, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    if _stopped(subject.before):
        return _already(subject, "stopped")
    if _paused(subject.before) and not subject.before.agent_configured:
        raise NotAsThings(
            f"{subject.label} is {told_state(subject.before)}, so its system cannot end: "
            "resume it first, or stop it"
        )
    subject.refuse_lock()
    change = orders.shut_down_guest(subject.place, timeout_s=arguments.timeout_s)
    within_s = min(PATIENT_S, arguments.timeout_s + 30.0)
    return await _bring_about(hands, subject, change, _stopped, "stopped", timeout_s=within_s)


@answering
async def _reboot(arguments: Gently, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    if _stopped(subject.before):
        raise NotAsThings(f"{subject.label} is {told_state(subject.before)}: start it instead")
    if _paused(subject.before):
        raise NotAsThings(
            f"{subject.label} is {told_state(subject.before)}, so its system cannot end: "
            "resume it first, or reset it"
        )
    subject.refuse_lock()
    began_s = hands.clock.monotonic_s()
    ran_s = subject.before.uptime_s

    def anew(status: GuestStatusReading) -> bool:
        if not _running(status) or status.uptime_s is None:
            return False
        since_s = hands.clock.monotonic_s() - began_s
        return status.uptime_s < since_s or (ran_s is not None and status.uptime_s < ran_s)

    change = orders.reboot_guest(subject.place, timeout_s=arguments.timeout_s)
    within_s = min(PATIENT_S, arguments.timeout_s + 60.0)
    return await _bring_about(hands, subject, change, anew, "running anew", timeout_s=within_s)


async def _look_back_at_reboot(_: Gently, hands: Hands, cut: CutOff) -> Found:
    def anew(status: GuestStatusReading) -> bool:
        since_s = (hands.clock.now() - cut.begun_at).total_seconds()
        return _running(status) and status.uptime_s is not None and status.uptime_s < since_s

    return await _read_again(hands, cut, anew, "running anew")


@answering
async def _reset(arguments: OfGuest, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    subject.refuse_container("reboot it, or stop and start it")
    if _stopped(subject.before):
        raise NotAsThings(f"{subject.label} is {told_state(subject.before)}: start it instead")
    subject.refuse_lock()
    change = orders.reset_guest(subject.place)
    deadline_s = deadline_of(hands, QUICK_S)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=hands.clock.monotonic_s() + 5)
    return await _read_reset(hands, subject, sent, until_s=until_s)


async def _look_back_at_reset(_: OfGuest, hands: Hands, cut: CutOff) -> Found:
    sent, subject = sent_before(cut), await Subject.again(hands, cut)
    return await _read_reset(hands, subject, sent, until_s=look_back_s(hands, sent))


async def _read_reset(hands: Hands, subject: Subject, sent: Sent, *, until_s: float) -> Found:
    # A reset leaves the machine's process and its uptime as they were: only its task tells of it.
    seen = await look_until(
        hands,
        subject.look,
        lambda status: _running(status) and sent.end is not None and sent.end.succeeded,
        until_s=until_s,
    )
    words = Words(
        label=subject.label,
        done=f"{subject.label} was reset and is running",
        undone=f"{subject.label} is {told_state(seen.found)}",
    )
    return conclude(hands, sent, seen, words, data={"vmid": subject.place.vmid})


@answering
async def _suspend(arguments: ToSuspend, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    subject.refuse_container("Proxmox suspends containers only by way of trial, so Jarvis does not")
    if _on_disk(subject.before):
        return _already(subject, "suspended to disk")
    if _stopped(subject.before):
        raise NotAsThings(f"{subject.label} is stopped: there is nothing to suspend")
    if _paused(subject.before) and not arguments.to_disk:
        return _already(subject, "paused")
    subject.refuse_lock()
    change = orders.suspend_guest(subject.place, to_disk=arguments.to_disk)
    if arguments.to_disk:
        return await _bring_about(
            hands, subject, change, _on_disk, "suspended to disk", timeout_s=PATIENT_S
        )
    return await _bring_about(hands, subject, change, _paused, "paused", timeout_s=QUICK_S)


async def _look_back_at_suspension(arguments: ToSuspend, hands: Hands, cut: CutOff) -> Found:
    if arguments.to_disk:
        return await _read_again(hands, cut, _on_disk, "suspended to disk")
    return await _read_again(hands, cut, _paused, "paused")


_VERIFIED = "its own node reads it as {state}, under high availability for as long as that takes"

TOOLS: tuple[Tool[OfGuest] | Tool[Gently] | Tool[ToSuspend], ...] = (
    Tool(
        name="start_guest",
        summary="Start a virtual machine or container and wait until it runs.",
        arguments=OfGuest,
        tier=Tier.YELLOW,
        timeout_s=QUICK_S,
        reads=READS,
        changes="POST …/status/start",
        verified_by=_VERIFIED.format(state="running"),
        touches=touches_guest(ends=False),
        run=_start,
        look_back=_looks_back(_running, "running"),
    ),
    Tool(
        name="resume_guest",
        summary="Let a paused guest go on, or bring back one that was suspended to disk.",
        arguments=OfGuest,
        tier=Tier.YELLOW,
        timeout_s=QUICK_S,
        reads=READS,
        changes="POST …/status/resume",
        verified_by=_VERIFIED.format(state="running"),
        touches=touches_guest(ends=False),
        run=_resume,
        look_back=_looks_back(_running, "running"),
    ),
    Tool(
        name="stop_guest",
        summary="Cut a guest's power at once; what it has not written to disk is lost.",
        arguments=OfGuest,
        tier=Tier.RED,
        timeout_s=QUICK_S,
        reads=READS,
        changes="POST …/status/stop",
        verified_by=_VERIFIED.format(state="stopped"),
        touches=touches_guest(ends=True),
        run=_stop,
        look_back=_looks_back(_stopped, "stopped"),
    ),
    Tool(
        name="shutdown_guest",
        summary="Ask a guest's system to end in order, and wait until it has.",
        arguments=Gently,
        tier=Tier.RED,
        timeout_s=PATIENT_S,
        reads=READS,
        changes="POST …/status/shutdown",
        verified_by=_VERIFIED.format(state="stopped"),
        touches=touches_guest(ends=True),
        run=_shut_down,
        look_back=_looks_back(_stopped, "stopped"),
    ),
    Tool(
        name="reboot_guest",
        summary="Let a guest's system end in order and start it anew.",
        arguments=Gently,
        tier=Tier.RED,
        timeout_s=PATIENT_S,
        reads=READS,
        changes="POST …/status/reboot",
        verified_by="it is read as running, with an uptime that began after the request",
        touches=touches_guest(ends=True),
        run=_reboot,
        look_back=_look_back_at_reboot,
    ),
    Tool(
        name="reset_guest",
        summary="Press a virtual machine's reset button: it boots anew without ending in order.",
        arguments=OfGuest,
        tier=Tier.RED,
        timeout_s=QUICK_S,
        reads=READS,
        changes="POST …/status/reset",
        verified_by="its task ended well and it is read as running; a reset leaves no other trace",
        touches=touches_guest(ends=True),
        run=_reset,
        look_back=_look_back_at_reset,
    ),
    Tool(
        name="suspend_guest",
        summary="Freeze a virtual machine in memory, or write its memory to disk and power it off.",
        arguments=ToSuspend,
        tier=Tier.RED,
        timeout_s=PATIENT_S,
        reads=READS,
        changes="POST …/status/suspend",
        verified_by=_VERIFIED.format(state="paused, or as stopped and locked `suspended`"),
        touches=touches_guest(ends=True),
        run=_suspend,
        look_back=_look_back_at_suspension,
    ),
)
