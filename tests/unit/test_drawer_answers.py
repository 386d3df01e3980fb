"""What the drawer reads for a page, and what it tells it when a part cannot be read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from components import drawer
from components.drawer import DrawerAnswers, Readers, draw_history
from components.drawer_readers import find_storage
from services.cluster.errors import ClusterError
from services.cluster.history import GuestFacts, NodeFacts
from services.cluster.model import ClusterSnapshot, StorageSnapshot, TaskOutcome, TaskSnapshot
from services.cluster.parse_guest import GuestConfig, SnapshotReading
from services.cluster.parse_rrd import History, Metric

NOW = datetime(2026, 11, 20, 14, 7, tzinfo=UTC)
Handler = Callable[[Mapping[str, Any]], Awaitable[None]]


class Page:
    """A page that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        self.told.append((topic, payload))

    def on_action(self, name: str, handler: Handler) -> None:
        raise AssertionError("answers register nothing by themselves")

    def part(self, name: str) -> Mapping[str, Any]:
        found = [answer for topic, answer in self.told if answer["part"] == name]
        assert len(found) == 1, f"{name} was told {len(found)} times"
        return found[0]


async def read_history(kind: str, id: str, span: str) -> History:
    return History(
        times=(60, 120, 180),
        series=MappingProxyType({Metric.CPU_FRACTION: (0.123456, None, 0.5)}),
    )


async def refuse_history(kind: str, id: str, span: str) -> History:
    raise ClusterError("pve gave no answer within 10 s", "Raise PROXMOX_TIMEOUT_S")


def a_task(outcome: TaskOutcome = TaskOutcome.OK) -> TaskSnapshot:
    return TaskSnapshot(
        upid="UPID:pve:1",
        node="pve",
        kind="vzdump",
        subject_id="104",
        user="root@pam",
        started_at=NOW - timedelta(minutes=5),
        ended_at=NOW,
        outcome=outcome,
    )


def a_guest(**changed: Any) -> GuestFacts:
    facts: dict[str, Any] = {
        "read_at": NOW,
        "config": GuestConfig(os_type="l26", nets=(("net0", "bridge=vmbr0"),)),
        "snapshots": (
            SnapshotReading(
                name="before", taken_at=NOW, description=None, parent=None, with_memory=True
            ),
        ),
        "tasks": (a_task(),),
    }
    return GuestFacts(**(facts | changed))


async def test_a_guest_is_told_in_parts() -> None:
    async def guest(vmid: int) -> GuestFacts:
        assert vmid == 104
        return a_guest()

    page = Page()

    await DrawerAnswers(page, Readers(history=read_history, guest=guest)).open(
        {"kind": "guest", "id": "104"}
    )

    assert {topic for topic, _ in page.told} == {"drawer"}
    assert page.part("history")["series"] == {"cpu_fraction": [0.1235, None, 0.5]}
    assert page.part("details")["details"]["nets"] == [["net0", "bridge=vmbr0"]]
    assert page.part("snapshots")["rows"] == [
        {"name": "before", "at": round(NOW.timestamp()), "description": None, "memory": True}
    ]
    assert page.part("tasks")["rows"][0]["upid"] == "UPID:pve:1"
    assert all(answer["id"] == "104" for _, answer in page.told)


async def test_a_refused_history_says_why_and_the_rest_is_told() -> None:
    async def guest(vmid: int) -> GuestFacts:
        return a_guest()

    page = Page()

    await DrawerAnswers(page, Readers(history=refuse_history, guest=guest)).open(
        {"kind": "guest", "id": "104"}
    )

    history = page.part("history")
    assert history["state"] == "failed"
    assert history["because"] == "pve gave no answer within 10 s"
    assert history["remedy"] == "Raise PROXMOX_TIMEOUT_S"
    assert page.part("snapshots")["state"] == "ok"


async def test_a_slow_part_keeps_no_other_waiting_and_ends_as_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drawer, "READ_TIMEOUT_S", 0.05)
    told_before_the_slow_one: list[str] = []
    page = Page()

    async def slow(kind: str, id: str, span: str) -> History:
        try:
            await asyncio.Event().wait()
        finally:
            told_before_the_slow_one.extend(answer["part"] for _, answer in page.told)
        raise AssertionError("nothing wakes it")

    async def node(name: str) -> NodeFacts:
        return NodeFacts(read_at=NOW, tasks=(a_task(),))

    await DrawerAnswers(page, Readers(history=slow, node=node)).open({"kind": "node", "id": "pve"})

    assert told_before_the_slow_one == ["tasks"]
    assert page.part("history")["state"] == "failed"
    assert "No answer came within" in page.part("history")["because"]


