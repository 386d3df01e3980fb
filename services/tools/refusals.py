"""Proxmox's refusals in words for a person, with what can be done about each."""

import re
from collections.abc import Callable

_LOCKS = {
    "backup": "a backup of it runs",
    "clone": "it is being copied",
    "create": "it is being created",
    "migrate": "it is on its way to another node",
    "rollback": "it is being put back to a snapshot",
    "snapshot": "a snapshot of it is being taken",
    "snapshot-delete": "a snapshot of it is being deleted",
    "suspended": "it is suspended to disk",
    "suspending": "it is being suspended to disk",
    "disk": "one of its disks is being changed",
    "mounted": "its file system is mounted on the node",
    "destroyed": "it is being destroyed",
    "fstrim": "its file system is being trimmed",
}


def told_lock(label: str, lock: str, kind: str) -> str:
    """Why a locked guest cannot be acted upon, and what to do; `kind` is `qm` or `pct`."""
    doing = _LOCKS.get(lock, "another operation holds it")
    if lock == "suspended":
        return f"{label} is locked ({lock}): {doing}. Resume it first"
    return (
        f"{label} is locked ({lock}): {doing}. Wait until that has ended; if nothing of the kind "
        f"runs any more, a person can lift the lock with `{kind} unlock`"
    )


def _locked(found: re.Match[str], label: str) -> str:
    return told_lock(label, found["lock"], "pct" if found["word"] == "CT" else "qm")


_MEANINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
    (re.compile(r"(?P<word>VM|CT) is locked \((?P<lock>[\w-]+)\)"), _locked),
    (
        re.compile(r"no quorum"),
        lambda _, __: (
            "The cluster has lost its quorum, so Proxmox accepts no change. Bring back enough "
            "nodes for a majority first"
        ),
    ),
    (
        re.compile(r"can't lock file|unable to acquire lock|got timeout"),
        lambda _, label: (
            f"Another operation on {label} has not ended, and Proxmox waited for it in vain. "
            "Look at its tasks, and try again when they have ended"
        ),
    ),
    (
        re.compile(r"is paused - cannot shutdown"),
        lambda _, label: (
            f"{label} is paused, so its system cannot end. Resume it first, or stop it"
        ),
    ),
    (
        re.compile(r"protection mode enabled"),
        lambda _, label: (
            f"{label} has Proxmox's own protection against removal. Only a person can take that "
            "off, in its options"
        ),
    ),
    (
        re.compile(r"if it's a template"),
        lambda _, label: f"{label} is a template, which cannot run. Clone it and start the clone",
    ),
    (
        re.compile(r"not most recent snapshot"),
        lambda _, label: (
            f"Only the newest snapshot of {label} can be rolled back to, for its disks are on "
            "ZFS. The newer ones would have to be deleted first"
        ),
    ),
    (
        re.compile(r"[Nn]o [Ww]ake on LAN MAC"),
        lambda _, label: (
            f"Proxmox knows no network card of {label} to wake. Set its wake-on-LAN address in "
            "the node's options, or WOL_MACS"
        ),
    ),
)


def explain_refusal(text: str, label: str) -> str | None:
    """What Proxmox's words mean for `label`, and what to do; None where they speak for
    themselves."""
    for pattern, meaning in _MEANINGS:
        if (found := pattern.search(text)) is not None:
            return meaning(found, label)
    return None
