"""The parts of the gate that are pure: policy, limits, blast radius, what of a result is shown."""

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cluster.model import (
    BackupFacts,
    ClusterSnapshot,
    GuestState,
    NodeState,
    TaskOutcome,
    TaskSnapshot,
)
from services.cluster.parse_guest import GuestConfig, SnapshotReading
from services.cluster.parse_guest_status import GuestStatusReading
from services.nodes.model import DockerContainer
from services.redaction import Redactor
from services.safety.actors import Actor, ActorKind
from services.safety.limits import LIMITS, Limiter
from services.safety.override import OverrideState
from services.safety.policy import Verb, decide
from services.safety.protection import ANY, Place
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.tools.blast import MOST_ROWS, blast_of
from services.tools.blast_sight import GuestSight, Sight, changed_since, standing_of
from services.tools.calls import Outcome, ToolResult
from services.tools.gate.approvals import result_from, result_json
from services.tools.gate.output import TEXT_HIGH_WATER_BYTES, clean_data, clean_text
from tests.support.clusters import NOON, make_guest, make_node, make_snapshot, make_storage
from tests.support.turned_clock import TurnedClock

ACTORS = [
    Actor(kind=kind, name=kind.value, session="s", user=user)
    for kind in ActorKind
    for user in ("owner", "alex", None)
]
OPEN = OverrideState(user="owner", session="s", opened_at=NOON, until=NOON + timedelta(minutes=10))
CASES = list(itertools.product(Tier, ACTORS, (False, True), (None, OPEN), (False, True)))


@pytest.mark.parametrize("must_ask", ["", "it has read a log"])
def test_policy_allows_nothing_that_it_must_not(must_ask: str) -> None:
    """All of its inputs, against the rules in other words."""
    for tier, actor, stood_down, override, approved in CASES:
        verb = decide(
            tier,
            actor,
            stood_down=stood_down,
            override=override,
            approved=approved,
            must_ask=must_ask,
        ).verb

        person = actor.kind is ActorKind.PERSON
        if tier is Tier.GREEN:
            assert verb is Verb.ALLOW
        if stood_down and not person and tier > Tier.GREEN:
            assert verb is Verb.DENY
        if tier >= Tier.RED and not approved:
            assert verb is not Verb.ALLOW
        if tier is Tier.BLACK and not (person and override and actor.user == "owner"):
            assert verb is Verb.DENY
        if tier is Tier.YELLOW and must_ask and not approved:
            assert verb is not Verb.ALLOW


def test_policy_does_not_stand_in_the_way_either() -> None:
    for tier, actor, _, override, _ in CASES:
        alone = decide(tier, actor, stood_down=False, override=override, approved=False).verb
        given_yes = decide(tier, actor, stood_down=False, override=override, approved=True).verb
        if tier is Tier.YELLOW:
            assert alone is Verb.ALLOW
        if tier is Tier.RED:
            assert (alone, given_yes) == (Verb.ASK, Verb.ALLOW)
        if tier is Tier.BLACK and actor.is_person and override and actor.user == "owner":
            assert (alone, given_yes) == (Verb.ASK, Verb.ALLOW)


# Limits

MODEL = Actor(kind=ActorKind.MODEL, name="claude", user="owner")
MONITOR = Actor(kind=ActorKind.MONITOR, name="monitor")


def test_calls_a_minute_are_counted_for_each_asker() -> None:
    clock = TurnedClock()
    limiter = Limiter(clock)
    most = LIMITS[ActorKind.MODEL].calls_per_minute

    assert [limiter.refuses_call(MODEL) for _ in range(most)] == [None] * most
    assert "the next may come in 60" in str(limiter.refuses_call(MODEL))
    assert limiter.refuses_call(MONITOR) is None
    other_model = replace(MODEL, name="another")
    assert limiter.refuses_call(other_model), "another model of the same person is the same asker"
    clock.turn(60)
    assert limiter.refuses_call(MODEL) is None


def test_what_is_refused_is_not_counted_so_that_waiting_helps() -> None:
    clock = TurnedClock()
    limiter = Limiter(clock)
    limiter.refuses_run(MODEL, "d", changes=True)
    for _ in range(4):
        clock.turn(1)
        assert limiter.refuses_run(MODEL, "d", changes=True)
    clock.turn(1)
    assert limiter.refuses_run(MODEL, "d", changes=True) is None


def test_a_change_makes_it_worth_reading_again() -> None:
    limiter = Limiter(TurnedClock())
    assert limiter.refuses_run(MODEL, "read", changes=False) is None
    assert limiter.refuses_run(MODEL, "read", changes=False)
    limiter.refuses_run(MODEL, "start", changes=True)

    assert limiter.refuses_run(MODEL, "read", changes=False) is None


def test_changes_of_before_a_restart_are_taken_up() -> None:
    clock = TurnedClock()
    limiter = Limiter(clock)
    most = LIMITS[ActorKind.MONITOR].changes_per_hour
    limiter.take_up(("monitor/monitor", 60.0 * n) for n in range(most))

    assert limiter.refuses_run(MONITOR, "d", changes=True)
    clock.turn(3_600 - 60 * (most - 1))
    assert limiter.refuses_run(MONITOR, "d", changes=True) is None


