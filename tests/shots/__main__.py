"""`python -m tests.shots [--only SCENE] [--into FOLDER]`: every state into build/shots."""

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from playwright.sync_api import Error

from tests.shots.album import Album
from tests.shots.scenes import SCENES
from tests.support.chromium import chromium
from tests.support.house import ROOT


def main() -> int:
    """Take them all; exits with 1 when a page had something to complain of."""
    parser = argparse.ArgumentParser(prog="tests.shots", description=__doc__)
    parser.add_argument("--only", choices=SCENES, action="append", help="this scene; repeat")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "shots")
    wanted = parser.parse_args()
    if not wanted.only:
        shutil.rmtree(wanted.into, ignore_errors=True)
    wanted.into.mkdir(parents=True, exist_ok=True)
    album = Album(wanted.into)
    faults: list[str] = []
    with chromium() as browser, tempfile.TemporaryDirectory(prefix="jarvis-shots-") as folder:
        for name in wanted.only or SCENES:
            began_s = time.monotonic()
            place = Path(folder) / name
            place.mkdir()
            try:
                faults += SCENES[name](album, browser, place)
            except (Error, AssertionError) as error:
                faults.append(f"{name} ended early: {error}")
                traceback.print_exc()
            print(f"{name}: {time.monotonic() - began_s:.0f} s", flush=True)
    print(album.write_index())
    for fault in faults:
        print(f"In a page: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
