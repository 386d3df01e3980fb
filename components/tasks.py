"""Running and recent tasks of Proxmox, drawn in the browser from the panel `tasks`."""

from nicegui import ui


class Tasks(ui.element, component="tasks.js", default_classes="hud hud-tasks"):
    """Fills its box with the panel; it has no settings and hears nothing from Python."""
