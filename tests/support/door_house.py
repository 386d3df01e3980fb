"""A small house behind the real wall and door, as a process of its own.

Run as `python door_house.py PORT FOLDER`; settings come from the environment. Time can be turned
by writing seconds into FOLDER/turned. `POST /happen?n=3` publishes events and answers with the ids
that were recorded; `say` on the page answers over the socket.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import Request
from nicegui import app, ui
from starlette.responses import JSONResponse, Response

from pages import security
from services.clock import SystemClock
from services.cluster.changes import NodeJoined
from services.journal import EventRecorded
from tests.support.walled import Walled

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


house = Walled(folder, TurnedClock())


async def start() -> None:
    await house.start()
    (folder / "code").write_text(house.auth.setup_code or "")


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

    unsubscribe = house.bus.subscribe(EventRecorded, note, name="happen")
    for n in range(wanted):
        house.bus.publish(NodeJoined(at=datetime.now(UTC), node=f"node{n}"))
    await done.wait()
    unsubscribe()
    return JSONResponse({"ids": recorded})


@app.post("/link")
async def link() -> Response:
    return JSONResponse({"token": await house.auth.make_link(lifetime_s=60)})


@ui.page("/")
def page() -> None:
    session = security.current_session(ui.context.client)
    ui.label(f"Good evening, {session.user_name}")
    ui.button("Say", on_click=lambda: ui.label("said"))


if __name__ in {"__main__", "__mp_main__"}:
    house.serve(port, start=start, stop=house.stop)