def test_a_thousand_askers_are_not_all_remembered() -> None:
    limiter = Limiter(TurnedClock())
    for number in range(1_000):
        limiter.refuses_call(replace(MODEL, user=f"user-{number}"))

    assert len(limiter._records) == 512


# Blast radius

PLACE = Place(vmid=103)


def guest_touch(vmid: int | str = 104) -> Touch:
    return Touch(kind=TouchKind.GUEST, id=str(vmid), node="pve", ends=True)


def rows_of(
    touch: Touch, snapshot: ClusterSnapshot, sight: Sight | None = None, **more: object
) -> dict[str, str]:
    found = blast_of((touch,), snapshot, sight or Sight(), place=PLACE, now=NOON, **more)  # type: ignore[arg-type]
    return dict(found)


def test_a_guests_card_tells_what_was_just_read() -> None:
    house = make_snapshot(
        guests=[make_guest(104, name="media")],
        backups=BackupFacts(read_at=NOON, last_backup_at={104: NOON - timedelta(hours=5)}),
        tasks=(
            TaskSnapshot(
                upid="UPID:pve:1:",
                node="pve",
                kind="vzdump",
                subject_id="104",
                user="root@pam",
                started_at=NOON - timedelta(minutes=2),
                ended_at=None,
                outcome=TaskOutcome.RUNNING,
            ),
        ),
    )
    sight = Sight(
        guests={
            104: GuestSight(
                status=GuestStatusReading(
                    state=GuestState.RUNNING,
                    uptime_s=7_200,
                    lock="backup",
                    ha_managed=True,
                    ha_state="started",
                    tags=("media",),
                ),
                config=GuestConfig(description="# Films for the house\nmore"),
                snapshots=(
                    SnapshotReading(
                        name="auto01",
                        taken_at=NOON - timedelta(days=2),
                        description=None,
                        parent=None,
                        with_memory=False,
                    ),
                ),
            )
        }
    )

    assert rows_of(guest_touch(), house, sight) == {
        "Guest": "media (104), a virtual machine on pve",
        "State": "running for 2 h",
        "Tags": "media",
        "Notes": "Films for the house",
        "High availability": "managed (started)",
        "Lock": "backup",
        "Last backup": "5 h ago (looked 0 s ago)",
        "Snapshots": "1, the newest auto01, 2 d ago",
        "Running on it": "1: vzdump by root@pam begun 2 min ago",
    }


def test_what_is_not_known_is_told_with_its_reason() -> None:
    house = make_snapshot(guests=[make_guest(104, name="media")], guests_at=NOON)
    sight = Sight(guests={104: GuestSight(because="pve gave no answer")})

    rows = dict(
        blast_of((guest_touch(),), house, sight, place=PLACE, now=NOON + timedelta(seconds=12))
    )

    assert rows["State"] == "running, seen 12 s ago; not read anew: pve gave no answer"
    assert rows["Last backup"] == "— backups have not been read"
    assert rows["Snapshots"] == "— pve gave no answer"
    assert rows_of(guest_touch(999), house) == {
        "Guest": "— 999 is not among the guests that were read"
    }
    assert "cannot be told beforehand" in rows_of(guest_touch(ANY), house)["Guest"]


def test_the_last_resolver_of_the_house_is_told_as_such() -> None:
    first = make_guest(101, name="adguard", tags=("dns",))
    second = make_guest(102, name="unbound", tags=("DNS",))
    stopped = replace(second, state=GuestState.STOPPED)

    alone = rows_of(guest_touch(101), make_snapshot(guests=[first, stopped]))
    pair = rows_of(guest_touch(101), make_snapshot(guests=[first, second]))

    assert alone["It serves"] == "DNS for the network; no other resolver seen"
    assert pair["It serves"] == "DNS for the network; also unbound (102)"


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (["online"] * 4, "kept; 3 of 4 nodes online, 3 wanted"),
        (["online", "online", "online", "down"], "lost: Proxmox will refuse every change; 2 of 4"),
        (["online", "online"], "lost: Proxmox will refuse every change; 1 of 2 nodes"),
    ],
    ids=["four", "one is away already", "two"],
)
def test_the_quorum_after_a_nodes_end_is_counted(states: list[str], told: str) -> None:
    nodes = [make_node(f"n{at}", NodeState(state)) for at, state in enumerate(states)]
    down = Touch(kind=TouchKind.NODE_POWER, id="n0", ends=True)

    assert rows_of(down, make_snapshot(nodes=nodes))["Quorum after it"].startswith(told)
    unread = make_snapshot(nodes=nodes, quorum_at=None)
    assert rows_of(down, unread)["Quorum after it"] == "— quorum has not been read"


def test_neighbours_that_are_protected_stand_on_the_card() -> None:
    house = make_snapshot(guests=[make_guest(103, name="mgmt"), make_guest(104, name="media")])
    service = Touch(kind=TouchKind.SERVICE, id="nginx", node="pve", ends=True)

    assert rows_of(service, house) == {
        "Service": "nginx on pve", "Protected there": "1: mgmt (103)",
    }  # fmt: skip


