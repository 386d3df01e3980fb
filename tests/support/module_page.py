"""The page's own modules alone in a browser: no server, no socket, and nothing leaves the page.

Files come from the tree by Playwright's routing; whatever else a page asks for is refused and
remembered.
"""

import json
from pathlib import Path

from playwright.sync_api import Page, Route

COMPONENTS = Path(__file__).resolve().parents[2] / "components"
ORIGIN = "http://modules.test"
SHARED = {path.stem: f"/shared/{path.name}" for path in (COMPONENTS / "shared").glob("*.js")}
MODULES = SHARED | {"markdown-it": "/static/markdown-it/markdown-it.js"}
STYLES = "".join(path.read_text() for path in sorted(COMPONENTS.glob("*.css")))
SHELL = f"""<!doctype html><meta charset="utf-8"><title>modules</title>
<link rel="icon" href="data:,">
<style>{STYLES}</style><script type="importmap">{json.dumps({"imports": MODULES})}</script>
<body><main id="place"></main></body>"""


def open_modules(page: Page) -> list[str]:
    """Open the shell; hands back the list in which every other request will stand."""
    left: list[str] = []

    def answer(route: Route) -> None:
        address = route.request.url
        path = address.removeprefix(ORIGIN)
        if address == f"{ORIGIN}/":
            route.fulfill(body=SHELL, content_type="text/html")
        elif address.startswith(ORIGIN) and path in MODULES.values():
            route.fulfill(path=COMPONENTS / path[1:], content_type="text/javascript")
        else:
            if not path.startswith("/assets/fonts/"):
                left.append(address)
            route.abort()

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")
    return left
