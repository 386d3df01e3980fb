"""The word for the whole cluster, and its reasons."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from components.live.health import decide_health
from services.cluster.model import (
    ClusterSnapshot,
    EndpointStatus,
    GuestState,
    Level,
    NodeDetail,
    NodeState,
    TaskOutcome,
    TaskSnapshot,
    Tier,
)
from tests.support.clusters import (
    NOON,
    make_failing,
    make_guest,
    make_node,
    make_snapshot,
    make_storage,
    make_tiers,
)


@dataclass(frozen=True)
class Recorded:
    id: int
    kind: str
    subject: str
    at: datetime = NOON
    severity: str = "alarm"
    node: str | None = "pve"
    text: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


def noted(id: int, kind: str, subject: str) -> Recorded:
    return Recorded(id, kind, subject, acknowledged_at=NOON, acknowledged_by="person/owner")


RUNNING = TaskSnapshot(
    upid="UPID:1",
    node="pve",
    kind="vzdump",
    subject_id="104",
    user="root@pam",
    started_at=NOON,
    ended_at=None,
    outcome=TaskOutcome.RUNNING,
)
HOT = NodeDetail(read_at=NOON, temperature_c=71.4, temperature_of="nvme0n1")


@pytest.mark.parametrize(
    ("snapshot", "word", "reason"),
    [
        (make_snapshot(), "NOMINAL", "1 node answers"),
        (make_snapshot(tasks=(RUNNING,)), "BUSY", "1 task runs: vzdump"),
        (make_snapshot(nodes=[make_node(cpu_fraction=0.93)]), "BUSY", "pve at 93\u00a0% CPU"),
        (
            make_snapshot(nodes=[make_node(state=NodeState.UNREACHABLE)]),
            "ATTENTION",
            "pve does not answer",
        ),
        (make_snapshot(nodes=[make_node(state=NodeState.UNKNOWN)]), "ATTENTION", "reports nothing"),
        (make_snapshot(nodes=[make_node(detail=HOT)]), "ATTENTION", "nvme0n1 at 71\u00a0°C"),
        (
            make_snapshot(storages=[make_storage(share=0.87, level=Level.WARNING)]),
            "ATTENTION",
            "pve/local is 87\u00a0% full",
        ),
        (
            make_snapshot(storages=[make_storage(active=False)]),
            "ATTENTION",
            "local is not available on pve",
        ),
        (make_snapshot(nodes=[make_node(state=NodeState.DOWN)]), "ALARM", "pve is down"),
        (make_snapshot(quorate=False), "ALARM", "quorum is lost"),
        (
            make_snapshot(storages=[make_storage(share=0.97, level=Level.CRITICAL)]),
            "ALARM",
            "pve/local is 97\u00a0% full",
        ),
    ],
    ids=[
        "well",
        "a task",
        "a busy node",
        "unreachable",
        "silent",
        "hot",
        "filling",
        "storage away",
        "down",
        "no quorum",
        "full",
    ],
)
def test_the_gravest_thing_gives_the_word(
    snapshot: ClusterSnapshot, word: str, reason: str
) -> None:
    health = decide_health(snapshot, make_tiers(), (), ())

    assert health.word == word
    assert reason in health.reasons[0]


def test_what_cannot_be_seen_is_unknown_whatever_the_last_figures_said() -> None:
    tiers = make_tiers(critical=make_failing(Tier.CRITICAL, 12.0, "No endpoint answers"))

    health = decide_health(make_snapshot(), tiers, (), ())

    assert (health.word, health.mood) == ("UNKNOWN", "unknown")
    assert health.reasons == ("No endpoint answers",)


def test_a_storage_of_a_node_that_is_down_is_not_told_twice() -> None:
    snapshot = make_snapshot(
        nodes=[make_node(state=NodeState.DOWN)], storages=[make_storage(active=False)]
    )

    assert decide_health(snapshot, make_tiers(), (), ()).reasons == ("pve is down",)


def test_a_crashed_guest_wants_attention_until_it_runs_again() -> None:
    feed = [Recorded(2, "GuestCrashed", "guest/104"), Recorded(1, "GuestStarted", "guest/104")]
    off = make_snapshot(guests=[make_guest(104, GuestState.STOPPED)])
    on = make_snapshot(guests=[make_guest(104)])

    assert decide_health(off, make_tiers(), (), feed).word == "ATTENTION"
    assert decide_health(on, make_tiers(), (), feed).word == "NOMINAL"


def test_an_old_crash_that_was_followed_by_a_wanted_stop_is_forgotten() -> None:
    feed = [Recorded(3, "GuestStopped", "guest/104"), Recorded(2, "GuestCrashed", "guest/104")]
    off = make_snapshot(guests=[make_guest(104, GuestState.STOPPED)])

    assert decide_health(off, make_tiers(), (), feed).word == "NOMINAL"


@pytest.mark.parametrize(
    ("snapshot", "kind", "subject"),
    [
        pytest.param(make_snapshot(quorate=False), "QuorumLost", "cluster", id="no quorum"),
        pytest.param(
            make_snapshot(nodes=[make_node(state=NodeState.DOWN)]),
            "NodeWentDown",
            "node/pve",
            id="down",
        ),
        pytest.param(
            make_snapshot(nodes=[make_node(state=NodeState.UNKNOWN)]),
            "NodeWentSilent",
            "node/pve",
            id="silent",
        ),
        pytest.param(
            make_snapshot(storages=[make_storage(share=0.97, level=Level.CRITICAL)]),
            "StorageNearlyFull",
            "storage/pve/local",
            id="full",
        ),
        pytest.param(
            make_snapshot(storages=[make_storage(share=0.87, level=Level.WARNING)]),
            "StorageRoseAbove",
            "storage/pve/local",
            id="filling",
        ),
        pytest.param(
            make_snapshot(storages=[make_storage(active=False)]),
            "StorageLost",
            "storage/pve/local",
            id="storage away",
        ),
        pytest.param(
            make_snapshot(guests=[make_guest(104, GuestState.STOPPED)]),
            "GuestCrashed",
            "guest/104",
            id="crashed",
        ),
    ],
)
def test_what_somebody_has_acknowledged_is_told_and_no_longer_gives_the_word(
    snapshot: ClusterSnapshot, kind: str, subject: str
) -> None:
    fresh = decide_health(snapshot, make_tiers(), (), [Recorded(5, kind, subject)])
    quiet = decide_health(snapshot, make_tiers(), (), [noted(5, kind, subject)])
    again = decide_health(
        snapshot, make_tiers(), (), [Recorded(6, kind, subject), noted(5, kind, subject)]
    )

    assert fresh.word in ("ATTENTION", "ALARM")
    assert (quiet.word, quiet.alarms) == ("NOMINAL", 0)
    assert quiet.reasons == (f"{fresh.reasons[0]}, acknowledged by owner",)
    assert again == fresh, "it happened once more, and nobody has taken note of that"


def test_what_was_acknowledged_long_ago_stays_so_while_the_feed_moves_on() -> None:
    snapshot = make_snapshot(nodes=[make_node(), make_node("agent1", NodeState.DOWN)])
    old = noted(5, "NodeWentDown", "node/agent1")

    health = decide_health(snapshot, make_tiers(), (), [Recorded(900, "A", "b")], None, [old])

    assert health.word == "NOMINAL"
    assert health.reasons == ("agent1 is down, acknowledged by owner",)


def test_an_acknowledged_thing_hides_no_other() -> None:
    snapshot = make_snapshot(
        nodes=[make_node(state=NodeState.DOWN), make_node("home", NodeState.DOWN)], quorate=False
    )
    feed = [noted(5, "NodeWentDown", "node/pve")]

    health = decide_health(snapshot, make_tiers(), (), feed)

    assert (health.word, health.alarms) == ("ALARM", 2)
    assert [reason.partition(":")[0] for reason in health.reasons] == [
        "quorum is lost",
        "home is down",
        "pve is down, acknowledged by owner",
    ]


@pytest.mark.parametrize(
    ("refused", "kind"), [(True, "EndpointRefused"), (False, "EndpointLost")], ids=str
)
def test_an_endpoint_that_fails_is_named_by_the_event_that_told_of_it(
    refused: bool, kind: str
) -> None:
    url = "https://192.0.2.12:8006"
    failing = EndpointStatus(
        url=url, healthy=False, in_use=False, because="192.0.2.12 fails", refused=refused
    )
    others = [
        noted(4, other, f"source/{url}") for other in {"EndpointRefused", "EndpointLost"} - {kind}
    ]

    fresh = decide_health(make_snapshot(), make_tiers(), (failing,), others)
    quiet = decide_health(
        make_snapshot(), make_tiers(), (failing,), [noted(5, kind, f"source/{url}")]
    )

    assert (fresh.word, fresh.reasons) == ("ATTENTION", ("192.0.2.12 fails",))
    assert quiet.word == "NOMINAL"
    assert quiet.reasons == ("192.0.2.12 fails, acknowledged by owner",)


@pytest.mark.parametrize("tier", [Tier.IMPORTANT, Tier.ROUTINE, Tier.BACKGROUND])
def test_a_tier_that_fails_can_be_taken_note_of(tier: Tier) -> None:
    tiers = make_tiers(**{tier.value: make_failing(tier, 32.0, "The storages stall")})
    subject = f"source/{tier.value}"

    fresh = decide_health(make_snapshot(), tiers, (), [Recorded(5, "ReadingLost", subject)])
    quiet = decide_health(make_snapshot(), tiers, (), [noted(5, "ReadingLost", subject)])

    assert (fresh.word, fresh.reasons) == ("ATTENTION", ("The storages stall",))
    assert quiet.word == "NOMINAL"
    assert quiet.reasons == ("The storages stall, acknowledged by owner",)


def test_reasons_are_few() -> None:
    nodes = [make_node(f"n{i:02}", NodeState.DOWN) for i in range(20)]

    assert len(decide_health(make_snapshot(nodes=nodes), make_tiers(), (), ()).reasons) <= 6
