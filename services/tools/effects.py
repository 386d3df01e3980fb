"""A change and what came of it: sent once, followed to its end, and its effect read back.

Only the reading counts. A task that ended well proves nothing, one that failed may have been
beaten to it by somebody else, and an answer that was lost says neither.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.clock import pause
from services.cluster.change import Change
from services.cluster.errors import (
    ChangeFailed,
    ChangeUncertain,
    ClusterError,
    ClusterStopped,
    NodeFailed,
    RequestRefused,
)
from services.cluster.following import TAIL_LINES, TaskEnd, pauses
from services.cluster.model import TaskOutcome, Tier
from services.nodes.errors import CommandCancelled, CommandLost, CommandTimedOut
from services.tools.answering import NotTaken, outcome_of, told_error
from services.tools.calls import Outcome, Payload
from services.tools.figures import told_span
from services.tools.hands import Hands
from services.tools.refusals import explain_refusal
from services.tools.spec import CutOff, Found

T = TypeVar("T")

MARGIN_S = 3.0
"""So much earlier than the gate a tool gives up, so that it can still say what it knows."""
SETTLES_S = 20.0
"""After a task has ended well, its effect is looked for this long."""
IN_DOUBT_S = 30.0
"""The same when nobody knows whether the change was taken."""
LOOKS_BACK_S = 120.0
"""The same for what goes on after its task has ended, when Jarvis ended in its middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is known of a change after it was sent."""

    upid: str | None = None
    end: TaskEnd | None = None
    """How its task ended; None where Proxmox named none."""
    doubt: str | None = None
    """Why nobody knows whether it was taken."""
    text: str | None = None
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Generic[T]):
    """What the last look at the effect has shown."""

    found: T | None
    good: bool
    because: str | None = None
    """Why it could not be read."""


def deadline_of(hands: Hands, timeout_s: float) -> float:
    """When a tool with this timeout gives up, on the steady clock."""
    return hands.clock.monotonic_s() + timeout_s - MARGIN_S


async def send(hands: Hands, change: Change, *, label: str, deadline_s: float) -> Sent:
    """Send a change and follow its task, and let the page look soon.

    Raises NotTaken when it is certain that nothing came of it, and ClusterStopped.
    """
    try:
        return await _send(hands, change, label, deadline_s)
    finally:
        poll_soon(hands)


async def _send(hands: Hands, change: Change, label: str, deadline_s: float) -> Sent:
    try:
        answer = await hands.cluster.change(change)
    except ChangeUncertain as doubt:
        return Sent(doubt=doubt.because)
    except ClusterStopped:
        raise
    except ClusterError as error:
        raise NotTaken(_not_taken(error, label)) from error
    end = None
    if answer.upid is not None:
        await hands.keep_task(answer.upid)
        end = await hands.cluster.lookups.follow_task(answer.upid, deadline_s=deadline_s)
    return Sent(upid=answer.upid, end=end, text=answer.text, blocked_by=answer.blocked_by)


async def send_as_root(hands: Hands, node: str, argv: Sequence[str], *, timeout_s: float) -> Sent:
    """Have a node's own shell do what Proxmox gives no token the right to.

    A command whose end was not seen leaves a doubt. Raises NodesError where it was not begun.
    """
    try:
        result = await hands.nodes.run(node, argv, timeout_s=timeout_s)
    except (CommandLost, CommandTimedOut, CommandCancelled) as doubt:
        return Sent(doubt=doubt.because)
    finally:
        poll_soon(hands)
    lines = tuple((result.stderr or result.stdout).strip().splitlines()[-TAIL_LINES:])
    if result.ok:
        return Sent(end=TaskEnd(upid="", outcome=TaskOutcome.OK, exit_status="OK"))
    told = lines[-1] if lines else f"it ended with status {result.exit_status}"
    return Sent(
        end=TaskEnd(upid="", outcome=TaskOutcome.FAILED, exit_status=told[:300], tail=lines)
    )


def _not_taken(error: ClusterError, label: str) -> Found:
    outcome = outcome_of(error)
    because = told_error(error)
    if isinstance(error, NodeFailed | ChangeFailed):
        meaning = explain_refusal(error.text, label)
        because = meaning or because
    if outcome in (Outcome.TIMED_OUT, Outcome.UNKNOWN):
        outcome = Outcome.FAILED
    if not isinstance(error, RequestRefused):
        because = f"Nothing was sent: {because}"
    return Found(outcome=outcome, because=because, verified=False)


async def look_until(
    hands: Hands,
    look: Callable[[], Awaitable[T]],
    good: Callable[[T], bool],
    *,
    until_s: float,
    last_pause_s: float = 3.0,
) -> Seen[T]:
    """Look until it is good, or until the steady clock reads `until_s`; at least once.

    Raises ClusterStopped; whatever else keeps it from being read is told in what is handed back.
    """
    rhythm = pauses(0.2, last_pause_s)
    found: T | None = None
    while True:
        because: str | None = None
        try:
            found = await look()
        except ClusterStopped:
            raise
        except ClusterError as error:
            found, because = None, error.because
        else:
            if good(found):
                return Seen(found=found, good=True)
        left_s = until_s - hands.clock.monotonic_s()
        if left_s <= 0:
            return Seen(found=found, good=False, because=because)
        if await pause(rhythm.next_s(left_s=left_s), hands.cluster.lookups.ended):
            raise ClusterStopped


def look_for_s(hands: Hands, sent: Sent, *, deadline_s: float, patient: bool = False) -> float:
    """Until when the effect is looked for, on the steady clock.

    `patient` is for what goes on after its task has ended, as with high availability, or has
    no task at all.
    """
    now_s = hands.clock.monotonic_s()
    if sent.doubt is not None:
        return deadline_s if patient else min(deadline_s, now_s + IN_DOUBT_S)
    if sent.end is not None and not sent.end.succeeded:
        return now_s if sent.end.outcome is TaskOutcome.FAILED else min(deadline_s, now_s + 5)
    return deadline_s if patient else min(deadline_s, now_s + SETTLES_S)


def look_back_s(hands: Hands, sent: Sent, *, patient: bool = False) -> float:
    """The same where Jarvis ended in the middle, and nobody waits."""
    deadline_s = hands.clock.monotonic_s() + LOOKS_BACK_S
    return look_for_s(hands, sent, deadline_s=deadline_s, patient=patient)


def sent_before(cut: CutOff) -> Sent:
    """What is known of a change in whose middle Jarvis ended."""
    return Sent(upid=cut.end.upid, end=cut.end)


def poll_soon(hands: Hands, *, nodes: bool = False) -> None:
    """Let the page see what has changed."""
    hands.cluster.poll_now(Tier.IMPORTANT)
    if nodes:
        hands.cluster.poll_now(Tier.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a change is told."""

    done: str
    """`media (104) is running`."""
    undone: str
    """What was read instead: `media (104) is stopped`."""
    label: str


