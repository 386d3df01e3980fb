"""What the small houses of the tests share: a database, accounts, and the real wall before them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from argon2 import PasswordHasher
from nicegui import app, ui
from starlette.responses import JSONResponse, Response

from db import Database
from pages import login, security, setup
from services.auth.passwords import Passwords
from services.auth.service import Auth
from services.clock import SystemClock
from services.events import Bus
from services.journal import Journal
from services.tasks import Tasks
from settings import load_settings


class Walled:
    """The ground floor of a house whose settings come from the environment alone."""

    def __init__(self, folder: Path, clock: SystemClock) -> None:
        self.settings = load_settings(_env_file=None)
        self.clock = clock
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.database = Database(folder / "data", slow_query_ms=1_000)
        self.journal = Journal(
            self.database,
            self.bus,
            clock,
            self.tasks,
            event_retention_days=365,
            snapshot_retention_days=30,
        )
        self.auth = Auth(
            self.database,
            self.bus,
            clock,
            owner_name=self.settings.jarvis_owner,
            password_hash=None,
            session_lifetime_h=self.settings.jarvis_session_lifetime_h,
            passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        )

    async def start(self) -> None:
        self.database.open()
        self.journal.start()
        await self.auth.start()

    async def stop(self) -> None:
        await self.journal.stop(because="shutdown")
        await self.auth.stop(because="shutdown")
        await self.tasks.stop(because="shutdown")
        await asyncio.to_thread(self.database.close)

    def serve(
        self,
        port: int,
        *,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        tailwind: bool = True,
    ) -> None:
        """Serve what pages there are, and the door to them, until the process is told to end."""
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        app.on_startup(start)
        app.on_shutdown(stop)
        app.get("/healthz")(_healthz)
        security.install(
            app, auth=self.auth, settings=self.settings, bus=self.bus, clock=self.clock
        )
        login.register(app, auth=self.auth)
        setup.register(app, auth=self.auth)
        ui.run(
            host="127.0.0.1",
            port=port,
            reload=False,
            show=False,
            reconnect_timeout=10,
            proxy_headers=False,
            binding_refresh_interval=None,
            tailwind=tailwind,
            show_welcome_message=False,
        )


def _healthz() -> Response:
    return JSONResponse({"state": "ok"})
