"""What a visitor sees before signing in: one small page of plain HTML, nothing loaded from it."""

import secrets
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse

_HERE = Path(__file__).parent
_STYLE = (_HERE / "door.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "door.js").read_text(encoding="utf-8")
FORM_BYTES = 8_192
"""The longest form that is read."""


def draw_reactor() -> str:
    """The arc reactor as SVG."""
    coils = "".join(
        f'<path transform="rotate({turn})" d="M-16,-82 L16,-82 L12,-58 L-12,-58 Z"/>'
        for turn in range(0, 360, 36)
    )
    return f"""<svg class="reactor" viewBox="-100 -100 200 200" aria-hidden="true">
<defs><radialGradient id="core"><stop offset="0" stop-color="#eafcff"/>
<stop offset=".28" stop-color="#8be7ff"/>
<stop offset=".62" stop-color="#1786b8" stop-opacity=".5"/>
<stop offset="1" stop-color="#04090f" stop-opacity="0"/></radialGradient></defs>
<circle class="rim" r="96"/><g class="coils">{coils}</g><circle class="ring" r="52"/>
<circle class="glow" r="40" fill="url(#core)"/><circle r="13" fill="#f3feff"/></svg>"""


def draw_field(
    name: str,
    label: str,
    *,
    value: str = "",
    kind: str = "text",
    autocomplete: str = "off",
    hint: str = "",
    focus: bool = False,
    wrong: bool = False,
) -> str:
    """A labelled field."""
    described = " ".join(
        part for part in (f"{name}-hint" if hint else "", "told" if wrong else "") if part
    )
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}" required'
        f' autocomplete="{autocomplete}" autocapitalize="none" spellcheck="false" maxlength="256"'
        + (f' aria-describedby="{described}"' if described else "")
        + (' aria-invalid="true"' if wrong else "")
        + (" autofocus" if focus else "")
        + ">"
        + (f'<p class="hint" id="{name}-hint">{escape(hint)}</p>' if hint else "")
    )


def draw_told(text: str, *, retry_s: int = 0) -> str:
    """What went wrong, read out by screen readers; the script counts `retry_s` down."""
    waiting = f' data-retry="{retry_s}"' if retry_s else ""
    return f'<p id="told" class="told" role="alert"{waiting}>{escape(text)}</p>'


def draw_door(
    *, title: str, body: str, status: int = 200, headers: dict[str, str] | None = None
) -> HTMLResponse:
    """The whole page, under a policy that runs its own script and nothing else."""
    nonce = secrets.token_urlsafe(16)
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Jarvis</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="dark"><meta name="robots" content="noindex">
<style nonce="{nonce}">{_STYLE}</style></head>
<body><main class="panel">{draw_reactor()}
<p class="brand" aria-hidden="true">J.A.R.V.I.S.</p>
<h1>{escape(title)}</h1>{body}</main>
<script nonce="{nonce}">{_SCRIPT}</script></body></html>"""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "font-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        page, status_code=status, headers={"content-security-policy": policy, **(headers or {})}
    )


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form; what is longer than 8 KiB or no form is an empty one."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
