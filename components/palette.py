"""The command palette: Ctrl K finds any node, guest, storage or command, all in the browser."""

from nicegui import ui


class Palette(ui.element, component="palette.js", default_classes="hud-palette"):
    """One page's palette; place it last. The action `palette` opens it too."""
