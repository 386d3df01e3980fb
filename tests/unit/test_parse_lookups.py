"""What single looks bring back: read as far as it is sane, and never a reason to stumble."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cluster.change import parse_change_answer
from services.cluster.model import GuestState
from services.cluster.parse_addresses import parse_addresses
from services.cluster.parse_cluster import parse_ha
from services.cluster.parse_guest import parse_snapshot_below
from services.cluster.parse_guest_status import parse_guest_status
from services.cluster.parse_lines import LINE_LIMIT, parse_journal, parse_syslog
from services.cluster.parse_network import parse_network
from services.cluster.parse_packages import parse_packages
from services.cluster.parse_pools import parse_pools
from services.cluster.parse_replication import parse_replication
from services.tools.acting.packages import parse_upgradable

PARSERS = [
    parse_addresses,
    parse_change_answer,
    parse_guest_status,
    parse_ha,
    parse_journal,
    parse_network,
    parse_packages,
    parse_pools,
    parse_replication,
    parse_snapshot_below,
    parse_syslog,
]
KEYS = st.sampled_from(
    (
        *("name", "status", "qmpstatus", "uptime", "lock", "ha", "managed", "iface", "cidr"),
        *("Package", "Origin", "n", "t", "id", "guest", "type", "node", "blocking-resources"),
        *("result", "error", "desc", "ip-addresses", "ip-address", "inet", "hwaddr"),
        *("sid", "parent", "health", "size", "alloc", "frag", "last_sync", "fail_count"),
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(payload=JSON)
def test_no_answer_is_so_damaged_that_reading_it_stumbles(parse: Any, payload: Any) -> None:
    parse(payload)


@pytest.mark.parametrize(
    ("row", "state", "detail"),
    [
        ({"status": "running", "qmpstatus": "running"}, GuestState.RUNNING, None),
        ({"status": "running", "qmpstatus": "paused"}, GuestState.PAUSED, None),
        ({"status": "running", "qmpstatus": "io-error"}, GuestState.PAUSED, "io-error"),
        ({"status": "running", "qmpstatus": "prelaunch"}, GuestState.UNKNOWN, "prelaunch"),
        (
            {"status": "running", "qmpstatus": "prelaunch", "lock": "backup"},
            GuestState.STOPPED,
            "prelaunch",
        ),
        ({"status": "stopped", "qmpstatus": "stopped"}, GuestState.STOPPED, None),
        ({"status": "stopped", "qmpstatus": "running"}, GuestState.STOPPED, None),
        ({"status": "running"}, GuestState.RUNNING, None),
        ({}, GuestState.UNKNOWN, None),
    ],
)
def test_a_guests_state_is_what_its_machine_says(
    row: dict[str, str], state: GuestState, detail: str | None
) -> None:
    status = parse_guest_status(row)

    assert (status.state, status.state_detail) == (state, detail)


def test_a_guest_that_is_off_has_neither_uptime_nor_load() -> None:
    status = parse_guest_status({"status": "stopped", "uptime": 0, "cpu": 0, "mem": 0})

    assert status.uptime_s is None
    assert status.cpu_fraction is None


def test_the_journals_cursors_are_no_lines() -> None:
    assert parse_journal(["s=1;i=2", "first", "second", "s=1;i=4"]) == ("first", "second")
    assert parse_journal(["", ""]) == ()
    assert parse_journal(None) is None


def test_a_log_is_in_the_order_of_its_numbers_and_bounded() -> None:
    rows = [{"n": 2, "t": "b\x1b[31m"}, {"n": "1", "t": "a" * 9_000}, {"t": "lost"}]

    lines = parse_syslog(rows)

    assert lines is not None
    assert [len(lines[0]), lines[1]] == [LINE_LIMIT, "b [31m"]
    assert parse_syslog([{"n": 1, "t": "no content"}]) == ()


def test_an_interface_that_is_down_says_so_by_leaving_it_out() -> None:
    (bridge,) = parse_network(
        [{"iface": "vmbr0", "type": "bridge", "cidr": "192.0.2.11/24", "bridge_ports": "eno1 eno2"}]
    ) or ((),)

    assert bridge.active is False
    assert bridge.addresses == ("192.0.2.11/24",)
    assert bridge.ports == ("eno1", "eno2")


def test_a_replication_that_fails_says_why() -> None:
    (job,) = parse_replication(
        [{"id": "104-0", "target": "home", "fail_count": 3, "error": "no route", "last_sync": 0}]
    ) or ((),)

    assert (job.vmid, job.target, job.fail_count, job.error) == (104, "home", 3, "no route")
    assert job.last_sync_at is None, "zero is Proxmox's word for never"
    assert job.enabled


def test_the_snapshot_below_is_the_parent_of_where_one_is() -> None:
    rows = [{"name": "old"}, {"name": "new", "parent": "old"}, {"name": "current", "parent": "new"}]

    assert parse_snapshot_below(rows) == "new"
    assert parse_snapshot_below([{"name": "current"}]) is None


def test_what_apt_lists_is_read_without_its_heading() -> None:
    text = (
        "Listing... Done\n"
        "libssl3t64/stable-security 3.5.4-1 amd64 [upgradable from: 3.5.4-0]\n"
        "pve-manager/stable 9.2.4 all [upgradable from: 9.2.3]\n"
        "N: There is 1 additional version.\n"
    )

    assert parse_upgradable(text) == ("libssl3t64", "pve-manager")
    assert parse_upgradable("Listing... Done\n") == ()
