"""`jarvis classify-command`: a command a line in, a JSON object a line out."""

import json
import subprocess
import sys

from services.safety.classify_lines import classify_lines

MAIN = "from cli import main; main()"


def test_a_line_in_is_a_line_out() -> None:
    told = [json.loads(line) for line in classify_lines([b"uptime\n", b"qm destroy 104"])]

    assert [row["tier"] for row in told] == ["GREEN", "BLACK"]
    assert [row["command"] for row in told] == ["uptime", "qm destroy 104"]
    assert all(set(row) == {"command", "tier", "reason"} for row in told)


def test_any_bytes_are_answered_in_order() -> None:
    lines = [b"ls\n", b"\xff\xfe\x00\n", b"\n", b"ls \xc3\x28\n", b"\x00" * 5000 + b"\n", b"id\r\n"]

    told = [json.loads(line) for line in classify_lines(lines)]
    assert [row["tier"] for row in told] == ["GREEN", "RED", "RED", "RED", "RED", "RED"]


def test_the_command_reads_standard_input_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "classify-command"],
        input=b"uptime\nqm start 104\nrm -rf /\n\xff",
        capture_output=True,
        check=True,
    )

    tiers = [json.loads(line)["tier"] for line in done.stdout.splitlines()]
    assert tiers == ["GREEN", "YELLOW", "BLACK", "RED"]
    assert not done.stderr
