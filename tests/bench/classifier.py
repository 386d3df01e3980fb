"""The tier of a command, one at a time: what a gate adds to a call."""

import time
from itertools import chain

from services.safety.classifier import classify
from tests.bench.measure import Report, percentile, told
from tests.support.command_cases import own_cases, public_destructive, read_only_commands

ROUNDS = 5
BAR_MS = 1.0


def run(report: Report) -> None:
    """Each command by itself, warm; the bar holds for the 95th percentile."""
    report.group("Command classifier")
    groups = {
        "read-only commands": read_only_commands(),
        "own cases, every trap": [case.command for case in own_cases()],
    }
    if public := list(chain.from_iterable(public_destructive().values())):
        groups["public corpora, destructive"] = public
    for what, commands in groups.items():
        spent_ms = [_spent_ms(command) for _ in range(ROUNDS) for command in commands]
        p95 = percentile(spent_ms, 0.95)
        report.under(what, p95, BAR_MS, "ms", told(spent_ms))
    commands = list(chain.from_iterable(groups.values()))
    began_s = time.perf_counter()
    for command in commands:
        classify(command)
    rate = len(commands) / (time.perf_counter() - began_s)
    report.row("commands a second, one core", f"{rate:,.0f}")


def _spent_ms(command: str) -> float:
    began_s = time.perf_counter()
    classify(command)
    return 1000 * (time.perf_counter() - began_s)
