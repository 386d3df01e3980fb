"""How each rhythm of reading goes, to whoever asks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from components.readings import answer_readings
from services.cluster.model import Tier
from tests.support.clusters import NOON, make_failing, make_tiers


class Page:
    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self.hears: dict[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {}

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        self.told.append((topic, payload))

    def on_action(self, name: str, handler: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        self.hears[name] = handler


async def test_every_rhythm_says_how_it_goes_in_its_order() -> None:
    page = Page()
    tiers = make_tiers(routine=make_failing(Tier.ROUTINE, 300.0))
    answer_readings(page, lambda: dict(reversed(tiers.items())))

    await page.hears["readings"]({})

    ((topic, payload),) = page.told
    told = payload["tiers"]
    assert topic == "readings"
    assert [tier["tier"] for tier in told] == ["critical", "important", "routine", "background"]
    assert [tier["state"] for tier in told] == ["ok", "ok", "failing", "ok"]
    assert told[2]["because"] == "Proxmox stalls"
    assert told[2]["since"] == round(NOON.timestamp())
