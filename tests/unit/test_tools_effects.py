"""How a change is told: the reading decides, and what nobody has seen is never called done."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from services.cluster.errors import (
    ChangeUncertain,
    ClusterStopped,
    EndpointTimedOut,
    NodeFailed,
    PermissionMissing,
    ProxmoxUnreachable,
    RequestRefused,
)
from services.cluster.following import TaskEnd
from services.cluster.model import TaskOutcome
from services.nodes.errors import (
    CommandLost,
    CommandTimedOut,
    HostKeyChanged,
    LoginRefused,
    NodeAway,
    NodesError,
)
from services.tools.answering import NotTaken, answering
from services.tools.calls import Outcome
from services.tools.effects import Seen, Sent, Words, conclude
from services.tools.errors import NotAsThings
from services.tools.spec import Arguments, Found

UPID = "UPID:pve:00002AF8:00AB12CD:69208F00:qmstart:104:root@pam:"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HANDS: Any = SimpleNamespace(clock=SimpleNamespace(now=lambda: NOW))
WORDS = Words(label="media (104)", done="media (104) is running", undone="media (104) is stopped")
GOOD = Seen(found="running", good=True)
BAD = Seen(found="stopped", good=False)
UNREAD: Seen[str] = Seen(found=None, good=False, because="pve cannot be reached")


def ended(outcome: TaskOutcome, status: str | None = None, **more: Any) -> Sent:
    return Sent(upid=UPID, end=TaskEnd(upid=UPID, outcome=outcome, exit_status=status, **more))


WELL = ended(TaskOutcome.OK, "OK")
WARNED = ended(TaskOutcome.WARNINGS, "WARNINGS: 1", tail=("WARN: nesting",))
FAILED = ended(TaskOutcome.FAILED, "VM is locked (backup)", tail=("TASK ERROR: locked",))
RUNS = ended(TaskOutcome.RUNNING, waited_s=600.0)
UNSEEN = ended(TaskOutcome.UNKNOWN, because="pve cannot be reached")
DOUBT = Sent(doubt="No answer came")
AT_ONCE = Sent()
BLOCKED = Sent(upid=UPID, blocked_by=("vm:105 (affinity)",))


@pytest.mark.parametrize(
    ("sent", "seen", "outcome", "verified", "told"),
    [
        pytest.param(WELL, GOOD, Outcome.DONE, True, "", id="plainly done"),
        pytest.param(AT_ONCE, GOOD, Outcome.DONE, True, "", id="done without a task"),
        pytest.param(WARNED, GOOD, Outcome.DONE, True, "WARNINGS: 1", id="done with warnings"),
        pytest.param(DOUBT, GOOD, Outcome.DONE, True, "answer to the request was lost", id="lost"),
        pytest.param(FAILED, GOOD, Outcome.DONE, True, "although its task failed", id="beaten"),
        pytest.param(WELL, BAD, Outcome.FAILED, False, "ended well, yet", id="no effect"),
        pytest.param(AT_ONCE, BAD, Outcome.FAILED, False, "accepted it, yet", id="accepted"),
        pytest.param(WARNED, BAD, Outcome.FAILED, False, "ended well, yet", id="warned in vain"),
        pytest.param(FAILED, BAD, Outcome.FAILED, False, "a backup of it runs", id="failed"),
        pytest.param(BLOCKED, BAD, Outcome.FAILED, False, "vm:105", id="high availability"),
        pytest.param(DOUBT, BAD, Outcome.UNKNOWN, None, "media (104) is stopped", id="doubt"),
        pytest.param(RUNS, BAD, Outcome.UNKNOWN, None, "still runs after 10 min", id="runs"),
        pytest.param(UNSEEN, BAD, Outcome.UNKNOWN, None, "is not known", id="unseen"),
        pytest.param(WELL, UNREAD, Outcome.UNKNOWN, None, "could not be read back", id="unread"),
        pytest.param(DOUBT, UNREAD, Outcome.UNKNOWN, None, "No answer came", id="doubt, unread"),
        pytest.param(FAILED, UNREAD, Outcome.FAILED, None, "Its task failed", id="failed, unread"),
    ],
)
def test_a_change_is_told_by_what_was_read(
    sent: Sent, seen: Seen[str], outcome: Outcome, verified: bool | None, told: str
) -> None:
    found = conclude(HANDS, sent, seen, WORDS)

    assert (found.outcome, found.verified) == (outcome, verified)
    assert told in found.because
    assert found.outcome is not Outcome.DONE or found.text.startswith(WORDS.done)
    assert found.read_at == NOW


def test_a_task_whose_end_is_open_is_named_and_a_failed_one_shows_its_log() -> None:
    assert UPID in conclude(HANDS, RUNS, BAD, WORDS).text
    assert "TASK ERROR: locked" in conclude(HANDS, FAILED, BAD, WORDS).text
    assert "WARN: nesting" in conclude(HANDS, WARNED, GOOD, WORDS).text
    assert conclude(HANDS, WELL, GOOD, WORDS).text == WORDS.done


class Nothing(Arguments):
    """No arguments."""


async def met(error: Exception) -> Found:
    @answering
    async def run(arguments: Nothing, hands: Any) -> Found:
        raise error

    return await run(Nothing(), HANDS)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotAsThings("media (104) is locked"), Outcome.REFUSED),
        (PermissionMissing("/x", "Permission check failed (/, Sys.Audit)"), Outcome.REFUSED),
        (LoginRefused("pve", "root"), Outcome.REFUSED),
        (HostKeyChanged("pve", "h", "SHA256:a", "SHA256:b"), Outcome.REFUSED),
        (NodeFailed("/x", "pve", 500, "no such storage"), Outcome.FAILED),
        (
            ProxmoxUnreachable([EndpointTimedOut("https://h:1", 5, connected=True)]),
            Outcome.FAILED,
        ),
        (NodeAway("pve", "did not answer"), Outcome.FAILED),
        (CommandTimedOut("pve", "sleep 9", 1.0), Outcome.TIMED_OUT),
        (CommandLost("pve", "reboot"), Outcome.UNKNOWN),
        (
            ChangeUncertain("start it", RequestRefused("/x", "cut")),
            Outcome.UNKNOWN,
        ),
        (ClusterStopped(), Outcome.UNKNOWN),
        (NotTaken(Found(outcome=Outcome.FAILED, because="locked")), Outcome.FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_each_error_of_the_rooms_below_has_its_outcome(
    error: Exception, outcome: Outcome
) -> None:
    found = await met(error)

    assert found.outcome is outcome
    assert found.because
    assert found.verified is None


def test_no_error_of_the_nodes_is_without_an_outcome() -> None:
    from services.nodes import errors
    from services.tools.answering import outcome_of

    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, NodesError)
    ]

    assert len(kinds) > 10
    for kind in kinds:
        assert outcome_of(kind.__new__(kind)) in Outcome


async def test_what_is_no_trouble_of_the_rooms_below_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        await met(ZeroDivisionError())
