"""Real pages in Chromium, signed in, for the benchmarks that look from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from simulator.remote import Control
from tests.support.house import House, start_house

WINDOW = {"width": 1920, "height": 1080}


@contextmanager
def demo(folder: Path, *arguments: str, **settings: str) -> Iterator[House]:
    """A running `jarvis demo`; its process is Jarvis alone, the homelab is a child of it."""
    house = start_house(["demo", *arguments], folder, **settings)
    try:
        yield house
    finally:
        house.stop()


def control_of(house: House) -> Control:
    """What hurts the demo's homelab."""
    return Control.find(house.folder / "data" / "demo" / "simulator")


@contextmanager
def signed_in(browser: Browser, house: House, *, reduced: bool) -> Iterator[BrowserContext]:
    """A window whose cookie came by the one-time link; `reduced` holds all animation still."""
    context = browser.new_context(
        base_url=house.url,
        viewport=WINDOW,
        locale="en-GB",
        reduced_motion="reduce" if reduced else "no-preference",
    )
    context.set_default_timeout(60_000)
    cookies = getattr(house, "bench_cookies", None)
    if cookies is None:
        page = context.new_page()
        page.goto(house.login_link())
        _fed(page)
        house.bench_cookies = context.cookies()  # type: ignore[attr-defined]
        page.close()
    else:
        context.add_cookies(cookies)
    try:
        yield context
    finally:
        context.close()


def open_page(context: BrowserContext) -> Page:
    """A page that shows the cluster."""
    page = context.new_page()
    page.goto("/")
    return _fed(page)


def _fed(page: Page) -> Page:
    page.get_by_role("region", name="Nodes").get_by_role("listitem").first.wait_for()
    return page
