"""What changed between two views, and the text that carries it; pure."""

import json
from typing import Any

from components.live.view import EMPTY_VIEW, Panel, View

EMPTY_PANEL = Panel(meta={})


def patch(old: View, new: View) -> dict[str, Any]:
    """The panels that differ, each with the least that turns `old` into `new`; {} when none do."""
    panels = {}
    for name, panel in new.panels.items():
        if changed := _patch_panel(old.panels.get(name, EMPTY_PANEL), panel):
            panels[name] = changed
    return panels


def whole(view: View) -> dict[str, Any]:
    """The panels as a page needs them that knows nothing yet."""
    panels = patch(EMPTY_VIEW, view)
    return {name: panels.get(name, {}) for name in view.panels}


def encode(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _patch_panel(old: Panel, new: Panel) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if old.meta != new.meta:
        changed["meta"] = _fields(old.meta, new.meta)
    rows = {}
    for key, row in new.rows.items():
        before = old.rows.get(key)
        if before is None:
            rows[key] = {name: value for name, value in row.items() if value is not None}
        elif before != row:
            rows[key] = _fields(before, row)
    if rows:
        changed["set"] = rows
    if gone := [key for key in old.rows if key not in new.rows]:
        changed["del"] = gone
    if new.order is not None and new.order != old.order:
        changed["order"] = list(new.order)
    return changed


def _fields(old: Any, new: Any) -> dict[str, Any]:
    fields = {name: value for name, value in new.items() if name not in old or old[name] != value}
    fields.update({name: None for name in old if name not in new})
    return fields
