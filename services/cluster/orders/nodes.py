"""Changes to nodes: their power, their services, the lists of their packages."""

from services.cluster.change import Change, Method
from services.cluster.orders.form import form_of


def reboot_node(node: str) -> Change:
    """End everything on a node and boot it anew; Proxmox names no task for it."""
    return _command(node, "reboot", "reboot")


def shut_down_node(node: str) -> Change:
    """End everything on a node and power it off; Proxmox names no task for it."""
    return _command(node, "shutdown", "shut down")


def _command(node: str, command: str, what: str) -> Change:
    return Change(
        method=Method.POST,
        path=("nodes", node, "status"),
        form=form_of({"command": command}),
        what=f"{what} {node}",
    )


def wake_node(node: str) -> Change:
    """Have the node that answers send a wake-up packet to another; the answer is its address."""
    return Change(
        method=Method.POST, path=("nodes", node, "wakeonlan"), what=f"wake {node} over the network"
    )


def restart_service(node: str, service: str) -> Change:
    """Restart one of the services Proxmox lists."""
    return _service(node, service, "restart")


def stop_service(node: str, service: str) -> Change:
    """Stop one of the services Proxmox lists."""
    return _service(node, service, "stop")


def _service(node: str, service: str, command: str) -> Change:
    return Change(
        method=Method.POST,
        path=("nodes", node, "services", service, command),
        what=f"{command} {service} on {node}",
    )


def refresh_packages(node: str) -> Change:
    """Read the lists of packages anew; nothing is installed, and nobody is sent a mail."""
    return Change(
        method=Method.POST,
        path=("nodes", node, "apt", "update"),
        form=form_of({"notify": False, "quiet": True}),
        what=f"refresh the package lists of {node}",
    )
