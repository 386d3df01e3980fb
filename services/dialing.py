"""Which addresses Jarvis may dial: any, or in tests and the demo this machine alone; and whom
it believes there."""

import ipaddress
import ssl


class DialRefused(Exception):
    """An address outside this machine was about to be dialled in the demo or a test."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"{host} was not dialled: only this machine's own addresses are allowed here "
            "(JARVIS_LOOPBACK_ONLY is on)"
        )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by number or by the one name that must mean it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_dialable(host: str, *, loopback_only: bool) -> None:
    """Raise DialRefused before anything is sent to a host that may not be dialled."""
    if loopback_only and not is_loopback(host):
        raise DialRefused(host)


def believed_at(url: str) -> ssl.SSLContext | bool:
    """What a client of httpx takes as `verify`: the authorities of this machine, or nobody.

    Plain HTTP asks nobody, and reading the authorities takes some 20 ms and 1 MiB.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.startswith("http://") else True
