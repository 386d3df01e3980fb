"""Jarvis ends while Proxmox does what it was told: after the restart its outcome is looked up.

The audit, the feed and the conversation tell how it ended, and nothing is sent a second time.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from simulator.process import SimulatorProcess
from tests.support.house import QUICK_TIERS, House, eventually, settings_for, start_house
from tests.support.proxmox import Wire
from tests.support.windows import still_window

WORDS = "four unrelated words make one"
AFTER = "read after a restart of Jarvis"
LATE_MS = 90_000


@dataclass
class Killed:
    """A house that ends in the middle of a change, and started again."""

    page: Page
    wire: Wire
    house: House
    folder: Path
    settings: dict[str, str]

    def say(self, text: str) -> None:
        """Ask for something in the conversation."""
        field = self.page.get_by_role("textbox", name="Message to Jarvis")
        field.fill(text)
        field.press("Enter")

    def rows(self, action: str) -> list[dict[str, Any]]:
        """The entries of a tool, oldest first, as the audit hands them out."""
        found: list[dict[str, Any]] = self.page.request.get(
            f"/audit.json?action={action}", timeout=30_000
        ).json()
        return found

    def outcomes(self, action: str) -> list[str]:
        """How they read."""
        return [row["outcome"] for row in self.rows(action)]

    def end_in_the_middle(self, action: str, how: signal.Signals = signal.SIGKILL) -> str:
        """End the process once the change's task is on record; its UPID."""

        def accepted() -> str | None:
            rows = [row for row in self.rows(action) if row["outcome"] == "accepted"]
            return str(rows[0]["detail"]["upid"]) if rows else None

        upid = eventually("the task to be on record", accepted)
        self.house.stop(how)
        assert self.status(upid) == "running", "it was killed too late"
        return upid

    def status(self, upid: str) -> str:
        """How Proxmox has the task."""
        node = upid.split(":")[1]
        return str(self.wire.get(f"/nodes/{node}/tasks/{upid}/status", at="pve")["status"])

    def start_again(self) -> None:
        """The next start, on the same data and address, on a page that comes to it anew."""
        self.page.goto("about:blank")  # else it would load itself anew, in the midst of this
        port = int(self.house.url.rpartition(":")[2])
        self.house = start_house(["serve"], self.folder, port=port, **self.settings)
        self.page.goto("/")

    def card(self, tool: str) -> Locator:
        """The tool's card in the conversation."""
        return self.page.locator(".talk-tool").filter(has_text=tool)

    def expect_told(self, action: str, outcome: str, told: str) -> dict[str, Any]:
        """In all three places, and once; hands back the last entry of the audit."""
        card = self.card(action)
        expect(card.locator("summary .unseen")).to_have_text(outcome, timeout=LATE_MS)
        expect(card).to_contain_text(told)
        feed = self.page.locator(".panel-feed, .hud-feed").first
        expect(feed.get_by_text(told)).to_have_count(1)
        rows = self.rows(action)
        assert [row["outcome"] for row in rows] == ["begun", "accepted", outcome]
        assert rows[-1]["detail"]["of"] == rows[0]["id"]
        assert rows[-1]["detail"]["upid"] == rows[1]["detail"]["upid"]
        assert rows[-1]["detail"]["after_restart"] is True
        assert told in rows[-1]["because"]
        self.page.goto("/audit?verify=1")
        expect(self.page.get_by_text("the audit is whole")).to_be_visible()
        self.page.goto("/")
        return rows[-1]

    def tasks(self, node: str, kind: str) -> int:
        """How many tasks of a kind there are."""
        rows = self.wire.get(f"/nodes/{node}/tasks", source="all", limit=500)
        return sum(row["type"] == kind and "jarvis" in row["user"] for row in rows)


