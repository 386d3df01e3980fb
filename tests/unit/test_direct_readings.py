"""Without a model: a question is read for what narrows it, and its one figure is told first."""

import pytest

from services.llm.direct.telling import tell
from services.llm.direct.understanding import understand
from tests.support.direct_answers import NAMES, Calls, calls_of, found, planned

GIB = 1 << 30

ASKED: list[tuple[str, Calls]] = [
    ("failed tasks", [("list_tasks", {"failed": True})]),
    ("show me the last 3 failed tasks", [("list_tasks", {"failed": True, "most": 3})]),
    ("running tasks on pve", [("list_tasks", {"running": True, "node": "pve"})]),
    ("tasks of media", [("list_tasks", {"guest": "104"})]),
    ("what did I miss?", [("get_recent_events", {})]),
    ("warnings", [("get_recent_events", {"at_least": "warning"})]),
    ("any alarms on pve?", [("get_recent_events", {"node": "pve", "at_least": "alarm"})]),
    (
        "what failed today?",
        [
            ("list_tasks", {"failed": True, "most": 20}),
            ("get_recent_events", {"at_least": "warning", "most": 20}),
        ],
    ),
    (
        "errors on pve",
        [
            ("read_journal", {"node": "pve", "priority": "err", "lines": 20}),
            ("list_tasks", {"node": "pve", "failed": True, "most": 20}),
        ],
    ),
    (
        "which guest uses the most memory?",
        [("list_guests", {"by": "memory", "state": "running", "most": 5})],
    ),
    (
        "top 3 cpu on pve",
        [("list_guests", {"by": "cpu", "node": "pve", "state": "running", "most": 3})],
    ),
    ("which vm has the biggest disk?", [("list_guests", {"by": "disk", "most": 5})]),
    (
        "qui utilise le plus de mémoire ?",
        [("list_guests", {"by": "memory", "state": "running", "most": 5})],
    ),
    ("quels invités n'ont pas de sauvegarde ?", [("guests_without_backup", {})]),
    ("busiest node", [("list_nodes", {})]),
    ("is anything on fire?", [("get_cluster_status", {}), ("list_nodes", {})]),
    ("all quiet?", [("get_cluster_status", {}), ("list_nodes", {})]),
    ("which containers run on pve?", [("list_guests", {"node": "pve", "kind": "lxc"})]),
    ("docker containers on pve", [("list_containers", {"host": "pve"})]),
    ("containers on mgmt", [("list_containers", {"host": "103"})]),
    ("running vms on pve", [("list_guests", {"node": "pve", "state": "running"})]),
    ("what IP does media have?", [("get_guest_addresses", {"guest": "104"})]),
    ("mac address of win11", [("get_guest_addresses", {"guest": "112"})]),
    ("network of pve", [("get_network", {"node": "pve"})]),
    ("are all nodes on the same version?", [("list_nodes", {})]),
    ("when does the certificate of pve expire?", [("get_node_status", {"node": "pve"})]),
    (
        "memory of media over the last day",
        [("get_metrics_history", {"kind": "guest", "name": "104", "span": "24h"})],
    ),
]


@pytest.mark.parametrize(("said", "calls"), ASKED, ids=[said for said, _ in ASKED])
def test_what_narrows_a_question_narrows_the_call(said: str, calls: Calls) -> None:
    assert calls_of(said) == calls


@pytest.mark.parametrize("said", ["how is plex?", "is jellyfin up?", "wo ist sonarr?"])
def test_a_name_that_nothing_here_has_is_said_to_be_none(said: str) -> None:
    answer = planned(said)

    assert answer.calls == ()
    assert answer.told.startswith("Nothing in this cluster is called")
    assert "adguard" in answer.told


@pytest.mark.parametrize("said", ["how are you?", "how is life?", "is it up?"])
def test_a_plain_word_is_no_such_name(said: str) -> None:
    assert "is called" not in planned(said).told


