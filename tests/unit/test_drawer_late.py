"""Readings for a drawer that overtake each other: what was asked for last is what stays."""

import asyncio
from types import MappingProxyType
from typing import Any

from components.drawer import DrawerAnswers, Readers
from services.cluster.errors import ClusterError
from services.cluster.parse_rrd import History
from tests.support.told_page import ToldPage


class Slow:
    """A reader whose answers a test lets go one by one."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[Any]] = []

    async def __call__(self, *_: Any) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return await answer


def history(*times: int) -> History:
    return History(times=times, series=MappingProxyType({}))


async def sent(answers: DrawerAnswers, wish: str, **args: Any) -> asyncio.Task[None]:
    task = asyncio.ensure_future(getattr(answers, wish)(args))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_a_reading_that_fails_late_does_not_replace_one_asked_for_since() -> None:
    page, slow = ToldPage(), Slow()
    answers = DrawerAnswers(page, Readers(history=slow))
    first = await sent(answers, "open", kind="storage", id="nas")
    second = await sent(answers, "read_span", kind="storage", id="nas", span="1h")

    slow.asked[1].set_result(history(60))
    await second
    slow.asked[0].set_exception(ClusterError("pve gave no answer within 10 s"))
    await first

    assert [(told["state"], told["times"]) for told in page.take("drawer")] == [("ok", [60])]


async def test_the_log_of_a_task_does_not_become_older_again() -> None:
    page, slow = ToldPage(), Slow()
    answers = DrawerAnswers(page, Readers(history=Slow(), task_log=slow))
    early = await sent(answers, "read_log", kind="task", id="UPID:pve:1")
    late = await sent(answers, "read_log", kind="task", id="UPID:pve:1")

    slow.asked[1].set_result(["begun", "TASK OK"])
    await late
    slow.asked[0].set_result(["begun"])
    await early

    assert [told["lines"] for told in page.take("drawer")] == [["begun", "TASK OK"]]


async def test_a_span_is_told_though_the_usual_one_was_read_after_it() -> None:
    page, slow = ToldPage(), Slow()
    answers = DrawerAnswers(page, Readers(history=slow))
    opening = asyncio.ensure_future(answers.open({"kind": "guest", "id": "104"}))
    week = asyncio.ensure_future(answers.read_span({"kind": "guest", "id": "104", "span": "7d"}))
    while len(slow.asked) < 2:
        await asyncio.sleep(0)

    for answer in reversed(slow.asked):
        answer.set_result(history())
        await asyncio.sleep(0)
    await asyncio.gather(opening, week)

    assert {told["span"] for told in page.take("drawer")} == {"1h", "7d"}


async def test_answers_in_the_order_of_their_questions_are_all_told() -> None:
    page, slow = ToldPage(), Slow()
    answers = DrawerAnswers(page, Readers(history=slow))
    for span in ("1h", "24h"):
        reading = await sent(answers, "read_span", kind="node", id="pve", span=span)
        slow.asked[-1].set_result(history())
        await reading

    assert [told["span"] for told in page.take("drawer")] == ["1h", "24h"]
