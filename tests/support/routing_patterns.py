"""Kinds of sentences written out: each line of `patterns.txt` becomes several labelled messages."""

import random
import re
from collections.abc import Iterator

from tests.support.routing_messages import OWN, Labelled

PATTERNS = OWN / "patterns.txt"
MOST_A_LINE = 24

_NAMES = {
    "N": "home pve agent agent1",
    "S": "local local-lvm local-zfs nas",
    "G": "haos adguard twingate mgmt media nextcloud paperless vaultwarden immich k3s-1 k3s-2 "
    "win11 frigate git grafana prometheus unifi pbs dev-box jellyfin plex pihole",
    "P": "adguard twingate nextcloud paperless vaultwarden immich k3s frigate git grafana "
    "prometheus unifi pbs jellyfin plex pihole sonarr wireguard traefik gitea",
    "I": "100 101 102 103 104 105 106 107 108 110 111 112 120 130 140",
}
_CHOICE = re.compile(r"\{([^{}]*)\}")
_NAMED = re.compile(r"(?<![\w'])([NSGIP])(?!\w)")


def patterns() -> Iterator[tuple[str, list[Labelled]]]:
    """Each line and what it says, the same whenever it is asked."""
    for line in PATTERNS.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line, _written_out(line)


def _written_out(line: str) -> list[Labelled]:
    chance = random.Random(line)
    texts = dict.fromkeys(_say(line[2:], chance) for _ in range(2 * MOST_A_LINE))
    needs_tools = line.startswith("+")
    return [
        Labelled(text=text, needs_tools=needs_tools, kind="pattern")
        for text in list(texts)[:MOST_A_LINE]
    ]


def _say(pattern: str, chance: random.Random) -> str:
    text = _CHOICE.sub(lambda found: chance.choice(found.group(1).split("|")), pattern)
    text = _NAMED.sub(lambda found: chance.choice(_NAMES[found.group(1)].split()), text)
    return re.sub(r" ([?.,!])", r"\1", " ".join(text.split()))
