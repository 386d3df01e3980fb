from datetime import timedelta

import pytest

from services.cluster.changes import BackupFailed, TaskFailed
from services.cluster.model import TaskOutcome
from services.cluster.observe import observe_tasks
from services.cluster.parse_tasks import parse_tasks
from tests.support.cluster_story import Story, kinds


@pytest.fixture
def story():
    story = Story()
    story.read()
    return story


def test_a_task_that_fails_is_told_once(story):
    story.did("qmsnapshot", 104, status="snapshot feature is not available")

    told = story.read()

    assert kinds(told) == ["TaskFailed"]
    assert isinstance(told[0], TaskFailed)
    assert told[0].sentence() == (
        "Task qmsnapshot of 104 failed on pve: snapshot feature is not available"
    )
    assert story.read() == []


def test_a_failed_task_that_leaves_the_list_and_comes_back_is_not_told_again(story):
    story.did("aptupdate", status="exit code 100")
    assert kinds(story.read()) == ["TaskFailed"]
    rows = list(story.tasks)
    story.tasks.clear()
    assert story.read() == []
    story.tasks.extend(rows)

    assert story.read() == []


def test_a_failed_backup_is_an_alarm_of_its_own(story):
    story.did("vzdump", "", status="job errors")

    told = story.read()

    assert [type(each) for each in told] == [BackupFailed]
    assert told[0].sentence() == "The backup failed on pve: job errors"


def test_warnings_are_a_success(story):
    story.did("vzdump", 104, status="WARNINGS: 2")

    assert story.read() == []
    assert story.snapshot.tasks[0].outcome is TaskOutcome.WARNINGS


def test_a_console_that_was_closed_is_no_failure(story):
    story.did("vncproxy", 104, status="connection timed out")

    assert story.read() == []


def test_failures_from_before_the_first_reading_are_no_news():
    story = Story()
    story.did("qmstart", 104, status="VM 104 already running")

    assert story.read() == []
    assert story.read() == []


def test_a_failure_of_hours_ago_that_comes_to_light_is_no_news(story):
    ended = story.now - timedelta(hours=3)
    story.did("qmstart", 104, started=ended, ended=ended, status="failed")

    assert story.read() == []


def test_a_long_task_that_was_seen_running_is_told_however_long_it_took(story):
    started = story.now
    story.did("vzdump", 104, started=started, ended=None)
    assert story.read() == []
    assert story.snapshot.tasks[0].outcome is TaskOutcome.RUNNING
    story.tasks.clear()
    story.did("vzdump", 104, started=started, ended=story.now, status="job errors")

    assert kinds(story.read(7_200)) == ["BackupFailed"]


def test_running_tasks_are_kept_however_many_have_ended(story):
    story.did("vzdump", 104, ended=None)
    story.clock.turn(1)
    for vmid in range(300):
        story.did("qmstart", 1_000 + vmid)
    snapshot = observe_tasks(story.snapshot, parse_tasks(story.tasks), story.now)

    assert len(snapshot.tasks) == 201
    assert snapshot.tasks[-1].kind == "vzdump"


def test_an_older_failure_is_remembered_beside_newer_ones(story):
    story.did("aptupdate", status="exit code 100")
    story.read()
    (first,) = story.tasks
    story.tasks[:] = []
    story.clock.turn(1)
    story.did("qmstart", 104, status="no such VM", serial=77)
    assert kinds(story.read()) == ["TaskFailed"]
    remembered = story.snapshot.failed_upids
    story.tasks.append(first)

    assert story.read() == []
    assert len(remembered) == 2
    assert story.snapshot.failed_upids is remembered
