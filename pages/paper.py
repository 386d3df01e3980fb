"""The plain pages of who is signed in: tables and forms in HTML, in the looks of the house."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

from components.theme import head_html
from services.clock import as_stored

_HERE = Path(__file__).parent
_STYLE = (_HERE / "paper.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "paper.js").read_text(encoding="utf-8")
_LINKS = (("/", "The page"), ("/costs", "Costs"), ("/audit", "Audit"), ("/account", "Account"))


def draw_paper(*, title: str, at: str, body: str, status: int = 200) -> HTMLResponse:
    """The whole page; `at` is its own path, and `body` is HTML whose texts are escaped."""
    nonce = secrets.token_urlsafe(16)
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if path == at else ""}>{escape(label)}</a>'
        for path, label in _LINKS
    )
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Jarvis</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
{head_html()}<style nonce="{nonce}">{_STYLE}</style></head>
<body class="paper"><header class="paper-top">
<span class="brand" aria-hidden="true">J.A.R.V.I.S.</span>
<nav aria-label="Pages">{links}</nav></header>
<main class="paper-main"><h1>{escape(title)}</h1>{body}</main>
<script nonce="{nonce}">{_SCRIPT}</script></body></html>"""
    policy = (
        f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(page, status_code=status, headers={"content-security-policy": policy})


def draw_time(moment: datetime | None) -> str:
    """A moment in UTC; the browser adds its own local time."""
    if moment is None:
        return "—"
    stored = as_stored(moment)
    return f'<time datetime="{stored}">{stored[:19].replace("T", " ")} UTC</time>'


def draw_said(text: str, *, good: bool = False) -> str:
    """What came of a form, read out by screen readers."""
    if not text:
        return ""
    return f'<p class="said {"ok" if good else "warn"}" role="status">{escape(text)}</p>'


def draw_choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str) -> str:
    """A labelled choice; each option is (value, text)."""
    inner = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(text)}</option>"
        for value, text in options
    )
    return f'<label>{escape(label)}<select class="field" name="{name}">{inner}</select></label>'


def draw_field(
    name: str,
    label: str,
    *,
    value: str = "",
    kind: str = "text",
    hint: str = "",
    autocomplete: str = "off",
    required: bool = False,
) -> str:
    """A labelled field."""
    return (
        f'<label>{escape(label)}<input class="field" name="{name}" type="{kind}" '
        f'value="{escape(value)}" placeholder="{escape(hint)}" autocomplete="{autocomplete}" '
        f'autocapitalize="none" spellcheck="false" maxlength="256"'
        f"{' required' if required else ''}></label>"
    )
