"""The same page in three windows: a wide screen, a laptop, a phone."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.shots.album import Album
from tests.support.house import House

SIZES = {"1920": (1920, 1080), "1366": (1366, 768), "390": (390, 844)}
WAIT_MS = 40_000
PASSWORD = "four unrelated words make one"
MUTE_NOISE = ("ERR_CONNECTION", "WebSocket connection", "ERR_EMPTY_RESPONSE", "status of 4")


class Windows:
    """One visitor's pages of a house, one a size; what goes wrong in them is collected."""

    def __init__(self, album: Album, browser: Browser, house: House) -> None:
        self.album = album
        self.faults: list[str] = []
        self._browser = browser
        self._house = house
        self._context = browser.new_context(
            base_url=house.url, locale="en-GB", reduced_motion="reduce", timezone_id="Europe/Berlin"
        )
        self._context.set_default_timeout(WAIT_MS)
        self.pages: dict[str, Page] = {}
        for size, (width, height) in SIZES.items():
            page = self._context.new_page()
            page.set_viewport_size({"width": width, "height": height})
            page.on("pageerror", lambda error: self.faults.append(str(error)))
            page.on("console", lambda said: self._note(said.type, said.text))
            self.pages[size] = page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not any(noise in text for noise in MUTE_NOISE):
            self.faults.append(text)

    @property
    def wide(self) -> Page:
        """The widest page."""
        return self.pages["1920"]

    @property
    def phone(self) -> Page:
        """The narrowest page."""
        return self.pages["390"]

    def each(self, do: Callable[[Page], object]) -> None:
        """Do the same in every window."""
        for page in self.pages.values():
            do(page)

    def enter(self, house: House) -> None:
        """Come in by the one-time link, and open the page in every window."""
        self.wide.goto(house.login_link())
        self.open("/")

    def sign_in(self, name: str = "owner", password: str = PASSWORD) -> None:
        """Come in by the door with a password."""
        self.wide.goto("/login")
        fill_in(self.wide, name, password)
        self.open("/")

    def open(self, path: str) -> None:
        """The same address in every window."""
        self.each(lambda page: page.goto(path))

    def show(self, address: str) -> None:
        """A drawer, by its address such as `#node/pve`; an empty one closes it."""
        self.each(lambda page: page.evaluate("(to) => { location.hash = to }", address))

    def until(self, condition: str, *, within_ms: int = WAIT_MS) -> None:
        """Wait in every window until an expression of JavaScript holds."""
        self.each(lambda page: page.wait_for_function(condition, timeout=within_ms))

    def until_text(self, region: str, pattern: str) -> None:
        """Wait until a region's text, shown or not on this size, matches the pattern."""
        self.until(
            f"() => [...document.querySelectorAll('{region}')]"
            f".some((one) => /{pattern}/.test(one.textContent))"
        )

    def until_told(self, pattern: str) -> None:
        """Wait until an event of the feed matches the pattern."""
        self.until(
            "() => [...jarvis.panel('feed').rows.values()]"
            f".some((event) => /{pattern}/.test(event.text))"
        )

    def find(self, panel: str, field: str, value: str, wanted: str) -> object:
        """A field of the first row of a panel whose other field has that value."""
        return self.wide.evaluate(
            "([panel, field, value, wanted]) => [...jarvis.panel(panel).rows.values()]"
            ".find((row) => row[field] === value)[wanted]",
            [panel, field, value, wanted],
        )

    def take(self, state: str, *sizes: str) -> None:
        """A picture of the state in every window, or in those of these sizes."""
        for size in sizes or self.pages:
            page = self.pages[size]
            page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
            self.album.take(state, page, size)

    def portray(self, path: Path, prepare: Callable[[Page], object]) -> None:
        """The wide page, prepared, at three quarters of its pixels: the picture of the README."""
        width, height = SIZES["1920"]
        context = self._browser.new_context(
            base_url=self._house.url,
            locale="en-GB",
            storage_state=self._context.storage_state(),
            viewport={"width": width, "height": height},
            device_scale_factor=0.75,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto("/")
        page.wait_for_function("() => window.jarvis?.heardAt && jarvis.panel('guests').rows.size")
        prepare(page)
        page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
        page.screenshot(path=path, animations="disabled", caret="hide")
        context.close()

    def close(self) -> None:
        """Close the windows."""
        self._context.close()


def fill_in(page: Page, name: str, password: str) -> None:
    """The form at the door."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
