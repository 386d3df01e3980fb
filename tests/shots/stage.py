"""What every scene needs: a house that runs, its windows, and what hurts its homelab."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from simulator.remote import Control
from tests.shots.album import Album
from tests.shots.windows import Windows
from tests.support.house import QUICK_TIERS, House, start_house

Scene = Callable[[Album, Browser, Path], list[str]]

WELL = (
    "() => window.jarvis?.panel('nodes').meta.state === 'ok' && jarvis.panel('storage').rows.size"
)


@contextmanager
def house_of(folder: Path, *arguments: str, **settings: str) -> Iterator[House]:
    """A running Jarvis with quick tiers, ended whatever happens."""
    house = start_house(list(arguments), folder, **{**QUICK_TIERS, **settings})
    try:
        yield house
    finally:
        house.stop(signal.SIGKILL)


@contextmanager
def windows_of(album: Album, browser: Browser, house: House) -> Iterator[Windows]:
    windows = Windows(album, browser, house)
    try:
        yield windows
    finally:
        windows.close()


def run_on(house: House, node: str, command: str) -> None:
    """Run a command on a node of the demo, over SSH as a person would."""
    lab = house.folder / "data" / "demo" / "simulator"
    told = json.loads((lab / "simulator.json").read_text())
    host, _, port = told["ssh"][node].rpartition(":")
    given = {
        "IdentityFile": told["ssh_key_file"],
        "UserKnownHostsFile": told["ssh_known_hosts_file"],
        "IdentitiesOnly": "yes",
        "User": told["ssh_user"],
        "Port": port,
    }
    options = [word for name, value in given.items() for word in ("-o", f"{name}={value}")]
    subprocess.run(["ssh", "-F", "none", *options, host, command], check=True, timeout=30)


def control_of(house: House) -> Control:
    """What hurts the demo's homelab."""
    return Control.find(house.folder / "data" / "demo" / "simulator")
