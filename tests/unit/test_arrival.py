"""The first whole reading is told once."""

from services.cluster.arrival import find_on_arrival
from services.cluster.model import ClusterSnapshot
from tests.support.cluster_story import Story


def test_the_first_whole_reading_says_what_is_watched() -> None:
    story = Story()
    blank = ClusterSnapshot(taken_at=story.now)
    story.read()

    (told,) = find_on_arrival(blank, story.snapshot)

    assert told.nodes_known == len(story.snapshot.nodes)
    assert told.nodes_online == told.nodes_known
    assert told.guests_up + told.guests_off == len(story.snapshot.guests)
    assert f"guests: {told.guests_up} up" in told.sentence()


def test_a_later_reading_is_no_arrival() -> None:
    story = Story()
    story.read()
    first = story.snapshot
    story.read()

    assert find_on_arrival(first, story.snapshot) == ()


def test_an_arrival_waits_for_the_guests() -> None:
    story = Story()
    blank = ClusterSnapshot(taken_at=story.now)

    assert find_on_arrival(blank, blank) == ()
