"""The topology of the cluster, drawn in the browser from the panels `nodes` and `guests`."""

from nicegui import ui


class Topology(ui.element, component="topology.js", default_classes="hud hud-topology"):
    """Fills its box with the panel; it has no settings and hears nothing from Python."""
