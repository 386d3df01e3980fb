"""What SSH adds to a node's row, and what it leaves as the API told it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from components.live.patch import patch
from components.live.view import EMPTY_VIEW, View, draw_view
from components.live.watch_rows import draw_watch
from services.cluster.model import NodeDetail
from services.nodes.model import (
    DriveHealth,
    LinkState,
    NodeLink,
    NodeWatch,
    PoolHealth,
    SensorReading,
)
from tests.support.clusters import NOON, make_node, make_snapshot, make_tiers

EPOCH = round(NOON.timestamp())


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
            pools=(
                PoolHealth(name="rpool", state="DEGRADED"),
                PoolHealth(name="tank", state="ONLINE", errors="Permanent errors in 2 files"),
                PoolHealth(name="vault", state="ONLINE"),
            ),
            pools_at=NOON,
            failed_units=("smartd.service",),
            failed_units_at=NOON - timedelta(minutes=5),
            failed_units_because="pve is away",
            drives=(
                DriveHealth(device="/dev/sda", passed=False),
                DriveHealth(device="/dev/sdb", passed=True),
                DriveHealth(device="/dev/sdc", because="it sleeps, and was not woken"),
            ),
            drives_at=NOON - timedelta(hours=1),
            sensors=read(70.6),
            sensors_because="pve is away",
        )
    )

    assert row == {
        "ssh": "connected",
        "sshsays": None,
        "fingerprint": None,
        "pools": [
            ["rpool", "DEGRADED", "its redundancy is lost or its devices are gone"],
            ["tank", "ONLINE", "Permanent errors in 2 files"],
            ["vault", "ONLINE", None],
        ],
        "pools_at": EPOCH,
        "pools_says": None,
        "units": ["smartd.service"],
        "units_at": EPOCH - 300,
        "units_says": "pve is away",
        "drives": [
            ["/dev/sda", False, "SMART says it will not last"],
            ["/dev/sdb", True, None],
            ["/dev/sdc", None, None],
        ],
        "drives_at": EPOCH - 3_600,
        "drives_says": None,
        "temp": 71,
        "tempof": "k10temp Tctl",
        "hot": False,
        "temp_at": EPOCH,
        "temp_says": "pve is away",
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


@pytest.mark.parametrize(
    ("line_c", "cpu_c", "told", "hot"),
    [
        (90.0, 89.9, False, False),
        (60.0, 60.5, False, True),
        (60.0, 58.0, True, True),
        (None, 99.0, False, False),
    ],
    ids=["below its line", "above it", "told and not yet cool", "no line is known"],
)
def test_a_processor_is_hot_by_its_own_line(
    line_c: float | None, cpu_c: float, told: bool, hot: bool
) -> None:
    row = draw_watch(watch(line_c=line_c, hot=told, sensors=read(cpu_c)))

    assert row["hot"] is hot


def test_a_drive_is_hot_by_the_line_of_drives_and_as_old_as_the_routine_reading() -> None:
    detail = NodeDetail(read_at=NOON, temperature_c=71.0, temperature_of="nvme0n1")
    cool = NodeDetail(read_at=NOON, temperature_c=69.0, temperature_of="nvme0n1")
    snapshot = make_snapshot(nodes=[make_node("pve", detail=detail), make_node("b", detail=cool)])

    rows = draw_view(snapshot, make_tiers()).panels["nodes"].rows

    assert (rows["pve"]["hot"], rows["b"]["hot"]) == (True, False)
    assert rows["pve"]["detail_at"] == EPOCH
    assert "temp_at" not in rows["pve"]


def test_a_processor_in_bounds_does_not_take_the_heat_of_a_drive() -> None:
    detail = NodeDetail(read_at=NOON, temperature_c=75.0, temperature_of="nvme0n1")
    snapshot = make_snapshot(nodes=[make_node("pve", detail=detail)])

    view = draw_view(
        snapshot, make_tiers(), watches={"pve": watch(line_c=80.0, sensors=read(50.0))}
    )

    row = view.panels["nodes"].rows["pve"]
    assert (row["temp"], row["hot"]) == (50, False)
    assert row["ills"] == [["nvme0n1 is hot", False]]


def test_the_moment_of_a_temperature_is_told_anew_once_a_minute_at_most() -> None:
    def reading(after_s: float) -> NodeWatch:
        at = NOON + timedelta(seconds=after_s)
        return watch(sensors=SensorReading(node="pve", read_at=at, cpu_c=50.0))

    first = draw_watch(reading(0))

    assert draw_watch(reading(30), first) == first
    assert draw_watch(reading(59), first) == first
    assert draw_watch(reading(60), first)["temp_at"] == EPOCH + 60
    assert draw_watch(reading(-10), first)["temp_at"] == EPOCH - 10, "a clock that went back"


def test_a_reading_that_says_the_same_costs_no_message_while_the_link_stands() -> None:
    snapshot = make_snapshot(nodes=[make_node("pve")])

    def view_of(after_s: float, before: View) -> View:
        at = NOON + timedelta(seconds=after_s)
        sensors = SensorReading(node="pve", read_at=at, cpu_c=50.0)
        return draw_view(
            snapshot, make_tiers(), watches={"pve": watch(sensors=sensors)}, before=before
        )

    first = view_of(0, EMPTY_VIEW)

    assert patch(first, view_of(30, first)) == {}


def test_the_page_is_told_once_when_a_part_is_old() -> None:
    meta = draw_view(make_snapshot(), make_tiers()).panels["nodes"].meta

    assert meta["old_after"] == {
        "temp": 123,
        "pools": 603,
        "units": 603,
        "drives": 3_603,
        "detail": 603,
    }


def test_what_is_wrong_with_a_node_stands_in_its_row_the_gravest_first() -> None:
    found = watch(
        LinkState.AWAY,
        pools=(PoolHealth(name="rpool", state="DEGRADED"),),
        failed_units=("smartd.service",),
    )

    view = draw_view(make_snapshot(nodes=[make_node("pve")]), make_tiers(), watches={"pve": found})

    assert view.panels["nodes"].rows["pve"]["ills"] == [
        ["rpool is DEGRADED", True],
        ["SSH is lost", False],
        ["smartd failed", False],
    ]


def test_a_watch_of_a_node_that_left_adds_no_row() -> None:
    old = watch(sensors=SensorReading(node="gone", read_at=NOON - timedelta(days=1), cpu_c=99.0))

    view = draw_view(make_snapshot(nodes=[make_node("pve")]), make_tiers(), watches={"gone": old})

    assert list(view.panels["nodes"].rows) == ["pve"]
