"""A guest whose name, tags, notes, snapshot and task log are markup: the page shows it as text."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from simulator.remote import Control
from tests.support.house import House, eventually
from tests.support.simulated import client_at
from tests.support.talk_page import TalkPage

VMID, NODE, WAS, TAGS = 122, "pve", "prometheus", "infra"
AT = f"/api2/json/nodes/{NODE}/lxc/{VMID}"
NOWHERE = "http://192.0.2.66/leak"


def markup(place: str) -> str:
    """Markup of each dangerous kind that tells where it stood."""
    run = f"window.pwned='{place}'"
    return (
        f'{place}: <img src=x onerror="{run}"><script>{run}</script>'
        f'<iframe srcdoc="<script>parent.{run}</script>"></iframe><svg onload="{run}"></svg>'
        f"[a](javascript:{run})![b]({NOWHERE}?{place})"
    )


NAME, NOTES, SNAPSHOT = markup("name"), markup("notes"), markup("snapshot")
TAG = f"<img/src='{NOWHERE}?tag'/onerror=window.pwned='tag'><script>window.pwned='tag'</script>"
MADE = """() => [...document.querySelectorAll('*')].filter((one) =>
  one.matches('img, iframe, object, embed, base')
  || one.matches('script, svg, style') && one.outerHTML.includes('pwned')
  || !one.matches('.talk-answer .prose a[href^=http][rel~=noopener]')
    && [...one.attributes].some(({ name, value }) => name.startsWith('on')
      || ['href', 'src', 'srcdoc', 'action', 'style'].includes(name)
        && /javascript:|pwned|leak/i.test(value))
).map((one) => one.outerHTML.slice(0, 300))"""
"""What may have been made of it; a link in an answer is a model's own Markdown, and only a link."""


@pytest.fixture(scope="module")
def stranger(demo: House) -> Iterator[None]:
    """Somebody who may name a guest has done so; it is as it was when the tests are over."""
    with client_at(demo.folder / "data" / "demo" / "simulator") as wire:
        try:
            configure(wire, name=NAME, tags=TAG, description=NOTES)
            taken = {"snapname": "s1", "description": SNAPSHOT}
            done(wire, wire.post(f"{AT}/snapshot", data=taken))
            done(wire, wire.post(f"/api2/json/nodes/{NODE}/vzdump", data={"vmid": str(VMID)}))
            yield
            done(wire, wire.delete(f"{AT}/snapshot/s1"))
        finally:
            configure(wire, name=WAS, tags=TAGS, delete="description")


def configure(wire: httpx.Client, **values: str) -> None:
    """Change the guest's configuration, once it is not locked."""
    eventually(
        "a guest that takes its configuration",
        lambda: wire.put(f"{AT}/config", data=values).is_success,
    )


def done(wire: httpx.Client, asked: httpx.Response) -> None:
    """Wait for the end of the task that was begun."""
    assert asked.is_success, asked.text
    at = f"/api2/json/nodes/{NODE}/tasks/{asked.json()['data']}/status"
    eventually("the end of the task", lambda: wire.get(at).json()["data"]["status"] == "stopped")


@pytest.fixture
def watched(hud: Page, stranger: None, demo: House) -> Iterator[Page]:
    """A page that has heard of the guest, may ask its own server alone, and opens no dialog."""
    asked: list[str] = []
    dialogs: list[str] = []
    own = urlsplit(demo.url).netloc
    hud.on("request", lambda one: asked.append(one.url))
    hud.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
    named = f"jarvis.panel('guests').rows.get('{VMID}')?.name?.startsWith('name:')"
    hud.wait_for_function(named)
    # A page that is built anew carries the name in what it is built from.
    hud.reload()
    hud.wait_for_function(named)
    yield hud
    assert_text_only(hud)
    assert [url for url in asked if urlsplit(url).netloc not in (own, "")] == []
    assert dialogs == []


def assert_text_only(page: Page) -> None:
    """No element was made of it, and nothing of it ran."""
    assert page.evaluate(MADE) == []
    assert page.evaluate("window.pwned") is None


def open_drawer(page: Page, kind: str, id: str) -> Locator:
    """The drawer of one thing."""
    page.evaluate("([kind, id]) => jarvis.action('open', { kind, id })", [kind, id])
    return page.locator(".drawer-sheet")


