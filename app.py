"""The composition root: settings, database, services, pages, server. It wires, decides nothing."""

import asyncio
import gc
import random
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui
from pydantic import SecretStr

from components.drawer_readers import readers_over
from components.live.gate_rows import gate_reader
from components.live.hub import Hub
from components.live.talk_rows import view_of
from components.simulation import SimulationControl
from db import Database
from db.errors import DatabaseError
from db.queries.events import find_events_of_kinds
from pages import (
    account,
    api,
    audit,
    costs,
    dashboard,
    login,
    missing,
    security,
    setup,
    talk_export,
)
from pages import terminals as terminal_sockets
from pages.server import Server, end_on_signals, listen
from services.auth.service import Auth
from services.clock import SystemClock
from services.cluster.config import cluster_config
from services.cluster.policy import policy_of
from services.cluster.service import ClusterService
from services.cluster.told import KINDS, read_told
from services.events import Bus
from services.housekeeping import keep_house
from services.journal import Journal
from services.llm.models.config import models_config
from services.llm.models.models import Models
from services.llm.routing import warm_up
from services.llm.talk import Talk, TalkConfig
from services.logs import configure_logs
from services.nodes.config import nodes_config
from services.nodes.service import Nodes
from services.nodes.terminals import Terminals
from services.tasks import Tasks
from services.tools.gate.config import gate_config
from services.tools.gate.gate import Gate
from services.tools.hands import Hands
from services.tools.registry import REGISTRY
from services.tools.terminal_word import TerminalWord
from settings import Settings, demo_folder, demo_settings, load_settings, unknown_settings
from simulator.process import SimulatorFailed, SimulatorProcess

log = structlog.get_logger("app")

FEED_AT_START = 200
LINK_LIFETIME_S = 86_400.0
SIMULATOR_GRACE_S = 1.0