def conclude(
    hands: Hands, sent: Sent, seen: Seen[T], words: Words, *, data: Payload | None = None
) -> Found:
    """The outcome of a change, from what was sent and what was seen."""
    facts = {"upid": sent.upid, "exit_status": sent.end.exit_status if sent.end else None}
    outcome, because = _judge(sent, seen, words)
    known = seen.good or (seen.because is None and outcome is Outcome.FAILED)
    lines = [words.done if seen.good else words.undone if seen.because is None else because]
    if sent.end is not None and sent.end.tail and sent.end.outcome is not TaskOutcome.OK:
        lines += ["Last lines of its task:", *(f"  {line}" for line in sent.end.tail)]
    if outcome is Outcome.UNKNOWN and sent.upid is not None:
        lines.append(f"Its task: {sent.upid}")
    return Found(
        outcome=outcome,
        text="\n".join(lines),
        because=because,
        data={**facts, **(data or {})},
        verified=seen.good if known else None,
        read_at=hands.clock.now(),
    )


def _judge(sent: Sent, seen: Seen[T], words: Words) -> tuple[Outcome, str]:
    end = sent.end
    if seen.good:
        if sent.doubt is not None:
            return Outcome.DONE, f"{words.done}, although the answer to the request was lost"
        if end is not None and end.outcome is TaskOutcome.WARNINGS:
            return Outcome.DONE, f"{words.done}; its task ended with {end.exit_status}"
        if end is not None and end.outcome is TaskOutcome.FAILED:
            return Outcome.DONE, f"{words.done}, although its task failed: {_exit(end, words)}"
        return Outcome.DONE, ""
    if sent.blocked_by:
        return (
            Outcome.FAILED,
            f"High availability will not: {', '.join(sent.blocked_by)} is in the way",
        )
    if sent.doubt is not None:
        met = f"; {words.undone}" if seen.because is None else ""
        return Outcome.UNKNOWN, f"{sent.doubt}{met}"
    if end is not None and end.outcome is TaskOutcome.FAILED:
        return Outcome.FAILED, f"Its task failed: {_exit(end, words)}"
    if end is not None and end.outcome is TaskOutcome.RUNNING:
        waited = told_span(end.waited_s)
        return (
            Outcome.UNKNOWN,
            f"Its task still runs after {waited}; get_task_log tells how it ends",
        )
    if end is not None and end.outcome is TaskOutcome.UNKNOWN:
        return Outcome.UNKNOWN, f"How its task ended is not known: {end.because}"
    if seen.because is not None:
        came = "Its task ended well" if end is not None else "It was accepted"
        return Outcome.UNKNOWN, f"{came}, but its effect could not be read back: {seen.because}"
    accepted = "Its task ended well" if end is not None else "Proxmox accepted it"
    return Outcome.FAILED, f"{accepted}, yet {words.undone}"


def _exit(end: TaskEnd, words: Words) -> str:
    text = end.exit_status or "without a word"
    meaning = explain_refusal(text, words.label)
    return f"{text}. {meaning}" if meaning else text
