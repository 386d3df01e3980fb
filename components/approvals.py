"""The questions that wait for a person, and those that were decided."""

from nicegui import ui


class Approvals(ui.element, component="approvals.js", default_classes="hud hud-approvals"):
    """Draws from the `gate` panel; out of sight while nothing waits, unless it is opened."""
