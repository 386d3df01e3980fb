"""The view: what a page is told of a snapshot, and above all what it is not told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from components.live.gate_rows import GateView
from components.live.patch import encode, whole
from components.live.rows import mib
from components.live.view import draw_view
from services.cluster.model import (
    BackupFacts,
    ClusterSnapshot,
    GuestState,
    Level,
    NodeState,
    SourceState,
    TaskOutcome,
    TaskSnapshot,
    Tier,
    TierStatus,
)
from tests.support.clusters import (
    GIB,
    NOON,
    make_failing,
    make_guest,
    make_node,
    make_snapshot,
    make_storage,
    make_tiers,
)
from tests.support.protected_house import HOUSE, PLACE


def test_before_the_first_read_every_panel_of_the_cluster_is_loading() -> None:
    waiting = {tier: TierStatus(tier=tier, interval_s=12.0) for tier in Tier}

    view = draw_view(None, waiting)

    states = {name: panel.meta["state"] for name, panel in view.panels.items()}
    assert {states[name] for name in ("nodes", "guests", "storage", "tasks")} == {"loading"}
    assert view.panels["top"].meta["health"] == "UNKNOWN"
    assert view.panels["top"].meta["up"] is None
    assert view.panels["top"].meta["online"] is None


def test_a_source_that_never_answered_is_failed_and_says_what_to_do() -> None:
    refused = make_failing(Tier.CRITICAL, 12.0, "pve refused the token (401): it was revoked")
    tiers = make_tiers(critical=replace(refused, brief="pve refused the token (401)"))

    meta = draw_view(None, tiers).panels["nodes"].meta

    assert meta["state"] == "failed"
    assert meta["because"] == "pve refused the token (401): it was revoked"
    assert meta["brief"] == "pve refused the token (401)"
    assert meta["remedy"] == "Run `jarvis doctor`"
    assert meta["retry_at"] == round((NOON + timedelta(seconds=12)).timestamp())


def test_what_is_protected_says_so_before_anybody_asks() -> None:
    view = draw_view(HOUSE, make_tiers(), gate=GateView(place=PLACE))

    held = {key: row["held"] for key, row in view.panels["guests"].rows.items()}
    assert held == {
        **dict.fromkeys(("101", "104", "105")),
        "103": "I may not act on mgmt (103): I live there",
    }
    assert {key: row["held"] for key, row in view.panels["nodes"].rows.items()} == {
        "pve": "pve may not go down: mgmt (103) is there, where I live",
        **dict.fromkeys(("home", "agent")),
    }


def test_a_stalled_api_keeps_the_figures_and_shows_their_age() -> None:
    tiers = make_tiers(critical=make_failing(Tier.CRITICAL, 12.0))

    panel = draw_view(make_snapshot(), tiers).panels["nodes"]

    assert panel.meta["state"] == "stale"
    assert panel.meta["as_of"] == round(NOON.timestamp())
    assert panel.rows["pve"]["cpu"] == 0.2


def test_one_failing_tier_leaves_the_panels_of_the_others_alone() -> None:
    tiers = make_tiers(important=make_failing(Tier.IMPORTANT, 32.0))

    view = draw_view(make_snapshot(guests=[make_guest()]), tiers)

    assert view.panels["guests"].meta["state"] == "stale"
    assert view.panels["nodes"].meta["state"] == "ok"


def make_task(upid: str, outcome: TaskOutcome) -> TaskSnapshot:
    return TaskSnapshot(
        upid=upid,
        node="pve",
        kind="vzdump",
        subject_id="104",
        user="root@pam",
        started_at=NOON,
        ended_at=None if outcome is TaskOutcome.RUNNING else NOON,
        outcome=outcome,
    )


def test_what_a_tier_has_to_leave_out_is_failed_and_says_why() -> None:
    refused = TierStatus(
        tier=Tier.IMPORTANT,
        interval_s=32.0,
        state=SourceState.OK,
        last_ok_at=NOON,
        because="Permission check failed (/, Sys.Audit)",
    )
    tiers = make_tiers(important=refused)

    never = draw_view(replace(make_snapshot(), tasks_at=None), tiers).panels
    longer_ago = replace(make_snapshot(), tasks_at=NOON - timedelta(seconds=64))
    once = draw_view(longer_ago, tiers).panels["tasks"].meta

    assert never["tasks"].meta["state"] == "failed"
    assert never["tasks"].meta["because"] == "Permission check failed (/, Sys.Audit)"
    assert "jarvis doctor" in never["tasks"].meta["remedy"]
    assert (once["state"], once["because"]) == ("stale", refused.because)
    assert never["guests"].meta["state"] != "failed"


def test_a_quorum_that_could_not_be_read_says_why() -> None:
    refused = TierStatus(
        tier=Tier.CRITICAL,
        interval_s=12.0,
        state=SourceState.OK,
        last_ok_at=NOON,
        because="refused",
    )
    unknown = replace(make_snapshot(), quorate=None)

    told = draw_view(unknown, make_tiers(critical=refused)).panels["top"].meta

    assert told["quorum_because"] == "refused"
    assert draw_view(make_snapshot(), make_tiers()).panels["top"].meta["quorum_because"] is None


def test_a_task_that_runs_is_shown_however_many_came_after_it() -> None:
    newer = [make_task(upid=f"UPID:pve:{n}", outcome=TaskOutcome.OK) for n in range(60)]
    long = make_task(upid="UPID:pve:long", outcome=TaskOutcome.RUNNING)

    panel = draw_view(replace(make_snapshot(), tasks=(*newer, long)), make_tiers()).panels["tasks"]

    assert panel.order is not None
    assert panel.order[0] == "UPID:pve:long"
    assert len(panel.rows) == 40
    assert panel.meta["running"] == 1


def test_a_cluster_without_guests_is_empty_not_loading() -> None:
    assert draw_view(make_snapshot(), make_tiers()).panels["guests"].meta["state"] == "empty"


def test_the_browser_is_told_when_figures_will_be_too_old() -> None:
    meta = draw_view(make_snapshot(), make_tiers()).panels["nodes"].meta

    assert 24 < meta["stale_after"] < 36


def test_unknown_stays_unknown_and_is_never_nought() -> None:
    gone = make_node(
        "agent",
        NodeState.DOWN,
        cpu_fraction=None,
        mem_used_bytes=None,
        uptime_s=None,
        last_online_at=NOON,
    )

    row = draw_view(make_snapshot(nodes=[gone]), make_tiers()).panels["nodes"].rows["agent"]

    assert row["state"] == "down"
    assert (row["cpu"], row["mem"], row["boot"]) == (None, None, None)
    assert row["seen"] == round(NOON.timestamp())


def test_noise_below_what_is_shown_changes_nothing() -> None:
    before = make_snapshot(
        nodes=[make_node(cpu_fraction=0.2012, mem_used_bytes=20 * GIB)],
        guests=[make_guest(cpu_fraction=0.0713, uptime_s=3_600)],
    )
    later = NOON + timedelta(seconds=12)
    after = make_snapshot(
        nodes=[
            make_node(cpu_fraction=0.1991, mem_used_bytes=20 * GIB + 9_000_000, uptime_s=86_413)
        ],
        guests=[make_guest(cpu_fraction=0.0744, uptime_s=3_611)],
        at=later,
    )

    first = draw_view(before, make_tiers())
    second = draw_view(after, make_tiers(), before=first)

    assert second.panels["nodes"].rows == first.panels["nodes"].rows
    assert second.panels["guests"].rows == first.panels["guests"].rows


def test_a_restart_moves_the_boot_time() -> None:
    first = draw_view(make_snapshot(guests=[make_guest(uptime_s=3_600)]), make_tiers())
    restarted = make_snapshot(guests=[make_guest(uptime_s=5)], at=NOON + timedelta(minutes=1))

    second = draw_view(restarted, make_tiers(), before=first)

    assert second.panels["guests"].rows["104"]["boot"] == round(NOON.timestamp()) + 55


@pytest.mark.parametrize(
    ("size_bytes", "expected_mib"),
    [
        (None, None),
        (0, 0),
        (300 * 1024**2, 300),
        (48 * GIB + 1, 49_152),
        (1_570 * GIB, 1_604_321),
    ],
    ids=["unknown", "nothing", "MiB", "GiB", "TiB"],
)
def test_sizes_keep_three_digits_of_the_unit_they_are_shown_in(
    size_bytes: int | None, expected_mib: int | None
) -> None:
    assert mib(size_bytes) == expected_mib


def test_templates_are_neither_up_nor_off() -> None:
    guests = [
        make_guest(100),
        make_guest(101, GuestState.STOPPED),
        make_guest(102, GuestState.UNKNOWN),
        make_guest(900, GuestState.STOPPED, template=True),
    ]

    meta = draw_view(make_snapshot(guests=guests), make_tiers()).panels["guests"].meta

    assert (meta["up"], meta["off"], meta["unknown"], meta["templates"]) == (1, 1, 1, 1)


def test_a_shared_storage_is_one_row_that_names_who_lacks_it() -> None:
    storages = [
        make_storage("nas", "home", 0.61, shared=True),
        make_storage("nas", "pve", None, shared=True, active=False, level=Level.UNKNOWN),
        make_storage("local", "pve", 0.3),
    ]

    panel = draw_view(make_snapshot(storages=storages), make_tiers()).panels["storage"]

    assert panel.order == ("storage/nas", "storage/pve/local")
    nas = panel.rows["storage/nas"]
    assert (nas["label"], nas["share"], nas["active"]) == ("nas", 0.61, True)
    assert (nas["nodes"], nas["missing"]) == (["home", "pve"], ["pve"])


def test_the_fullest_storage_comes_first_and_an_unknown_one_last() -> None:
    storages = [
        make_storage("unknown", share=None),
        make_storage("small", share=0.1),
        make_storage("full", share=0.97, level=Level.CRITICAL),
    ]

    panel = draw_view(make_snapshot(storages=storages), make_tiers()).panels["storage"]

    assert [panel.rows[key]["label"] for key in panel.order or ()] == [
        "pve/full",
        "pve/small",
        "pve/unknown",
    ]
    assert panel.rows["storage/pve/unknown"]["share"] is None


def test_names_from_the_cluster_arrive_as_they_are() -> None:
    hostile = "</script><img src=x onerror=alert(1)>'\\ \u2028"
    view = draw_view(make_snapshot(guests=[make_guest(name=hostile)]), make_tiers())

    assert view.panels["guests"].rows["104"]["name"] == hostile
    assert "null" not in encode(whole(view)["guests"]["set"])


def test_a_snapshot_of_which_nothing_was_read_is_drawn() -> None:
    view = draw_view(ClusterSnapshot(taken_at=NOON), make_tiers())

    assert view.panels["nodes"].meta["state"] == "loading"


def test_a_late_tier_is_still_well() -> None:
    late = TierStatus(tier=Tier.CRITICAL, interval_s=12.0, state=SourceState.LATE)

    view = draw_view(make_snapshot(), make_tiers(critical=late))

    assert view.panels["nodes"].meta["state"] == "ok"


def test_a_backup_that_was_not_seen_is_no_backup_that_is_not_known() -> None:
    guests = [make_guest(104), make_guest(105), make_guest(106)]
    backups = BackupFacts(
        read_at=NOON,
        last_backup_at={104: NOON - timedelta(hours=9)},
        guests_without_job=(105,),
    )

    told = draw_view(make_snapshot(guests=guests, backups=backups), make_tiers(), (), ())
    unread = draw_view(make_snapshot(guests=guests), make_tiers(), (), ())
    barred = replace(backups, unseen_because="The token lacks VM.Backup on /vms")
    in_part = draw_view(make_snapshot(guests=guests, backups=barred), make_tiers(), (), ())

    rows = told.panels["guests"].rows
    assert [rows[key]["backup"] for key in ("104", "105", "106")] == [
        NOON.timestamp() - 9 * 3600,
        False,
        False,
    ]
    assert [rows[key]["job"] for key in ("104", "105", "106")] == [True, False, True]
    assert in_part.panels["guests"].rows["104"]["backup"] == NOON.timestamp() - 9 * 3600
    assert in_part.panels["guests"].rows["105"]["backup"] is None
    assert in_part.panels["guests"].rows["105"]["job"] is False
    assert unread.panels["guests"].rows["104"]["backup"] is None
    assert unread.panels["guests"].rows["104"]["job"] is None
