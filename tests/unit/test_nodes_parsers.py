"""What nodes write about their pools, units and containers: every recorded output is read."""

import json
from pathlib import Path

import pytest

from services.nodes.parse_docker import parse_containers, parse_guest_exec
from services.nodes.parse_units import parse_failed_units
from services.nodes.parse_zfs import (
    STATES,
    is_sound,
    join_pools,
    parse_pool_list,
    parse_pool_status,
)
from tests.support.node_recordings import CMD, named, needs_recordings, recordings

pytestmark = needs_recordings


@pytest.mark.parametrize("path", recordings("zpool/*", "jc/generic/zpool-*.out"), ids=named)
def test_every_recorded_pool_is_read(path: Path) -> None:
    text = path.read_text()
    told = sum(line.strip().startswith("pool:") for line in text.splitlines())

    pools = parse_pool_status(text)

    assert len(pools) == told
    for pool in pools:
        assert pool.state in STATES
        assert pool.name
        assert pool.errors
        assert pool.scan


def test_what_is_wrong_with_a_pool_is_told() -> None:
    pools = [
        pool
        for path in recordings("jc/generic/zpool-status*.out")
        for pool in parse_pool_status(path.read_text())
        if pool.state != "ONLINE"
    ]

    degraded, unavailable = pools

    assert (degraded.state, is_sound(degraded)) == ("DEGRADED", False)
    assert degraded.scan == "none requested"
    assert (unavailable.state, unavailable.errors) == ("UNAVAIL", "Permanent errors in 3 files")


def test_sizes_come_from_the_list_and_errors_from_the_status() -> None:
    listed = parse_pool_list(
        "rpool\t1992864825344\t428121169920\tONLINE\ntank\t-\t-\tFAULTED\nno such line\n"
    )
    told = parse_pool_status(
        "  pool: rpool\n state: ONLINE\n  scan: none\nerrors: No known data errors\n"
    )

    rpool, tank = join_pools(listed, told)

    assert (rpool.size_bytes, rpool.allocated_bytes) == (1_992_864_825_344, 428_121_169_920)
    assert (rpool.errors, is_sound(rpool)) == ("No known data errors", True)
    assert (tank.state, tank.size_bytes, is_sound(tank)) == ("FAULTED", None, False)


def test_no_pools_are_none() -> None:
    assert parse_pool_status("no pools available\n") == ()
    assert parse_pool_list("") == ()


def test_failed_units_are_told_in_every_form() -> None:
    plain = "certbot.service loaded failed failed Certbot\nsnap.mount loaded failed failed x\n"
    bullets = "● certbot.service loaded failed failed Certbot\n* b.service loaded failed failed x\n"
    as_json = (CMD / "systemctl/list_units_output_json.SHAPE.json").read_text()

    assert parse_failed_units(plain) == ("certbot.service", "snap.mount")
    assert parse_failed_units(bullets) == ("b.service", "certbot.service")
    assert parse_failed_units(as_json) == (
        "certbot.service",
        "example-worker.service",
        "postgresql.service",
    )
    assert parse_failed_units("") == ()


@pytest.mark.parametrize("path", recordings("jc/*/systemctl*.out"), ids=named)
def test_no_unit_that_runs_counts_as_failed(path: Path) -> None:
    text = path.read_text()

    failed = parse_failed_units(text)

    assert len(failed) == sum(
        line.replace("●", " ").split()[2:3] == ["failed"] for line in text.splitlines()
    )


@pytest.mark.parametrize("path", recordings("docker/*.jsonl"), ids=named)
def test_every_recorded_container_is_read(path: Path) -> None:
    lines = path.read_text().splitlines()

    containers = parse_containers(path.read_text())

    assert containers is not None
    assert len(containers) == len(lines)
    rows = {json.loads(line)["ID"]: json.loads(line) for line in lines}
    for container in containers:
        row = rows[container.id]
        assert (container.name, container.image) == (row["Names"], row["Image"])
        assert (container.state, container.status) == (row["State"], row["Status"])
        assert ("unhealthy" in row["Status"]) == (container.health == "unhealthy")
        told = row["Labels"]
        assert all(f"{key}={value}" in told for key, value in container.labels)
        assert bool(container.labels) == bool(told)


def test_the_health_is_read_from_either_place() -> None:
    old = {"ID": "a" * 12, "Names": "old", "Image": "x", "Status": "Up 2 minutes (unhealthy)"}
    new = {**old, "Names": "new", "Status": "Up 2 minutes", "HealthStatus": "healthy"}
    none = {**new, "Names": "none", "HealthStatus": "none"}
    starts = {**old, "Names": "starts", "Status": "Up 2 seconds (health: starting)"}

    containers = parse_containers("\n".join(map(json.dumps, (old, new, none, starts))))

    assert containers is not None
    assert {c.name: (c.state, c.health) for c in containers} == {
        "old": ("running", "unhealthy"),
        "new": ("running", "healthy"),
        "none": ("running", None),
        "starts": ("running", "starting"),
    }


def test_no_containers_are_none_and_a_complaint_is_no_list() -> None:
    assert parse_containers("") == ()
    assert parse_containers("[]\n") == ()
    assert parse_containers("Cannot connect to the Docker daemon") is None


def test_what_the_guest_agent_ran_is_taken_out_of_its_answer() -> None:
    answer = '{"exitcode": 0, "exited": 1, "out-data": "a\\nb\\n"}'

    assert parse_guest_exec(answer) == (0, "a\nb\n", "")
    assert parse_guest_exec('{"exitcode": 127, "err-data": "no docker"}') == (127, "", "no docker")
    assert parse_guest_exec("VM 103 is not running") is None
