from datetime import timedelta

import pytest

from services.cluster.changes import (
    GuestHalted,
    GuestMigrated,
    GuestStarted,
    GuestStopped,
)
from services.cluster.model import GuestState
from services.cluster.observe import Policy
from tests.support.cluster_story import Story, guest_row, kinds, node_row


@pytest.fixture
def story():
    story = Story()
    story.put(guest_row(105, "home", kind="lxc"))
    assert story.read() == []
    return story


def test_a_guest_that_stops_without_a_task_has_crashed(story):
    story.put(guest_row(104, status="stopped"))

    told = story.read()

    assert kinds(told) == ["GuestCrashed"]
    assert told[0].sentence() == "guest-104 (104) stopped on pve and no task had asked it to"
    assert story.read() == []


def test_a_stop_names_who_had_asked_for_it(story):
    story.did("qmshutdown", 104, user="anna@pve")
    story.put(guest_row(104, status="stopped"))

    told = story.read()

    assert kinds(told) == ["GuestStopped"]
    assert isinstance(told[0], GuestStopped)
    assert told[0].by == "anna@pve"
    assert told[0].sentence() == "guest-104 (104) stopped on pve, asked by anna@pve"


def test_a_stop_task_of_another_guest_explains_nothing(story):
    story.did("qmshutdown", 1040)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


def test_a_stop_from_before_the_last_start_explains_nothing(story):
    story.did("qmstop", 104)
    story.clock.turn(5)
    story.did("qmstart", 104)
    story.clock.turn(60)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


@pytest.mark.parametrize("kind", ["qmreboot", "vzdump", "qmigrate"])
def test_what_left_a_guest_running_minutes_ago_explains_no_stop_now(story, kind):
    story.did(kind, 104)
    story.read(5)
    story.read(90)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read(5)) == ["GuestCrashed"]


@pytest.mark.parametrize("kind", ["qmreboot", "vzdump", "qmigrate"])
def test_what_has_only_just_ended_explains_the_stop_that_is_seen_of_it(story, kind):
    story.read(5)
    story.did(kind, 104)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read(5)) == ["GuestStopped"]


def test_a_stop_task_of_an_hour_ago_explains_nothing(story):
    story.did("qmstop", 104)
    story.clock.turn(3_600)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


def test_a_stop_is_not_called_a_crash_while_the_tasks_cannot_be_read(story):
    story.tasks_readable = False
    story.read()
    story.put(guest_row(104, status="stopped"))

    told = story.read()

    assert kinds(told) == ["GuestStopped"]
    assert told[0].sentence() == "guest-104 (104) stopped on pve"


def test_shutting_down_all_guests_of_a_node_crashes_none(story):
    story.did("stopall", node="pve")
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestStopped"]


def test_a_backup_that_stops_its_guest_is_named_as_the_reason(story):
    started = story.now
    story.did("vzdump", "", started=started, ended=None)
    story.put(guest_row(104, status="stopped", lock="backup"))
    told = story.read()
    assert kinds(told) == ["GuestStopped"]
    assert told[0].sentence() == "guest-104 (104) stopped on pve for a backup"

    story.put(guest_row(104, uptime=4))
    told = story.read()
    assert kinds(told) == ["GuestStarted"]


def test_a_crash_during_the_backup_of_others_is_a_crash(story):
    story.did("vzdump", "", ended=None)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


def test_a_stopped_machine_that_is_woken_for_its_backup_has_not_started(story):
    story.did("qmstop", 104)
    story.put(guest_row(104, status="stopped"))
    story.read()
    story.put(guest_row(104, status="prelaunch", lock="backup"))

    assert story.read() == []
    assert story.guest().state is GuestState.STOPPED


def test_a_start_names_who_had_asked_for_it(story):
    story.put(guest_row(104, status="stopped"))
    story.read()
    story.did("qmstart", 104, user="root@pam!jarvis")
    story.put(guest_row(104, uptime=3))

    told = story.read()

    assert kinds(told) == ["GuestStarted"]
    assert isinstance(told[0], GuestStarted)
    assert told[0].by == "root@pam!jarvis"


def test_unknown_is_no_change_and_hides_none(story):
    story.put(guest_row(104, status="unknown"))
    assert story.read() == []
    assert story.guest().state is GuestState.UNKNOWN
    assert story.guest().name == "guest-104"
    story.put(guest_row(104))
    assert story.read() == []

    story.put(guest_row(104, status="unknown"))
    story.read()
    story.put(guest_row(104, status="stopped"))
    assert kinds(story.read()) == ["GuestCrashed"]


def test_when_a_node_goes_down_none_of_its_guests_crash(story):
    story.put(node_row("pve", "offline"))
    story.read()
    assert story.guest().state is GuestState.UNKNOWN
    story.probe()
    story.probe()
    story.put(guest_row(104, status="unknown"))
    story.read()

    assert kinds(story.told) == ["NodeWentDown"]


def test_the_last_figures_of_a_dead_nodes_guests_are_not_shown_as_theirs(story):
    story.put(node_row("pve", "offline"))
    story.read()
    guest = story.guest()

    assert guest.cpu_fraction is None
    assert guest.mem_used_bytes is None
    assert guest.uptime_s is None
    assert guest.mem_total_bytes == 2 * 1024**3
    assert guest.name == "guest-104"


def test_guests_that_return_with_their_node_are_told_with_it_alone(story):
    story.put(node_row("pve", "offline"))
    for _ in range(4):
        story.probe()
    story.put(node_row("pve", uptime=40), guest_row(104, status="unknown"))
    assert kinds(story.read()) == ["NodeCameUp"]
    story.put(guest_row(104, status="stopped"))
    assert story.read() == []
    story.put(guest_row(104, uptime=12))
    assert story.read() == []
    assert story.guest().state is GuestState.RUNNING