async def test_a_stumble_of_ours_is_told_without_its_text() -> None:
    async def broken(kind: str, id: str, span: str) -> History:
        raise KeyError("secret")

    page = Page()

    await DrawerAnswers(page, Readers(history=broken)).open({"kind": "node", "id": "pve"})

    told = page.part("history")
    assert told["state"] == "failed"
    assert "secret" not in str(told)


async def test_what_a_guest_would_not_tell_is_failed_and_not_empty() -> None:
    async def guest(vmid: int) -> GuestFacts:
        return a_guest(snapshots=None, because="The token may not read it")

    page = Page()

    await DrawerAnswers(page, Readers(history=read_history, guest=guest)).open(
        {"kind": "guest", "id": "104"}
    )

    assert page.part("snapshots")["state"] == "failed"
    assert page.part("snapshots")["because"] == "The token may not read it"
    assert "rows" not in page.part("snapshots")


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"kind": "secret", "id": "x"}, id="a kind that is not"),
        pytest.param({"kind": "guest", "id": "../1"}, id="a guest that is no number"),
        pytest.param({"kind": "guest", "id": "١٠٤"}, id="digits of another script"),
        pytest.param({"kind": "event", "id": "9" * 40}, id="a number past every row"),
        pytest.param({"kind": "node", "id": "a" * 301}, id="a name too long"),
        pytest.param({"kind": "node", "id": "p\u0000ve"}, id="a control character"),
        pytest.param({"kind": "node", "id": 7}, id="a number for a name"),
    ],
)
async def test_a_question_that_cannot_be_read_is_passed_over(args: Mapping[str, Any]) -> None:
    asked: list[str] = []

    async def history(kind: str, id: str, span: str) -> History:
        asked.append(id)
        return History()

    page = Page()

    await DrawerAnswers(page, Readers(history=history)).open(args)

    assert page.told == []
    assert asked == []


async def test_a_storage_is_asked_for_by_its_name_however_the_page_writes_it() -> None:
    asked: list[str] = []

    async def history(kind: str, id: str, span: str) -> History:
        asked.append(id)
        return History()

    answers = DrawerAnswers(Page(), Readers(history=history))

    await answers.open({"kind": "storage", "id": "storage/pve/local-zfs"})
    await answers.open({"kind": "storage", "id": "nas"})

    assert asked == ["pve/local-zfs", "nas"]


async def test_the_log_of_a_long_task_is_cut_at_its_beginning() -> None:
    async def log(upid: str) -> list[str]:
        return [f"line {number}" for number in range(1000)]

    page = Page()

    await DrawerAnswers(page, Readers(history=read_history, task_log=log)).read_log(
        {"kind": "task", "id": "UPID:pve:0001:0:0:vzdump:104:root@pam!a:"}
    )

    told = page.part("log")
    assert told["cut"] is True
    assert len(told["lines"]) == drawer.LOG_LINES_KEPT
    assert told["lines"][-1] == "line 999"


def test_a_shared_storage_is_read_where_it_is_active() -> None:
    def seen(node: str, *, active: bool) -> StorageSnapshot:
        return StorageSnapshot(node=node, storage="nas", active=active, shared=True)

    storages = {one.id: one for one in (seen("home", active=False), seen("pve", active=True))}
    snapshot = ClusterSnapshot(taken_at=NOW, storages=MappingProxyType(storages))

    assert find_storage(snapshot, "nas") == "pve/nas"
    assert find_storage(snapshot, "home/nas") == "home/nas"
    assert find_storage(snapshot, "gone") == "gone"


def test_a_history_keeps_its_gaps_and_large_figures_whole() -> None:
    history = History(
        times=(60, 120), series=MappingProxyType({Metric.MEM_USED_BYTES: (52505640140.4, None)})
    )

    assert draw_history(history) == {
        "times": [60, 120],
        "series": {"mem_used_bytes": [52505640140, None]},
    }
