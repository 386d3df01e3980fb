"""Messages that lean on what was said before."""

import pytest

from services.llm.messages import ProviderName
from services.llm.routing.reading import read
from services.llm.routing.values import Conversation
from tests.support.routing_messages import demo_inventory

INVENTORY = demo_inventory()
WORK = Conversation(last_provider=ProviderName.CLAUDE, last_needed_tools=True)
TALK = Conversation(last_provider=ProviderName.LOCAL, last_needed_tools=False)
OFFER = Conversation(
    last_provider=ProviderName.CLAUDE, last_needed_tools=True, offered_action="restart media"
)


def wants_tools(text: str, before: Conversation) -> bool:
    return read(text, before, INVENTORY).needs_tools


@pytest.mark.parametrize(
    "text",
    ["why?", "and nextcloud?", "and the other one?", "since when", "try again", "und git?",
     "restart it", "what about agent1"],
)  # fmt: skip
def test_after_work_it_goes_on_with_tools(text: str) -> None:
    assert wants_tools(text, WORK)


ASKS_ON = [
    "why so hot", "why so much?", "how come that much", "how long already", "how bad",
    "which is the worst", "which one is the oldest?", "drop the first", "only the last two",
    "the second", "geht das genauer", "wieso so heiss", "was ist das schlimmste",
    "depuis combien de temps",
]  # fmt: skip


@pytest.mark.parametrize("text", ASKS_ON)
def test_what_asks_on_means_what_was_said_before(text: str) -> None:
    assert wants_tools(text, WORK)
    assert not wants_tools(text, TALK)


@pytest.mark.parametrize("text", ["you are the best", "how long is the nile", "the last jedi"])
def test_what_has_a_subject_of_its_own_does_not_ask_on(text: str) -> None:
    assert not wants_tools(text, WORK)


@pytest.mark.parametrize("text", ["why?", "and btrfs?", "and prometheus?", "give me an example"])
def test_after_talk_it_goes_on_without(text: str) -> None:
    assert not wants_tools(text, TALK)


@pytest.mark.parametrize("text", ["is pve up?", "restart media", "and how full is the nas?"])
def test_work_after_talk_is_work(text: str) -> None:
    assert wants_tools(text, TALK)


@pytest.mark.parametrize("text", ["thanks", "ok great", "cheers", "danke", "merci"])
def test_thanks_after_work_are_thanks(text: str) -> None:
    assert not wants_tools(text, WORK)


@pytest.mark.parametrize("text", ["yes", "do it", "go ahead", "ja bitte", "oui", "ok, do that"])
def test_an_offer_can_be_accepted(text: str) -> None:
    assert wants_tools(text, OFFER)


@pytest.mark.parametrize("text", ["no", "no thanks", "never mind", "not now", "nein danke"])
def test_an_offer_can_be_declined(text: str) -> None:
    assert not wants_tools(text, OFFER)


def test_an_offer_declined_for_something_else_is_work() -> None:
    assert wants_tools("no, restart grafana instead", OFFER)


def test_yes_to_nothing_is_no_work() -> None:
    assert not wants_tools("yes", Conversation())


def test_one_message_may_hold_talk_and_work() -> None:
    assert wants_tools("thanks! what is zfs, and is my pool ok?", Conversation())
    assert not wants_tools("thanks! what is zfs, and what is btrfs?", Conversation())


def test_a_supposed_case_stays_supposed_to_its_end() -> None:
    assert not wants_tools("you have a server that is slow. what do you check first?", TALK)


def test_pasted_output_of_this_house_is_work() -> None:
    line = "Nov 26 03:12:44 pve kernel: ata3.00: failed command: READ FPDMA QUEUED"

    assert wants_tools(line, Conversation())
    assert wants_tools(f"why do I see this: {line}", Conversation())