MEDIA = {
    "name": "media",
    "vmid": 104,
    "node": "pve",
    "state": "running",
    "uptime_s": 86_400.0,
    "cpu_fraction": 0.25,
    "cpu_count": 4,
    "mem_used_bytes": 2 * GIB,
    "mem_total_bytes": 4 * GIB,
}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("how long has media been up?", "media has been up for 24 h."),
        ("how much memory does media use?", "media uses 2.00 GiB of 4.00 GiB (50 %) of memory."),
        ("cpu of media", "media uses 25 % of 4 cores."),
        ("is media running?", "media is running."),
    ],
)
def test_the_one_figure_that_was_asked_for_leads(said: str, told: str) -> None:
    answer = tell(understand(said, NAMES), [found("get_guest_status", MEDIA)], lead="x")

    assert answer.split("\n\n")[1] == told


def test_a_figure_that_is_not_known_is_not_told() -> None:
    unknown = {**MEDIA, "uptime_s": None, "state": None, "mem_used_bytes": None}

    for said in ("uptime of media", "memory of media", "is media running?"):
        answer = tell(understand(said, NAMES), [found("get_guest_status", unknown)], lead="x")
        assert answer == "x\n\nRead; read 0 s ago."


def test_who_uses_most_is_named_and_the_others_follow() -> None:
    rows = [MEDIA, {**MEDIA, "name": None, "vmid": 7, "mem_used_bytes": GIB}]
    deed = found("list_guests", {"guests": rows}, "2 guests, 2 running; read 0 s ago", by="memory")

    answer = tell(understand("top memory", NAMES), [deed], lead="x")

    assert "media (104) uses the most memory: 2.00 GiB of 4.00 GiB (50 %); read 0 s ago." in answer
    assert answer.index("media (104)  pve") < answer.index("\n7 ")


def test_the_busiest_node_is_the_one_with_the_highest_share() -> None:
    rows = [
        {"node": "home", "cpu_fraction": 0.1, "cpu_count": 20},
        {"node": "pve", "cpu_fraction": 0.5, "cpu_count": 4},
        {"node": "agent", "cpu_fraction": None, "cpu_count": None},
    ]
    answer = tell(
        understand("busiest node", NAMES), [found("list_nodes", {"nodes": rows})], lead="x"
    )

    assert "pve uses the most processor time: 50 % of 4 cores" in answer


def test_updates_of_several_nodes_are_a_line_each() -> None:
    text = "{} packages can be upgraded; read 0 s ago\npackage\nopenssl"
    deeds = [found("get_updates", {}, text.format(number), node=str(number)) for number in (3, 4)]

    answer = tell(understand("updates", NAMES), deeds, lead="x")

    assert "3 packages can be upgraded; read 0 s ago.\n\n4 packages" in answer
    assert "openssl" not in answer
    assert "updates on pve" in answer


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        (("9.2.3", "9.2.3"), "All 2 nodes run Proxmox VE 9.2.3."),
        (("9.2.3", "8.4.1"), "The nodes do not all run the same: a 9.2.3, b 8.4.1."),
        (("9.2.3", None), "The nodes do not all run the same: a 9.2.3, b unknown."),
    ],
)
def test_versions_are_compared(versions: tuple[str | None, ...], told: str) -> None:
    rows = [{"node": n, "pve_version": v} for n, v in zip("ab", versions, strict=True)]

    assert told in tell(
        understand("versions", NAMES), [found("list_nodes", {"nodes": rows})], lead="x"
    )


def test_the_certificate_that_ends_first_is_told_first() -> None:
    deeds = [
        found("get_node_status", {"node": name, "certificate_expires_at": at}, node=name)
        for name, at in (("a", "2026-12-20T12:00:00.000Z"), ("b", "2026-11-19T12:00:00.000Z"))
    ]
    answer = tell(understand("certificates", NAMES), deeds, lead="x")

    assert answer.split("\n\n")[1].splitlines() == [
        "- The certificate of b expired 24 h ago.",
        "- The certificate of a expires in 30 d.",
    ]
