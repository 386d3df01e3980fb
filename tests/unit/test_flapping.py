from services.cluster.changes import GuestCalmed, GuestFlapping
from services.cluster.model import GuestState
from tests.support.cluster_story import Story, guest_row, kinds, node_row


def flap(story: Story, times: int, *, every_s: float = 20) -> list[str]:
    told: list[str] = []
    for turn in range(times):
        story.put(guest_row(104, status="stopped" if turn % 2 == 0 else "running", uptime=5))
        told += kinds(story.read(every_s))
    return told


def test_the_fifth_change_within_five_minutes_is_told_as_flapping_and_then_there_is_silence():
    story = Story()
    story.read()

    told = flap(story, 9)

    assert told == ["GuestCrashed", "GuestStarted", "GuestCrashed", "GuestStarted", "GuestFlapping"]
    flapping = story.told[-1]
    assert isinstance(flapping, GuestFlapping)
    assert flapping.sentence() == (
        "guest-104 (104) changed state 5 times in 80 s; "
        "further changes are held back until it is calm"
    )


def test_once_it_is_calm_it_is_told_where_it_came_to_rest():
    story = Story()
    story.read()
    flap(story, 9)

    assert story.read(200) == []
    told = story.read(101)

    assert kinds(told) == ["GuestCalmed"]
    assert isinstance(told[0], GuestCalmed)
    assert told[0].state is GuestState.STOPPED
    assert told[0].held_back == 4
    story.put(guest_row(104))
    assert kinds(story.read()) == ["GuestStarted"]


def test_every_held_back_change_makes_the_silence_longer():
    story = Story()
    story.read()
    flap(story, 5)

    assert flap(story, 6, every_s=250) == []


def test_slow_changes_are_each_told():
    story = Story()
    story.read()

    assert "GuestFlapping" not in flap(story, 12, every_s=90)


def test_one_guests_flapping_does_not_silence_another():
    story = Story()
    story.put(guest_row(105))
    story.read()
    flap(story, 6)
    story.put(guest_row(105, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


def test_a_node_that_blinks_is_told_as_flapping_but_its_fall_is_never_held_back():
    story = Story()
    story.read()
    for _ in range(8):
        story.put(node_row("pve", "offline"))
        story.probe()
        story.put(node_row("pve", uptime=200_000))
        story.probe()
    assert kinds(story.told) == [*["NodeMissedProbes"] * 4, "NodeFlapping"]

    story.put(node_row("pve", "offline"))
    told = [*story.probe(), *story.probe(), *story.probe()]
    assert kinds(told) == ["NodeWentDown"]
    story.put(node_row("pve", uptime=5))
    assert kinds(story.probe()) == ["NodeCameUp"]


def test_a_flapping_guest_that_is_removed_is_forgotten():
    story = Story()
    story.put(guest_row(105))
    story.read()
    flap(story, 5)
    del story.guests[104]

    assert kinds(story.read()) == ["GuestRemoved"]
    assert story.read(400) == []
    assert story.damper.memory.flaps == {}
