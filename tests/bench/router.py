"""The router: how well it tells work from talk, how steady it is, and what a message costs it."""

import random
import time

from services.llm.routing import Budget, Conversation, Inventory, route
from services.llm.routing.availability import Availability
from services.llm.routing.reading import read
from tests.bench.measure import Report, percentile, told
from tests.support.routing_messages import (
    NOISES,
    Labelled,
    demo_inventory,
    labelled,
    public_questions,
)
from tests.support.routing_training import UNSEEN

ROUNDS = 5
BAR_MS = 1.0
MOST_FALSE_ALARMS = 5.0
MOST_EVERYDAY = 3.0
MOST_FLIPS = 3.0
MOST_MISSED = 2.0
BOTH = Availability(claude=True, local=True)


def run(report: Report) -> None:
    """Shares in percent, and processor time a message, warm."""
    inventory = demo_inventory()
    report.group("Router, no model asked")
    for name in ("messages", "held_out", "adversarial"):
        _share(report, name, labelled(name), inventory)
    unseen = [one for name in UNSEEN for one in labelled(name)]
    _share(report, "on unseen messages", unseen, inventory)
    for name, most in (
        ("sysadmin_knowledge_questions", MOST_FALSE_ALARMS),
        ("clinc150_test_sample", MOST_EVERYDAY),
    ):
        if texts := public_questions(name):
            alarms = sum(read(text, Conversation(), inventory).needs_tools for text in texts)
            share = 100 * alarms / len(texts)
            report.under(f"false alarms, {name}", share, most, "%", f"{alarms} of {len(texts)}")
    rows = labelled("messages")
    for name in NOISES:
        _flips(report, name, rows, inventory)
    _time(report, rows, inventory)


def _share(report: Report, name: str, rows: list[Labelled], inventory: Inventory) -> None:
    missed = alarms = unclear = 0
    wanted = sum(one.needs_tools for one in rows)
    for one in rows:
        reading = read(one.text, one.conversation, inventory)
        missed += one.needs_tools and not reading.needs_tools
        alarms += reading.needs_tools and not one.needs_tools
        unclear += reading.ambiguous
    idle = len(rows) - wanted
    detail = f"{missed} of {wanted}; {unclear} of {len(rows)} ambiguous"
    report.under(f"missed, {name}", 100 * missed / wanted, MOST_MISSED, "%", detail)
    report.under(
        f"false alarms, {name}", 100 * alarms / idle, MOST_FALSE_ALARMS, "%", f"{alarms} of {idle}"
    )


def _flips(report: Report, name: str, rows: list[Labelled], inventory: Inventory) -> None:
    flips = 0
    for one in rows:
        noisy = NOISES[name](one.text, random.Random(f"bench {name} {one.text}"))
        plain = read(one.text, one.conversation, inventory).needs_tools
        flips += read(noisy, one.conversation, inventory).needs_tools is not plain
    share = 100 * flips / len(rows)
    report.under(f"flips under noise, {name}", share, MOST_FLIPS, "%", f"{flips} of {len(rows)}")


def _time(report: Report, rows: list[Labelled], inventory: Inventory) -> None:
    spent_ms = []
    for _ in range(ROUNDS):
        for one in rows:
            began_s = time.thread_time()
            route(one.text, one.conversation, inventory, BOTH, Budget())
            spent_ms.append(1000 * (time.thread_time() - began_s))
    p99 = percentile(spent_ms, 0.99)
    report.under("processor time a message, p99", p99, BAR_MS, "ms", told(spent_ms))
