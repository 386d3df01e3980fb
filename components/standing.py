"""How the cluster stands, in words beside the reactor: why it glows so, and its totals."""

from nicegui import ui


class Standing(ui.element, component="standing.js", default_classes="hud-standing"):
    """Draws from the panels `reactor`, `nodes` and `tasks`."""
