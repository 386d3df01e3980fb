"""Which systemd units have failed; pure."""

import json
import re

from services.cluster import wire

ARGV = (
    "systemctl",
    "list-units",
    "--failed",
    "--all",
    "--plain",
    "--full",
    "--no-legend",
    "--no-pager",
)
MOST_UNITS = 100

_UNIT = re.compile(
    r"^[^\s/]{1,256}\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$"
)


def parse_failed_units(text: str) -> tuple[str, ...]:
    """Read the lines of ARGV, or the list of `systemctl --output=json`; sorted, each once."""
    if text.lstrip().startswith("["):
        return _from_json(text)
    units: set[str] = set()
    for line in text.splitlines():
        # Older versions put a bullet before a failed unit even where plain output is asked for.
        words = line.replace("●", " ").lstrip("* ").split()
        if len(words) >= 4 and words[2] == "failed" and _UNIT.match(words[0]):
            units.add(words[0])
    return tuple(sorted(units))[:MOST_UNITS]


def _from_json(text: str) -> tuple[str, ...]:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    units = {
        unit
        for row in wire.rows(payload)
        if row.get("active") == "failed" and (unit := wire.text(row.get("unit"))) is not None
    }
    return tuple(sorted(unit for unit in units if _UNIT.match(unit)))[:MOST_UNITS]
