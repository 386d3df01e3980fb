"""Changes to what keeps a guest as it was: snapshots and backups."""

from services.cluster.change import Change, Method
from services.cluster.model import GuestKind
from services.cluster.orders.form import form_of
from services.cluster.places import GuestPlace

NOTES = "{{guestname}}: asked for through Jarvis"
"""Proxmox fills in the name itself."""


def take_snapshot(
    guest: GuestPlace, name: str, *, description: str = "", with_memory: bool = False
) -> Change:
    """Keep a guest's disks, and a virtual machine's memory when it is wanted, as they are."""
    memory = True if with_memory and guest.kind is GuestKind.QEMU else None
    return Change(
        method=Method.POST,
        path=(*guest.path, "snapshot"),
        form=form_of({"snapname": name, "description": description or None, "vmstate": memory}),
        what=f"take the snapshot {name} of {guest.label}",
    )


def roll_back_snapshot(guest: GuestPlace, name: str, *, start: bool = False) -> Change:
    """Put a guest back to a snapshot: what came after it is lost."""
    return Change(
        method=Method.POST,
        path=(*guest.path, "snapshot", name, "rollback"),
        form=form_of({"start": start or None}),
        what=f"roll {guest.label} back to {name}",
    )


def delete_snapshot(guest: GuestPlace, name: str) -> Change:
    """Let go of a snapshot; the guest stays as it is."""
    return Change(
        method=Method.DELETE,
        path=(*guest.path, "snapshot", name),
        what=f"delete the snapshot {name} of {guest.label}",
    )


def start_backup(guest: GuestPlace, *, storage: str, mode: str) -> Change:
    """Back a guest up now; older backups are left alone, whatever the storage's rules are."""
    return Change(
        method=Method.POST,
        path=("nodes", guest.node, "vzdump"),
        form=form_of(
            {
                "vmid": guest.vmid,
                "storage": storage,
                "mode": mode,
                "compress": "zstd",
                "remove": False,
                "notes-template": NOTES,
            }
        ),
        what=f"back up {guest.label} to {storage}",
    )


def delete_backup(node: str, storage: str, volid: str) -> Change:
    """Delete one backup from a storage, for good."""
    return Change(
        method=Method.DELETE,
        path=("nodes", node, "storage", storage, "content", volid),
        what=f"delete the backup {volid}",
    )
