"""A node's return is seen by one tier while another's reading is still under way."""

from dataclasses import replace
from datetime import timedelta

from services.cluster.model import NodeSnapshot, NodeState
from services.cluster.observe_guests import is_guest_settling
from services.cluster.policy import DEFAULT_POLICY
from tests.support.clusters import NOON


def node_that_returned_at_noon() -> NodeSnapshot:
    return NodeSnapshot(name="agent1", state=NodeState.ONLINE, state_since=NOON, returned_at=NOON)


def test_a_reading_older_than_the_nodes_return_does_not_judge_its_guests() -> None:
    node = node_that_returned_at_noon()

    assert is_guest_settling(None, node, NOON - timedelta(milliseconds=40), DEFAULT_POLICY)
    assert is_guest_settling(None, node, NOON + timedelta(seconds=299), DEFAULT_POLICY)


def test_guests_are_judged_again_when_the_node_has_settled_or_the_clock_was_set_far_back() -> None:
    node = node_that_returned_at_noon()

    assert not is_guest_settling(None, node, NOON + timedelta(seconds=300), DEFAULT_POLICY)
    assert not is_guest_settling(None, node, NOON - timedelta(hours=1), DEFAULT_POLICY)


def test_guests_of_a_node_that_was_up_all_the_while_are_judged_at_once() -> None:
    node = replace(node_that_returned_at_noon(), uptime_s=301 + 60)

    assert not is_guest_settling(None, node, NOON + timedelta(seconds=60), DEFAULT_POLICY)
    started = replace(node, uptime_s=299 + 60)
    assert is_guest_settling(None, started, NOON + timedelta(seconds=60), DEFAULT_POLICY)
    moved_at = NOON + timedelta(seconds=30)
    assert is_guest_settling(moved_at, node, NOON + timedelta(seconds=60), DEFAULT_POLICY)
