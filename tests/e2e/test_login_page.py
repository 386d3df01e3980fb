"""Signing in, as a person sees it in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.door import PASSWORD, DoorHouse


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorHouse]:
    running = DoorHouse(tmp_path_factory.mktemp("house"))
    running.start()
    yield running
    running.end()


@pytest.fixture
def window(browser: Browser, house: DoorHouse) -> Iterator[BrowserContext]:
    house.turn(7_200)
    with browser.new_context(base_url=house.origin) as opened:
        yield opened


@pytest.fixture
def visitor(window: BrowserContext, house: DoorHouse) -> Page:
    """A page at the door of a house that has an owner."""
    with house.browser() as setting_up:
        house.set_up(setting_up)
    page = window.new_page()
    page.goto("/")
    return page


def test_a_newcomer_sets_up_the_owner_and_is_in(browser: Browser, tmp_path: Path) -> None:
    house = DoorHouse(tmp_path)
    house.start()
    try:
        with browser.new_context(base_url=house.origin) as window:
            page = window.new_page()
            page.goto("/")
            expect(page).to_have_url(re.compile("/setup$"))
            expect(page.get_by_label("Name")).to_have_value("owner")
            expect(page.get_by_label("Setup code")).to_be_focused()
            page.get_by_label("Setup code").fill(house.setup_code)
            page.get_by_label("Password", exact=True).fill("short")
            page.get_by_label("Password again").fill("short")
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_contain_text("10 or more")

            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_label("Password again").fill(PASSWORD)
            page.get_by_role("button", name="Create the owner").click()

            expect(page.get_by_text("Good evening, owner")).to_be_visible()
    finally:
        house.end()


def test_signing_in_needs_no_mouse_and_the_page_lives_behind_the_wall(visitor: Page) -> None:
    faults: list[str] = []
    visitor.on("pageerror", lambda error: faults.append(str(error)))
    visitor.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    expect(visitor.get_by_label("Name")).to_be_focused()

    visitor.keyboard.type("owner")
    visitor.keyboard.press("Tab")
    visitor.keyboard.type(PASSWORD)
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("button", name="Sign in")).to_be_focused()
    visitor.keyboard.press("Enter")

    expect(visitor.get_by_text("Good evening, owner")).to_be_visible()
    visitor.get_by_role("button", name="Say").click()
    expect(visitor.get_by_text("said", exact=True)).to_be_visible()
    assert faults == []


def test_a_wrong_password_keeps_the_name_and_counts_the_wait_down(visitor: Page) -> None:
    button = visitor.get_by_role("button", name="Sign in")
    for _ in range(4):
        visitor.get_by_label("Name").fill("owner")
        visitor.get_by_label("Password").fill("wrong")
        button.click()
        expect(visitor.get_by_label("Name")).to_have_value("owner")
        expect(visitor.get_by_role("alert")).to_contain_text("Wrong name or password")

    expect(visitor.get_by_role("alert")).to_contain_text("Next try in")
    expect(button).to_be_disabled()
    expect(button).to_be_enabled(timeout=30_000)
    expect(visitor.get_by_role("alert")).to_contain_text("You can try again now")
    visitor.get_by_label("Password").fill(PASSWORD)
    visitor.keyboard.press("Enter")
    # The server's clock has gone on with the browser's: the wait is over on both sides.
    expect(visitor.get_by_text("Good evening, owner")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844), (320, 568)])
def test_the_page_fits_the_window(visitor: Page, width: int, height: int) -> None:
    visitor.set_viewport_size({"width": width, "height": height})

    assert visitor.evaluate("document.documentElement.scrollWidth") <= width
    for label in ("Name", "Password"):
        box = visitor.get_by_label(label).bounding_box()
        assert box is not None
        assert box["height"] >= 40
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_nothing_moves_for_those_who_want_none_of_it(visitor: Page) -> None:
    animation = "getComputedStyle(document.querySelector('.glow')).animationName"
    assert visitor.evaluate(animation) == "breathe"

    visitor.emulate_media(reduced_motion="reduce")

    assert visitor.evaluate(animation) == "none"


def test_every_text_has_enough_contrast(visitor: Page) -> None:
    visitor.get_by_label("Name").fill("owner")
    visitor.get_by_label("Password").fill("wrong")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("alert")).to_be_visible()

    for selector in ("h1", "label", ".told", "button", "input"):
        colour = visitor.evaluate(f"getComputedStyle(document.querySelector('{selector}')).color")
        # Against the lightest ground the page has, where light text stands out least.
        assert _contrast(colour, (10, 33, 54)) >= 4.5, (selector, colour)


def _contrast(colour: str, ground: tuple[int, int, int]) -> float:
    text = tuple(int(part) for part in re.findall(r"\d+", colour)[:3])
    lighter, darker = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(rgb: tuple[int, ...]) -> float:
    linear = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
