import dataclasses
import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import pytest

from services.cluster.model import ClusterSnapshot, GuestState, NodeState, TaskOutcome
from services.cluster.observe import Policy, observe_resources, observe_status
from services.cluster.parse_cluster import parse_cluster_status
from services.cluster.parse_resources import parse_resources
from services.cluster.parse_rrd import Metric, parse_rrd
from services.cluster.parse_tasks import parse_task, parse_tasks
from tests.support.pve_bodies import PARSERS, PVE, SEEN_AT, Body, bodies_for, read_bodies

pytestmark = pytest.mark.skipif(not PVE.is_dir(), reason="the recordings are not at hand")


def assert_sane(value: object, name: str = "") -> None:
    """No figure that cannot be: what is read is in its range, or None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            assert_sane(getattr(value, field.name), field.name)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            assert_sane(each, key if isinstance(key, str) else name)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            assert_sane(each, name)
    elif isinstance(value, float):
        assert math.isfinite(value), name
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int | float) and name.endswith("_fraction"):
        assert 0 <= value <= 1, name
    elif isinstance(value, int | float) and name.endswith(("_bytes", "_s", "_count", "count")):
        assert 0 <= value < 2**63, name
        if "total" in name and "swap" not in name:
            assert value > 0, name
    elif isinstance(value, datetime):
        assert value.tzinfo is not None, name
    elif name == "temperature_c":
        assert isinstance(value, float)
        assert 0 < value <= 110


@pytest.mark.parametrize("name", PARSERS)
def test_every_real_body_is_read_by_its_parser(name):
    bodies = bodies_for(name)
    assert bodies, f"no recording is for the parser of {name}"
    parser = PARSERS[name][1]

    for body in bodies:
        assert_sane(parser(body.data))


def test_every_body_of_any_path_is_survived_by_every_parser():
    bodies = read_bodies()
    assert len(bodies) > 500

    for body in bodies:
        for _, parser in PARSERS.values():
            assert_sane(parser(body.data))


def test_every_row_of_the_real_resources_is_told_apart():
    for body in bodies_for("resources"):
        reading = parse_resources(body.data, SEEN_AT)
        assert isinstance(body.data, list)
        listed = Counter(row["type"] for row in body.data)

        assert reading.skipped == 0, body.source
        assert len(reading.nodes) == listed["node"], body.source
        assert len(reading.guests) == listed["qemu"] + listed["lxc"], body.source
        assert len(reading.storages) == listed["storage"], body.source


def test_an_absent_key_of_a_real_row_is_unknown():
    keys = {
        "cpu": "cpu_fraction",
        "maxcpu": "cpu_count",
        "mem": "mem_used_bytes",
        "maxmem": "mem_total_bytes",
        "uptime": "uptime_s",
    }
    absent = 0
    for body in bodies_for("resources"):
        reading = parse_resources(body.data, SEEN_AT)
        assert isinstance(body.data, list)
        for row in body.data:
            match row["type"]:
                case "node":
                    found: object = reading.nodes[row["node"]]
                case "qemu" | "lxc":
                    found = reading.guests[row["vmid"]]
                case _:
                    continue
            for key, field in keys.items():
                if key not in row:
                    absent += 1
                    assert getattr(found, field) is None, (body.source, row["id"], key)
                elif row[key]:
                    assert getattr(found, field) is not None, (body.source, row["id"], key)
    assert absent > 10


def test_the_node_that_has_been_offline_for_minutes_shows_no_figures():
    (body,) = [body for body in read_bodies() if body.source.startswith("issues/")]
    reading = parse_resources(body.data, SEEN_AT)

    snapshot = observe_resources(
        ClusterSnapshot(taken_at=SEEN_AT), reading, SEEN_AT, policy=Policy()
    )

    node = snapshot.nodes["elitedesk"]
    assert node.state is NodeState.UNREACHABLE
    assert (node.cpu_fraction, node.mem_used_bytes, node.cpu_count) == (None, None, None)
    assert snapshot.nodes["router-pve"].state is NodeState.ONLINE


def test_guests_of_the_real_cluster_have_states_and_those_just_made_are_unknown():
    states = Counter(
        guest.state
        for body in bodies_for("resources")
        for guest in parse_resources(body.data, SEEN_AT).guests.values()
    )

    assert states[GuestState.RUNNING] > 5
    assert states[GuestState.STOPPED] > 2
    assert states[GuestState.UNKNOWN] >= 2


def test_every_real_task_is_read():
    for body in bodies_for("tasks"):
        if isinstance(body.data, list):
            tasks = parse_tasks(body.data)
            assert len(tasks) == len(body.data), body.source
            assert list(tasks) == sorted(tasks, key=lambda task: task.started_at, reverse=True)


def test_every_real_task_status_has_an_outcome():
    outcomes: Counter[TaskOutcome] = Counter()
    for body in bodies_for("task"):
        if isinstance(body.data, dict) and body.data.get("upid", "").startswith("UPID:"):
            task = parse_task(body.data)
            if task is None:
                assert "cassette" not in body.source
                continue
            outcomes[task.outcome] += 1
            assert (task.outcome is TaskOutcome.RUNNING) == (body.data["status"] == "running")

    assert outcomes[TaskOutcome.OK] > 20
    assert outcomes[TaskOutcome.RUNNING] > 5


def test_the_real_histories_of_both_versions_give_the_same_metrics():
    def history(name: str) -> set[Metric]:
        (body,) = [body for body in read_bodies() if body.source == f"pulse-rrd/{name}.json"]
        read = parse_rrd(body.data)
        assert isinstance(body.data, list)
        assert len(read.times) == len(body.data)
        assert all(len(series) == len(read.times) for series in read.series.values())
        return set(read.series)

    both = {
        Metric.CPU_FRACTION,
        Metric.MEM_USED_BYTES,
        Metric.MEM_TOTAL_BYTES,
        Metric.NET_IN_BYTES_PER_S,
        Metric.NET_OUT_BYTES_PER_S,
    }
    guest = both | {Metric.DISK_READ_BYTES_PER_S, Metric.DISK_WRITE_BYTES_PER_S}
    node = both | {Metric.IO_WAIT_FRACTION, Metric.LOAD_1M, Metric.DISK_USED_BYTES}
    assert history("pve8_guest_rrddata") >= guest
    assert history("pve9_qemu_rrddata") >= guest
    assert history("pve9_lxc_rrddata") >= guest | {Metric.DISK_USED_BYTES}
    assert history("pve8_node_rrddata") >= node
    assert history("pve9_node_rrddata") >= node


def test_the_real_cluster_status_tells_quorum_and_members():
    (body,) = [body for body in bodies_for("status") if body.source.startswith("psproxmoxve")]
    reading = parse_cluster_status(body.data, SEEN_AT)
    assert (reading.name, reading.quorate, reading.nodes_expected) == ("testcluster", True, 3)
    assert dict(reading.online) == {"pve1": True, "pve2": True, "pve3": False}
    assert reading.local == "pve1"

    snapshot = observe_status(ClusterSnapshot(taken_at=SEEN_AT), reading, SEEN_AT, policy=Policy())
    assert snapshot.quorate is True
    assert snapshot.standalone is False


def test_bodies_carry_a_path_or_are_known_to_have_none():
    assert Body(source="x", path="elsewhere", data=1) not in read_bodies()
    assert sum(body.path != "elsewhere" for body in read_bodies()) > 480
