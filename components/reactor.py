"""The arc reactor: the cluster's mood and load, drawn in the browser from the panel `reactor`."""

from nicegui import ui


class Reactor(ui.element, component="reactor.js", default_classes="hud hud-reactor"):
    """Fills its box with a square; it has no settings and hears nothing from Python."""
