import pytest

from services.cluster.changes import StorageFellBelow, StorageLost, StorageRoseAbove
from services.cluster.model import Level
from services.cluster.observe import Policy
from services.cluster.observe_storages import decide_level
from tests.support.cluster_story import Story, kinds, node_row, storage_row


@pytest.fixture
def story():
    story = Story()
    story.put(storage_row("local-zfs"))
    story.put(*(storage_row("nas", node, shared=1) for node in ("home", "pve", "agent")))
    assert story.read() == []
    return story


@pytest.mark.parametrize(
    ("percent", "before", "level"),
    [
        pytest.param(84.9, Level.OK, Level.OK, id="below the line"),
        pytest.param(85.0, Level.OK, Level.WARNING, id="on the line"),
        pytest.param(81.0, Level.WARNING, Level.WARNING, id="a little below the line left"),
        pytest.param(79.9, Level.WARNING, Level.OK, id="clearly below the line left"),
        pytest.param(95.0, Level.OK, Level.CRITICAL, id="straight to the second line"),
        pytest.param(91.0, Level.CRITICAL, Level.CRITICAL, id="a little below the second line"),
        pytest.param(89.0, Level.CRITICAL, Level.WARNING, id="clearly below the second line"),
        pytest.param(82.0, Level.CRITICAL, Level.WARNING, id="near the first line from above"),
        pytest.param(10.0, Level.CRITICAL, Level.OK, id="emptied"),
        pytest.param(82.0, Level.UNKNOWN, Level.OK, id="nothing known before"),
        pytest.param(130.0, Level.OK, Level.CRITICAL, id="more than full"),
    ],
)
def test_a_line_once_crossed_holds_five_points_longer(percent, before, level):
    assert decide_level(percent / 100, before, Policy()) is level


def test_a_storage_that_crosses_a_line_is_told_once(story):
    story.put(storage_row("local-zfs", percent=87))
    told = story.read()
    assert kinds(told) == ["StorageRoseAbove"]
    assert isinstance(told[0], StorageRoseAbove)
    assert (
        told[0].sentence()
        == "pve/local-zfs is 87\N{NO-BREAK SPACE}% full, above 85\N{NO-BREAK SPACE}%"
    )
    assert (told[0].subject, told[0].node) == ("storage/pve/local-zfs", "pve")

    for percent in (84, 86, 81, 88):
        story.put(storage_row("local-zfs", percent=percent))
        assert story.read() == []
    story.put(storage_row("local-zfs", percent=79))
    told = story.read()
    assert kinds(told) == ["StorageFellBelow"]
    assert told[0].sentence() == "pve/local-zfs has room again: 79\N{NO-BREAK SPACE}% full"


def test_a_share_is_told_as_the_page_rounds_it(story):
    story.put(storage_row("local-zfs", percent=86.8))
    (told,) = story.read()
    assert told.sentence().startswith("pve/local-zfs is 87\N{NO-BREAK SPACE}% full")

    story.put(storage_row("local-zfs", percent=78.4))
    (told,) = story.read()
    assert told.sentence().endswith("has room again: 78\N{NO-BREAK SPACE}% full")


def test_a_storage_that_is_nearly_full_is_an_alarm_and_says_when_it_is_only_a_warning(story):
    story.put(storage_row("local-zfs", percent=96))
    assert kinds(story.read()) == ["StorageNearlyFull"]
    story.put(storage_row("local-zfs", percent=88))

    told = story.read()

    assert kinds(told) == ["StorageFellBelow"]
    assert isinstance(told[0], StorageFellBelow)
    assert told[0].sentence() == (
        "pve/local-zfs is back below 95\N{NO-BREAK SPACE}%: 88\N{NO-BREAK SPACE}% full"
    )


