"""Two panels in one place: tabs that show one of them at a time."""

from collections.abc import Sequence

from nicegui import ui


class Flip(ui.element, component="flip.js", default_classes="hud-flip"):
    """Shows the chosen one of the panels beside it in its box; each side is (key, label).

    A panel's element has the class `side-<key>`. A phone shows them all.
    """

    def __init__(self, label: str, sides: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._props["label"] = label
        self._props["sides"] = [{"key": key, "label": text} for key, text in sides]
