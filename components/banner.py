"""The quiet strip below the top bar: connection lost, restarting, and on a phone the simulation."""

from nicegui import ui


class Banner(ui.element, component="banner.js", default_classes="hud-banner"):
    """Draws from the connection's state alone; `simulation` names what is simulated, or is None."""

    def __init__(self, *, simulation: str | None = None) -> None:
        super().__init__()
        self._props["simulation"] = simulation
