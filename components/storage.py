"""The storages, fullest first."""

from nicegui import ui


class Storage(ui.element, component="storage.js", default_classes="hud hud-storage"):
    """Draws from the `storage` panel."""
