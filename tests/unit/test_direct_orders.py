"""Without a model: an order is carried out as it was meant as a whole, or not at all."""

from typing import Any

import pytest

from services.llm.direct.understanding import understands_change
from services.safety.tiers import Tier
from services.tools.registry import REGISTRY
from tests.support.direct_answers import NAMES, calls_of, planned

PLAIN: list[tuple[str, str, dict[str, Any]]] = [
    ("restart pveproxy on pve", "restart_service", {"node": "pve", "service": "pveproxy"}),
    ("restart pve-ha-lrm on pve", "restart_service", {"node": "pve", "service": "pve-ha-lrm"}),
    ("stop the ssh service on pve", "stop_service", {"node": "pve", "service": "ssh"}),
    ("start the backup of media", "start_backup", {"guest": "104"}),
    ("kill media", "stop_guest", {"guest": "104"}),
    ("force stop media", "stop_guest", {"guest": "104"}),
    ("reset media", "reset_guest", {"guest": "104"}),
    ("power cycle media", "reboot_guest", {"guest": "104"}),
    ("pause media", "suspend_guest", {"guest": "104"}),
    ("suspend media to disk", "suspend_guest", {"guest": "104", "to_disk": True}),
    ("move media to home", "migrate_guest", {"guest": "104", "target": "home"}),
    ("verschiebe media nach home", "migrate_guest", {"guest": "104", "target": "home"}),
    ("roll media back to auto01", "rollback_snapshot", {"guest": "104", "snapshot": "auto01"}),
    ("restore media to Clean-1", "rollback_snapshot", {"guest": "104", "snapshot": "Clean-1"}),
    ("delete snapshot auto01 of media", "delete_snapshot", {"guest": "104", "snapshot": "auto01"}),
    ("verschiebe media auf home", "migrate_guest", {"guest": "104", "target": "home"}),
    ("sichere media", "start_backup", {"guest": "104"}),
    ("mach einen Snapshot von media", "create_snapshot", {"guest": "104"}),
    ("fais une sauvegarde de media", "start_backup", {"guest": "104"}),
    ("upgrade pve", "upgrade_packages", {"node": "pve"}),
    ("restart media on pve", "reboot_guest", {"guest": "104"}),
    ("restart grafana on mgmt", "restart_container", {"container": "grafana", "host": "103"}),
    ("media hangs, restart it please", "reboot_guest", {"guest": "104"}),
    ("bring win11 back up", "start_guest", {"guest": "112"}),
    ("wake up home", "wake_node", {"node": "home"}),
    ("snapshot media because I upgrade it", "create_snapshot", {"guest": "104"}),
    ("take a snapshot of media before the upgrade", "create_snapshot", {"guest": "104"}),
]


@pytest.mark.parametrize(("said", "tool", "given"), PLAIN, ids=[said for said, _, _ in PLAIN])
def test_a_plain_order_is_one_call(said: str, tool: str, given: dict[str, Any]) -> None:
    [(called, arguments)] = calls_of(said)

    assert called == tool
    assert given.items() <= arguments.items()
    assert understands_change(said, NAMES)


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        ("start all vms on home", "all vms"),
        ("starte alle vms", "alle vms"),
        ("start everything but win11", "everything"),
        ("reboot the whole cluster", "whole cluster"),
        ("stop the scrub on pve", "scrub"),
        ("start a scrub on pve", "a scrub"),
        ("stop the backup of media", "backup of media"),
        ("start the upgrade of pve", "upgrade of pve"),
        ("restart guests on pve", "guests"),
        ("restart docker on media", "docker"),
        ("restart corosync on all nodes", "corosync on all nodes"),
        ("start win11 tonight", "tonight"),
        ("starte win11 heute abend", "heute"),
        ("start win11 at 5", "at 5"),
        ("start win11 when the backup is done", "when backup is done"),
        ("if the backup is done, start win11", "if the backup is done"),
        ("when media is down, start win11", "when media is down"),
        ("start win11, but only after the backup", "only after the backup"),
        ("start win11, then stop media", "stop media"),
        ("start win11 or media", "or"),
        ("start win11 from snapshot x", "from snapshot x"),
        ("start the game server", "game"),
        ("migrate media off pve", "off pve"),
        ("restart plex", "plex"),
    ],
)
def test_what_is_not_read_whole_is_not_sent_and_says_what_it_stumbled_over(
    said: str, unread: str
) -> None:
    answer = planned(said)

    assert answer.calls == ()
    assert f"do not understand “{unread}”" in answer.told
    assert answer.told.endswith("Nothing was sent.")
    assert not understands_change(said, NAMES)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("start win11 on home", "win11 (112) is on pve, not on home."),
        ("move media to win11", "I know no way to move media (104) to win11 (112)."),
        ("move media", "Where to? Name the node"),
        ("roll back media", "Which snapshot? Name it"),
        ("upgrade media", "I know no way to upgrade the guest media (104)."),
    ],
)
def test_an_order_that_cannot_be_meant_says_why(said: str, told: str) -> None:
    assert planned(said).calls == ()
    assert told in planned(said).told


def test_it_means_the_one_thing_that_was_named_just_before() -> None:
    def tools(said: str, *before: str) -> list[tuple[str, Any]]:
        return [(tool, given.get("guest")) for tool, given in calls_of(said, *before)]

    assert tools("restart it", "how is media?") == [("reboot_guest", "104")]
    assert tools("starte es", "is win11 down?") == [("start_guest", "112")]
    assert tools("restart it", "how are media and win11?") == []
    assert tools("restart it", "how is media?", "thanks") == []
    assert tools("restart", "how is media?") == []
    assert tools("restart plex", "how is media?") == []


@pytest.mark.parametrize(
    "said",
    [
        "delete media",
        "destroy vm 104",
        "delete all snapshots of media",
        "give media 8 GB more memory",
        "clone media",
        "install htop on pve",
        "cancel the backup of media",
        "acknowledge all",
        "open a terminal on pve",
        "lösche media",
    ],
)
def test_an_order_that_no_rule_takes_is_not_answered_with_a_reading(said: str) -> None:
    assert planned(said).calls == ()
    assert "Nothing was sent" in planned(said).told


@pytest.mark.parametrize(
    ("said", "tool"),
    [
        ("backup status of media", "list_backups"),
        ("snapshot list of media", "list_snapshots"),
        ("boot order of media", "get_guest_status"),
        ("update", "get_updates"),
        ("patch all nodes", "get_updates"),
        ("give me the status", "get_cluster_status"),
        ("make a list of all guests", "list_guests"),
        ("revert media to yesterday's snapshot", "list_snapshots"),
    ],
)
def test_a_verb_that_is_a_noun_there_asks_a_question(said: str, tool: str) -> None:
    calls = planned(said).calls

    assert calls[0].tool == tool
    assert all(REGISTRY[call.tool].tier is Tier.GREEN for call in calls)
