from datetime import timedelta

import pytest

from services.cluster.changes import NodeCameUp, NodeMissedProbes, NodeWentDown
from services.cluster.model import NodeState
from services.events import Severity
from tests.support.cluster_story import Story, guest_row, kinds, node_row


@pytest.fixture
def story():
    story = Story()
    assert story.read() == []
    return story


def test_the_first_reading_is_no_news(story):
    assert set(story.snapshot.nodes) == {"agent", "home", "pve"}
    assert story.told == []
    assert story.node().state is NodeState.ONLINE


def test_a_node_that_stops_answering_is_unreachable_at_once_and_down_after_three_probes(story):
    story.put(node_row("pve", "offline", maxcpu=8))

    assert story.probe() == []
    assert story.node().state is NodeState.UNREACHABLE
    assert story.probe() == []
    told = story.probe()

    assert kinds(told) == ["NodeWentDown"]
    assert story.node().state is NodeState.DOWN
    assert isinstance(told[0], NodeWentDown)
    assert told[0].severity is Severity.ALARM
    assert told[0].sentence() == "pve is down: 3 probes in a row went unanswered"
    assert story.probe() == []


def test_a_node_that_comes_back_is_told_once_with_the_time_it_was_away(story):
    story.put(node_row("pve", "offline"))
    for _ in range(5):
        story.probe()
    story.put(node_row("pve", uptime=30))

    told = story.probe()

    assert kinds(told) == ["NodeCameUp"]
    assert isinstance(told[0], NodeCameUp)
    assert told[0].away_s == 72
    assert story.node().missed_probes == 0
    assert story.probe() == []


def test_a_flap_is_one_event(story):
    story.put(node_row("pve", "offline"))
    assert story.probe() == []
    assert story.probe() == []
    story.put(node_row("pve", uptime=200_000))

    told = story.probe()

    assert kinds(told) == ["NodeMissedProbes"]
    assert isinstance(told[0], NodeMissedProbes)
    assert told[0].missed_probes == 2
    assert told[0].sentence() == "pve missed 2 probes and answers again"


def test_the_other_tiers_reading_is_not_a_probe_of_its_own(story):
    story.put(node_row("pve", "offline"))

    story.probe()
    story.read(4)
    story.read_status(1)
    assert story.node().missed_probes == 1
    story.probe(7)
    assert story.node().missed_probes == 2
    assert story.node().state is NodeState.UNREACHABLE


def test_a_clock_that_is_set_back_does_not_stop_the_counting(story):
    story.put(node_row("pve", "offline"))
    story.probe()
    story.clock.set_wall(story.now - timedelta(hours=2))

    story.probe()
    told = story.probe()

    assert kinds(told) == ["NodeWentDown"]


def test_corosync_alone_can_tell_that_a_node_is_gone(story):
    assert story.read_status(pve=0) == []
    assert story.node().state is NodeState.UNREACHABLE

    assert story.read_status(pve=1) == []
    assert story.node().state is NodeState.UNKNOWN
    assert kinds(story.probe()) == ["NodeMissedProbes"]


def test_a_node_that_is_only_unknown_again_is_not_told_as_back(story):
    story.put(node_row("pve", "offline"))
    for _ in range(3):
        story.probe()
    story.put(node_row("pve", "unknown"))
    assert story.probe() == []
    assert story.node().state is NodeState.UNKNOWN

    story.put(node_row("pve", "offline"))
    assert story.probe() == []
    assert story.node().state is NodeState.DOWN
    story.put(node_row("pve", uptime=10))
    assert kinds(story.probe()) == ["NodeCameUp"]


def test_a_status_daemon_that_hangs_is_unknown_and_not_down(story):
    story.put(node_row("pve", "unknown"))

    for _ in range(5):
        assert story.probe() == []
    assert story.node().state is NodeState.UNKNOWN
    assert story.node().cpu_fraction is None
    assert kinds(story.probe()) == ["NodeWentSilent"]
    assert story.probe() == []
    story.put(node_row("pve", uptime=200_000))
    assert kinds(story.probe()) == ["NodeReportedAgain"]


def test_what_a_node_does_not_tell_is_unknown_and_not_zero(story):
    story.put(node_row("pve", "offline"))
    story.probe()
    node = story.node()

    assert node.cpu_fraction is None
    assert node.mem_used_bytes is None
    assert node.uptime_s is None
    assert node.cpu_count == 8
    assert node.mem_total_bytes == 16 * 1024**3
    assert node.last_online_at == story.now - timedelta(seconds=12)


def test_a_restart_between_two_probes_is_seen_by_the_uptime(story):
    story.put(node_row("pve", uptime=9))

    assert kinds(story.probe()) == ["NodeRestarted"]
    story.put(node_row("pve", uptime=21))
    assert story.probe() == []


def test_an_uptime_that_is_a_little_old_is_no_restart(story):
    story.put(node_row("pve", uptime=100_000 - 15))

    assert story.probe() == []


def test_a_short_absence_with_a_new_uptime_is_a_restart(story):
    story.put(node_row("pve", "offline"))
    story.probe()
    story.put(node_row("pve", uptime=3))

    assert kinds(story.probe()) == ["NodeRestarted"]


def test_nodes_that_join_and_leave_are_told(story):
    story.put(node_row("agent1"))
    assert kinds(story.probe()) == ["NodeJoined"]

    del story.nodes["agent1"]
    assert kinds(story.probe()) == ["NodeLeft"]


def test_a_reading_of_the_nodes_alone_leaves_guests_and_storages_alone(story):
    guests, storages = story.snapshot.guests, story.snapshot.storages
    story.put(guest_row(104, status="stopped"))

    story.probe()

    assert story.snapshot.guests is guests
    assert story.snapshot.storages is storages
    assert story.snapshot.guests_at == story.now - timedelta(seconds=12)


def test_an_answer_without_any_node_says_nothing(story):
    nodes = dict(story.nodes)
    story.nodes.clear()
    story.guests.clear()

    assert story.read() == []
    assert set(story.snapshot.nodes) == set(nodes)
    assert set(story.snapshot.guests) == {104}


def test_the_lost_quorum_is_told_at_once_and_its_return_when_it_lasts(story):
    story.read_status()
    story.quorate = 0
    told = story.read_status()
    assert kinds(told) == ["QuorumLost"]
    assert told[0].sentence() == "Quorum lost with 3 of 3 nodes: Proxmox refuses changes"

    story.quorate = 1
    assert story.read_status() == []
    assert story.snapshot.quorate is True
    story.quorate = 0
    assert story.read_status() == []
    story.quorate = 1
    assert story.read_status() == []
    assert kinds(story.read_status()) == ["QuorumRegained"]


def test_quorum_that_is_lost_when_jarvis_comes_is_told():
    story = Story()
    story.quorate = 0

    assert kinds(story.read_status()) == ["QuorumLost"]


def test_a_node_missing_beside_an_unreadable_row_has_not_left(story):
    row = story.nodes.pop("agent")
    story.nodes["junk"] = row | {"node": None}

    assert story.probe() == []
    assert "agent" in story.snapshot.nodes
