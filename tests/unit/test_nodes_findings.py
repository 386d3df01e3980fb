"""When a reading is news: never on its own, told once, mended once."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.rows import EventRow
from services.events import Happening
from services.journal import to_row
from services.nodes.detectors import (
    Agreement,
    Thermometer,
    Turn,
    find_failing_drives,
    find_well_drives,
)
from services.nodes.findings import NodeFindings
from services.nodes.happenings import (
    DriveFailing,
    DriveRecovered,
    DrivesCooled,
    DrivesOverheat,
    NodeCooled,
    NodeOverheats,
    PoolDegraded,
    PoolRecovered,
    UnitFailed,
    UnitRecovered,
)
from services.nodes.model import DriveHealth, LinkState, NodeLink, PoolHealth
from services.nodes.parse_sensors import Sensors
from services.nodes.readings import keep_sleeping
from services.nodes.rounds import Part
from services.nodes.told import KINDS, Told, read_told
from tests.support.clusters import NOON, at

LINK = NodeLink(node="pve", state=LinkState.CONNECTED)


def as_kept(number: int, event: Happening) -> EventRow:
    row = to_row(event)
    return EventRow(id=number, **{field.name: getattr(row, field.name) for field in fields(row)})


def turns(*figures: float | None, line_c: float = 80.0, apart_s: float = 30.0) -> list[Turn | None]:
    thermometer = Thermometer(line_c)
    return [thermometer.read(at(n * apart_s), figure) for n, figure in enumerate(figures)]


def test_one_or_two_hot_readings_are_no_news() -> None:
    assert turns(99.0, 60.0, 99.0, 99.0, 60.0, 99.0) == [None] * 6


def test_three_in_a_row_are_told_once() -> None:
    assert turns(81, 85, 90, 95, 99, 81) == [None, None, Turn.HOT, None, None, None]


def test_it_is_cool_only_five_degrees_below_and_three_times() -> None:
    assert turns(85, 85, 85, 79, 76, 75, 75, 76, 75, 75, 75) == [
        *(None, None, Turn.HOT),
        *(None, None, None, None, None, None, None),
        Turn.COOL,
    ]


def test_a_reading_at_the_line_is_not_above_it() -> None:
    assert turns(80, 80, 80, 80) == [None] * 4


def test_an_unknown_reading_says_nothing_either_way() -> None:
    assert turns(85, None, 85, None, 85) == [None, None, None, None, Turn.HOT]


def test_readings_that_are_far_apart_are_not_in_a_row() -> None:
    assert turns(85, 85, 85, 85, apart_s=301) == [None] * 4


@settings(max_examples=200)
@given(st.lists(st.one_of(st.none(), st.floats(1, 120)), max_size=60))
def test_hot_and_cool_take_turns_and_each_has_three_readings_behind_it(
    figures: list[float | None],
) -> None:
    thermometer = Thermometer(80.0)
    told: list[Turn] = []
    for n, figure in enumerate(figures):
        turn = thermometer.read(at(30 * n), figure)
        if turn is not None:
            known = [f for f in figures[: n + 1] if f is not None][-3:]
            assert len(known) == 3
            assert all(f > 80 for f in known) if turn is Turn.HOT else all(f <= 75 for f in known)
            told.append(turn)
    assert told == [Turn.HOT, Turn.COOL] * (len(told) // 2) + [Turn.HOT] * (len(told) % 2)
    assert thermometer.hot == (len(told) % 2 == 1)


def test_what_is_wrong_is_told_when_a_second_reading_agrees() -> None:
    agreement = Agreement()

    first = agreement.read({"sda"}, {"sdb"})
    assert (first.risen, first.unsettled) == ((), True)
    second = agreement.read({"sda"}, {"sdb"})
    assert (second.risen, second.unsettled) == (("sda",), False)
    assert agreement.read({"sda"}, {"sdb"}).risen == ()

    assert agreement.read(set(), {"sda", "sdb"}).unsettled
    assert agreement.read(set(), {"sda", "sdb"}).mended == ("sda",)
    assert agreement.read(set(), {"sda", "sdb"}).mended == ()


def test_a_blip_and_what_could_not_be_read_are_no_news() -> None:
    agreement = Agreement()

    assert agreement.read({"sda"}, set()).unsettled
    assert agreement.read(set(), {"sda"}).risen == ()
    assert agreement.read({"sda"}, set()).risen == ()
    assert agreement.read(set(), set()).risen == ()
    assert agreement.read({"sda"}, set()).risen == ("sda",)
    assert agreement.read(set(), set()).mended == ()
    assert agreement.read(set(), set()).mended == ()


def test_a_unit_that_was_told_before_a_restart_is_no_news_but_its_return_is() -> None:
    findings = NodeFindings(LINK, line_c=80, told=Told(units=frozenset({"old.service"})))

    assert findings.take_units(("old.service",), at(0)) == []
    assert findings.take_units(("new.service", "old.service"), at(30)) == []
    assert findings.unsettled
    (failed,) = findings.take_units(("new.service", "old.service"), at(60))
    assert isinstance(failed, UnitFailed)
    assert failed.unit == "new.service"
    assert findings.take_units((), at(90)) == []
    mended = findings.take_units((), at(120))
    assert {event.unit for event in mended if isinstance(event, UnitRecovered)} == {
        "new.service",
        "old.service",
    }
    assert findings.watch.failed_units == ()


def test_a_unit_that_had_failed_before_the_first_look_is_told_so_that_it_can_be_noted() -> None:
    findings = NodeFindings(LINK, line_c=80)

    assert findings.take_units(("old.service",), at(0)) == []
    assert findings.unsettled
    (failed,) = findings.take_units(("old.service",), at(30))
    assert isinstance(failed, UnitFailed)


def test_what_was_told_before_a_restart_is_told_as_mended_and_not_anew() -> None:
    told = Told(
        hot=True,
        drive_hot=True,
        drives=frozenset({"/dev/sda"}),
        pools=frozenset({"rpool"}),
    )
    warm = Sensors(cpu_c=90, cpu_of="Tctl", hottest_drive_c=74)
    cool = Sensors(cpu_c=50, cpu_of="Tctl", hottest_drive_c=50)
    still, mended = (NodeFindings(LINK, line_c=80, told=told) for _ in range(2))
    broken = PoolHealth(name="rpool", state="DEGRADED")
    sound = PoolHealth(name="rpool", state="ONLINE")

    for n in range(4):
        assert still.take_sensors(warm, at(30 * n)) == []
        assert still.take_drives((FAILING,), at(30 * n)) == []
        assert still.take_pools((broken,), at(30 * n)) == []
    assert still.watch.hot
    assert still.watch.drive_hot
    news: list[Happening] = []
    for n in range(4):
        news += mended.take_sensors(cool, at(30 * n))
        news += mended.take_drives((WELL,), at(30 * n))
        news += mended.take_pools((sound,), at(30 * n))

    assert [type(event) for event in news] == [
        *(DriveRecovered, PoolRecovered),
        *(NodeCooled, DrivesCooled),
    ]


def test_the_journal_tells_what_was_told_and_not_yet_mended() -> None:
    about: dict[str, Any] = {"at": NOON, "node": "pve"}
    told = [
        UnitFailed(**about, unit="a.service"),
        UnitFailed(**about, unit="b.service"),
        UnitRecovered(**about, unit="a.service"),
        DriveFailing(**about, device="/dev/sda", because="…"),
        PoolDegraded(**about, pool="rpool", state="DEGRADED", because="…"),
        PoolRecovered(**about, pool="rpool"),
        NodeOverheats(**about, cpu_c=99, line_c=80),
        NodeOverheats(at=NOON, node="home", cpu_c=99, line_c=80),
        NodeCooled(at=NOON, node="home", cpu_c=50),
        DrivesOverheat(at=NOON, node="home", drive_c=74, line_c=70),
        DrivesOverheat(**about, drive_c=74, line_c=70),
        DrivesCooled(**about, drive_c=58),
    ]
    rows = [as_kept(number, event) for number, event in enumerate(told)]
    damaged = [
        replace(rows[0], detail_json=text) for text in ("{", "[]", '{"unit": 3}', '{"unit": null}')
    ]

    assert read_told([*rows, *damaged]) == {
        "pve": Told(hot=True, drives=frozenset({"/dev/sda"}), units=frozenset({"b.service"})),
        "home": Told(drive_hot=True),
    }
    assert {type(event).__name__ for event in told} | {"DriveRecovered"} == set(KINDS)


def test_a_hot_processor_is_told_with_its_figure() -> None:
    findings = NodeFindings(LINK, line_c=80)

    def read(cpu_c: float, seconds: float):
        return findings.take_sensors(Sensors(cpu_c=cpu_c, cpu_of="k10temp Tctl"), at(seconds))

    assert read(88, 0) == read(89, 30) == []
    (hot,) = read(90, 60)
    assert isinstance(hot, NodeOverheats)
    assert (hot.node, hot.cpu_c, hot.line_c, hot.at) == ("pve", 90, 80, at(60))
    assert findings.watch.hot
    assert read(70, 90) == read(70, 120) == []
    (cool,) = read(70, 150)
    assert isinstance(cool, NodeCooled)
    assert not findings.watch.hot


def test_a_hot_drive_is_told_at_its_line_beside_the_processor() -> None:
    findings = NodeFindings(LINK, line_c=80)

    def read(drive_c: float | None, seconds: float):
        return findings.take_sensors(Sensors(cpu_c=50, hottest_drive_c=drive_c), at(seconds))

    assert read(70, 0) == read(None, 30) == read(71, 60) == []
    assert not findings.watch.drive_hot
    (hot,) = read(70, 90)
    assert isinstance(hot, DrivesOverheat)
    assert (hot.node, hot.drive_c, hot.line_c, hot.at) == ("pve", 70, 70, at(90))
    assert findings.watch.drive_hot
    assert not findings.watch.hot
    assert [read(drive_c, 120) for drive_c in (66, 65, 65)] == [[], [], []]
    (cool,) = read(65, 150)
    assert isinstance(cool, DrivesCooled)
    assert not findings.watch.drive_hot


FAILING = DriveHealth(device="/dev/sda", model="X", serial="1", passed=False)
WELL = DriveHealth(device="/dev/sda", model="X", serial="1", passed=True)
ASLEEP = DriveHealth(device="/dev/sda", because="it sleeps, and was not woken")


def test_a_failing_drive_is_told_when_confirmed_and_again_when_it_is_replaced() -> None:
    findings = NodeFindings(LINK, line_c=80)

    assert findings.take_drives((FAILING,), at(0)) == []
    assert findings.unsettled
    (failing,) = findings.take_drives((FAILING,), at(60))
    assert isinstance(failing, DriveFailing)
    assert (failing.device, failing.model) == ("/dev/sda", "X")
    assert findings.take_drives((ASLEEP,), at(120)) == []
    assert findings.watch.drives[0].passed is False, "what was known of it stays"
    assert findings.watch.drives[0].because == "it sleeps, and was not woken"
    assert findings.take_drives((WELL,), at(180)) == []
    (recovered,) = findings.take_drives((WELL,), at(240))
    assert isinstance(recovered, DriveRecovered)


@pytest.mark.parametrize(
    ("drive", "told"),
    [
        (WELL, None),
        (FAILING, "SMART"),
        (DriveHealth(device="d", passed=True, pending_sectors=1), "1 sector cannot"),
        (DriveHealth(device="d", passed=True, pending_sectors=8), "8 sectors cannot"),
        (DriveHealth(device="d", passed=True, wear_percent_used=103.0), "103 %"),
        (DriveHealth(device="d", passed=True, wear_percent_used=99.0), None),
        (DriveHealth(device="d", passed=True, reallocated_sectors=4), None),
        (DriveHealth(device="d", passed=None, because="asleep"), None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_drive_fails_for_a_reason(drive: DriveHealth, told: str | None) -> None:
    failing = find_failing_drives((drive,))

    assert bool(failing) == (told is not None)
    if told:
        assert told in failing[drive.device]
    assert find_well_drives((drive,)) == (
        {drive.device} if told is None and drive.passed is not None else set()
    )


def test_a_new_drive_in_an_old_place_is_not_taken_for_the_old_one() -> None:
    other = DriveHealth(device="/dev/sda", serial="2", because="it does not tell its health")

    assert keep_sleeping((FAILING,), (other,)) == (other,)


def test_a_pool_is_told_with_its_state_and_one_that_is_gone_is_not_well() -> None:
    findings = NodeFindings(LINK, line_c=80)
    sound = PoolHealth(name="rpool", state="ONLINE", errors="No known data errors")
    broken = PoolHealth(name="rpool", state="DEGRADED", errors="No known data errors")

    assert findings.take_pools((sound,), at(0)) == []
    assert findings.take_pools((broken,), at(300)) == []
    (degraded,) = findings.take_pools((broken,), at(330))
    assert isinstance(degraded, PoolDegraded)
    assert (degraded.pool, degraded.state) == ("rpool", "DEGRADED")
    assert findings.take_pools((), at(360)) == findings.take_pools((), at(390)) == []
    assert findings.take_pools((sound,), at(420)) == []
    (recovered,) = findings.take_pools((sound,), at(450))
    assert isinstance(recovered, PoolRecovered)


def test_a_pool_whose_errors_could_not_be_read_is_not_called_broken() -> None:
    findings = NodeFindings(LINK, line_c=80)

    for n in range(3):
        assert findings.take_pools((PoolHealth(name="rpool", state="ONLINE"),), at(n)) == []


def test_a_part_that_fails_keeps_what_was_known_and_says_why() -> None:
    findings = NodeFindings(LINK, line_c=80)
    findings.take_sensors(Sensors(cpu_c=50, cpu_of="k10temp Tctl"), at(0))
    findings.take_drives((WELL,), at(0))

    findings.take_failure(Part.SENSORS, "pve is down: it was not asked")
    findings.take_failure(Part.POOLS, "pve has no zpool")

    watch = findings.watch
    assert watch.sensors is not None
    assert (watch.sensors.cpu_c, watch.sensors.read_at) == (50, at(0))
    assert watch.sensors_because == "pve is down: it was not asked"
    assert (watch.pools_at, watch.pools_because) == (None, "pve has no zpool")
    assert (watch.drives_at, watch.drives_because) == (at(0), None)
