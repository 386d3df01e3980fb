"""What happened to guests between two snapshots."""

from collections.abc import Iterator
from functools import cached_property
from typing import TypedDict

from services.cluster.causes import PAUSES, RESUMES, STARTS, STOPS, find_cause, known_tasks
from services.cluster.changes_guests import (
    GuestCrashed,
    GuestCreated,
    GuestHalted,
    GuestMigrated,
    GuestPaused,
    GuestRemoved,
    GuestRestarted,
    GuestResumed,
    GuestsAppeared,
    GuestStarted,
    GuestStayedDown,
    GuestStopped,
    GuestsVanished,
)
from services.cluster.model import ClusterSnapshot, GuestSnapshot, GuestState, TaskSnapshot
from services.cluster.observe_guests import is_guest_settling
from services.cluster.observe_nodes import has_restarted
from services.events import Happening

MANY_AT_ONCE = 10
"""More guests than this that come or go in one reading are told as one."""

HALTS = frozenset({"io-error", "internal-error", "guest-panicked", "watchdog"})
MOVING_HA_STATES = frozenset(
    {"request_stop", "stopped", "disabled", "migrate", "relocate", "fence", "recovery", "freeze"}
)
MOVING_LOCKS = frozenset({"backup", "migrate", "rollback", "suspended", "suspending", "destroyed"})


class _Told(TypedDict):
    vmid: int
    name: str | None
    node: str


class _Asked(TypedDict):
    by: str | None
    task: str | None


def diff_guests(old: ClusterSnapshot, new: ClusterSnapshot) -> Iterator[Happening]:
    """Guests that started, stopped, crashed, paused, restarted, moved, came or went."""
    if old.guests_at is None or old.guests is new.guests:
        return
    at = new.taken_at
    pair = _Pair(old, new)
    came: list[GuestSnapshot] = []
    gone = [guest for vmid, guest in old.guests.items() if vmid not in new.guests]
    for vmid, guest in new.guests.items():
        before = old.guests.get(vmid)
        if before is guest:
            continue
        if before is None:
            came.append(guest)
        elif before.kind is not guest.kind:
            gone.append(before)
            came.append(guest)
        else:
            yield from pair.life(before, guest)
    if len(gone) > MANY_AT_ONCE:
        yield GuestsVanished(at=at, count=len(gone))
    else:
        for guest in gone:
            yield GuestRemoved(at=at, **_told(guest))
    if len(came) > MANY_AT_ONCE:
        yield GuestsAppeared(at=at, count=len(came))
    else:
        for guest in came:
            yield GuestCreated(at=at, **_told(guest))


class _Pair:
    """Two snapshots, and what only some comparisons need of them."""

    def __init__(self, old: ClusterSnapshot, new: ClusterSnapshot) -> None:
        self._old = old
        self._new = new
        self._at = new.taken_at

    @cached_property
    def _tasks(self) -> tuple[TaskSnapshot, ...]:
        return known_tasks(self._old, self._new)

    def life(self, before: GuestSnapshot, guest: GuestSnapshot) -> Iterator[Happening]:
        """What happened to one guest that is in both."""
        at = self._at
        if guest.node != before.node:
            yield GuestMigrated(at=at, from_node=before.node, **_told(guest))
        was, now = before.told_state, guest.told_state
        if now is GuestState.PAUSED and guest.state is now and guest.state_detail in HALTS:
            if before.state_detail != guest.state_detail:
                yield GuestHalted(at=at, state=guest.state_detail, **_told(guest))
        elif was is not now and was is not None:
            yield from self._change(before, guest)
        elif self._has_restarted(before, guest):
            asked = self._asked(before, guest, STARTS)
            yield GuestRestarted(at=at, **_told(guest), **asked)

    def _change(self, before: GuestSnapshot, guest: GuestSnapshot) -> Iterator[Happening]:
        at = self._at
        match before.told_state, guest.told_state:
            case _, GuestState.STOPPED:
                yield self._stop(before, guest)
            case GuestState.PAUSED, GuestState.RUNNING:
                asked = self._asked(before, guest, RESUMES)
                if asked["task"] != "vzdump":
                    yield GuestResumed(at=at, **_told(guest), **asked)
            case _, GuestState.RUNNING:
                yield GuestStarted(at=at, **_told(guest), **self._asked(before, guest, STARTS))
            case _, GuestState.PAUSED:
                asked = self._asked(before, guest, PAUSES)
                if asked["task"] != "vzdump":
                    yield GuestPaused(at=at, **_told(guest), **asked)

    def _stop(self, before: GuestSnapshot, guest: GuestSnapshot) -> Happening:
        """A stop is a crash only when the tasks of the time are known and none asked for it."""
        at = self._at
        asked = self._asked(before, guest, STOPS)
        if asked["task"] is not None:
            return GuestStopped(at=at, **_told(guest), **asked)
        node = self._new.nodes.get(guest.node)
        if (
            node is not None
            and node.returned_at is not None
            and is_guest_settling(None, node, guest.state_since, self._new.policy)
        ):
            return GuestStayedDown(at=at, **_told(guest))
        moving = {before.ha_state, guest.ha_state} & MOVING_HA_STATES
        locked = {before.lock, guest.lock} & MOVING_LOCKS
        if moving or locked or not self._are_tasks_fresh():
            return GuestStopped(at=at, **_told(guest))
        return GuestCrashed(at=at, **_told(guest))

    def _are_tasks_fresh(self) -> bool:
        tasks_at, seen_at = self._new.tasks_at, self._old.guests_at
        return tasks_at is not None and seen_at is not None and tasks_at >= seen_at

    def _asked(self, before: GuestSnapshot, guest: GuestSnapshot, kinds: frozenset[str]) -> _Asked:
        task = find_cause(
            self._tasks,
            kinds,
            vmid=guest.vmid,
            nodes=frozenset({before.node, guest.node}),
            locked="backup" in (before.lock, guest.lock),
            at=self._at,
            seen_at=self._old.guests_at,
        )
        return _Asked(by=task.user if task else None, task=task.kind if task else None)

    def _has_restarted(self, before: GuestSnapshot, guest: GuestSnapshot) -> bool:
        """Moves and a node's return begin an uptime anew as well, without being restarts."""
        return (
            before.state is guest.state is GuestState.RUNNING
            and has_restarted(before.uptime_s, guest.uptime_s)
            and not is_guest_settling(
                guest.node_since, self._new.nodes.get(guest.node), self._at, self._new.policy
            )
        )


def _told(guest: GuestSnapshot) -> _Told:
    return _Told(vmid=guest.vmid, name=guest.name, node=guest.node)
