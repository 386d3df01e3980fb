"""The pictures taken so far, and the page that shows them side by side."""

import html
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

STYLE = (
    "body{background:#04090f;color:#cfe9f5;font:14px/1.5 system-ui;margin:24px}"
    "h2{margin:32px 0 8px}figure{display:inline-block;margin:0 16px 16px 0;vertical-align:top}"
    "img{height:360px;border:1px solid #123}a{color:#8be7ff}figcaption{color:#7fa3b5}"
)


@dataclass
class Album:
    """A folder of pictures, one a state and size."""

    folder: Path
    states: dict[str, list[str]] = field(default_factory=dict)

    def take(self, state: str, page: Page, size: str) -> Path:
        """Keep what the page shows as `<state>-<size>.png`."""
        path = self.folder / f"{state.replace(' ', '-')}-{size}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        self.states.setdefault(state, []).append(path.name)
        return path

    def write_index(self) -> Path:
        """An `index.html` of all of them, in the order they were taken."""
        parts = []
        for state, names in self.states.items():
            figures = "".join(
                f'<figure><a href="{name}"><img src="{name}" alt=""></a>'
                f"<figcaption>{html.escape(name)}</figcaption></figure>"
                for name in names
            )
            parts.append(f"<section><h2>{html.escape(state)}</h2>{figures}</section>")
        path = self.folder / "index.html"
        path.write_text(
            f"<!doctype html><meta charset=utf-8><title>Jarvis, every state</title>"
            f"<style>{STYLE}</style><h1>Jarvis, every state</h1>{''.join(parts)}"
        )
        return path