@contextmanager
def killing(browser: Browser, folder: Path, *, speed: float) -> Iterator[Killed]:
    """A signed-in page of a house over a slow homelab."""
    with SimulatorProcess.start(folder / "simulator", speed=speed) as simulator:
        settings = {**settings_for(simulator), **QUICK_TIERS}
        house = start_house(["serve"], folder, **settings)
        context = still_window(browser, base_url=house.url)
        page = context.new_page()
        page.goto(house.setup_link())
        page.get_by_label("Password", exact=True).fill(WORDS)
        page.get_by_label("Password again").fill(WORDS)
        page.get_by_role("button", name="Create the owner").click()
        page.get_by_role("region", name="Nodes").get_by_role("listitem").first.wait_for()
        with Wire(simulator) as wire:
            killed = Killed(page, wire, house, folder, settings)
            try:
                yield killed
            finally:
                context.close()
                killed.house.stop()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told"])
def test_a_change_that_ended_well_meanwhile_is_read_back_and_told_as_done(
    browser: Browser, tmp_path: Path, how: signal.Signals
) -> None:
    with killing(browser, tmp_path, speed=0.5) as killed:
        killed.say("@direct stop media")
        question = killed.page.locator(".panel-talk .approval")
        question.get_by_role("button", name="Proceed").click()
        upid = killed.end_in_the_middle("shutdown_guest", how)
        assert killed.wire.finish(upid) == "OK"

        killed.start_again()

        last = killed.expect_told(
            "shutdown_guest", "done", f"media (104) is stopped on pve; {AFTER}"
        )
        assert last["detail"]["verified"] is True
        told = killed.page.locator(".talk-answer").last
        expect(told).to_contain_text("that waited for you was approved and is done")
        assert killed.tasks("pve", "qmshutdown") == 1


def test_a_change_that_failed_meanwhile_is_told_with_what_proxmox_says(
    browser: Browser, tmp_path: Path
) -> None:
    with killing(browser, tmp_path, speed=0.1) as killed:
        killed.wire.simulator.fault("fill-storage", "backup")
        killed.say("@direct back up media")
        upid = killed.end_in_the_middle("start_backup")
        assert killed.wire.finish(upid) == "job errors"

        killed.start_again()

        killed.expect_told("start_backup", "failed", "Its task failed: job errors")
        expect(killed.card("start_backup")).to_contain_text("No space left on device")
        assert killed.tasks("pve", "vzdump") == 1


def test_a_node_that_does_not_answer_at_first_is_asked_until_it_does(
    browser: Browser, tmp_path: Path
) -> None:
    with killing(browser, tmp_path, speed=0.25) as killed:
        killed.say("@direct start dev-box")
        upid = killed.end_in_the_middle("start_guest")
        assert upid.split(":")[1] == "home"
        killed.wire.finish(upid)
        killed.wire.simulator.fault("freeze", "home")

        killed.start_again()

        eventually(
            "the node to be asked in vain",
            lambda: re.search("a task cannot be looked at; trying again", killed.house.log),
        )
        assert killed.outcomes("start_guest") == ["begun", "accepted"]
        expect(killed.card("start_guest")).to_contain_text("how its task ends is being looked up")
        killed.wire.simulator.clear("freeze")

        killed.expect_told("start_guest", "done", f"dev-box (140) is running on home; {AFTER}")
        assert killed.tasks("home", "qmstart") == 1


def test_a_change_that_still_runs_is_followed_to_its_end_whatever_else_is_killed(
    browser: Browser, tmp_path: Path
) -> None:
    with killing(browser, tmp_path, speed=0.1) as killed:
        killed.say("@direct start win11")
        upid = killed.end_in_the_middle("start_guest")
        killed.start_again()
        card = killed.card("start_guest")
        expect(card.locator("summary .unseen")).to_have_text("unknown")
        expect(card).to_contain_text("how its task ends is being looked up")
        assert killed.outcomes("start_guest") == ["begun", "accepted"]
        killed.house.stop(signal.SIGKILL)
        assert killed.status(upid) == "running"

        killed.start_again()

        killed.expect_told("start_guest", "done", f"win11 (112) is running on pve; {AFTER}")
        assert killed.tasks("pve", "qmstart") == 1
