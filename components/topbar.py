"""The top bar: how the cluster is, what time it is, and the user's menu."""

from nicegui import ui


class Topbar(ui.element, component="topbar.js", default_classes="hud-topbar"):
    """Draws from the `top` panel. `simulation` names what is simulated, or is None."""

    def __init__(self, *, user: str, simulation: str | None = None) -> None:
        super().__init__()
        self._props["user"] = user
        self._props["simulation"] = simulation
