"""Names are treacherous: nodes called home and agent, guests called media and git."""

from datetime import UTC, datetime

import pytest

from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestSnapshot,
    GuestState,
    NodeSnapshot,
    NodeState,
)
from services.llm.routing import Inventory, InventoryShelf
from services.llm.routing.inventory import Plainness, judge_plainness
from services.llm.routing.reading import read
from services.llm.routing.values import Conversation, Kind
from tests.support.routing_messages import demo_inventory

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> Inventory:
    return demo_inventory()


def house(*names: str, nodes: tuple[str, ...] = ("alpha", "beta")) -> ClusterSnapshot:
    return ClusterSnapshot(
        taken_at=AT,
        nodes={
            name: NodeSnapshot(name=name, state=NodeState.ONLINE, state_since=AT) for name in nodes
        },
        guests={
            vmid: GuestSnapshot(
                vmid=vmid,
                kind=GuestKind.LXC,
                node=nodes[0],
                state=GuestState.RUNNING,
                state_since=AT,
                name=name,
            )
            for vmid, name in enumerate(names, 200)
        },
    )


def wants_tools(text: str, inventory: Inventory) -> bool:
    return read(text, Conversation(), inventory).needs_tools


@pytest.mark.parametrize(
    "text",
    ["is home up?", "home is hot", "restart media", "how full is git", "logs from agent", "104?"],
)
def test_a_common_word_in_the_place_of_a_name_is_one(text: str, demo: Inventory) -> None:
    assert wants_tools(text, demo)


@pytest.mark.parametrize(
    "text",
    [
        "I'm home",
        "what is grafana good for",
        "how do I use git rebase",
        "real estate agent",
        "social media",
        "is anyone home",
        "what is 104 times 3",
    ],
)
def test_the_same_word_elsewhere_is_none(text: str, demo: Inventory) -> None:
    assert not wants_tools(text, demo)


def test_the_reason_names_the_guest_in_words(demo: Inventory) -> None:
    because = read("is media up?", Conversation(), demo).because

    assert "the guest media" in because
    assert "state" in because


@pytest.mark.parametrize(
    ("name", "plainness"),
    [
        ("k3s-1", Plainness.OWN),
        ("mgmt", Plainness.OWN),
        ("grafana", Plainness.KNOWN),
        ("home", Plainness.COMMON),
        ("status", Plainness.WORD),
    ],
)
def test_a_name_means_as_much_as_it_is_rare(name: str, plainness: Plainness) -> None:
    assert judge_plainness(name) is plainness


def test_names_come_from_the_snapshot_and_not_from_the_code() -> None:
    before = Inventory.from_snapshot(house("jellyfin"))
    after = Inventory.from_snapshot(house("jellyfin", "wintermute"))

    assert not wants_tools("I read about wintermute yesterday", before)
    assert wants_tools("how is wintermute", after)
    assert wants_tools("beta's load?", after)
    assert wants_tools("wintermtue stopped", after)


@pytest.mark.parametrize("text", ["how full is pve/local-zfs?", "is pve:local-zfs full?"])
def test_a_storage_named_with_its_node_is_that_storage(text: str, demo: Inventory) -> None:
    told = read(text, Conversation(), demo)

    assert told.needs_tools
    assert "names the storage local-zfs" in told.because


@pytest.mark.parametrize("line", ["pct list", "pct enter 101", "htop", "journalctl -u nginx"])
def test_a_command_line_is_work_whatever_it_sounds_like(line: str, demo: Inventory) -> None:
    assert wants_tools(line, demo)


@pytest.mark.parametrize("text", ["how does htop work", "what is pct?", "apt or dnf?"])
def test_a_question_about_a_program_is_not(text: str, demo: Inventory) -> None:
    assert not wants_tools(text, demo)


def test_a_container_of_docker_is_a_name_too() -> None:
    inventory = Inventory.from_snapshot(house("web"), ["watchtower-2"])

    assert wants_tools("watchtower-2 logs", inventory)


def test_an_inventory_is_built_anew_only_when_a_name_changes() -> None:
    shelf = InventoryShelf()
    first = shelf.take(house("web"))

    assert shelf.take(house("web")) is first
    assert shelf.take(house("web", "db")) is not first
    assert shelf.take(house("web"), ["traefik"]) is not first


@pytest.mark.parametrize("text", ["113?", "104", "and 105"])
def test_a_number_of_a_guest_alone_is_no_matter_of_doubt(text: str, demo: Inventory) -> None:
    told = read(text, Conversation(), demo)

    assert told.needs_tools
    assert not told.ambiguous, told.evidence


def test_a_guest_without_a_name_is_known_by_its_number() -> None:
    snapshot = house("web")
    guest = GuestSnapshot(
        vmid=777, kind=GuestKind.QEMU, node="alpha", state=GuestState.UNKNOWN, state_since=AT
    )
    inventory = Inventory.from_snapshot(
        ClusterSnapshot(taken_at=AT, nodes=snapshot.nodes, guests={777: guest})
    )

    assert wants_tools("restart 777", inventory)


def test_two_thousand_guests_cost_no_more_to_read() -> None:
    inventory = Inventory.from_snapshot(house(*(f"web-{number}" for number in range(2_000))))

    assert wants_tools("is web-1234 up", inventory)
    assert wants_tools("web1234 status", inventory)
    assert read("thanks", Conversation(), inventory).kind is Kind.SMALLTALK
