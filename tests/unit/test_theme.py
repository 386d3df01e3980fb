"""The theme: colours that can be read, one place that knows them, fonts that are there."""

import re
from pathlib import Path

import pytest

from components import theme

SHEET = (theme.FOLDER / "theme.css").read_text(encoding="utf-8")
COMPONENT_SHEETS = sorted(path for path in theme.FOLDER.rglob("*.css") if path.name != "theme.css")
COLOUR = re.compile(r"--([a-z-]+):(#[0-9a-f]{6});")


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "name", ["text", "dim", "faint", "arc", "arc-soft", "ok", "warn", "alert", "violet"]
)
@pytest.mark.parametrize("ground", ["bg", "solid", "bg-lift"])
def test_every_colour_of_text_meets_aa_on_every_ground(name: str, ground: str) -> None:
    colours = dict(COLOUR.findall(SHEET))

    assert _contrast(colours[name], colours[ground]) >= 4.5


def test_every_property_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"(--[a-z-]+):", SHEET))

    for path in COMPONENT_SHEETS:
        text = path.read_text(encoding="utf-8")
        own = set(re.findall(r"(--[a-z-]+):", text))
        missing = set(re.findall(r"var\((--[a-z-]+)", text)) - defined - own
        assert not missing, f"{path.name} uses {sorted(missing)}, which theme.css does not define"


def test_the_fonts_are_shipped_with_their_licences() -> None:
    for name in re.findall(r'url\("/assets/fonts/([^"]+)"\)', SHEET):
        assert (theme.FOLDER / "static" / "fonts" / name).read_bytes()[:4] == b"wOF2"
    licences = list((theme.FOLDER / "static" / "fonts").glob("*-OFL.txt"))
    assert len(licences) == 2


def test_nothing_is_fetched_from_elsewhere() -> None:
    sources: list[Path] = [*theme.FOLDER.rglob("*.css"), *theme.FOLDER.rglob("*.js")]
    library = theme.FOLDER / "static" / "markdown-it" / "markdown-it.js"

    for path in sources:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        if path == library:  # it knows what a link looks like, and asks nobody for anything
            assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(", text)
            continue
        assert not re.search(r"""https?://|@import|url\(["']?//""", text), path.name


def test_no_component_writes_markup_from_text() -> None:
    for path in theme.FOLDER.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function", text
        ), path.name
