"""What SSH found on the nodes, as the word for the cluster tells it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from components.live.health import Health, decide_health
from services.cluster.model import NodeDetail, NodeState
from services.cluster.node_services import ServiceReading
from services.events import Happening
from services.nodes import happenings
from services.nodes.model import (
    DriveHealth,
    LinkState,
    NodeLink,
    NodeWatch,
    PoolHealth,
    SensorReading,
)
from tests.support.clusters import NOON, make_node, make_snapshot, make_tiers


@dataclass(frozen=True, kw_only=True)
class Recorded:
    id: int
    kind: str
    text: str = ""
    subject: str = "node/pve"
    at: datetime = NOON
    severity: str = "alarm"
    node: str | None = "pve"
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


def watch(state: LinkState = LinkState.CONNECTED, **fields: Any) -> NodeWatch:
    return NodeWatch(node="pve", link=NodeLink(node="pve", state=state), **fields)


def hot(cpu_c: float, age: timedelta = timedelta()) -> NodeWatch:
    sensors = SensorReading(
        node="pve", read_at=NOON - age, cpu_c=cpu_c, cpu_of="coretemp Package id 0"
    )
    return watch(hot=True, sensors=sensors)


def warm_drive(drive_c: float, *, hot: bool = True) -> NodeWatch:
    sensors = SensorReading(node="pve", read_at=NOON, hottest_drive_c=drive_c)
    return watch(drive_hot=hot, sensors=sensors)


ABOUT: dict[str, Any] = {"at": NOON, "node": "pve"}
DEGRADED = watch(pools=(PoolHealth(name="rpool", state="DEGRADED"),), pools_at=NOON)
CORRUPT = watch(
    pools=(PoolHealth(name="tank", state="ONLINE", errors="Permanent errors in 2 files"),),
    pools_at=NOON,
)
FAILING = watch(drives=(DriveHealth(device="/dev/sda", passed=False),), drives_at=NOON)
TWO_FAILING = watch(
    drives=tuple(DriveHealth(device=f"/dev/sd{letter}", passed=False) for letter in "ab"),
    drives_at=NOON,
)
FAILED = watch(failed_units=("smartd.service",), failed_units_at=NOON)


def health_of(found: NodeWatch, *feed: Recorded, state: NodeState = NodeState.ONLINE) -> Health:
    snapshot = make_snapshot(nodes=[make_node("pve", state)])
    return decide_health(snapshot, make_tiers(), (), feed, watches={"pve": found})


@pytest.mark.parametrize(
    ("found", "word", "reason"),
    [
        (DEGRADED, "ALARM", "pve: pool rpool is DEGRADED"),
        (CORRUPT, "ALARM", "pve: pool tank: Permanent errors in 2 files"),
        (FAILING, "ALARM", "pve: /dev/sda is failing: SMART says it will not last"),
        (
            watch(LinkState.KEY_CHANGED),
            "ALARM",
            "pve: shows another host key than the trusted one",
        ),
        (hot(97.0), "ATTENTION", "pve: coretemp Package id 0 at 97\u00a0°C"),
        (FAILED, "ATTENTION", "pve: smartd.service failed"),
        (watch(LinkState.AWAY), "ATTENTION", "pve: SSH is lost"),
        (watch(LinkState.REFUSED), "ATTENTION", "pve: SSH does not let Jarvis in"),
        (watch(LinkState.KEY_UNKNOWN), "ATTENTION", "pve: its host key waits for your word"),
        (
            warm_drive(74.0),
            "ATTENTION",
            "pve: a drive at 74\u00a0°C",
        ),
    ],
    ids=[
        "pool degraded",
        "pool with errors",
        "drive failing",
        "key changed",
        "processor hot",
        "unit failed",
        "away",
        "not let in",
        "key unknown",
        "drive hot",
    ],
)
def test_what_ssh_found_gives_the_word_and_names_node_and_thing(
    found: NodeWatch, word: str, reason: str
) -> None:
    health = health_of(found)

    assert (health.word, health.reasons) == (word, (reason,))


@pytest.mark.parametrize("state", [LinkState.CONNECTED, LinkState.UNUSED, LinkState.OFF])
def test_a_node_with_nothing_wrong_or_no_ssh_set_up_is_no_reason(state: LinkState) -> None:
    assert health_of(watch(state)).word == "NOMINAL"


def test_everything_at_once_is_told_alarms_first() -> None:
    found = watch(
        LinkState.KEY_CHANGED,
        pools=DEGRADED.pools,
        drives=FAILING.drives,
        failed_units=("smartd.service",),
        hot=True,
        sensors=hot(97.0).sensors,
    )

    health = health_of(found)

    assert (health.word, health.alarms, len(health.reasons)) == ("ALARM", 3, 5)


def test_one_reading_above_the_line_is_not_yet_a_reason() -> None:
    spike = watch(sensors=hot(97.0).sensors, line_c=80.0)

    assert health_of(spike).word == "NOMINAL"
    assert health_of(warm_drive(97.0, hot=False)).word == "NOMINAL"


def test_a_spike_over_ssh_hides_no_drive_that_proxmox_calls_hot() -> None:
    detail = NodeDetail(read_at=NOON, temperature_c=75.0, temperature_of="nvme0n1")
    snapshot = make_snapshot(nodes=[make_node("pve", detail=detail)])
    found = {"pve": warm_drive(97.0, hot=False)}
    noted = Recorded(
        id=5, kind="DrivesOverheat", acknowledged_at=NOON, acknowledged_by="person/owner"
    )

    fresh = decide_health(snapshot, make_tiers(), (), (), watches=found)
    quiet = decide_health(snapshot, make_tiers(), (), [noted], watches=found)

    assert (fresh.word, fresh.reasons) == ("ATTENTION", ("pve: nvme0n1 at 75\u00a0°C",))
    assert (quiet.word, len(quiet.reasons)) == ("NOMINAL", 1)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=60), "97\u00a0°C"),
        (timedelta(minutes=4, seconds=10), "97\u00a0°C, as of 4 min ago"),
        (timedelta(hours=9, minutes=12), "97\u00a0°C, as of 9 h ago"),
    ],
    ids=["two intervals", "past them", "hours"],
)
def test_an_old_figure_is_told_with_its_age(age: timedelta, told: str) -> None:
    (reason,) = health_of(hot(97.0, age)).reasons

    assert reason.endswith(told)


def test_the_age_of_a_reason_changes_no_sooner_than_a_person_would_say_it_anew() -> None:
    first = health_of(hot(97.0, timedelta(hours=9, minutes=12)))

    assert health_of(hot(97.0, timedelta(hours=9, minutes=40))) == first


@pytest.mark.parametrize("state", [NodeState.DOWN, NodeState.UNREACHABLE, NodeState.UNKNOWN])
def test_of_a_node_that_is_not_online_only_what_lasts_is_told(state: NodeState) -> None:
    found = watch(
        LinkState.AWAY,
        pools=DEGRADED.pools,
        hot=True,
        sensors=hot(97.0).sensors,
        failed_units=("smartd.service",),
    )

    told = " ".join(health_of(found, state=state).reasons)

    assert "rpool" in told
    assert not any(word in told for word in ("SSH", "97", "smartd"))


def test_a_unit_that_proxmox_lists_as_well_is_told_once() -> None:
    services = (
        ServiceReading(name="smartd", state="failed"),
        ServiceReading(name="pvestatd", state="dead", unit_state="enabled"),
        ServiceReading(name="corosync", state="dead", unit_state="enabled"),
    )
    detail = NodeDetail(read_at=NOON, services=services)
    snapshot = make_snapshot(nodes=[make_node("pve", detail=detail)])

    health = decide_health(snapshot, make_tiers(), (), (), watches={"pve": FAILED})

    assert health.reasons == ("pve: smartd.service failed", "pve: pvestatd.service does not run")


def test_an_old_reading_of_the_routine_tier_is_told_with_its_age() -> None:
    read_at = NOON - timedelta(hours=3)
    detail = NodeDetail(read_at=read_at, temperature_c=75.0, temperature_of="nvme0n1")
    snapshot = make_snapshot(nodes=[make_node("pve", detail=detail)])

    health = decide_health(snapshot, make_tiers(), (), ())

    assert health.reasons == ("pve: nvme0n1 at 75\u00a0°C, as of 3 h ago",)


@pytest.mark.parametrize(
    ("found", "event"),
    [
        (DEGRADED, happenings.PoolDegraded(**ABOUT, pool="rpool", state="DEGRADED", because="…")),
        (FAILING, happenings.DriveFailing(**ABOUT, device="/dev/sda", because="…")),
        (FAILING, happenings.DriveFailing(**ABOUT, device="/dev/sda", model="ST8", because="…")),
        (FAILED, happenings.UnitFailed(**ABOUT, unit="smartd.service")),
        (hot(97.0), happenings.NodeOverheats(**ABOUT, cpu_c=97.0, line_c=80.0)),
        (
            watch(LinkState.KEY_CHANGED),
            happenings.HostKeyRefused(**ABOUT, host="pve", fingerprint="a", trusted="b"),
        ),
        (
            watch(LinkState.KEY_UNKNOWN),
            happenings.HostKeyWaits(**ABOUT, host="pve", fingerprint="a"),
        ),
        (warm_drive(68.0), happenings.DrivesOverheat(**ABOUT, drive_c=74.0, line_c=70.0)),
        (watch(LinkState.AWAY), happenings.SshLost(**ABOUT, because="…")),
        (watch(LinkState.REFUSED), happenings.SshLost(**ABOUT, because="…")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Happening) else "",
)
def test_what_a_person_has_taken_note_of_grows_quiet(found: NodeWatch, event: Happening) -> None:
    kind, subject, text = type(event).__name__, event.subject, event.sentence()
    told = Recorded(id=5, kind=kind, subject=subject, text=text)
    noted = replace(told, acknowledged_at=NOON, acknowledged_by="person/owner")

    assert health_of(found, told).word != "NOMINAL"
    quiet = health_of(found, noted)
    assert quiet.word == "NOMINAL"
    assert quiet.reasons[0].endswith("acknowledged by owner")
    assert health_of(found, replace(told, id=6), noted).word != "NOMINAL"


def test_a_service_that_only_proxmox_tells_of_grows_quiet_as_well() -> None:
    resting = ServiceReading(name="pvestatd", state="dead", unit_state="enabled")
    detail = NodeDetail(read_at=NOON, services=(resting,))
    snapshot = make_snapshot(nodes=[make_node("pve", detail=detail)])
    event = happenings.UnitFailed(**ABOUT, unit="pvestatd.service", rests=True)
    told = Recorded(id=5, kind="UnitFailed", subject=event.subject, text=event.sentence())
    noted = replace(told, acknowledged_at=NOON, acknowledged_by="person/owner")

    assert decide_health(snapshot, make_tiers(), (), (told,)).word != "NOMINAL"
    quiet = decide_health(snapshot, make_tiers(), (), (noted,))
    assert quiet.word == "NOMINAL"
    assert quiet.reasons == ("pve: pvestatd.service does not run, acknowledged by owner",)


def test_who_has_taken_note_of_one_drive_has_not_taken_note_of_another() -> None:
    noted = Recorded(
        id=6,
        kind="DriveFailing",
        text="/dev/sdb on pve is failing: SMART says it will not last",
        acknowledged_at=NOON,
        acknowledged_by="person/owner",
    )
    told = Recorded(id=5, kind="DriveFailing", text="/dev/sda on pve is failing: 3 sectors")

    health = health_of(TWO_FAILING, noted, told)

    assert (health.word, health.alarms) == ("ALARM", 1)
    assert health.reasons[0].startswith("pve: /dev/sda")
    assert health.reasons[1].endswith("acknowledged by owner")
