"""A guest's addresses: read from what real agents and containers sent, in an order of use."""

from typing import Any

import pytest

from services.cluster.errors import NodeFailed
from services.cluster.guest_agent import AgentMissing, AgentSilent, agent_failure
from services.cluster.model import GuestKind
from services.cluster.parse_addresses import MOST_INTERFACES, parse_addresses
from services.cluster.places import GuestPlace

MAC = "bc:24:11:2e:c5:4a"


def told(name: str, *addresses: str, mac: str | None = MAC) -> dict[str, Any]:
    """One interface as an agent tells it."""
    listed = [{"ip-address": one, "ip-address-type": "ipv4", "prefix": 24} for one in addresses]
    row: dict[str, Any] = {"name": name, "ip-addresses": listed}
    return row if mac is None else row | {"hardware-address": mac}


def names(*rows: dict[str, Any]) -> list[str | None]:
    """The interfaces that are told of those, in their order."""
    return [each.name for each in parse_addresses({"result": list(rows)}).interfaces or ()]


def test_the_loopback_is_left_out_and_the_real_one_is_told_with_its_mac() -> None:
    lo = told("lo", "127.0.0.1", "::1", mac="00:00:00:00:00:00")

    reading = parse_addresses({"result": [lo, told("eth0", "192.0.2.105", mac=MAC.upper())]})

    assert reading.interfaces is not None
    (eth0,) = reading.interfaces
    assert (eth0.name, eth0.mac, eth0.addresses) == ("eth0", MAC, ("192.0.2.105",))
    assert reading.addresses == ("192.0.2.105",)


def test_ipv4_comes_first_and_what_reaches_no_further_than_its_link_is_told_apart() -> None:
    row = told("eth0", "fe80::1", "2001:db8::5", "169.254.3.4", "192.0.2.5", "192.0.2.5")

    (eth0,) = parse_addresses({"result": [row]}).interfaces or ((),)

    assert eth0.addresses == ("192.0.2.5", "2001:db8::5")
    assert eth0.link_local == ("169.254.3.4", "fe80::1")


@pytest.mark.parametrize("inner", ["docker0", "br-0123456789ab", "veth12ab", "virbr0", "hassio"])
def test_what_runs_within_the_guest_comes_after_it_and_is_no_way_to_it(inner: str) -> None:
    rows = [told(inner, "172.17.0.1"), told("ens19"), told("ens18", "192.0.2.5")]

    reading = parse_addresses({"result": rows})

    assert names(*rows) == ["ens18", "ens19", inner]
    assert reading.addresses == ("192.0.2.5",)


@pytest.mark.parametrize("outer", ["br-lan", "br0", "vmbr0", "bond0", "wg0", "Ethernet 2"])
def test_a_bridge_that_carries_the_guest_itself_is_none_of_them(outer: str) -> None:
    assert parse_addresses({"result": [told(outer, "192.0.2.1")]}).addresses == ("192.0.2.1",)


def test_an_inner_end_without_an_address_of_its_own_is_no_news() -> None:
    assert names(told("veth12ab", "fe80::2"), told("cali0123", mac=MAC), told("eth0")) == ["eth0"]


def test_an_address_that_lives_on_the_loopback_is_told_nevertheless() -> None:
    lo = told("lo", "127.0.0.1", "192.0.2.200", mac="00:00:00:00:00:00")

    (found,) = parse_addresses({"result": [lo]}).interfaces or ((),)

    assert (found.addresses, found.mac) == (("192.0.2.200",), None)


def test_windows_names_a_scope_no_mac_and_a_loopback_of_another_name() -> None:
    """As an agent of Windows sends it."""
    rows = [
        told("Ethernet", "fe80::b51b:d3df:15df:19eb%3", "192.0.2.45"),
        told("Loopback Pseudo-Interface 1", "::1", "127.0.0.1", mac=None),
        told("Teredo", "fe80::ffff%anything at all", mac=None),
    ]

    reading = parse_addresses({"result": rows})

    assert names(*rows) == ["Ethernet", "Teredo"]
    assert reading.interfaces is not None
    assert reading.interfaces[0].link_local == ("fe80::b51b:d3df:15df:19eb",)
    assert reading.interfaces[1].link_local == ("fe80::ffff",)


def test_a_container_of_an_older_release_has_one_address_of_each_family() -> None:
    rows = [
        {"name": "lo", "hwaddr": "00:00:00:00:00:00", "inet": "127.0.0.1/8", "inet6": "::1/128"},
        {"name": "eth0", "hwaddr": MAC, "inet": "192.0.2.95/22", "inet6": "fe80::be24/64"},
    ]

    (eth0,) = parse_addresses(rows).interfaces or ((),)

    assert (eth0.mac, eth0.addresses, eth0.link_local) == (MAC, ("192.0.2.95",), ("fe80::be24",))


def test_an_agent_that_refuses_is_told_in_its_own_words() -> None:
    desc = "The command guest-network-get-interfaces has been disabled for this instance"

    reading = parse_addresses({"result": {"error": {"class": "CommandDisabled", "desc": desc}}})

    assert (reading.interfaces, reading.refused) == (None, desc)


@pytest.mark.parametrize("payload", [None, {}, "", 0, {"result": None}, {"result": {"error": 5}}])
def test_no_list_is_not_an_empty_one(payload: object) -> None:
    assert parse_addresses(payload).interfaces is None
    assert parse_addresses([]).interfaces == ()


def test_what_a_guest_makes_up_is_bounded_and_no_address_is_left_unread() -> None:
    row = told("e" * 5_000, "192.0.2.300", "", "rm -rf", "192.0.2.9/24", mac="a" * 900_000)
    many = [told(f"eth{n}", "192.0.2.7") for n in range(9_000)]

    (found,) = parse_addresses({"result": [row]}).interfaces or ((),)

    assert (len(found.name or ""), found.mac, found.addresses) == (64, None, ("192.0.2.9",))
    assert len(parse_addresses(many).interfaces or ()) == MOST_INTERFACES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("No QEMU guest agent configured", AgentMissing),
        ("QEMU guest agent is not running", AgentSilent),
        ("VM 105 qga command 'guest-ping' failed - got timeout", AgentSilent),
        ("VM 105 is not running", None),
        ("Configuration file 'nodes/pve/qemu-server/105.conf' does not exist", None),
    ],
)
def test_proxmoxs_words_about_an_agent_are_told_with_what_can_be_done(
    text: str, kind: type[NodeFailed] | None
) -> None:
    guest = GuestPlace(vmid=105, kind=GuestKind.QEMU, node="agent", name="nextcloud")

    found = agent_failure(NodeFailed("/nodes/agent/…", "agent", 500, text), guest)

    assert (type(found) if found else None) is kind
    if found is not None:
        assert "nextcloud (105)" in found.because
        assert "qemu-guest-agent" in (found.remedy or "")
