import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cluster.diff import diff
from services.cluster.model import ClusterSnapshot
from services.cluster.observe import Policy, observe_resources, observe_status, observe_tasks
from services.cluster.parse_cluster import parse_cluster_status
from services.cluster.parse_disks import parse_smart
from services.cluster.parse_resources import parse_resources
from services.cluster.parse_tasks import parse_tasks
from services.cluster.upid import parse_upid
from tests.support.cluster_story import guest_row, node_row, storage_row, task_row
from tests.support.pve_bodies import PARSERS, PVE, SEEN_AT, bodies_for

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=30),
    st.binary(max_size=8),
    st.sampled_from(["", "0", "-1", "NaN", "1e999", "9" * 5_000, "\x00", "running", "OK"]),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [[]]),
    st.builds(lambda: [{"type": {"type": []}}]),
)
JUNK = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(["type", "node", "vmid", "id", "status", "upid", "data", "time"]),
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=25,
)
QUICK = settings(max_examples=25)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value within a JSON document, cut off where it grows too long."""
    found = [path] if path else []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value[:12]))
    else:
        children = []
    for key, child in children:
        found += places(child, (*path, key))
    return found


def damage(draw: Any, payload: Any) -> Any:
    """A copy of a real body with some of its values removed or put in another's place."""
    payload = copy.deepcopy(payload[:12] if isinstance(payload, list) else payload)
    for _ in range(draw(st.integers(1, 8))):
        found = places(payload)
        if not found:
            return draw(ODD)
        *parents, last = draw(st.sampled_from(found))
        parent = payload
        for key in parents:
            parent = parent[key]
        if isinstance(parent, dict) and draw(st.booleans()):
            del parent[last]
        else:
            parent[last] = draw(ODD)
    return payload


@pytest.mark.parametrize("name", PARSERS)
@given(payload=JUNK)
@QUICK
def test_no_parser_raises_on_any_json(name, payload):
    PARSERS[name][1](payload)


@pytest.mark.skipif(not PVE.is_dir(), reason="the recordings are not at hand")
@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
@QUICK
def test_no_parser_raises_on_a_damaged_real_body(name, data):
    body = data.draw(st.sampled_from(bodies_for(name)))

    PARSERS[name][1](damage(data.draw, body.data))


@given(value=JUNK)
@QUICK
def test_anything_may_stand_for_a_upid(value):
    parse_upid(value)


def test_every_row_without_an_identity_is_skipped_and_counted():
    rows = [
        {"type": "node"},
        {"type": "qemu", "vmid": "x", "node": "pve"},
        {"type": "lxc", "vmid": 101},
        {"type": "storage", "node": "pve"},
        {"id": "qemu/100", "vmid": 100},
        {"id": "qemu/100", "type": "qemx", "vmid": 100},
        "junk",
        None,
        {"type": "pool", "id": "/pool/a"},
        {"type": "sdn", "id": "sdn/pve/localnetwork"},
        node_row("pve"),
    ]

    reading = parse_resources(rows, SEEN_AT)

    assert reading.skipped == 8
    assert set(reading.nodes) == {"pve"}


def test_the_vmid_may_come_as_text_or_only_within_the_id():
    rows = [
        node_row("pve"),
        guest_row(100) | {"vmid": "100", "lock": ""},
        {"type": "lxc", "id": "lxc/101", "node": "pve", "status": "running"},
    ]

    reading = parse_resources(rows, SEEN_AT)

    assert set(reading.guests) == {100, 101}
    assert reading.guests[100].lock is None
    assert reading.guests[101].mem_used_bytes is None


def cluster() -> list[dict[str, Any]]:
    return [
        *(node_row(name) for name in ("home", "pve")),
        *(guest_row(vmid, node) for vmid, node in ((100, "home"), (101, "pve"), (102, "pve"))),
        storage_row("local-zfs"),
        storage_row("nas", shared=1),
    ]


@given(data=st.data())
@settings(max_examples=100)
def test_a_key_that_is_taken_away_never_becomes_a_figure(data):
    rows = cluster()
    row = data.draw(st.sampled_from(rows))
    taken = [key for key in row if key not in ("type", "id", "node", "vmid", "storage", "status")]
    for key in data.draw(st.sets(st.sampled_from(taken))):
        del row[key]

    reading = parse_resources(rows, SEEN_AT)

    fields = {"cpu": "cpu_fraction", "mem": "mem_used_bytes", "uptime": "uptime_s"}
    fields |= {"maxcpu": "cpu_count", "maxmem": "mem_total_bytes"}
    if row["type"] == "storage":
        found: object = reading.storages[row["id"]]
        fields = {"disk": "used_bytes", "maxdisk": "total_bytes"}
    elif row["type"] == "node":
        found = reading.nodes[row["node"]]
        fields |= {"disk": "root_used_bytes", "maxdisk": "root_total_bytes"}
    else:
        found = reading.guests[row["vmid"]]
    for key, field in fields.items():
        if key not in row:
            assert getattr(found, field) is None


@given(data=st.data())
@settings(max_examples=100)
def test_damaged_answers_are_observed_and_what_they_tell_has_words(data):
    at = SEEN_AT
    snapshot = ClusterSnapshot(taken_at=at)
    for payload in (cluster(), damage(data.draw, cluster()), damage(data.draw, cluster())):
        old = snapshot
        tasks = damage(data.draw, [task_row("qmstop", 101, started=at, ended=at, status="no")])
        status = damage(data.draw, [{"type": "node", "name": "pve", "online": 1}])
        snapshot = observe_tasks(snapshot, parse_tasks(tasks), at)
        snapshot = observe_resources(snapshot, parse_resources(payload, at), at, policy=Policy())
        snapshot = observe_status(snapshot, parse_cluster_status(status, at), at, policy=Policy())
        for happening in diff(old, snapshot):
            assert happening.sentence()
            assert happening.subject


def test_smart_text_of_any_length_is_read_in_no_time():
    assert parse_smart({"text": "Temperature:" + " " * 2_000_000}).temperature_c is None
    assert parse_smart({"attributes": [{"id": "194", "raw": "4" * 100_000}]}).temperature_c is None
