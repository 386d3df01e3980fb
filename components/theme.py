"""Every colour, font and size of the page, and the door by which they reach the browser.

The values live in `theme.css` as custom properties; each component's own `.css` beside it uses
only those. All of them are served as one stylesheet under a name that changes with its content.
"""

import hashlib
from functools import cache
from pathlib import Path

from nicegui import app, ui
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent
ASSETS = "/assets"
"""Public: the sign-in page needs them before anyone has signed in."""

_A_YEAR_S = 31_536_000
_FONTS = (
    "rajdhani-latin-500-normal",
    "rajdhani-latin-600-normal",
    "jetbrains-mono-latin-400-normal",
)


@cache
def stylesheet() -> str:
    """The whole stylesheet: `theme.css` first, then the components' in the order of their names."""
    theme = FOLDER / "theme.css"
    parts = [theme, *sorted(path for path in FOLDER.rglob("*.css") if path != theme)]
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


@cache
def stylesheet_url() -> str:
    """Where the stylesheet is served; the name changes when its content does."""
    digest = hashlib.sha256(stylesheet().encode()).hexdigest()[:12]
    return f"{ASSETS}/jarvis.{digest}.css"


def head_html() -> str:
    """What a page outside NiceGUI (such as sign-in) puts into its head to look like Jarvis."""
    fonts = "".join(
        f'<link rel="preload" href="{ASSETS}/fonts/{name}.woff2" as="font" '
        'type="font/woff2" crossorigin>'
        for name in _FONTS
    )
    return (
        f'{fonts}<link rel="stylesheet" href="{stylesheet_url()}">'
        '<meta name="theme-color" content="#04090f"><meta name="color-scheme" content="dark">'
    )


def install() -> None:
    """Serve the stylesheet and the fonts, and link them on every NiceGUI page; call it once."""
    app.add_static_files(f"{ASSETS}/fonts", FOLDER / "static" / "fonts", max_cache_age=_A_YEAR_S)

    @app.get(ASSETS + "/{name}.css", include_in_schema=False)
    def _serve_stylesheet(name: str, request: Request) -> Response:
        fresh = request.url.path == stylesheet_url()
        return Response(
            stylesheet(),
            media_type="text/css",
            headers={
                "Cache-Control": f"public, max-age={_A_YEAR_S}, immutable" if fresh else "no-cache"
            },
        )

    ui.add_head_html(head_html(), shared=True)
