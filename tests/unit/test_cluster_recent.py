"""The last minutes of CPU: a point a minute, filled from Proxmox's archive, gaps left as gaps."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.cluster.changes import PastRead, SnapshotTaken
from services.cluster.errors import ClusterError
from services.cluster.history import Kind, Span
from services.cluster.model import NodeSnapshot, NodeState, Tier
from services.cluster.parse_rrd import History, Metric
from services.cluster.recent import MINUTES_TOLD, Recent, minute_of, minutes_of
from services.events import Bus
from services.tasks import Tasks
from tests.support.clusters import make_node, make_snapshot
from tests.support.turned_clock import NOON, TurnedClock
from tests.support.waiting import until

HOUR = 60
NOON_S = round(NOON.timestamp())


def an_hour(cpu: float = 0.5, *, until_s: int = NOON_S, gap: int | None = None) -> History:
    """The rows of an hour, the newest at that moment; the one `gap` rows before it is empty."""
    times = tuple(until_s - 60 * back for back in reversed(range(HOUR)))
    samples = tuple(None if HOUR - 1 - i == gap else cpu for i in range(HOUR))
    return History(times=times, series={Metric.CPU_FRACTION: samples})


class Stage:
    """The keeper on a bus of its own, before an archive that answers when it is let."""

    def __init__(self, rhythm_s: float = 12.0) -> None:
        self.clock = TurnedClock()
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.asked: list[str] = []
        self.under_way = 0
        self.past: list[str] = []
        self.answer: History | ClusterError = History()
        self.let = asyncio.Event()
        self.let.set()
        self.recent = Recent(
            self.fetch, bus=self.bus, clock=self.clock, tasks=self.tasks, rhythm_s=rhythm_s
        )
        self.recent.start()
        self.bus.subscribe(PastRead, self._on_past_read, name="test")

    async def fetch(self, kind: Kind, id: str, span: Span) -> History:
        assert (kind, span) == ("node", "1h")
        assert self.under_way == 0, "two nodes were asked for at once"
        self.asked.append(id)
        self.under_way += 1
        try:
            await self.let.wait()
        finally:
            self.under_way -= 1
        if isinstance(self.answer, ClusterError):
            raise self.answer
        return self.answer

    async def _on_past_read(self, event: PastRead) -> None:
        self.past.append(event.name)

    async def read(self, *nodes: NodeSnapshot) -> None:
        """A reading at the clock's time; returns when it was taken and the archive has settled."""
        snapshot = make_snapshot(nodes=nodes, at=self.clock.now())
        self.bus.publish(SnapshotTaken(at=snapshot.taken_at, snapshot=snapshot, tier=Tier.CRITICAL))
        await self.bus.drained()
        if self.let.is_set():
            await until(lambda: "recent minutes" not in self.tasks.names, "the archive to be read")
            await self.bus.drained()

    async def reads(self, *shares: float | None, every_s: float = 12.0) -> None:
        """Readings of one node, each so much later than the one before; None: it is down."""
        for share in shares:
            down = share is None
            state = NodeState.DOWN if down else NodeState.ONLINE
            await self.read(make_node(state=state, cpu_fraction=share))
            self.clock.turn(every_s)

    def line(self, node: str = "pve") -> tuple[float | None, ...]:
        return self.recent.line(node, self.clock.now())


@pytest.fixture
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    made = Stage(getattr(request, "param", 12.0))
    yield made
    made.recent.stop()
    assert await made.tasks.stop(because="the test is over") == []


async def test_a_point_is_a_minute_and_holds_what_was_read_last_in_it(stage: Stage) -> None:
    await stage.reads(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, every_s=12)

    assert stage.line() == (0.5, 0.6)


async def test_a_minute_that_nobody_read_is_a_gap(stage: Stage) -> None:
    await stage.reads(0.1, None, every_s=60)
    await stage.reads(0.3, every_s=120)
    await stage.reads(0.4, every_s=0)

    assert stage.line() == (0.1, None, 0.3, None, 0.4)


async def test_a_new_minute_pushes_the_oldest_out(stage: Stage) -> None:
    await stage.reads(*(n / 100 for n in range(1, 61)), every_s=60)
    await stage.reads(0.61, every_s=0)

    assert stage.line() == tuple(n / 100 for n in range(22, 62))
    assert len(stage.line()) == MINUTES_TOLD


