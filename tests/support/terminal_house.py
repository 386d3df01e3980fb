"""A small house with terminals behind the real wall, as a process of its own.

Run as `python terminal_house.py PORT FOLDER`; FOLDER/servers.json names an SSH server for each node
that answers: {node: {host, port, user, key_file, known_hosts}}. The cluster on its page is made up.
`POST /open?node=pve` opens a terminal, `POST /decide?yes=1` decides on the question that waits,
`GET /record` tells what was put on record, `GET /assets/link` makes a link to sign in with. With
ASKS=1 the first terminal of a session asks.
"""

import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
from fastapi import Request
from nicegui import app, ui
from starlette.responses import JSONResponse, Response

from components import theme
from components.feed import Feed
from components.guests import Guests
from components.live.element import Live
from components.live.hub import Hub
from components.nodes import Nodes as NodesPanel
from components.palette import Palette
from components.tabs import Tabs
from components.terminal import Terminal
from components.topbar import Topbar
from components.topology import Topology
from pages import security
from pages import terminals as terminal_sockets
from services.clock import SystemClock
from services.cluster.model import ClusterSnapshot, Tier, TierStatus
from services.nodes.errors import NodeAway
from services.nodes.terminals import Terminals
from tests.support.terminals import KeptGate, homelab
from tests.support.walled import Walled

port, folder = int(sys.argv[1]), Path(sys.argv[2])
servers: dict[str, dict[str, Any]] = json.loads((folder / "servers.json").read_text())


class Connections:
    """One connection a node, to the servers of the file."""

    def __init__(self) -> None:
        self._open: dict[str, asyncssh.SSHClientConnection] = {}

    @asynccontextmanager
    async def borrowed(self, node: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
        server = servers.get(node)
        if server is None:
            raise NodeAway(node, "did not answer within 10 s")
        found = self._open.get(node)
        if found is None or found.is_closed():
            found = self._open[node] = await asyncssh.connect(
                server["host"],
                server["port"],
                username=server["user"],
                client_keys=[server["key_file"]],
                known_hosts=asyncssh.import_known_hosts(server["known_hosts"]),
                config=None,
            )
        yield found


def snapshot() -> ClusterSnapshot:
    """The made-up cluster, read just now."""
    now = datetime.now(UTC)
    known = homelab()
    at = now - timedelta(hours=3)
    nodes = {name: _dated(node, at) for name, node in known.nodes.items()}
    guests = {vmid: _dated(guest, at) for vmid, guest in known.guests.items()}
    return _replaced(known, taken_at=now, nodes=nodes, nodes_at=now, guests=guests, guests_at=now)


def _replaced(value: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(value, **changes)


def _dated(value: Any, at: datetime) -> Any:
    return _replaced(value, state_since=at)


house = Walled(folder, SystemClock())
gate = KeptGate(asks=os.environ.get("ASKS") == "1")
terminals = Terminals(
    Connections(),
    gate,
    snapshot=snapshot,
    bus=house.bus,
    clock=house.clock,
    tasks=house.tasks,
    new_id=lambda: uuid.uuid4().hex,
    left_alone_s=float(os.environ.get("LEFT_ALONE_S", "120")),
)
hub = Hub(house.bus, house.tasks, house.clock)


async def start() -> None:
    await house.start()
    terminals.start()
    tiers = {
        tier: TierStatus(tier=tier, interval_s=86_400.0) for tier in (Tier.CRITICAL, Tier.IMPORTANT)
    }
    await hub.start(snapshot=snapshot(), tiers=tiers)


async def stop() -> None:
    await terminals.stop("shutdown")
    await house.stop()


@app.get("/assets/link")
async def link() -> Response:
    """Open to anyone, as only a test may be: a link that signs in."""
    return JSONResponse({"token": await house.auth.make_link(lifetime_s=600)})


@app.post("/decide")
def decide(request: Request) -> Response:
    waiting = [name for name, question in gate.questions.items() if not question.done()]
    if request.query_params.get("yes") == "1":
        gate.proceed(waiting[-1])
    else:
        gate.refuse(waiting[-1], "you refused it")
    return JSONResponse({"decided": waiting[-1]})


@app.post("/open")
async def open_terminal(request: Request) -> Response:
    session = security.current_session(request)
    facts = terminals.open(
        request.query_params["node"],
        guest=None,
        cols=80,
        rows=24,
        owner=session.key,
        user=session.user_name,
    )
    return JSONResponse({"id": facts.id})


@app.get("/record")
def record() -> Response:
    return JSONResponse(
        {
            "opened": [[ask.user, ask.place.told] for ask in gate.opened],
            "closed": [
                [ask.user, ask.place.told, use.because, use.typed_bytes, use.shown_bytes]
                for _, ask, use in gate.closed
            ],
            "open": terminals.count,
        }
    )


@ui.page("/", title="Jarvis", dark=True, language="en-GB", reconnect_timeout=120.0)
def page(request: Request) -> None:
    session = security.current_session(request)
    live = Live(
        hub,
        user=session.user_name,
        session=session.key,
        allowed=lambda: house.auth.guard.check(session.key) is not None,
    )

    async def noted(args: Mapping[str, Any]) -> None:
        live.tell("noted", dict(args))

    live.on_action("wake-node", noted)
    live.on_action("show-approval", noted)
    with ui.element("div").classes("frame"):
        Topbar(user=session.user_name, simulation=None)
        with ui.element("div").classes("columns").props("role=main"):
            with ui.element("div").classes("lane lane-cluster"):
                NodesPanel()
                Guests()
            with ui.element("div").classes("lane lane-centre"):
                Feed()
            with ui.element("div").classes("lane lane-map"):
                Terminal(live, terminals)
                Topology()
        Tabs([("cluster", "Cluster"), ("activity", "Activity"), ("terminal", "Terminal")])
    Palette()


if __name__ in {"__main__", "__mp_main__"}:
    terminal_sockets.register(app, terminals=terminals)
    theme.install()
    house.serve(port, start=start, stop=stop, tailwind=False)
