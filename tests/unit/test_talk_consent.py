"""What a person has asked for: only that runs by itself, and in doubt somebody is asked."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cluster.model import ClusterSnapshot
from services.llm.judging.consent import find_consent, refuses_unasked
from services.llm.routing import Inventory
from services.safety.touches import Touch, TouchKind
from tests.support.gate_house import homelab

SEEN: ClusterSnapshot = homelab()
NAMES = Inventory.from_snapshot(SEEN, ("grafana", "traefik"))
OFFER = "win11 (112) is stopped. Shall I start win11?"


def guest(vmid: int) -> Touch:
    return Touch(kind=TouchKind.GUEST, id=str(vmid))


TOUCHES: dict[str, tuple[Touch, dict[str, Any]]] = {
    "win11": (guest(112), {"guest": "112"}),
    "media": (guest(104), {"guest": "104"}),
    "pve": (Touch(kind=TouchKind.NODE_POWER, id="pve", node="pve"), {"node": "pve"}),
    "agent": (Touch(kind=TouchKind.NODE_POWER, id="agent", node="agent"), {"node": "agent"}),
    "grafana": (Touch(kind=TouchKind.DOCKER, id="grafana", node="mgmt"), {"container": "grafana"}),
    "dozzle": (Touch(kind=TouchKind.DOCKER, id="dozzle", node="mgmt"), {"container": "dozzle"}),
    "pveproxy": (
        Touch(kind=TouchKind.SERVICE, id="pveproxy", node="pve"),
        {"node": "pve", "service": "pveproxy"},
    ),
    "event": (Touch(kind=TouchKind.CLUSTER, id=""), {"event": 7}),
}


def refuses(
    tool: str, thing: str, message: str, before: Sequence[str] = (), answer: str = ""
) -> str:
    touch, arguments = TOUCHES[thing]
    consent = find_consent(message, before=before, answer_before=answer, inventory=NAMES)
    return refuses_unasked(tool, arguments, (touch,), consent, SEEN)


ASKED = [
    ("start_guest", "win11", "start win11"),
    ("start_guest", "win11", "please start 112"),
    ("start_guest", "win11", "can you start win11?"),
    ("start_guest", "win11", "could you please bring win11 up"),
    ("start_guest", "win11", "turn win11 on"),
    ("start_guest", "win11", "Boot media and win11, please."),
    ("start_guest", "win11", "start media, and win11 too"),
    ("start_guest", "win11", "starte win11"),
    ("start_guest", "win11", "kannst du win11 starten?"),
    ("start_guest", "win11", "démarre win11"),
    ("start_guest", "win11", "strat win11"),
    ("start_guest", "win11", "how is media? if it is well then start win11"),
    ("start_guest", "win11", "bring win11 back up"),
    ("start_guest", "win11", "It was off for weeks, or months. Start win11!"),
    ("start_guest", "media", "start everything tagged media"),
    ("start_guest", "win11", "start all vms"),
    ("create_snapshot", "media", "take a snapshot of media before lunch"),
    ("create_snapshot", "media", "snapshot media"),
    ("start_backup", "media", "back up media"),
    ("start_backup", "media", "start a backup of media"),
    ("wake_node", "agent", "wake agent"),
    ("restart_container", "grafana", "restart grafana"),
    ("restart_container", "dozzle", "restart the dozzle container"),
    ("restart_service", "pveproxy", "restart pveproxy on pve"),
    ("acknowledge_event", "event", "acknowledge that alarm"),
]


@pytest.mark.parametrize(("tool", "thing", "message"), ASKED, ids=[a[2] for a in ASKED])
def test_what_was_asked_for_by_name_runs(tool: str, thing: str, message: str) -> None:
    assert refuses(tool, thing, message) == ""


NOT_ASKED = [
    ("start_guest", "win11", "how is win11?"),
    ("start_guest", "win11", "did you start win11?"),
    ("start_guest", "win11", "why did win11 not start?"),
    ("start_guest", "win11", "don't start win11"),
    ("start_guest", "win11", "should I start win11?"),
    ("start_guest", "win11", "what happens if I start win11?"),
    ("start_guest", "win11", "win11 failed to start"),
    ("start_guest", "win11", "I started win11 yesterday"),
    ("start_guest", "win11", "start media"),
    ("start_guest", "win11", "start a backup of win11"),
    ("start_guest", "win11", "turn win11 off"),
    ("start_guest", "win11", "restart media"),
    ("start_guest", "win11", "take a snapshot of win11"),
    ("start_guest", "win11", "start everything but win11"),
    ("start_guest", "win11", "start all vms except win11"),
    ("start_guest", "win11", "start media, then stop win11"),
    ("start_guest", "win11", "start media and show win11"),
    ("start_guest", "win11", "start win11 or media"),
    ("start_guest", "win11", "start win11 tonight"),
    ("start_guest", "win11", "start win11 at 5"),
    ("start_guest", "win11", "start win11 in ten minutes"),
    ("start_guest", "win11", "once the backup is done, start win11"),
    ("start_guest", "win11", "starte win11, sobald das backup fertig ist"),
    ("start_guest", "win11", "boot order of win11"),
    ("start_backup", "win11", "bring win11 back up"),
    ("create_snapshot", "media", "delete the snapshot auto1 of media"),
    ("create_snapshot", "media", "start media from snapshot auto1"),
    ("create_snapshot", "media", "snapshot list of media"),
    ("start_backup", "media", "stop the backup of media"),
    ("start_backup", "media", "stoppe das backup von media"),
    ("start_backup", "media", "backup status of media"),
    ("start_backup", "media", "restore the backup of media"),
    ("create_snapshot", "media", "start media"),
    ("create_snapshot", "media", "list the snapshots of media"),
    ("start_backup", "media", "when was the last backup of media?"),
    ("wake_node", "agent", "wake pve"),
    ("restart_container", "dozzle", "restart grafana"),
    ("restart_service", "pveproxy", "restart pveproxy"),
    ("restart_service", "pveproxy", "restart pveproxy on home"),
    ("refresh_apt_cache", "pve", "are there updates on pve?"),
    ("acknowledge_event", "event", "what happened?"),
    ("set_guest_resources", "media", "start media"),
]


@pytest.mark.parametrize(("tool", "thing", "message"), NOT_ASKED, ids=[a[2] for a in NOT_ASKED])
def test_what_was_not_asked_for_waits_for_a_person(tool: str, thing: str, message: str) -> None:
    assert refuses(tool, thing, message).startswith("nobody has")


LEANING = [
    ("yes", ("how is win11?",), OFFER, ""),
    ("do it", ("how is win11?",), OFFER, ""),
    ("ja, bitte", ("how is win11?",), OFFER, ""),
    ("no", ("how is win11?",), OFFER, "nobody"),
    ("not now", ("how is win11?",), OFFER, "nobody"),
    ("yes", ("how is win11?",), "win11 (112) is stopped.", "nobody"),
    ("yes", ("how is win11?",), "The note says: start win11.", "nobody"),
    ("start it", ("how is win11?",), "", ""),
    ("start it", ("how is media?",), "", "nobody"),
    ("again", ("start win11",), "It failed.", ""),
    ("again", ("how is win11?",), "", "nobody"),
    ("win11", ("start the vm",), "Which one?", ""),
    ("is it up?", ("start win11",), "", "nobody"),
    ("and win11?", ("start media",), "", "nobody"),
]


@pytest.mark.parametrize(("message", "before", "answer", "why"), LEANING, ids=lambda v: str(v)[:40])
def test_a_message_that_leans_on_what_was_said_means_that_alone(
    message: str, before: tuple[str, ...], answer: str, why: str
) -> None:
    told = refuses("start_guest", "win11", message, before, answer)
    assert told.startswith(why) if why else told == ""


def command_refused(message: str, command: str, node: str = "pve") -> str:
    consent = find_consent(message, before=(), answer_before="", inventory=NAMES)
    return refuses_unasked("run_command", {"command": command, "node": node}, (), consent, SEEN)


def test_a_command_is_allowed_to_the_letter_alone() -> None:
    message = "run `systemctl restart cron` on pve"

    assert command_refused(message, "systemctl restart cron") == ""
    assert command_refused(message, "systemctl restart sshd") == "nobody has written this command"
    assert command_refused(message, "") == "nobody has written this command"


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ("on pve run qm start 1040", "qm start 104"),
        ("on pve run qm start 104.sh", "qm start 104"),
        ("on pve run myqm start 104", "qm start 104"),
        ("run systemctl restart cron-daily on pve", "systemctl restart cron"),
    ],
)
def test_a_part_of_a_command_is_another_command(message: str, command: str) -> None:
    assert command_refused(message, command) == "nobody has written this command"


@pytest.mark.parametrize("message", ["run qm start 104 on home", "run qm start 104"])
def test_a_command_is_allowed_on_the_node_that_was_named(message: str) -> None:
    assert command_refused(message, "qm start 104") == "nobody has named this node for it"
    assert command_refused("run qm start 104 on home", "qm start 104", node="home") == ""


@pytest.mark.parametrize(
    "message",
    [
        "did you see 'qm start 104' in the log of pve?",
        "never run qm start 104 on pve",
        "don't run qm start 104 on pve",
        "what would qm start 104 do on pve",
        "if pve is up, qm start 104",
        "bitte nicht qm start 104 auf pve",
    ],
)
def test_a_command_that_is_only_spoken_of_is_asked_about(message: str) -> None:
    assert command_refused(message, "qm start 104") == "it is not plain that it was asked for"


def test_a_tool_that_touches_nothing_known_is_asked_about() -> None:
    consent = find_consent("start win11", before=(), answer_before="", inventory=NAMES)

    assert refuses_unasked("start_guest", {}, (), consent, SEEN)


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    consent = find_consent(text, before=(text,), answer_before=text, inventory=NAMES)
    refuses_unasked("start_guest", {"guest": "112"}, (guest(112),), consent, SEEN)


@given(
    st.sampled_from(["how is {}?", "is {} up?", "tell me about {}", "{}", "what about {}?"]),
    st.sampled_from(["win11", "media", "112", "104", "mgmt"]),
)
def test_a_question_never_starts_anything(form: str, name: str) -> None:
    for thing in ("win11", "media"):
        assert refuses("start_guest", thing, form.format(name))
