"""What is wrong with a node, and how old what is known of it is, on its card and in its drawer."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from simulator.remote import Control
from tests.support.hud import TAKE_ALONE, TWO_FRAMES

HOURS_S = 3_600
FINDINGS = {
    "pools": [["rpool", "DEGRADED", "its redundancy is lost or its devices are gone"]],
    "drives": [["/dev/nvme0n1", True, None], ["/dev/sda", False, "SMART says it will not last"]],
    "ills": [["rpool is DEGRADED", True], ["/dev/sda is failing", True]],
}


def take(hud: Page, **row: Any) -> None:
    hud.evaluate(TAKE_ALONE, {"nodes": {"set": {"pve": row}}})
    hud.evaluate(TWO_FRAMES)


def card(hud: Page) -> Locator:
    return hud.locator('.panel-nodes li[data-key="pve"]')


def facts(hud: Page) -> Locator:
    hud.evaluate("location.hash = '#node/pve'")
    return hud.locator(".drawer-facts")


def test_a_card_and_its_drawer_tell_what_is_wrong_instead_of_what_the_node_is(hud: Page) -> None:
    now = time.time()
    take(hud, ssh="connected", pools_at=now, drives_at=now, **FINDINGS)

    expect(card(hud).locator(".model")).to_have_text("rpool is DEGRADED +1")
    expect(card(hud).locator(".node")).to_have_attribute("data-ill", "alert")
    expect(
        card(hud).get_by_role("button", name=re.compile("rpool is DEGRADED, .dev.sda is failing"))
    ).to_be_visible()
    told = facts(hud)
    expect(told).to_contain_text("rpool degraded")
    expect(told).to_contain_text("/dev/sda: SMART says it will not last")
    expect(told.locator("b.alert")).to_have_count(2)

    take(hud, ills=None)

    expect(card(hud).locator(".model")).to_contain_text("Ryzen")


def test_a_temperature_is_amber_by_the_line_the_house_has_told(hud: Page) -> None:
    now = time.time()
    take(hud, temp=75, hot=False, temp_at=now)
    expect(card(hud).locator(".foot b")).to_have_text("75\u00a0°C")
    expect(card(hud).locator(".foot b.warn")).to_have_count(0)

    take(hud, temp=65, hot=True, temp_at=now)

    expect(card(hud).locator(".foot b.warn")).to_have_text("65\u00a0°C")
    expect(facts(hud).locator("b.warn", has_text="65")).to_be_visible()


def test_an_old_temperature_is_grey_and_says_how_old_and_why(hud: Page) -> None:
    take(hud, temp=71, hot=True, temp_at=time.time() - 60)
    expect(card(hud).locator(".aged")).to_have_text("")

    take(hud, temp_at=time.time() - 9 * HOURS_S, temp_says="pve does not answer")

    expect(card(hud).locator(".aged")).to_have_text("9\u00a0h old")
    expect(card(hud).locator(".foot b")).to_have_class("faint")
    expect(card(hud).locator(".foot b")).to_have_attribute(
        "title", re.compile("as of 9\u00a0h ago: pve does not answer")
    )
    expect(card(hud).get_by_role("button", name=re.compile("71.°C as of 9.h ago"))).to_be_visible()
    expect(facts(hud)).to_contain_text("as of 9\u00a0h ago, pve does not answer")


def test_every_part_of_a_node_in_the_drawer_has_its_own_age(hud: Page) -> None:
    now = time.time()
    take(
        hud,
        pools_at=now - 2 * HOURS_S,
        units_at=now - 3 * HOURS_S,
        units_says="systemctl did not answer",
        drives_at=now - 4 * HOURS_S,
        detail_at=now - 5 * HOURS_S,
        updates=3,
        security=0,
    )

    told = facts(hud)
    expect(told.locator("dd", has_text="as of 2\u00a0h ago")).to_contain_text("rpool online")
    expect(told.locator("dd", has_text="as of 3\u00a0h ago")).to_contain_text("none failed")
    expect(told.locator("dd", has_text="as of 3\u00a0h ago")).to_contain_text("systemctl did not")
    expect(told.locator("dd", has_text="as of 4\u00a0h ago")).to_contain_text("2\u00a0drives pass")
    expect(told.locator("dd", has_text="as of 5\u00a0h ago")).to_contain_text(["", "", "3", ""])


def test_what_was_never_read_over_a_lost_connection_is_not_told_as_well(hud: Page) -> None:
    take(
        hud,
        ssh="away",
        pools=[],
        pools_at=None,
        pools_says="pve does not answer",
        units=[],
        units_at=None,
        drives=[],
        drives_at=None,
    )

    told = facts(hud)
    expect(told.locator("dd", has_text="pve does not answer").locator("b")).to_have_text("—")
    expect(told).not_to_contain_text("none failed")


def test_a_node_that_is_lost_over_ssh_is_told_by_reactor_and_card(hud: Page, hurt: Control) -> None:
    hurt.fault("ssh-drop", "agent1")

    reactor = hud.locator(".standing-reasons")
    expect(reactor).to_contain_text("agent1: SSH is lost", timeout=60_000)
    lost = hud.locator('.panel-nodes li[data-key="agent1"]')
    expect(lost.locator(".model")).to_contain_text("SSH is lost")
    hurt.clear()
    expect(reactor).not_to_contain_text("agent1: SSH is lost", timeout=60_000)


@pytest.mark.phone
def test_an_old_temperature_fits_the_card_of_a_phone(hud: Page) -> None:
    take(hud, temp=71, temp_at=time.time() - 47 * HOURS_S, **FINDINGS)

    expect(card(hud).locator(".aged")).to_have_text("47\u00a0h old")
    wide = "(node) => node.scrollWidth <= node.clientWidth"
    assert card(hud).locator(".side").evaluate(wide)
    assert card(hud).evaluate(wide)


def test_reasons_there_is_no_room_for_are_counted_and_one_click_away(hud: Page) -> None:
    reasons = [f"guest {vmid} stopped and no task had asked it to" for vmid in range(100, 106)]
    told = {"mood": "alarm", "reasons": reasons, "alarms": 6}
    hud.evaluate(TAKE_ALONE, {"reactor": {"meta": told}, "top": {"meta": {"reasons": reasons}}})

    more = hud.locator(".standing-more")
    expect(more).to_have_text(re.compile(r"^\+[1-5] more$"))
    seen = hud.locator(".standing-reasons li:visible")
    assert seen.count() == 6 - int(more.inner_text().strip("+ more")), "none is seen by halves"
    more.click()

    health = hud.get_by_role("region", name="Health of the cluster")
    expect(health).to_contain_text("guest 105 stopped")
    hud.evaluate(TAKE_ALONE, {"reactor": {"meta": {**told, "reasons": reasons[:1], "alarms": 1}}})
    expect(more).to_be_hidden()


HIDDEN = """
(list) => {
  const { bottom } = list.getBoundingClientRect();
  const unseen = (one) => one.getBoundingClientRect().bottom > bottom + 1;
  return [...list.children].filter(unseen).length;
}
"""


@pytest.mark.parametrize("width", [1920, 1366])
def test_no_reason_that_can_be_read_is_counted_among_those_that_cannot(
    hud: Page, width: int
) -> None:
    hud.set_viewport_size({"width": width, "height": 1080 if width == 1920 else 768})
    reasons = [
        "pve/local-zfs is 98 % full",
        "agent: logrotate.service failed",
        "pve runs hot",
        "home: a drive is hot",
        "nas is not available",
    ]
    more, listed = hud.locator(".standing-more"), hud.locator(".standing-reasons")
    counts = []
    for count in (5, 3, 2):
        told = {"mood": "attention", "reasons": reasons[:count], "alarms": 0}
        hud.evaluate(TAKE_ALONE, {"reactor": {"meta": told}})
        expect(listed.locator("li")).to_have_count(count)
        hud.evaluate(TWO_FRAMES)
        hidden = listed.evaluate(HIDDEN)
        counts.append(hidden)
        assert more.is_visible() == (hidden > 0)
        assert not hidden or more.inner_text() == f"+{hidden} more"

    assert counts[-1] == 0
    assert listed.locator("li").nth(1).evaluate("(one) => one.offsetHeight") <= 22
