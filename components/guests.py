"""The guests: searched, filtered and sorted in the browser, fast at thousands of rows."""

from nicegui import ui


class Guests(ui.element, component="guests.js", default_classes="hud hud-guests"):
    """Draws from the `guests` panel, and only the rows in sight."""
