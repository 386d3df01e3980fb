"""What is asked without a page: the health check."""

from nicegui import App
from starlette.responses import JSONResponse, Response

from db import Database


def register(app: App, *, database: Database) -> None:
    """Add `/healthz`: 200 while Jarvis serves, 503 while it cannot; it tells a stranger no more.

    A Proxmox that does not answer is no fault of Jarvis, which goes on and shows it.
    """

    @app.get("/healthz")
    async def tell_health() -> Response:
        serving = database.is_open
        return JSONResponse(
            {"status": "ok" if serving else "stopping"}, status_code=200 if serving else 503
        )
