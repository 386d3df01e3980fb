"""Damaged, cut and hostile output: nothing raises, and nothing implausible comes out."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.nodes.parse_docker import parse_containers, parse_guest_exec
from services.nodes.parse_sensors import parse_hwmon, parse_sensors
from services.nodes.parse_smart import parse_scan, parse_smart
from services.nodes.parse_units import parse_failed_units
from services.nodes.parse_zfs import join_pools, parse_pool_list, parse_pool_status

CMD = Path(__file__).parents[3] / "shared/fixtures/cmd"
TEXTS = [
    path.read_text(errors="replace")
    for pattern in (
        "sensors/*",
        "smartctl/scrutiny/*",
        "beszel/*",
        "zpool/*",
        "systemctl/*",
        "docker/*",
        "jc/generic/zpool-*",
    )
    for path in sorted(CMD.glob(pattern))
] or ['{"coretemp-isa-0000": {"Package id 0": {"temp1_input": 41.0}}}']

PARSERS: dict[str, Callable[[str], object]] = {
    "sensors": parse_sensors,
    "hwmon": parse_hwmon,
    "scan": parse_scan,
    "smart": lambda text: parse_smart(text, "/dev/sda", 255),
    "pools": lambda text: join_pools(parse_pool_list(text), parse_pool_status(text)),
    "units": parse_failed_units,
    "containers": parse_containers,
    "guest exec": parse_guest_exec,
}
QUICK = settings(max_examples=80)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "NaN", "9" * 400, "\x00", "\ud800", "/dev/sda", "failed", "ONLINE"]),
    st.builds(list),
    st.builds(dict),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A recorded output with pieces cut out, doubled, or put in another's place."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 200))
        text = text[:at] + draw(st.text(max_size=10)) + text[at + length :]
    return text


@st.composite
def damaged_json(draw: st.DrawFn) -> str:
    """A recorded JSON document with values in the wrong places."""
    documents = [
        json.loads(text) for text in TEXTS if text.lstrip().startswith(("{", "[")) and is_json(text)
    ]
    payload = json.loads(json.dumps(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 6))):
        place = payload
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key = draw(st.sampled_from(list(keys)))
            if draw(st.booleans()) or not isinstance(place[key], dict | list):
                place[key] = draw(ODD)
                break
            place = place[key]
    return json.dumps(payload)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def assert_sane(value: object, name: str = "") -> None:
    """Every figure is finite and every text fits a line."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            assert_sane(getattr(value, field.name), field.name)
    elif isinstance(value, tuple | list):
        assert len(value) <= 1_000
        for each in value:
            assert_sane(each, name)
    elif isinstance(value, float):
        assert math.isfinite(value), name
    elif name in ("temperature_c", "cpu_c", "hottest_drive_c") and value is not None:
        assert isinstance(value, int | float)
        assert 1 <= value <= 120


@pytest.mark.parametrize("name", PARSERS)
@QUICK
@given(text=st.one_of(damaged(), damaged_json(), st.text(max_size=200)))
def test_no_parser_raises_whatever_it_is_given(name: str, text: str) -> None:
    assert_sane(PARSERS[name](text))


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_survives_every_recording(name: str) -> None:
    for text in [*TEXTS, "[" * 100_000, '{"a":' * 50_000, "\n" * 10_000, "{" + '"' * 9_999]:
        assert_sane(PARSERS[name](text))
