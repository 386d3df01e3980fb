"""The faults of the simulated homelab, on the demo's page only.

Its answers go to the page that asked, told under `simulation`: `{ask, verb, catalogue, active,
because}`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpx
import structlog
from nicegui import ui
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from components.live.asking import Args, Teller, read_asked
from settings import LOCAL_HOSTS

log = structlog.get_logger("simulation")

TIMEOUT_S = 8.0


class AskedFault(BaseModel):
    """What a page wants of the simulation."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    ask: int = Field(0, ge=0)
    """The number by which the page knows its question."""
    verb: Literal["list", "give", "clear"]
    fault: str | None = Field(None, max_length=64, pattern=r"^[a-z0-9-]+$")
    target: str | None = Field(None, max_length=128)
    seconds: float | None = Field(None, gt=0, le=86_400)


Recorder = Callable[[AskedFault, str | None], Awaitable[None]]
"""Enters what a person did to the simulation in the audit, with why it was refused, if it was."""


class SimulationControl:
    """Speaks to the simulator's control API, which is on this machine and nowhere else."""

    def __init__(self, control_url: str, control_key: SecretStr) -> None:
        if (urlsplit(control_url).hostname or "") not in LOCAL_HOSTS:
            raise ValueError(f"'{control_url}' is not on this machine; a simulator always is")
        self._url = control_url.rstrip("/")
        self._key = control_key

    async def ask(self, asked: AskedFault) -> Mapping[str, Any]:
        """Do what was asked; hands back what is on now, and why it was refused if it was."""
        try:
            async with httpx.AsyncClient(
                base_url=self._url,
                headers={"X-Control-Key": self._key.get_secret_value()},
                timeout=TIMEOUT_S,
                trust_env=False,
            ) as client:
                refused = await self._act(client, asked)
                listed = await client.get("/faults")
                listed.raise_for_status()
                told = listed.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("the simulation does not answer", error=str(error))
            return {"because": "The simulation does not answer"}
        return {"catalogue": told["catalogue"], "active": told["active"], "because": refused}

    async def _act(self, client: httpx.AsyncClient, asked: AskedFault) -> str | None:
        if asked.verb == "list" or asked.fault is None:
            return None
        if asked.verb == "give":
            wanted = {"fault": asked.fault, "target": asked.target, "seconds": asked.seconds}
            answer = await client.post(
                "/faults", json={name: value for name, value in wanted.items() if value is not None}
            )
        else:
            path = f"/faults/{quote(asked.fault, safe='')}"
            if asked.target is not None:
                path += f"/{quote(asked.target)}"
            answer = await client.delete(path)
        return _refusal(answer)


class Simulation(ui.element, component="simulation.js", default_classes="hud-simulation"):
    """One page's sheet of faults; the action `faults` opens and closes it."""

    def __init__(self, live: Teller, control: SimulationControl, *, record: Recorder) -> None:
        super().__init__()

        async def answer(args: Args) -> None:
            if (asked := read_asked(AskedFault, args, "simulation")) is None:
                return
            told = await control.ask(asked)
            if asked.verb != "list":
                await record(asked, told.get("because"))
            live.tell("simulation", {**told, "ask": asked.ask, "verb": asked.verb})

        live.on_action("simulation", answer)


def _refusal(answer: httpx.Response) -> str | None:
    if answer.is_success:
        return None
    try:
        told = answer.json().get("error")
    except (ValueError, AttributeError):
        told = None
    return str(told or f"The simulation answered {answer.status_code}")[:300]
