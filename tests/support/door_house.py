"""A small house behind the real wall and door, as a process of its own.

Run as `python door_house.py PORT FOLDER`; settings come from the environment. Time can be turned
by writing seconds into FOLDER/turned. `POST /happen?n=3` publishes events and answers with the ids
that were recorded; `say` on the page answers over the socket.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import Request
from nicegui import app, ui
from starlette.responses import JSONResponse, Response

from db import Database
from pages import login, security, setup
from services.auth.passwords import Passwords
from services.auth.service import Auth
from services.clock import SystemClock
from services.cluster.changes import NodeJoined
from services.events import Bus
from services.journal import EventRecorded, Journal
from services.tasks import Tasks
from settings import load_settings

port, folder = int(sys.argv[1]), Path(sys.argv[2])


class TurnedClock(SystemClock):
    """The machine's clock, turned forward by what stands in a file."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._turned_s())

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self._turned_s()

    def _turned_s(self) -> float:
        try:
            return float((folder / "turned").read_text() or 0)
        except (OSError, ValueError):
            return 0.0


settings = load_settings(_env_file=None)
clock, tasks = TurnedClock(), Tasks()
bus = Bus(tasks)
database = Database(folder / "data", slow_query_ms=1_000)
journal = Journal(database, bus, clock, tasks, event_retention_days=365, snapshot_retention_days=30)
auth = Auth(
    database,
    bus,
    clock,
    owner_name=settings.jarvis_owner,
    password_hash=None,
    session_lifetime_h=settings.jarvis_session_lifetime_h,
    passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
)


async def start() -> None:
    database.open()
    journal.start()
    await auth.start()
    (folder / "code").write_text(auth.setup_code or "")


async def stop() -> None:
    await journal.stop(because="shutdown")
    await auth.stop(because="shutdown")
    await tasks.stop(because="shutdown")
    await asyncio.to_thread(database.close)


@app.get("/healthz")
def healthz() -> Response:
    return JSONResponse({"state": "ok"})


@app.get("/api/who")
def who(request: Request) -> Response:
    return JSONResponse({"user": security.current_session(request).user_name})


@app.post("/happen")
async def happen(request: Request) -> Response:
    recorded: list[int] = []
    wanted = int(request.query_params.get("n", "1"))
    done = asyncio.Event()

    async def note(event: EventRecorded) -> None:
        recorded.append(event.row.id)
        if len(recorded) >= wanted:
            done.set()

    unsubscribe = bus.subscribe(EventRecorded, note, name="happen")
    for n in range(wanted):
        bus.publish(NodeJoined(at=datetime.now(UTC), node=f"node{n}"))
    await done.wait()
    unsubscribe()
    return JSONResponse({"ids": recorded})


@app.post("/link")
async def link() -> Response:
    return JSONResponse({"token": await auth.make_link(lifetime_s=60)})


@ui.page("/")
def page() -> None:
    session = security.current_session(ui.context.client)
    ui.label(f"Good evening, {session.user_name}")
    ui.button("Say", on_click=lambda: ui.label("said"))


if __name__ in {"__main__", "__mp_main__"}:
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    app.on_startup(start)
    app.on_shutdown(stop)
    sockets = security.install(app, auth=auth, settings=settings, bus=bus, clock=clock)
    login.register(app, auth=auth)
    setup.register(app, auth=auth)
    ui.run(
        host="127.0.0.1",
        port=port,
        reload=False,
        show=False,
        reconnect_timeout=10,
        proxy_headers=False,
        binding_refresh_interval=None,
        show_welcome_message=False,
    )
