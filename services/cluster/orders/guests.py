"""Changes to guests: their power, their place, their share of the node, their end."""

from services.cluster.change import Change, Method
from services.cluster.model import GuestKind
from services.cluster.orders.form import Value, form_of
from services.cluster.places import GuestPlace


def _status(guest: GuestPlace, command: str, what: str, **values: Value) -> Change:
    return Change(
        method=Method.POST,
        path=(*guest.path, "status", command),
        form=form_of(values),
        what=f"{what} {guest.label}",
    )


def start_guest(guest: GuestPlace) -> Change:
    """Power on; high availability takes it as a wish for `started`."""
    return _status(guest, "start", "start")


def resume_guest(guest: GuestPlace) -> Change:
    """Let a paused one go on, or bring back one that was suspended to disk."""
    return _status(guest, "resume", "resume")


def stop_guest(guest: GuestPlace) -> Change:
    """Cut its power; high availability takes it as a wish for `stopped`."""
    return _status(guest, "stop", "stop")


def shut_down_guest(guest: GuestPlace, *, timeout_s: int) -> Change:
    """Ask its system to end within `timeout_s`; its power is not cut when it does not."""
    return _status(guest, "shutdown", "shut down", timeout=timeout_s, forceStop=False)


def reboot_guest(guest: GuestPlace, *, timeout_s: int) -> Change:
    """Ask its system to end within `timeout_s`, then start it anew."""
    return _status(guest, "reboot", "reboot", timeout=timeout_s)


def reset_guest(guest: GuestPlace) -> Change:
    """Press the reset button of a virtual machine."""
    return _status(guest, "reset", "reset")


def suspend_guest(guest: GuestPlace, *, to_disk: bool) -> Change:
    """Freeze it in memory, or write a virtual machine's memory to disk and end it."""
    to_where = True if to_disk and guest.kind is GuestKind.QEMU else None
    return _status(guest, "suspend", "suspend", todisk=to_where)


def migrate_guest(
    guest: GuestPlace,
    target: str,
    *,
    running: bool,
    with_local_disks: bool = False,
    target_storage: str | None = None,
) -> Change:
    """Move it to another node: a running virtual machine as it runs, a container by a restart."""
    virtual = guest.kind is GuestKind.QEMU
    values: dict[str, Value] = {"target": target}
    if running:
        values["online" if virtual else "restart"] = True
    if virtual:
        values["with-local-disks"] = with_local_disks or None
        values["targetstorage"] = target_storage
    else:
        values["target-storage"] = target_storage
    return Change(
        method=Method.POST,
        path=(*guest.path, "migrate"),
        form=form_of(values),
        what=f"migrate {guest.label} to {target}",
    )


def set_guest_resources(
    guest: GuestPlace,
    *,
    cores: int | None = None,
    memory_mib: int | None = None,
    swap_mib: int | None = None,
) -> Change:
    """Set its share of the node; what is None stays. Only containers have swap of their own."""
    virtual = guest.kind is GuestKind.QEMU
    return Change(
        # A virtual machine's PUT waits for its hardware; POST does it in a task.
        method=Method.POST if virtual else Method.PUT,
        path=(*guest.path, "config"),
        form=form_of({"cores": cores, "memory": memory_mib, "swap": None if virtual else swap_mib}),
        what=f"change the resources of {guest.label}",
    )


def destroy_guest(guest: GuestPlace, *, purge: bool) -> Change:
    """Delete it and its disks; with `purge` also from backup jobs, replication and HA."""
    return Change(
        method=Method.DELETE,
        path=guest.path,
        form=form_of({"purge": purge or None, "destroy-unreferenced-disks": False}),
        what=f"destroy {guest.label}",
    )