def test_a_guest_that_does_not_come_back_with_its_node_is_told_after_five_minutes(story):
    story.put(node_row("pve", "offline"))
    for _ in range(4):
        story.probe()
    story.put(node_row("pve", uptime=40), guest_row(104, status="stopped"))
    assert kinds(story.read()) == ["NodeCameUp"]
    assert story.read(240) == []

    told = story.read(100)

    assert kinds(told) == ["GuestStayedDown"]
    assert story.read() == []


def test_a_crash_soon_after_the_return_of_a_node_that_was_only_out_of_sight_is_a_crash(story):
    story.put(node_row("pve", "offline"))
    for _ in range(4):
        story.probe()
    story.put(node_row("pve", uptime=90_000), guest_row(104))
    assert kinds(story.read()) == ["NodeCameUp"]

    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


def test_a_crash_long_after_the_nodes_return_is_a_crash(story):
    story.put(node_row("pve", "offline"))
    for _ in range(4):
        story.probe()
    story.put(node_row("pve", uptime=40))
    story.read()
    story.read(400)
    story.put(guest_row(104, status="stopped"))

    assert kinds(story.read()) == ["GuestCrashed"]


def test_a_move_is_told_and_its_new_uptime_is_no_restart(story):
    story.put(guest_row(104, "home"))
    told = story.read()
    assert kinds(told) == ["GuestMigrated"]
    assert isinstance(told[0], GuestMigrated)
    assert (told[0].from_node, told[0].node) == ("pve", "home")

    story.put(guest_row(104, "home", uptime=40))
    assert story.read() == []


def test_a_guest_taken_over_from_a_dead_node_has_moved_and_not_crashed(story):
    story.put(node_row("pve", "offline"))
    for _ in range(3):
        story.probe()
    story.put(guest_row(104, "home", status="stopped", hastate="started"))
    assert kinds(story.read()) == ["GuestMigrated"]
    story.put(guest_row(104, "home", uptime=5, hastate="started"))

    assert story.read() == []


def test_a_restart_between_two_readings_is_seen_by_the_uptime(story):
    story.did("qmreboot", 104)
    story.put(guest_row(104, uptime=7))

    told = story.read()

    assert kinds(told) == ["GuestRestarted"]
    assert told[0].sentence() == "guest-104 (104) restarted on pve, asked by root@pam"


def test_a_pause_and_its_end_are_told(story):
    story.did("qmsuspend", 104)
    story.put(guest_row(104, status="paused"))
    assert kinds(story.read()) == ["GuestPaused"]

    story.did("qmresume", 104)
    story.put(guest_row(104))
    assert kinds(story.read()) == ["GuestResumed"]


def test_a_guest_that_qemu_has_halted_is_an_alarm(story):
    story.put(guest_row(104, status="io-error"))

    told = story.read()

    assert kinds(told) == ["GuestHalted"]
    assert isinstance(told[0], GuestHalted)
    assert told[0].sentence() == "guest-104 (104) stands still on pve: QEMU reports io-error"
    assert story.read() == []


def test_guests_that_come_and_go_are_told(story):
    story.put(guest_row(106))
    assert kinds(story.read()) == ["GuestCreated"]
    del story.guests[106]
    assert kinds(story.read()) == ["GuestRemoved"]


def test_guests_that_all_vanish_at_once_are_one_event():
    story = Story()
    story.put(*(guest_row(vmid) for vmid in range(100, 140)))
    story.read()
    kept = dict(story.guests)
    story.guests.clear()

    assert kinds(story.read()) == ["GuestsVanished"]
    story.guests.update(kept)
    assert kinds(story.read()) == ["GuestsAppeared"]


def test_a_guest_missing_beside_an_unreadable_row_is_kept(story):
    row = story.guests.pop(104)
    story.guests[999] = row | {"vmid": None, "id": None}

    assert story.read() == []
    assert story.guest().name == "guest-104"
    del story.guests[999]
    assert kinds(story.read()) == ["GuestRemoved"]


def test_a_machines_disk_use_of_zero_is_unknown(story):
    assert story.guest().disk_used_bytes is None
    story.put(guest_row(105, "home", kind="lxc", disk=3_000_000_000))
    story.read()
    assert story.guest(105).disk_used_bytes == 3_000_000_000


def test_guests_are_protected_by_number_and_by_tag():
    story = Story(policy=Policy(protected_vmids=frozenset({104})))
    story.put(guest_row(105, tags="web;jarvis-protected"), guest_row(106, tags="web"))
    story.read()

    protected = {vmid for vmid, guest in story.snapshot.guests.items() if guest.protected}
    assert protected == {104, 105}


def test_the_same_reading_again_changes_no_object_and_tells_nothing(story):
    before = story.snapshot
    assert story.read() == []

    assert story.snapshot.nodes is before.nodes
    assert story.snapshot.guests is before.guests
    assert story.snapshot.storages is before.storages


def test_an_answer_that_was_overtaken_by_a_newer_one_is_dropped(story):
    story.put(guest_row(104, status="stopped"))
    story.read()
    story.put(guest_row(104))
    story.clock.set_wall(story.now - timedelta(seconds=40))

    assert story.read(10) == []
    assert story.guest().state is GuestState.STOPPED


def test_a_clock_set_back_by_hours_does_not_stop_the_reading(story):
    story.clock.set_wall(story.now - timedelta(hours=3))
    story.put(guest_row(104, status="stopped"))

    story.read()

    assert story.guest().state is GuestState.STOPPED


def test_a_clock_set_forward_tells_nothing(story):
    story.clock.set_wall(story.now + timedelta(days=2))

    assert story.read() == []
