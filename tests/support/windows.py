"""Browser windows that are kept from test to test, and remember nothing of the test before."""

from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Browser, BrowserContext


def still_window(browser: Browser, **like: Any) -> BrowserContext:
    """A window in which nothing moves by itself, for tests that look at other things."""
    return browser.new_context(locale="en-GB", reduced_motion="reduce", **like)


class Windows:
    """Windows on one house, by what they are like; each keeps its cache of compiled code."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._kept: dict[str, BrowserContext] = {}

    def open(self, *, permissions: Iterable[str] = (), **like: Any) -> BrowserContext:
        """The window that is like this; see Playwright's `Browser.new_context`."""
        key = repr(sorted(like.items()))
        if key not in self._kept:
            self._kept[key] = self._browser.new_context(base_url=self._url, locale="en-GB", **like)
        self._kept[key].grant_permissions(list(permissions))
        return self._kept[key]

    def forget(self, window: BrowserContext) -> None:
        """Close its pages, and let go of what they have kept and were allowed."""
        window.clear_cookies()
        window.clear_permissions()
        for page in window.pages[1:]:
            page.close()
        last = window.pages[0] if window.pages else window.new_page()
        last.goto("about:blank")
        kept = {"origin": self._url, "storageTypes": "local_storage"}
        window.new_cdp_session(last).send("Storage.clearDataForOrigin", kept)
        last.close()

    def close(self) -> None:
        """Close them all."""
        for window in self._kept.values():
            window.close()
