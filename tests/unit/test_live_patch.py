"""Patches: the least that turns one view into the next."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.live.patch import encode, patch, whole
from components.live.view import EMPTY_VIEW, Panel, View

VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]))
FIELDS = st.dictionaries(st.sampled_from(["cpu", "mem", "state"]), VALUES, max_size=3)
KEYS = st.sampled_from(["100", "101", "102", "__proto__"])


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    rows = draw(st.dictionaries(KEYS, FIELDS, max_size=4))
    order = draw(st.one_of(st.none(), st.permutations(sorted(rows))))
    return Panel(meta=draw(FIELDS), rows=rows, order=None if order is None else tuple(order))


VIEWS = st.builds(lambda one, two: View(panels={"nodes": one, "guests": two}), panels(), panels())


class Store:
    """What the browser does with a patch."""

    def __init__(self) -> None:
        self.panels: dict[str, dict[str, Any]] = {}

    def merge(self, changed: dict[str, Any]) -> None:
        for name, part in changed.items():
            state = self.panels.setdefault(name, {"meta": {}, "rows": {}, "order": None})
            state["meta"].update(part.get("meta", {}))
            for key in part.get("del", []):
                del state["rows"][key]
            for key, fields in part.get("set", {}).items():
                state["rows"].setdefault(key, {}).update(fields)
            state["order"] = part.get("order", state["order"])

    def shows(self, view: View) -> bool:
        return all(
            _known(self.panels[name]["meta"]) == _known(panel.meta)
            and self.panels[name]["rows"].keys() == panel.rows.keys()
            and all(
                _known(self.panels[name]["rows"][key]) == _known(row)
                for key, row in panel.rows.items()
            )
            and (panel.order is None or self.panels[name]["order"] == list(panel.order))
            for name, panel in view.panels.items()
        )


def _known(fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


@given(st.lists(VIEWS, min_size=1, max_size=5))
def test_a_browser_that_merges_every_patch_shows_the_last_view(views: list[View]) -> None:
    store = Store()
    store.merge(whole(views[0]))

    for old, new in pairwise(views):
        store.merge(patch(old, new))

    assert store.shows(views[-1])


@given(VIEWS)
def test_nothing_changed_is_nothing_sent(view: View) -> None:
    assert patch(view, view) == {}


def test_only_the_field_that_changed_is_sent() -> None:
    old = View(panels={"guests": Panel(meta={}, rows={"104": {"cpu": 0.1, "mem": 7}})})
    new = View(panels={"guests": Panel(meta={}, rows={"104": {"cpu": 0.2, "mem": 7}})})

    assert patch(old, new) == {"guests": {"set": {"104": {"cpu": 0.2}}}}


def test_a_figure_that_becomes_unknown_is_sent_as_null() -> None:
    old = View(panels={"guests": Panel(meta={}, rows={"104": {"cpu": 0.1}})})
    new = View(panels={"guests": Panel(meta={}, rows={"104": {"cpu": None}})})

    assert encode(patch(old, new)) == '{"guests":{"set":{"104":{"cpu":null}}}}'


def test_a_panel_without_anything_is_still_named_in_the_whole() -> None:
    view = View(panels={"feed": Panel(meta={})})

    assert patch(EMPTY_VIEW, view) == {}
    assert whole(view) == {"feed": {}}
