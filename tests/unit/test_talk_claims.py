"""An answer may claim only what was done; what merely sounds like a claim is let be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.judging.claims import asks_for_tools, find_false_claim

CLAIMS = [
    "I have restarted media.",
    "I've restarted media (104) for you.",
    "Done. I restarted nextcloud.",
    "media has been restarted successfully.",
    "win11 was successfully started.",
    "I have shut down unifi.",
    "I just rebooted pve.",
    "All set: I have deleted the snapshot.",
    "I have backed up nextcloud.",
    "media has been migrated.",
    "Restarted media.",
    "Done. Restarted media (104).",
    "Media is restarted.",
    "media is now rebooted.",
    "I successfully restarted media.",
    "I also restarted media.",
    "I have successfully restarted media.",
    "I have resized the disk of media.",
    "I have enabled the firewall.",
    "I've cleaned up local-zfs.",
    "Ich habe media neu gestartet.",
    "Ich habe media (104) gestoppt.",
    "media wurde erfolgreich neu gestartet.",
    "J'ai redémarré media.",
    "media a été redémarré avec succès.",
]


@pytest.mark.parametrize("answer", CLAIMS)
def test_a_plain_claim_of_a_change_nobody_made_is_found(answer: str) -> None:
    assert find_false_claim(answer, done=())


INNOCENT = [
    "media was restarted 3 days ago.",
    "media has been running since Monday.",
    "Shall I say that I have restarted media?",
    "I have not restarted media.",
    "Nothing has been restarted.",
    "Once I have restarted media, it will be well.",
    "If it has been restarted, its uptime is short.",
    "win11 is stopped; media is running.",
    "It was restarted by owner.",
    "media was restarted at 12:03.",
    "The log says “I have restarted media”.",
    "```\nI have restarted media\n```",
    "| what | I have restarted media |",
    "A service that has been stopped cannot answer, whatever you ask.",
    "To have restarted media would have helped.",
    "Good day, sir. What may I look at?",
    "I can restart media; it waits for your word.",
    "Stopped guests: win11, unifi.",
    "Stopped guests are win11 and unifi.",
    "Stopped: win11.",
    "Started 3 days ago.",
    "The firewall is enabled.",
    "win11 is paused and media is suspended.",
    "Updates are installed by hand.",
    "Ich habe media nicht neu gestartet.",
    "media wurde vor 3 Tagen gestartet.",
    "Je n'ai pas redémarré media.",
    "I started with the storages: all are well.",
    "Is restarted media what you want?",
    "",
]


@pytest.mark.parametrize("answer", INNOCENT)
def test_what_is_no_claim_is_let_be(answer: str) -> None:
    assert find_false_claim(answer, done=()) is None


def test_a_claim_stands_when_such_a_change_came_about() -> None:
    claim = "I have restarted media."

    assert find_false_claim(claim, done=("reboot_guest",)) is None
    assert find_false_claim(claim, done=("run_command",)) is None
    assert find_false_claim(claim, done=("create_snapshot",)) == claim
    assert find_false_claim(claim, done=(), earlier=("reboot_guest",)) is None


def test_a_command_of_an_earlier_turn_bears_out_no_claim_of_now() -> None:
    assert find_false_claim("I have restarted media.", done=(), earlier=("run_command",))
    assert find_false_claim("I restarted media.", done=(), earlier=("run_command",)) is None


def test_records_bear_out_no_claim_of_now() -> None:
    for claim in ("I have restarted media.", "I just restarted media.", "Restarted media."):
        assert find_false_claim(claim, done=(), read=("read_journal",)) == claim


def test_any_change_bears_out_a_claim_that_something_is_mended() -> None:
    assert find_false_claim("I have fixed it.", done=("restart_service",)) is None
    assert find_false_claim("I have fixed it.", done=())


def test_records_that_were_read_may_tell_of_older_changes() -> None:
    claim = "I restarted media."

    assert find_false_claim(claim, done=(), read=("get_recent_events",)) is None
    assert find_false_claim(claim, done=(), read=("get_guest_status",)) == claim


@given(st.text(max_size=400))
def test_no_answer_breaks_it(text: str) -> None:
    find_false_claim(text, done=())
    asks_for_tools(text)


@pytest.mark.parametrize(
    "answer",
    [
        "I have not looked at the cluster.",
        "I cannot see your machines.",
        "I don't have access to the cluster.",
        "I have no tool at hand here that could look, so I do not know.",
    ],
)
def test_a_model_that_lacks_tools_says_so_in_words(answer: str) -> None:
    assert asks_for_tools(answer)


@pytest.mark.parametrize(
    "answer", ["A quorum is a majority.", "Good day, sir. What may I look at?", "You are welcome."]
)
def test_an_answer_that_needs_none_asks_for_none(answer: str) -> None:
    assert not asks_for_tools(answer)
