"""What SSH adds to a node's row, and what it leaves as the API told it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from components.live.view import draw_view
from components.live.watch_rows import draw_watch
from services.nodes.model import (
    LinkState,
    NodeLink,
    NodeWatch,
    PoolHealth,
    SensorReading,
)
from tests.support.clusters import NOON, make_node, make_snapshot, make_tiers


def watch(state: LinkState = LinkState.CONNECTED, **fields: Any) -> NodeWatch:
    told = {name: fields.pop(name) for name in ("because", "fingerprint") if name in fields}
    return NodeWatch(node="pve", link=NodeLink(node="pve", state=state, **told), **fields)


def read(cpu_c: float | None, of: str | None = "k10temp Tctl") -> SensorReading:
    return SensorReading(node="pve", read_at=NOON, cpu_c=cpu_c, cpu_of=of)


def test_a_node_that_is_not_watched_gets_nothing() -> None:
    assert draw_watch(None) == {}


def test_a_watched_node_tells_its_link_its_pools_and_what_failed() -> None:
    row = draw_watch(
        watch(
            pools=(PoolHealth(name="rpool", state="DEGRADED"),),
            failed_units=("smartd.service",),
            sensors=read(70.6),
        )
    )

    assert row == {
        "ssh": "connected",
        "sshsays": None,
        "fingerprint": None,
        "pools": [["rpool", "DEGRADED"]],
        "units": ["smartd.service"],
        "temp": 71,
        "tempof": "k10temp Tctl",
    }
    assert json.loads(json.dumps(row)) == row


@pytest.mark.parametrize("sensors", [None, read(None)], ids=["no reading", "no processor in it"])
def test_without_a_processor_the_temperature_stays_what_the_api_told(
    sensors: SensorReading | None,
) -> None:
    row = draw_watch(watch(sensors=sensors))

    assert "temp" not in row
    assert "tempof" not in row


def test_a_processor_without_a_name_is_called_that() -> None:
    assert draw_watch(watch(sensors=read(50.0, None)))["tempof"] == "the processor"


@pytest.mark.parametrize("state", LinkState)
def test_a_fingerprint_is_shown_only_where_a_person_must_look_at_it(state: LinkState) -> None:
    row = draw_watch(watch(state, fingerprint="SHA256:abc", because="its key is new"))

    waits = state in (LinkState.KEY_UNKNOWN, LinkState.KEY_CHANGED)
    assert row["fingerprint"] == ("SHA256:abc" if waits else None)
    assert (row["ssh"], row["sshsays"]) == (state.value, "its key is new")


def test_a_node_of_the_cluster_carries_both() -> None:
    snapshot = make_snapshot(nodes=[make_node("pve"), make_node("home")])

    view = draw_view(snapshot, make_tiers(), watches={"pve": watch(sensors=read(64.2))})

    rows = view.panels["nodes"].rows
    assert (rows["pve"]["temp"], rows["pve"]["cpu"]) == (64, 0.2)
    assert "ssh" not in rows["home"]


def test_a_watch_of_a_node_that_left_adds_no_row() -> None:
    old = watch(sensors=SensorReading(node="gone", read_at=NOON - timedelta(days=1), cpu_c=99.0))

    view = draw_view(make_snapshot(nodes=[make_node("pve")]), make_tiers(), watches={"gone": old})

    assert list(view.panels["nodes"].rows) == ["pve"]
