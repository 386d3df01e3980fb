"""The page shows the cluster and moves as it moves."""

import re

import pytest
from playwright.sync_api import Page, expect

from simulator.remote import Control

pytestmark = pytest.mark.effects
WITHIN_MS = 20_000


def test_the_page_shows_four_nodes_and_twenty_guests(hud: Page) -> None:
    expect(hud.get_by_role("region", name="Nodes").get_by_role("listitem")).to_have_count(4)
    grid = hud.get_by_role("region", name="Guests").get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "20")
    topology = hud.get_by_role("region", name="Topology")
    expect(topology).to_contain_text("4 nodes · 19 guests · 1 template")
    expect(hud.get_by_role("banner")).to_contain_text("4/4")
    expect(hud.get_by_role("banner")).to_contain_text("Simulation")


def test_numbers_move_without_a_reload(hud: Page) -> None:
    nodes = hud.get_by_role("region", name="Nodes")
    before = nodes.get_by_role("button").all_text_contents()

    hud.wait_for_function(
        "(before) => [...document.querySelectorAll('.panel-nodes button')]"
        ".some((button) => !before.includes(button.textContent))",
        arg=before,
        timeout=60_000,
    )


def test_the_health_tells_how_each_rhythm_of_reading_goes(hud: Page) -> None:
    hud.get_by_role("button", name=re.compile("^Health:")).click()

    readings = hud.get_by_role("region", name="Health of the cluster").locator(".readings li")
    expect(readings).to_have_count(4)
    expect(readings.first).to_contain_text(re.compile(r"critical.*read .* ago.*next (in|now)"))
    expect(readings.nth(2)).to_contain_text("routine")


def test_a_node_that_loses_power_is_told_and_its_return_too(hud: Page, hurt: Control) -> None:
    agent1 = hud.get_by_role("region", name="Nodes").get_by_role(
        "button", name=re.compile("^agent1")
    )
    expect(agent1).to_have_accessible_name(re.compile("online"))

    hurt.fault("power-off", "agent1")

    expect(agent1).to_have_accessible_name(re.compile("down"), timeout=WITHIN_MS)
    feed = hud.get_by_role("region", name="Activity")
    expect(feed.get_by_text(re.compile("agent1 is down")).first).to_be_visible(timeout=WITHIN_MS)
    expect(hud.get_by_role("banner")).to_contain_text("3/4")

    hurt.clear("power-off", "agent1")

    back = feed.get_by_text(re.compile("agent1 is back after")).first
    expect(back).to_be_visible(timeout=60_000)
    expect(agent1).to_have_accessible_name(re.compile("online"))


def test_a_crashed_guest_is_told_as_one_that_nobody_stopped(hud: Page, hurt: Control) -> None:
    hurt.fault("crash-guest", "105")

    feed = hud.get_by_role("region", name="Activity")
    told = feed.get_by_text(re.compile(r"nextcloud \(105\) stopped .* no task had asked"))
    expect(told.first).to_be_visible(timeout=WITHIN_MS)
    row = hud.get_by_role("grid", name="Guests").get_by_role("row", name=re.compile(" 105 "))
    expect(row).to_contain_text("off")

    hurt.clear("crash-guest", "105")
    expect(feed.get_by_text(re.compile(r"nextcloud \(105\) started")).first).to_be_visible(
        timeout=WITHIN_MS
    )


def test_the_sheet_of_faults_follows_the_guests_and_keeps_what_was_chosen(
    hud: Page, hurt: Control
) -> None:
    hud.get_by_role("button", name="Simulation").click()
    guests = hud.get_by_label("Crash a guest: guest")
    guests.select_option("105")
    guests.focus()

    hurt.fault("crash-guest", "106")

    expect(guests.locator("option[value='106']")).to_have_count(0, timeout=WITHIN_MS)
    expect(guests).to_have_value("105")
    expect(guests).to_be_focused()


