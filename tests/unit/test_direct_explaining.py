"""Without a model: what any book could answer is not looked up, and said not to be explained."""

import pytest

from services.llm.direct.planning import HELP, plan
from services.llm.direct.understanding import understand
from services.llm.routing import Inventory
from tests.support.gate_house import homelab
from tests.support.turned_clock import NOON

SEEN = homelab()
NAMES = Inventory.from_snapshot(SEEN)


@pytest.mark.parametrize(
    "said",
    [
        "what is zfs?",
        "what is a quorum?",
        "what is a backup?",
        "explain ceph",
        "explain quorum",
        "can you explain zfs to me?",
        "how does zfs work?",
        "does zfs need ecc?",
        "difference between raid 1 and raid 5",
        "how do I expand a zfs pool?",
        "was ist zfs?",
        "was ist ein snapshot?",
        "qu'est-ce que zfs ?",
    ],
)
def test_a_question_of_general_knowledge_reads_nothing_and_is_told_what_can_be_asked(
    said: str,
) -> None:
    planned = plan(understand(said, NAMES), SEEN, now=NOON)

    assert planned.calls == ()
    assert "only a model explains" in planned.told
    assert planned.told.endswith(HELP)


@pytest.mark.parametrize(
    ("said", "tool"),
    [
        ("zfs", "get_zfs_health"),
        ("is zfs ok?", "get_zfs_health"),
        ("show zfs", "get_zfs_health"),
        ("wie geht es zfs?", "get_zfs_health"),
        ("quorum", "get_ha_status"),
        ("is there a quorum?", "get_ha_status"),
        ("docker", "list_containers"),
        ("what is the load?", "list_nodes"),
        ("what is wrong?", "get_cluster_status"),
        ("raid", "get_zfs_health"),
        ("what is pve?", "get_node_status"),
    ],
)
def test_what_stands_here_is_still_looked_up(said: str, tool: str) -> None:
    assert plan(understand(said, NAMES), SEEN, now=NOON).calls[0].tool == tool


def test_a_text_that_is_wanted_is_not_taken_for_a_question() -> None:
    planned = plan(understand("write a script to back up disks", NAMES), SEEN, now=NOON)

    assert (planned.calls, planned.told) == ((), HELP)


def test_a_name_after_something_unexplained_is_asked_after_itself() -> None:
    wish = understand("and media?", NAMES, before=("what is zfs?",))

    assert [call.tool for call in plan(wish, SEEN, now=NOON).calls] == ["get_guest_status"]
