"""Where a question stands: in its conversation, in the approvals, on a phone; and that all fits."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.talk_page import TalkPage

PAPERS = ("/costs", "/audit", "/account")


def asked_in_approvals(page: Page) -> Locator:
    return page.locator(".hud-approvals .approval")


def refuse(page: Page, card: Locator) -> None:
    card.get_by_role("button", name="Refuse", exact=True).click()
    card.get_by_role("button", name="Refuse it").click()
    expect(page.locator(".approval")).to_have_count(0)


def test_who_opens_the_approvals_finds_a_question_of_the_conversation(
    talk: TalkPage, hud: Page
) -> None:
    talk.say("restart media")
    expect(talk.card).to_contain_text("reboot_guest")
    expect(asked_in_approvals(hud)).to_have_count(0)

    hud.locator(".top .waits").click()

    expect(asked_in_approvals(hud)).to_contain_text("reboot_guest")
    expect(asked_in_approvals(hud)).to_be_focused()
    refuse(hud, asked_in_approvals(hud))
    talk.wait()
    expect(hud.locator(".approval-decided")).to_contain_text("reboot_guest media (104)")


@pytest.mark.phone
def test_a_phone_shows_a_question_of_the_conversation_in_both_places(
    talk: TalkPage, hud: Page
) -> None:
    talk.say("restart nextcloud")
    expect(talk.card).to_be_visible()
    tab = hud.get_by_role("button", name="Approve")
    expect(tab).to_have_attribute("data-badge", "1")

    tab.click()

    expect(asked_in_approvals(hud)).to_be_visible()
    refuse(hud, asked_in_approvals(hud))
    expect(hud.get_by_role("list", name="Decided lately")).to_contain_text("reboot_guest")
    hud.get_by_role("button", name="Talk", exact=True).click()
    talk.wait()


@pytest.mark.phone
def test_a_phone_has_room_for_every_section(hud: Page) -> None:
    for name, region in (
        ("Cluster", "Nodes"),
        ("Talk", "Conversation"),
        ("Approve", "Approvals"),
        ("Terminal", "Terminal"),
        ("More", "Activity"),
    ):
        hud.get_by_role("button", name=name).click()
        box = hud.get_by_role("region", name=region).bounding_box()
        assert box is not None
        assert box["height"] > 150, f"{region} is {box['height']:g} px high"
        assert wider_by(hud) <= 0, name


@pytest.mark.phone
def test_a_phone_reads_every_plain_page_without_moving_it_aside(hud: Page) -> None:
    for path in PAPERS:
        hud.goto(path)
        expect(hud.get_by_role("navigation", name="Pages")).to_contain_text("Costs")
        assert wider_by(hud) <= 0, path
    hud.goto("/")


def wider_by(page: Page) -> int:
    """By how much the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )
