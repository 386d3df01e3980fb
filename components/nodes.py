"""The nodes: a ring of CPU, bars of memory and root disk, a sparkline, temperature and uptime."""

from nicegui import ui


class Nodes(ui.element, component="nodes.js", default_classes="hud hud-nodes"):
    """Draws from the `nodes` panel."""
