"""The one page: layout and wiring. The hub says what is shown, components draw it."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui
from starlette.responses import Response

from components import theme
from components.acts import Acts
from components.approvals import Approvals
from components.banner import Banner
from components.drawer import Drawer, Readers
from components.feed import EventFinder, Feed, answer_older
from components.flip import Flip
from components.guests import Guests
from components.live.asking import ActionHandler
from components.live.element import Live
from components.live.hub import Hub
from components.nodes import Nodes
from components.palette import Palette
from components.reactor import Reactor
from components.readings import TierReader, answer_readings
from components.simulation import AskedFault, Recorder, Simulation, SimulationControl
from components.standing import Standing
from components.storage import Storage
from components.switches import Switches
from components.tabs import Tabs
from components.talk import Conversation
from components.tasks import Tasks
from components.terminal import Terminal
from components.topbar import Topbar
from components.topology import Topology
from pages.security import current_session
from services.auth.errors import SessionEnded
from services.auth.service import Auth
from services.auth.sessions import Session
from services.llm.talk import Talk
from services.nodes.terminals import Terminals
from services.safety.actors import Actor
from services.tools.gate.gate import Gate

RECONNECT_GRACE_S = 120.0
"""How long a page that lost its socket may come back to the same server without a reload."""
VIEWPORT = (
    "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
)


def register(
    *,
    hub: Hub,
    auth: Auth,
    gate: Gate,
    talk: Talk,
    terminals: Terminals,
    readers: Readers | None = None,
    find_events: EventFinder | None = None,
    tiers: TierReader | None = None,
    simulation: str | None = None,
    simulation_control: SimulationControl | None = None,
    path: str = "/",
) -> None:
    """Serve the page at `path`; call it once, before `ui.run` and behind `security.install`.

    `readers` fill the drawer (`components.drawer_readers.readers_over`), `find_events` the older
    pages of the feed (`Journal.find_events`), `tiers` tell how reading goes; without them the page
    offers none of it.
    `simulation` is what the page says it simulates, such as `four made-up nodes`; None when it
    shows a real cluster. `simulation_control` lets the page hurt it.
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
        try:
            session = current_session(request)
        except SessionEnded:
            return RedirectResponse("/login", status_code=303)
        chosen = await auth.find_preferences(session.user_id)
        live = Live(
            hub,
            user=session.user_name,
            session=session.key,
            allowed=lambda: _holds(auth, session.key),
            reduced_effects=chosen.reduced_effects,
        )
        live.on_action("prefs", _keep_choice(auth, session))
        if find_events is not None:
            answer_older(live, find_events)
        if tiers is not None:
            answer_readings(live, tiers)
        actor = Actor.of_person(session.user_name, session=session.key)
        Acts(live, gate, actor)
        _lay_out(live, actor, simulation, terminals, talk)
        if readers is not None:
            Drawer(live, readers)
        if simulation_control is not None:
            Simulation(live, simulation_control, record=_audit(auth, session))
        Palette()
        return None


def _holds(auth: Auth, key: str) -> bool:
    try:
        auth.guard.check(key)
    except SessionEnded:
        return False
    return True


def _keep_choice(auth: Auth, session: Session) -> ActionHandler:
    async def keep(args: Mapping[str, Any]) -> None:
        name, value = args.get("name"), args.get("value")
        if name == "reduced_effects" and isinstance(value, bool):
            await auth.change_preferences(session.user_id, reduced_effects=value)

    return keep


def _audit(auth: Auth, session: Session) -> Recorder:
    async def record(asked: AskedFault, because: str | None) -> None:
        await auth.record_action(
            actor=f"user/{session.user_name}",
            action=f"{asked.verb}-fault",
            target=f"simulation/{asked.fault or 'all'}/{asked.target or ''}".rstrip("/"),
            outcome="refused" if because else "done",
            because=because or "",
        )

    return record


def _lay_out(
    live: Live, actor: Actor, simulation: str | None, terminals: Terminals, talk: Talk
) -> None:
    with ui.element("div").classes("frame"):
        Topbar(user=actor.name, simulation=simulation)
        Switches()
        Banner(simulation=simulation)
        with ui.element("div").classes("columns").props("role=main"):
            with ui.element("div").classes("lane lane-cluster"):
                Nodes()
                Guests()
                Storage()
            with ui.element("div").classes("lane lane-centre"):
                with ui.element("div").classes("stage"):
                    Reactor()
                    with ui.element("div").classes("stage-told"):
                        Standing()
                        Feed()
                Approvals()
                Conversation(live, talk, actor)
            with ui.element("div").classes("lane lane-map"):
                Terminal(live, terminals)
                with ui.element("div").classes("flip-box"):
                    Flip("Topology or tasks", [("topology", "Topology"), ("tasks", "Tasks")])
                    Topology().classes("side-topology")
                    Tasks().classes("side-tasks")
        Tabs(
            [
                ("cluster", "Cluster"),
                ("talk", "Talk"),
                ("approve", "Approve"),
                ("terminal", "Terminal"),
                ("map", "More"),
            ]
        )
