"""The one page: layout and wiring. The hub says what is shown, components draw it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui
from starlette.responses import Response

from components import theme
from components.banner import Banner
from components.feed import Feed
from components.guests import Guests
from components.live.element import Live
from components.live.hub import Hub
from components.nodes import Nodes
from components.reactor import Reactor
from components.standing import Standing
from components.storage import Storage
from components.tabs import Tabs
from components.tasks import Tasks
from components.topbar import Topbar
from components.topology import Topology

RECONNECT_GRACE_S = 120.0
"""How long a page that lost its socket may come back to the same server without a reload."""
VIEWPORT = (
    "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at the page."""

    name: str
    session: str
    """Names the session to `hub.end` and to the guard; never its secret."""
    csrf_token: str
    """Goes back with the sign-out forms, which post to /logout and /logout/everywhere."""


class Guard(Protocol):
    """Answers for the session; auth gives it."""

    async def viewer(self, request: Request) -> Viewer | None:
        """Who asks; None sends them to sign in."""

    async def holds(self, session: str) -> bool:
        """Whether the session is still good; asked before every action of an open page."""


class Prefs(Protocol):
    """What each user has chosen for their pages."""

    async def read(self, user: str) -> Mapping[str, Any]:
        """Everything chosen so far, by name."""

    async def write(self, user: str, name: str, value: Any) -> None:
        """Keep one choice."""


def register(
    *,
    hub: Hub,
    guard: Guard,
    prefs: Prefs,
    simulation: str | None = None,
    path: str = "/",
    sign_in_path: str = "/login",
) -> None:
    """Serve the page at `path`; call it once, before `ui.run`.

    `simulation` is what the page says it simulates, such as `four made-up nodes`; None when it
    shows a real cluster.
    """
    theme.install()

    @ui.page(
        path,
        title="Jarvis",
        dark=True,
        viewport=VIEWPORT,
        language="en-GB",
        reconnect_timeout=RECONNECT_GRACE_S,
    )
    async def _dashboard(request: Request) -> Response | None:
        viewer = await guard.viewer(request)
        if viewer is None:
            return RedirectResponse(sign_in_path, status_code=303)
        chosen = await prefs.read(viewer.name)
        live = Live(
            hub,
            user=viewer.name,
            session=viewer.session,
            allowed=lambda: guard.holds(viewer.session),
            reduced_effects=chosen.get("reduced_effects") is True,
        )
        live.on_action("prefs", _keep_choice(prefs, viewer))
        _lay_out(live, viewer, simulation)
        return None


def _keep_choice(prefs: Prefs, viewer: Viewer) -> Callable[[Mapping[str, Any]], Awaitable[None]]:
    async def keep(args: Mapping[str, Any]) -> None:
        if args.get("name") == "reduced_effects" and isinstance(args.get("value"), bool):
            await prefs.write(viewer.name, "reduced_effects", args["value"])

    return keep


def _lay_out(live: Live, viewer: Viewer, simulation: str | None) -> None:
    with ui.element("div").classes("frame"):
        Topbar(user=viewer.name, csrf_token=viewer.csrf_token, simulation=simulation)
        Banner(simulation=simulation)
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("lane lane-cluster"):
                Nodes()
                Guests()
                Storage()
            with ui.element("div").classes("lane lane-activity"):
                with ui.element("div").classes("stage"):
                    with _box("reactor"):
                        Reactor()
                    Standing()
                with _box("feed"):
                    Feed()
            with ui.element("div").classes("lane lane-map"):
                with _box("topology"):
                    Topology()
                with _box("tasks"):
                    Tasks()
        Tabs([("cluster", "Cluster"), ("activity", "Activity"), ("map", "Topology")])


def _box(name: str) -> ui.element:
    return ui.element("div").classes(f"hud hud-{name}")
