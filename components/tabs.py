"""The tabs at the bottom of a phone: the same elements, one column at a time."""

from collections.abc import Sequence

from nicegui import ui


class Tabs(ui.element, component="tabs.js", default_classes="hud-tabs"):
    """Shows one of the columns by setting `data-tab` on the body; each tab is (key, label)."""

    def __init__(self, tabs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._props["tabs"] = [{"key": key, "label": label} for key, label in tabs]
