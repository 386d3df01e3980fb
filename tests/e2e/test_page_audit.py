"""What a person does on the page is in the audit, and the page of costs draws what it says."""

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Page

from simulator.remote import Control
from tests.support.house import eventually


def test_a_fault_given_on_the_page_is_audited(hud: Page, hurt: Control, data_folder: Path) -> None:
    hud.get_by_role("button", name="Simulation").click()
    overheat = hud.get_by_role("listitem").filter(has_text="Overheat")
    overheat.get_by_role("combobox").select_option("agent")

    overheat.get_by_role("button", name=re.compile("Cause")).click()

    target = "simulation/overheat/agent"
    entry = eventually("the row of the audit", lambda: find_entry(data_folder, target))
    assert entry == ("user/owner", "give-fault", target, "done")


WIDTHS = """
(bar) => {
  const whole = bar.getBoundingClientRect().width;
  return [...bar.children].map((one) => [
    Number(one.getAttribute('width')), (100 * one.getBoundingClientRect().width) / whole,
  ]);
}
"""


def test_a_budget_s_bar_is_as_long_as_what_was_spent(hud: Page) -> None:
    hud.goto("/costs")

    bars = hud.get_by_role("img", name=re.compile("^(Today|This month): "))

    assert bars.count() == 2
    for told in bars.evaluate_all(f"(bars) => bars.map({WIDTHS})"):
        assert [round(drawn) for _, drawn in told] == [round(wanted) for wanted, _ in told]


def find_entry(folder: Path, target: str) -> tuple[str, str, str, str] | None:
    """The newest entry of that target in the audit."""
    connection = sqlite3.connect(folder / "jarvis.db")
    try:
        row: tuple[str, str, str, str] | None = connection.execute(
            "SELECT actor, action, target, outcome FROM audit WHERE target = ? "
            "ORDER BY id DESC LIMIT 1",
            (target,),
        ).fetchone()
    finally:
        connection.close()
    return row
