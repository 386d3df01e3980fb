"""`jarvis route --demo` over real processes and a real simulated homelab."""

import json
import os
import subprocess
import sys
from pathlib import Path

from db import Database

MAIN = "from cli import main; main()"
MESSAGES = b"is home up?\nI'm home\nrestart 104\nwhat is zfs\n\xff\n\n"


def run(folder: Path, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-c", MAIN, "route", *arguments],
        input=given,
        capture_output=True,
        env={**os.environ, "JARVIS_DATA_DIR": str(folder)},
        timeout=90,
        check=False,
    )


def test_the_demo_s_names_are_read_from_a_homelab_that_is_started_for_it(tmp_path: Path) -> None:
    done = run(tmp_path, "--demo", "--no-model", given=MESSAGES)

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [row["needs_tools"] for row in rows] == [True, False, True, False, False, False]
    assert [row["provider"] for row in rows[:2]] == ["claude", "local"]
    assert "the node home" in rows[0]["reason"]
    assert "the guest media" in rows[2]["reason"]
    assert not done.stderr


def test_without_a_cluster_it_says_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "--no-model", given=b"hello\n")

    assert done.returncode == 2
    assert b"PROXMOX" in done.stderr
    assert b"--demo" in done.stderr
    assert not done.stdout


def test_a_report_without_a_database_says_so(tmp_path: Path) -> None:
    done = run(tmp_path / "none", "--report")

    assert done.returncode == 2
    assert b"no database" in done.stderr


def test_a_report_of_a_new_database_is_empty(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=float("inf"))
    database.open()
    database.close()

    done = run(tmp_path, "--report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"No message was routed")
