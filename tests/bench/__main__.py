"""`python -m tests.bench [--only NAME] [--save FILE]`: every figure beside its bar."""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from services.logs import configure_logs
from tests.bench import (
    browser,
    change,
    classifier,
    feed,
    open_pages,
    poll,
    router,
    start,
    talk,
    talk_page,
    terminal,
    tools,
)
from tests.bench.measure import Report, load, machine

GROUPS: dict[str, Callable[[Report], None]] = {
    "poll": poll.run,
    "change": change.run,
    "pages": open_pages.run,
    "browser": browser.run,
    "start": start.run,
    "db": feed.run,
    "classifier": classifier.run,
    "tools": tools.run,
    "router": router.run,
    "talk": talk.run,
    "talk-page": talk_page.run,
    "terminal": terminal.run,
}


def main() -> int:
    """Run the groups; a missed bar is told, only a group that breaks is an error."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, action="append", help="run this group; repeat")
    parser.add_argument("--save", type=Path, help="write the table as Markdown, too")
    wanted = parser.parse_args()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)  # requests would trust this instead of the simulator's CA
    configure_logs("error", "console")
    began_s = time.monotonic()
    report = Report()
    print(f"{machine()}\nload {load()}", flush=True)
    broken = []
    for name in wanted.only or GROUPS:
        try:
            GROUPS[name](report)
        except Exception:  # noqa: BLE001 - the other groups are measured all the same
            traceback.print_exc()
            broken.append(name)
    print(f"\n{time.monotonic() - began_s:.0f} s, load {load()}")
    if report.missed:
        print(f"Missed: {'; '.join(row.what for row in report.missed)}")
    if broken:
        print(f"Broken: {', '.join(broken)}")
    if wanted.save:
        wanted.save.write_text(f"{machine()}\n\n{report.as_markdown()}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