async def test_the_line_is_whole_from_the_first_reading_on(stage: Stage) -> None:
    stage.answer = an_hour(0.5, gap=2)

    await stage.reads(0.9, every_s=0)

    assert stage.line() == (*[0.5] * 36, None, 0.5, 0.5, 0.9)
    assert stage.past == ["pve"]


async def test_what_was_read_by_ourselves_goes_before_the_archive(stage: Stage) -> None:
    stage.let.clear()
    stage.answer = an_hour(0.5, until_s=NOON_S + 120)
    await stage.reads(0.1, 0.2, every_s=60)
    await stage.reads(0.3, every_s=0)

    stage.let.set()
    await until(lambda: stage.past, "the past")

    assert stage.line()[-4:] == (0.5, 0.1, 0.2, 0.3)
    assert stage.asked == ["pve"], "asked again without need"


async def test_nodes_are_asked_once_and_one_after_the_other(stage: Stage) -> None:
    stage.let.clear()
    names = ("agent", "home", "pve")
    for _ in range(3):
        await stage.read(*(make_node(name) for name in names))
        stage.clock.turn(12)
    assert stage.asked == ["agent"]

    stage.let.set()
    await until(lambda: len(stage.past) == 3, "the past of all three")

    assert sorted(stage.asked) == list(names)


async def test_a_failure_leaves_the_line_growing_by_itself(stage: Stage) -> None:
    stage.answer = ClusterError("Proxmox is busy")

    await stage.reads(0.1, 0.2, every_s=60)
    await stage.reads(0.3, every_s=0)

    assert stage.line() == (0.1, 0.2, 0.3)
    assert stage.asked == ["pve"]
    assert stage.past == []


async def test_a_node_that_comes_back_or_joins_is_asked_for_its_past(stage: Stage) -> None:
    await stage.read(make_node("pve"), make_node("home", NodeState.DOWN, cpu_fraction=None))
    assert stage.asked == ["pve"]

    stage.clock.turn(12)
    await stage.read(make_node("pve"), make_node("home"), make_node("new"))

    assert stage.asked == ["pve", "home", "new"]


async def test_the_past_is_asked_for_again_after_a_silence(stage: Stage) -> None:
    await stage.reads(0.1, every_s=600)
    stage.answer = an_hour(0.5, until_s=NOON_S + 600)

    await stage.reads(0.9, every_s=0)

    assert stage.line() == (*[0.5] * 29, 0.1, *[0.5] * 9, 0.9)


@pytest.mark.parametrize("stage", [60.0, 61.0, 90.0, 300.0], indirect=True)
async def test_a_slow_rhythm_is_no_silence(stage: Stage, request: pytest.FixtureRequest) -> None:
    every_s = request.node.callspec.params["stage"] + 0.7

    await stage.reads(*[0.1] * 20, every_s=every_s)
    assert stage.asked == ["pve"]

    stage.clock.turn(2 * every_s)
    await stage.reads(0.9, every_s=0)
    assert stage.asked == ["pve", "pve"]


async def test_a_node_that_left_is_forgotten(stage: Stage) -> None:
    await stage.read(make_node("pve"), make_node("home"))
    stage.clock.turn(12)
    await stage.read(make_node("home"))

    assert stage.line("pve") == ()
    assert stage.line("home") == (0.2,)


async def test_a_clock_that_is_set_back_leaves_no_point_in_the_future(stage: Stage) -> None:
    await stage.reads(0.1, every_s=60)
    await stage.reads(0.2, every_s=0)
    stage.clock.set_wall(NOON - timedelta(minutes=1))

    await stage.reads(0.3, every_s=0)

    assert stage.line() == (0.3,)
    assert stage.recent.line("pve", NOON + timedelta(minutes=1)) == (0.3, None, None)


@pytest.mark.parametrize("off_s", [0, 300, -7_200], ids=["right", "ahead", "behind"])
def test_rows_are_laid_by_our_own_clock_whatever_the_nodes_clock_shows(off_s: int) -> None:
    now = minute_of(NOON)

    minutes = minutes_of(an_hour(0.5, until_s=NOON_S + off_s), now)

    assert sorted(minutes) == list(range(now - 60, now))


def test_an_archive_without_rows_or_without_cpu_fills_nothing() -> None:
    assert minutes_of(History(), minute_of(NOON)) == {}
    assert minutes_of(History(times=(NOON_S,)), minute_of(NOON)) == {}
