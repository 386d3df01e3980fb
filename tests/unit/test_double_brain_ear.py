"""What the scripted brain makes of words that lean on others, of other languages, of several."""

import pytest

from simulator.llm.brain.reading import Reading
from simulator.llm.brain.reads import relay_reading
from tests.support.parlour import Parlour


@pytest.mark.parametrize(
    ("words", "tool"),
    [("and stop it again", "shutdown_guest"), ("restart it please", "reboot_guest")],
)
def test_it_is_whoever_the_question_before_was_about(words: str, tool: str) -> None:
    parlour = Parlour()
    parlour.ask("how is media?")
    parlour.ask(words)

    assert (tool, "media") in parlour.house.changes


def test_it_is_nobody_where_nobody_was_spoken_of() -> None:
    parlour = Parlour()

    assert parlour.ask("stop it") == "Whom shall I shut down?"
    assert parlour.house.changes == []


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("starte media neu", "reboot_guest"),
        ("starte bitte win11", "start_guest"),
        ("fahr media runter", "shutdown_guest"),
        ("redémarre media stp", "reboot_guest"),
        ("arrête media", "shutdown_guest"),
    ],
)
def test_orders_are_understood_in_german_and_french(words: str, tool: str) -> None:
    parlour = Parlour()
    parlour.ask(words)

    assert [name for name, _ in parlour.house.changes] == [tool]


@pytest.mark.parametrize("words", ["läuft media noch?", "est-ce que media tourne ?"])
def test_questions_are_understood_in_german_and_french(words: str) -> None:
    assert "media (104) is running" in Parlour().ask(words)


def test_the_other_one_is_shown_beside_the_rest_or_asked_for() -> None:
    parlour = Parlour()
    parlour.ask("why is pve hot?")

    assert "Temperatures of 1 node" in parlour.ask("and the other one?")
    assert parlour.ask("how is media?")
    assert parlour.ask("and the other one?") == "Which one do you mean? Name it, and I look."


def test_several_questions_in_one_message_are_all_answered() -> None:
    parlour = Parlour()
    parlour.ask("what is down?")
    answer = parlour.ask("is media up, how hot is pve and how full is local-zfs?")

    for told in ("media (104) is running", "71 °C", "local-zfs on **pve** is 87 % full"):
        assert told in answer
    assert parlour.rounds <= 4, "the first results are shortened after three"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("104?", "media (104) is running"),
        ("what runs on pve?", "5 guests"),
        ("how much memory is free on pve?", "47.4 GiB of 63.4 GiB (75 %)"),
        ("did the backups run last night?", "job errors"),
    ],
)
def test_what_is_asked_is_what_is_told(words: str, told: str) -> None:
    assert told in Parlour().ask(words)


def test_a_guest_is_looked_for_where_only_nodes_were_told_of() -> None:
    parlour = Parlour()
    parlour.ask("temps")
    parlour.ask("list the backups of media")

    assert parlour.used == ["list_nodes", "list_guests", "list_backups"]
    assert parlour.house.asked[-1].arguments["guest"] == "media"


def test_lines_that_are_left_out_are_counted() -> None:
    told = "\n".join(["The last 20 lines of the journal on pve", *(f"line {n}" for n in range(20))])

    assert relay_reading(Reading("done", told)).endswith("- line 7\n- … and 12 more lines")
