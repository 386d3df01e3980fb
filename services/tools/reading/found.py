"""How what was read is handed back: a headline with its age, a table, and the same as values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.cluster.model import ClusterSnapshot
from services.tools.calls import Outcome
from services.tools.errors import NotReadYet
from services.tools.figures import told_age
from services.tools.hands import Hands
from services.tools.spec import Found
from services.tools.tables import Listing

STALE_S = 120.0
"""What is older is told with a warning."""


def snapshot_of(hands: Hands) -> ClusterSnapshot:
    """The snapshot, once it has been read at all. Raises NotReadYet."""
    snapshot = hands.cluster.snapshot
    if snapshot.nodes_at is None:
        raise NotReadYet
    return snapshot


def aged(headline: str, read_at: datetime | None, hands: Hands) -> str:
    """`20 guests; read 12 s ago`, with a warning where that is long ago."""
    now = hands.clock.now()
    old = read_at is not None and (now - read_at).total_seconds() > STALE_S
    warning = "; OLD: Proxmox has not answered since" if old else ""
    return f"{headline}; read {told_age(read_at, now)}{warning}"


def found_list(
    headline: str,
    listing: Listing,
    *,
    under: str,
    hands: Hands,
    read_at: datetime | None,
    data: Mapping[str, Any] | None = None,
    notes: tuple[str, ...] = (),
) -> Found:
    """A list; EMPTY where it holds nothing. `under` names it among the values."""
    lines = [aged(headline, read_at, hands), listing.text, *notes]
    return Found(
        outcome=Outcome.DONE if listing.rows else Outcome.EMPTY,
        because="" if listing.rows else headline,
        text="\n".join(line for line in lines if line),
        data={under: list(listing.rows), "left_out": listing.left_out, **(data or {})},
        read_at=read_at,
    )


def found_facts(
    headline: str,
    text: str,
    *,
    hands: Hands,
    read_at: datetime | None,
    data: Mapping[str, Any],
    because: str = "",
) -> Found:
    """One thing and what is known of it."""
    lines = [aged(headline, read_at, hands), text]
    return Found(
        text="\n".join(line for line in lines if line),
        because=because,
        data=data,
        read_at=read_at,
    )


def read_now(headline: str, listing: Listing, *, under: str, hands: Hands, **more: Any) -> Found:
    """As `found_list`, of what was asked for just now."""
    return found_list(
        headline, listing, under=under, hands=hands, read_at=hands.clock.now(), **more
    )
