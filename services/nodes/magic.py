"""The magic packet of Wake-on-LAN: 102 bytes that a sleeping network card listens for."""

import re
import socket

from services.dialing import check_dialable
from services.nodes.config import Address

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


def is_mac(text: str) -> bool:
    """Whether it is the address of a network card."""
    return _MAC.fullmatch(text.strip()) is not None


def parse_mac(text: str) -> str:
    """`AA-BB-CC-DD-EE-FF` as `aa:bb:cc:dd:ee:ff`. Raises ValueError."""
    if not is_mac(text):
        raise ValueError(f"'{text}' is no address of a network card; write aa:bb:cc:dd:ee:ff")
    return text.strip().lower().replace("-", ":")


def magic_packet(mac: str) -> bytes:
    """Six bytes of ones, and sixteen times the address."""
    return b"\xff" * 6 + bytes.fromhex(parse_mac(mac).replace(":", "")) * 16


def send_magic_packet(mac: str, to: Address, *, loopback_only: bool) -> None:
    """Send it by UDP broadcast; nobody answers it.

    Raises DialRefused, and OSError where this machine has no way there.
    """
    check_dialable(to.host, loopback_only=loopback_only)
    family = socket.AF_INET6 if ":" in to.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.setblocking(False)
        sender.sendto(magic_packet(mac), (to.host, to.port))