def test_waking_a_node_tells_nothing_of_an_end() -> None:
    wake = Touch(kind=TouchKind.NODE_POWER, id="pve")

    assert list(rows_of(wake, make_snapshot())) == ["Node"]


def test_other_things_are_told_too() -> None:
    house = make_snapshot(storages=[make_storage("nas", share=0.5)], name="homelab")
    plex = DockerContainer(id="1", name="plex", image="plex:1", state="running", status="Up 3 days")
    docker = Touch(kind=TouchKind.DOCKER, id="plex", node="mgmt")
    storage = Touch(kind=TouchKind.STORAGE, id="nas:backup/x", node="pve", ends=True)

    assert (
        rows_of(docker, house, containers=(plex,))["Container"]
        == "plex on mgmt: running, Up 3 days"
    )
    assert "not among those" in rows_of(docker, house)["Container"]
    assert rows_of(storage, house)["pve/nas"] == "50 % full, seen 0 s ago"
    assert rows_of(Touch(kind=TouchKind.CLUSTER, id=""), house)["Cluster"] == "homelab"


def test_a_card_of_very_many_rows_ends_with_their_number() -> None:
    guests = [make_guest(200 + n) for n in range(40)]
    touches = tuple(guest_touch(guest.vmid) for guest in guests)

    rows = blast_of(touches, make_snapshot(guests=guests), Sight(), place=PLACE, now=NOON)

    assert len(rows) == MOST_ROWS + 1
    assert rows[-1][0] == "More"


def test_only_what_is_known_both_times_can_have_changed() -> None:
    house = make_snapshot(guests=[make_guest(104, name="media")])
    unknown = make_snapshot(guests=[make_guest(104, GuestState.UNKNOWN, name="media")])
    stopped = make_snapshot(guests=[make_guest(104, GuestState.STOPPED, name="media")])
    asked = standing_of((guest_touch(),), house, Sight())

    assert changed_since(asked, standing_of((guest_touch(),), house, Sight())) is None
    assert changed_since(asked, standing_of((guest_touch(),), unknown, Sight())) is None
    assert changed_since(asked, standing_of((guest_touch(),), stopped, Sight())) == (
        "guest/104 state was running when it was asked, and is stopped now"
    )
    fresh = Sight(guests={104: GuestSight(status=GuestStatusReading(state=GuestState.STOPPED))})
    assert changed_since(asked, standing_of((guest_touch(),), house, fresh))


# What is shown of a result


@given(st.text(max_size=50), st.integers(min_value=0, max_value=60_000))
def test_no_text_is_longer_than_its_bound(text: str, times: int) -> None:
    capped = clean_text(text * (times // max(1, len(text))), Redactor())

    assert len(capped.text.encode()) <= TEXT_HIGH_WATER_BYTES


def test_a_very_long_text_keeps_both_its_ends_and_no_secret() -> None:
    secret = "abcdefgh-1234"
    text = f"begin {secret} " + f"x{secret}" * 200_000 + f" {secret} end"

    capped = clean_text(text, Redactor.knowing([secret]))

    assert secret not in capped.text
    assert capped.text.startswith("begin *** ")
    assert capped.text.endswith(" *** end")
    assert capped.cut_bytes > 2_000_000


def test_data_is_plain_bounded_and_without_secrets() -> None:
    data = {
        "password": "hunter22",
        "token_count": 7,
        "rows": [{"n": n, "text": "y" * (10 if n else 10_000)} for n in range(30_000)],
        "nan": float("nan"),
        "when": NOON,
        "ok": True,
    }

    clean = clean_data(data, Redactor())

    assert (clean["password"], clean["token_count"]) == ("***", 7)
    assert len(clean["rows"]) < 10_001
    assert clean["rows"][-1] == "… the rest is left out"
    assert len(clean["rows"][0]["text"]) < 8_300


def test_a_result_is_kept_and_read_back_as_it_was() -> None:
    result = ToolResult(
        call_id="c1",
        tool="stop_guest",
        outcome=Outcome.DONE,
        because="é",
        text="stopped",
        data={"a": [1, None, {"b": "c"}]},
        tier=Tier.RED,
        verified=True,
        read_at=NOON,
        cut_bytes=3,
        approval_id="f" * 32,
        audit_id=9,
        duration_ms=12.5,
    )

    assert result_from(result_json(result)) == result
    bare = replace(result, tier=None, read_at=None, verified=None)
    assert result_from(result_json(bare)) == bare


def test_the_documents_tell_the_limits_as_they_are() -> None:
    text = (Path(__file__).parents[2] / "docs" / "safety.md").read_text()

    for kind, limits in LIMITS.items():
        ceiling = Actor(kind=kind, name="x").ceiling.name
        told = (
            f"| `{kind.value}` | {ceiling} | {limits.calls_per_minute} | "
            f"{limits.changes_per_hour} | {limits.repeat_s:g} s |"
        )
        assert told in text
    assert len(LIMITS) == len(ActorKind)