def test_a_stalled_api_leaves_the_page_alive_and_says_how_old_the_figures_are(
    hud: Page, hurt: Control
) -> None:
    hurt.fault("stall")

    nodes = hud.get_by_role("region", name="Nodes")
    expect(nodes).to_contain_text(re.compile(r"as of .*, \d+"), timeout=60_000)
    hud.get_by_role("searchbox", name="Find guests").fill("nextcloud")
    guests = hud.get_by_role("grid", name="Guests")
    expect(guests.get_by_role("row", name=re.compile("nextcloud"))).to_have_count(1)
    expect(guests.get_by_role("row", name=re.compile("haos"))).to_have_count(0)

    hurt.clear("stall")
    expect(nodes).to_contain_text(re.compile(r"seen \d+\ss ago"), timeout=60_000)


def test_a_storage_that_fills_raises_an_alarm_on_the_page(hud: Page, hurt: Control) -> None:
    hurt.fault("fill-storage", "home/local-lvm")

    storage = hud.get_by_role("region", name="Storage")
    filled = storage.get_by_role("button", name=re.compile(r"home\/local-lvm.* 9[89]\s% full"))
    expect(filled).to_be_visible(timeout=WITHIN_MS)
    feed = hud.get_by_role("region", name="Activity")
    expect(feed.get_by_text(re.compile("home/local-lvm is 9[89].% full")).first).to_be_visible(
        timeout=WITHIN_MS
    )


def test_lost_quorum_is_an_alarm_in_the_top_bar(hud: Page, hurt: Control) -> None:
    hurt.fault("lose-quorum")

    expect(hud.get_by_role("button", name=re.compile("^Health: alarm"))).to_be_visible(
        timeout=60_000
    )
    feed = hud.get_by_role("region", name="Activity")
    expect(feed.get_by_text(re.compile("Quorum lost")).first).to_be_visible(timeout=60_000)

    hurt.clear("lose-quorum")
    expect(feed.get_by_text(re.compile("Quorum is back")).first).to_be_visible(timeout=60_000)


def test_a_revoked_token_is_told_with_its_remedy(hud: Page, hurt: Control) -> None:
    hurt.fault("revoke-token")

    whole = hud.locator(".panel-reactor > .panel-says")
    expect(whole).to_contain_text("PROXMOX_TOKEN_SECRET", timeout=60_000)
    nodes = hud.get_by_role("region", name="Nodes")
    expect(nodes).to_contain_text("refused the token (401). Trying again")

    hurt.clear("revoke-token")
    expect(nodes).not_to_contain_text("refused", timeout=60_000)
    expect(whole).to_be_empty()


def test_a_changed_certificate_is_refused_and_told(hud: Page, hurt: Control) -> None:
    hurt.fault("change-certificate", "all")

    nodes = hud.get_by_role("region", name="Nodes")
    expect(nodes).to_contain_text("No endpoint of Proxmox is trusted", timeout=60_000)
    whole = hud.locator(".panel-reactor > .panel-says")
    expect(whole).to_contain_text(re.compile("certificate"))
    feed = hud.get_by_role("region", name="Activity")
    expect(feed.get_by_text(re.compile("certificate")).first).to_be_visible(timeout=60_000)

    hurt.clear("change-certificate")
    expect(nodes).to_contain_text(re.compile(r"seen \d+\ss ago"), timeout=90_000)


@pytest.mark.phone
def test_on_a_phone_every_column_is_a_tab_away(hud: Page) -> None:
    sections = hud.get_by_role("navigation", name="Sections")
    expect(hud.get_by_role("region", name="Nodes")).to_be_visible()
    expect(hud.get_by_role("region", name="Activity")).to_be_hidden()

    sections.get_by_role("button", name="Talk").click()
    expect(hud.get_by_role("region", name="Conversation")).to_be_visible()
    expect(hud.get_by_role("region", name="Nodes")).to_be_hidden()

    sections.get_by_role("button", name="More").click()
    for name in ("Activity", "Topology", "Tasks"):
        expect(hud.get_by_role("region", name=name)).to_be_visible()
    expect(hud.get_by_role("region", name="Conversation")).to_be_hidden()
    width = hud.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
