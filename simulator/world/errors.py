"""What the world refuses.

Refused            Proxmox says no with a sentence; the API answers 500 with it
└── GuestMissing   the guest has no configuration file on that node
"""


class Refused(Exception):
    """Proxmox will not do it; the text is the reason phrase the API sends."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class GuestMissing(Refused):
    """No such guest on that node."""

    def __init__(self, node: str, kind: str, vmid: int) -> None:
        folder = "qemu-server" if kind == "qemu" else "lxc"
        super().__init__(f"Configuration file 'nodes/{node}/{folder}/{vmid}.conf' does not exist")
