"""How each rhythm of reading goes, told to the page that asks: it changes with every tick, and is
looked at now and then."""

from collections.abc import Callable, Mapping
from typing import Any

from components.live.asking import Teller
from components.live.rows import epoch
from services.cluster.model import Tier, TierStatus

TierReader = Callable[[], Mapping[Tier, TierStatus]]


def answer_readings(live: Teller, tiers: TierReader) -> None:
    """Answer the action `readings` with `tell:readings` {tiers}, in the order of the rhythms."""

    async def answer(_: Mapping[str, Any]) -> None:
        now = tiers()
        live.tell("readings", {"tiers": [draw_tier(now[tier]) for tier in Tier if tier in now]})

    live.on_action("readings", answer)


def draw_tier(status: TierStatus) -> Mapping[str, Any]:
    """One rhythm; moments in epoch seconds."""
    return {
        "tier": status.tier.value,
        "state": status.state.value,
        "at": epoch(status.last_ok_at),
        "next_at": epoch(status.next_at),
        "every_s": round(status.interval_s),
        "since": epoch(status.failing_since),
        "because": status.because,
        "skipped": status.skipped_ticks,
    }
