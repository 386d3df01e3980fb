"""The demo's sheet of faults speaks to the control API over a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from components.simulation import AskedFault, SimulationControl

KEY = SecretStr("k-123")


class Homelab:
    """A control API in small: it keeps the faults that are on."""

    def __init__(self) -> None:
        self.active: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.url = ""

    async def list_faults(self, request: web.Request) -> web.Response:
        self.keys.add(request.headers.get("X-Control-Key"))
        catalogue = [{"fault": "power-off", "target": "node", "default": None, "tells": "…"}]
        return web.json_response({"catalogue": catalogue, "active": self.active})

    async def give(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("target") == "moon":
            return web.json_response({"error": "no node moon; there are: pve"}, status=400)
        self.active.append(asked)
        return web.json_response({"active": self.active})

    async def clear(self, request: web.Request) -> web.Response:
        target = request.match_info["target"]
        self.active = [fault for fault in self.active if fault["target"] != target]
        return web.json_response({"active": self.active})


@pytest.fixture
async def homelab() -> AsyncIterator[Homelab]:
    lab = Homelab()
    app = web.Application()
    app.router.add_get("/faults", lab.list_faults)
    app.router.add_post("/faults", lab.give)
    app.router.add_delete("/faults/{name}/{target:.+}", lab.clear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    lab.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield lab
    await runner.cleanup()


async def test_a_fault_is_given_and_cleared_again(homelab: Homelab) -> None:
    control = SimulationControl(homelab.url, KEY)

    given = await control.ask(
        AskedFault(verb="give", fault="power-off", target="pve/local zfs", seconds=60)
    )
    cleared = await control.ask(AskedFault(verb="clear", fault="power-off", target="pve/local zfs"))

    assert given["active"] == [{"fault": "power-off", "target": "pve/local zfs", "seconds": 60}]
    assert given["because"] is None
    assert cleared["active"] == []
    assert homelab.keys == {"k-123"}


async def test_a_refusal_is_told_with_what_is_on(homelab: Homelab) -> None:
    control = SimulationControl(homelab.url, KEY)

    answer = await control.ask(AskedFault(verb="give", fault="power-off", target="moon"))

    assert answer["because"] == "no node moon; there are: pve"
    assert answer["active"] == []
    assert answer["catalogue"][0]["fault"] == "power-off"


async def test_a_simulation_that_is_gone_is_told_without_its_key(
    unused_tcp_port: int,
) -> None:
    control = SimulationControl(f"http://127.0.0.1:{unused_tcp_port}", KEY)

    answer = await control.ask(AskedFault(verb="list"))

    assert answer == {"because": "The simulation does not answer"}
    assert "k-123" not in repr(control.__dict__)


def test_only_this_machine_can_be_a_simulation() -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        SimulationControl("http://192.0.2.7:8080", KEY)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"verb": "burn"}, id="a verb that is not"),
        pytest.param({"verb": "give", "fault": "../world"}, id="a path for a fault"),
        pytest.param({"verb": "give", "fault": "stall", "seconds": -1}, id="negative time"),
    ],
)
def test_a_page_can_ask_for_faults_alone(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AskedFault.model_validate(asked)