class House:
    """Every part of Jarvis, in the order in which they start and the reverse of it."""

    def __init__(self, settings: Settings, *, simulator: SimulatorProcess | None = None) -> None:
        self._settings = settings
        self._simulator = simulator
        self._clock = SystemClock()
        self._tasks = Tasks()
        self._bus = Bus(self._tasks)
        self._database = Database(settings.jarvis_data_dir, slow_query_ms=settings.slow_query_ms)
        given = settings.jarvis_password_hash
        self._auth = Auth(
            self._database,
            self._bus,
            self._clock,
            owner_name=settings.jarvis_owner,
            password_hash=given.get_secret_value() if given else None,
            session_lifetime_h=settings.jarvis_session_lifetime_h,
        )
        self._journal = Journal(
            self._database,
            self._bus,
            self._clock,
            self._tasks,
            event_retention_days=settings.event_retention_days,
            snapshot_retention_days=settings.snapshot_retention_days,
        )
        self._cluster = ClusterService(
            cluster_config(settings),
            bus=self._bus,
            clock=self._clock,
            chance=random.random,
            policy=policy_of(settings),
        )
        self._nodes = Nodes(
            nodes_config(settings),
            database=self._database,
            bus=self._bus,
            clock=self._clock,
            chance=random.random,
            snapshot=lambda: self._cluster.snapshot,
            wake_by_node=self._cluster.wake_by_node,
        )
        self._gate = Gate(
            REGISTRY,
            Hands(
                cluster=self._cluster,
                nodes=self._nodes,
                journal=self._journal,
                clock=self._clock,
                loopback_only=settings.jarvis_loopback_only,
                docker_node=settings.jarvis_docker_node,
                docker_vmid=settings.jarvis_docker_vmid,
            ),
            database=self._database,
            bus=self._bus,
            clock=self._clock,
            tasks=self._tasks,
            config=gate_config(settings),
        )
        self._terminals = Terminals(
            self._nodes,
            TerminalWord(self._gate, database=self._database),
            snapshot=lambda: self._cluster.snapshot,
            bus=self._bus,
            clock=self._clock,
            tasks=self._tasks,
            new_id=lambda: secrets.token_hex(8),
        )
        self._models = Models(
            models_config(settings),
            database=self._database,
            bus=self._bus,
            clock=self._clock,
            chance=random.random,
        )
        self._talk = Talk(
            self._models,
            self._gate,
            self._cluster,
            self._nodes,
            self._journal,
            database=self._database,
            bus=self._bus,
            clock=self._clock,
            tasks=self._tasks,
            config=TalkConfig(address=settings.jarvis_address),
        )
        scripted = bool(simulator and simulator.scripted)
        self.hub = Hub(
            self._bus,
            self._tasks,
            self._clock,
            endpoints=lambda: self._cluster.endpoints,
            watches=lambda: self._nodes.watches,
            gate=gate_reader(self._gate),
            talk=lambda: view_of(self._talk, self._models, scripted=scripted),
            line=self._cluster.recent.line,
        )

    def open(self) -> None:
        """Open the database. Raises DatabaseError, such as when a newer version wrote it."""
        self._database.open()

    def close(self) -> None:
        """Close the database of a house that never began to live."""
        self._database.close()

    def build(self) -> FastAPI:
        """The web application: the wall, the doors, the page."""
        web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=self._life)
        security.install(
            pages_app,
            auth=self._auth,
            settings=self._settings,
            bus=self._bus,
            clock=self._clock,
        )
        login.register(pages_app, auth=self._auth)
        setup.register(pages_app, auth=self._auth)
        api.register(pages_app, database=self._database)
        audit.register(pages_app, audit=self._gate.audit, database=self._database)
        account.register(pages_app, auth=self._auth, gate=self._gate)
        costs.register(pages_app, models=self._models, talk=self._talk)
        talk_export.register(pages_app, talk=self._talk)
        missing.register(pages_app)
        terminal_sockets.register(pages_app, terminals=self._terminals)
        dashboard.register(
            hub=self.hub,
            auth=self._auth,
            gate=self._gate,
            talk=self._talk,
            terminals=self._terminals,
            readers=readers_over(self._cluster, event=self._journal.find_event),
            find_events=self._journal.find_events,
            tiers=lambda: self._cluster.tiers,
            simulation="a made-up homelab" if self._simulator else None,
            simulation_control=self._simulation_control(),
        )
        ui.run_with(
            web,
            title="Jarvis",
            dark=True,
            language="en-GB",
            # The page sets its own, longer one; this one rules how soon a dead peer is noticed.
            reconnect_timeout=10.0,
            binding_refresh_interval=None,
            tailwind=False,
            show_welcome_message=False,
        )
        return web

    def _simulation_control(self) -> SimulationControl | None:
        if self._simulator is None:
            return None
        return SimulationControl(
            self._simulator.control_url, SecretStr(self._simulator.control_key)
        )

    @asynccontextmanager
    async def _life(self, _: FastAPI) -> AsyncIterator[None]:
        await self._start()
        try:
            yield
        finally:
            await self._stop()

    async def _start(self) -> None:
        # Each by itself, so that a full disk keeps none of the others from making room.
        for name, work in (
            ("snapshot", lambda due: self._journal.record_snapshot(due.snapshot)),
            ("journal housekeeping", lambda _: self._journal.housekeep()),
            ("auth housekeeping", lambda _: self._auth.housekeep()),
        ):
            keep_house(self._bus, name, work)
        self._journal.start()
        await self._auth.start()
        feed = await self._journal.find_events(limit=FEED_AT_START)
        await self._models.start()
        await self._gate.start()
        await self._talk.start()
        self._terminals.start()
        noted = await self._journal.find_noted_events()
        self.hub.start(feed=feed, noted=noted, gate=await gate_reader(self._gate)())
        self._cluster.recent.start()
        told = await self._database.run(find_events_of_kinds, KINDS)
        self._cluster.start(read_told(reversed(told)))
        self._gate.look_up_left(self._talk.tell_left)
        await self._nodes.start()
        await self._greet()
        await asyncio.to_thread(warm_up)
        gc.freeze()  # what is there by now stays: no later collection has to walk it
        gc.enable()

    async def _stop(self) -> None:
        because = "Jarvis shuts down"
        await self._talk.stop(because)
        await self._terminals.stop(because)
        await self._gate.stop(because)
        await self._models.stop(because)
        await self._nodes.stop(because)
        await self._cluster.stop(because)
        if self._simulator is not None:
            self._simulator.end()
        await self._journal.stop(because=because)
        await self._auth.stop(because=because)
        await self._tasks.stop(because=because)
        await asyncio.to_thread(self._database.close)
        log.info("stopped", because=because)

    async def _greet(self) -> None:
        url = f"http://127.0.0.1:{self._settings.jarvis_port}"
        if self._simulator is not None:
            token = await self._auth.make_link(lifetime_s=LINK_LIFETIME_S)
            print(
                f"\n  Jarvis shows a simulated homelab. Open once: {url}/enter/{token}\n",
                flush=True,
            )
        elif self._auth.needs_setup:
            print(
                f"\n  Set up the owner: {url}/setup?code={self._auth.setup_code}"
                "\n  On another machine, put the address of this one in the place of 127.0.0.1.\n",
                flush=True,
            )
        else:
            print(f"\n  Jarvis is at {url}\n", flush=True)


def serve(settings: Settings, *, simulator: SimulatorProcess | None = None) -> int:
    """Run Jarvis until it is told to end; hands back the exit code."""
    configure_logs(
        settings.jarvis_log_level,
        settings.jarvis_log_format,
        hide=[*gate_config(settings).secrets, simulator.control_key if simulator else None],
    )
    for slip in unknown_settings():
        log.warning("setting unknown", told=slip)
    end_on_signals()
    house = House(settings, simulator=simulator)
    try:
        house.open()
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        listening = listen(settings.jarvis_host, settings.jarvis_port)
    except OSError as error:
        house.close()
        print(
            f"Jarvis cannot listen on {settings.jarvis_host}, port {settings.jarvis_port}: "
            f"{error.strerror}. Set JARVIS_PORT or JARVIS_HOST, or end what listens there.",
            file=sys.stderr,
        )
        return 2
    server = Server(house.build(), house.hub)
    server.run(sockets=listening)
    return 0 if server.started else 3


def serve_demo(
    *, nodes: int = 4, guests: int = 20, speed: float = 1.0, seed: int = 1, pve: str = "9.2"
) -> int:
    """Start a simulated homelab beside, and run Jarvis over it. Raises SettingsError."""
    folder = demo_folder(load_settings().jarvis_data_dir)
    end_on_signals()
    try:
        simulator = SimulatorProcess.start(
            folder / "simulator", nodes=nodes, guests=guests, speed=speed, seed=seed, pve=pve
        )
    except (SimulatorFailed, OSError) as error:
        print(f"The simulated homelab did not start: {error}", file=sys.stderr)
        return 2
    try:
        return serve(demo_settings(folder, simulator), simulator=simulator)
    finally:
        simulator.stop(deadline_s=SIMULATOR_GRACE_S)
