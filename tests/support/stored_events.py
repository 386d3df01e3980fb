"""Events as a database keeps them, one a second from noon of 20 November 2026."""

from datetime import timedelta

from db.rows import NewEvent
from tests.support.turned_clock import NOON


def event(n: int, *, severity: str = "info", node: str | None = "pve") -> NewEvent:
    """The start of guest n, n seconds after noon."""
    return NewEvent(
        at=NOON + timedelta(seconds=n),
        kind="GuestStarted",
        severity=severity,
        node=node,
        subject=f"guest/{n}",
        text=f"guest {n} started",
    )