def test_the_guest_list_shows_a_name_of_markup_as_text(watched: Page) -> None:
    watched.get_by_role("searchbox", name="Find guests").fill("onerror")

    row = watched.get_by_role("grid", name="Guests").get_by_role("row", name=re.compile("122"))
    expect(row).to_contain_text(NAME)


def test_the_drawer_shows_tags_notes_snapshots_and_a_log_as_text(watched: Page) -> None:
    drawer = open_drawer(watched, "guest", str(VMID))

    expect(drawer.get_by_role("heading", name=NAME)).to_be_visible()
    expect(drawer).to_contain_text(TAG)
    expect(drawer).to_contain_text(NOTES)
    expect(drawer.get_by_role("region", name="Snapshots")).to_contain_text(SNAPSHOT)
    assert_text_only(watched)

    tasks = drawer.get_by_role("region", name="Tasks")
    tasks.get_by_role("button", name=re.compile("backup", re.IGNORECASE)).first.click()
    expect(drawer.get_by_role("region", name="Log")).to_contain_text(f"CT Name: {NAME}")


def test_the_feed_shows_an_event_of_a_name_of_markup_as_text(watched: Page, hurt: Control) -> None:
    hurt.fault("crash-guest", str(VMID))

    row = watched.locator(".hud-feed .feed-row", has_text=f"({VMID}) stopped").first
    expect(row).to_contain_text("name: <img src=x", timeout=30_000)
    row.click()
    expect(watched.locator(".drawer-sheet")).to_contain_text("name: <img src=x")
    hurt.clear("crash-guest", str(VMID))
    expect(watched.locator(".hud-feed")).to_contain_text(f"({VMID}) started", timeout=30_000)


def test_the_topology_tells_a_name_of_markup_as_text(watched: Page) -> None:
    topology = watched.get_by_role("listbox", name=re.compile("^Topology"))
    spot = topology.get_by_role("option")
    topology.focus()
    while not (spot.text_content() or "").startswith(NODE):
        watched.keyboard.press("ArrowRight")
    told: list[str] = []
    while not any(NAME in one for one in told):
        watched.keyboard.press("ArrowDown")
        told.append(spot.text_content() or "")
        assert len(told) < 20, told


def test_the_palette_finds_a_name_of_markup_as_text(watched: Page) -> None:
    watched.keyboard.press("Control+k")
    watched.get_by_role("combobox", name=re.compile("Find")).fill("onerror")

    found = watched.get_by_role("listbox", name="Found").get_by_role("option")
    expect(found.first).to_contain_text(NAME)


def test_the_rules_tell_a_name_of_markup_letter_by_letter(watched: Page, talk: TalkPage) -> None:
    talk.ask(f"@direct how is {VMID}?")

    expect(talk.last).to_contain_text(f"Guest {NAME} ({VMID})")
    assert talk.last.locator("a").count() == 0


def test_the_talk_shows_it_in_chips_tool_cards_and_a_question_as_text(
    watched: Page, talk: TalkPage
) -> None:
    calls = [
        {"tool": "list_guests", "arguments": {}},
        {"tool": "get_guest_config", "arguments": {"guest": str(VMID)}},
        {"tool": "list_snapshots", "arguments": {"guest": str(VMID)}},
        {"tool": "reboot_guest", "arguments": {"guest": str(VMID)}},
    ]
    talk.models.llm_script(
        "claude",
        {"text": f"I look at {NAME} ({VMID}).", "calls": calls},
        {"text": f"{NAME} ({VMID}) runs, with {NOTES}."},
    )
    talk.say(f"@claude what is {VMID}?")

    expect(talk.card).to_contain_text(NAME)
    assert_text_only(watched)
    talk.card.get_by_role("button", name="Refuse").click()
    talk.card.get_by_role("button", name="Refuse it").click()
    talk.wait()
    for summary in watched.locator(".talk-tool summary").all():
        summary.click()
    # A table of a tool cuts what is long.
    for text in (NAME, TAG, NOTES, SNAPSHOT[:60]):
        expect(watched.locator(".talk-list")).to_contain_text(text)
    assert watched.locator(".talk-list :is(img, script, iframe, svg)").count() == 0