def test_a_shared_storage_is_told_once_and_not_for_each_node(story):
    story.put(*(storage_row("nas", node, shared=1, percent=90) for node in story.nodes))

    told = story.read()

    assert kinds(told) == ["StorageRoseAbove"]
    assert isinstance(told[0], StorageRoseAbove)
    assert (told[0].subject, told[0].node, told[0].label) == ("storage/nas", None, "nas")


def test_a_shared_storage_whose_nodes_see_the_line_one_after_another_is_told_once(story):
    story.put(storage_row("nas", "home", shared=1, percent=85.2))
    assert kinds(story.read()) == ["StorageRoseAbove"]
    story.put(storage_row("nas", "pve", shared=1, percent=85.2))
    assert story.read() == []


def test_a_storage_lost_on_an_online_node_is_told_and_its_return_too(story):
    story.put(storage_row("local-zfs", percent=None))
    told = story.read()
    assert kinds(told) == ["StorageLost"]
    assert told[0].sentence() == "local-zfs is not available on pve"
    assert story.storage("local-zfs").active is False
    assert story.storage("local-zfs").used_bytes is None
    assert story.storage("local-zfs").level is Level.UNKNOWN

    story.put(storage_row("local-zfs"))
    assert kinds(story.read()) == ["StorageReturned"]
    assert story.read() == []


def test_a_shared_storage_lost_on_all_nodes_is_one_event(story):
    story.put(*(storage_row("nas", node, shared=1, percent=None) for node in story.nodes))

    told = story.read()

    assert kinds(told) == ["StorageLost"]
    assert isinstance(told[0], StorageLost)
    assert told[0].sentence() == "nas is not available on agent, home and pve"


def test_the_storages_of_a_dead_node_are_unknown_and_not_lost(story):
    story.put(node_row("pve", "offline"), storage_row("local-zfs", percent=None))
    story.read()
    story.probe()
    story.probe()
    story.read()
    assert story.storage("local-zfs").active is None

    story.put(node_row("pve", uptime=30))
    assert kinds(story.read()) == ["NodeCameUp"]
    story.put(storage_row("local-zfs"))
    assert story.read() == []
    assert kinds(story.told) == ["NodeWentDown", "NodeCameUp"]


@pytest.mark.parametrize("uptime", [30, 100_000])
def test_a_storage_that_does_not_return_with_its_node_is_told_after_five_minutes(story, uptime):
    story.put(node_row("pve", "offline"), storage_row("local-zfs", percent=None))
    for _ in range(3):
        story.read(12)
    story.put(node_row("pve", uptime=uptime))
    assert kinds(story.read()) == ["NodeCameUp"]
    assert story.read(200) == []

    assert kinds(story.read(120)) == ["StorageLost"]


def test_a_level_is_remembered_while_the_storage_is_not_seen(story):
    story.put(storage_row("local-zfs", percent=90))
    story.read()
    story.put(node_row("pve", "unknown"), storage_row("local-zfs", percent=None))
    story.read()
    story.put(node_row("pve"), storage_row("local-zfs", percent=90))

    assert "StorageRoseAbove" not in kinds(story.read())


def test_a_storage_seen_for_the_first_time_is_not_lost(story):
    story.put(storage_row("new", percent=None))

    assert story.read() == []
    assert story.storage("new").active is None


def test_the_line_that_is_told_is_the_owners():
    policy = Policy(storage_warning_fraction=0.5, storage_critical_fraction=0.6)
    story = Story(policy=policy)
    story.put(storage_row("local-zfs"))
    story.read()
    story.put(storage_row("local-zfs", percent=55))

    told = story.read()

    assert isinstance(told[0], StorageRoseAbove)
    assert told[0].line_fraction == 0.5


def test_a_line_crossed_while_the_storage_was_not_seen_is_told_afterwards(story):
    story.put(node_row("pve", "unknown"), storage_row("local-zfs", percent=None))
    story.read()
    story.put(node_row("pve"), storage_row("local-zfs", percent=97))

    assert "StorageNearlyFull" in kinds(story.read())
