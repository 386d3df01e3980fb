"""The two switches of the gate: the strip that tells how they stand, and the override's dialog."""

from nicegui import ui


class Switches(ui.element, component="switches.js", default_classes="hud-switches"):
    """Draws from the `gate` panel; place it once, below the top bar."""
