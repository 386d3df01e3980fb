import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from services.events import QUEUE_HIGH_WATER, Bus, Event, Happening, Severity
from services.tasks import Tasks

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KettleBoiled(Event):
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TeaSpilled(Happening):
    pass


@pytest.fixture
async def tasks():
    tasks = Tasks()
    yield tasks
    assert await tasks.stop(because="the test is over") == []


@pytest.fixture
def bus(tasks):
    return Bus(tasks)


def gathering(into: list[Event]):
    async def gather(event: Event) -> None:
        into.append(event)

    return gather


async def test_an_event_reaches_the_subscribers_of_its_type_and_of_what_it_derives_from(bus):
    kettles: list[Event] = []
    all_: list[Event] = []
    spilled: list[Event] = []
    bus.subscribe(KettleBoiled, gathering(kettles), name="kettles")
    bus.subscribe(Event, gathering(all_), name="all")
    bus.subscribe(TeaSpilled, gathering(spilled), name="spilled")

    bus.publish(KettleBoiled(at=NOON))
    await bus.drained()

    assert kettles == all_ == [KettleBoiled(at=NOON)]
    assert spilled == []


async def test_events_arrive_in_the_order_they_were_published(bus):
    seen: list[Event] = []

    async def slowly(event: KettleBoiled) -> None:
        await asyncio.sleep(0)
        seen.append(event)

    bus.subscribe(KettleBoiled, slowly, name="slowly")
    for number in range(50):
        bus.publish(KettleBoiled(at=NOON, number=number))
    await bus.drained()

    assert [event.number for event in seen] == list(range(50))


async def test_a_broken_subscriber_costs_only_itself(bus):
    seen: list[Event] = []

    async def broken(_: Event) -> None:
        raise RuntimeError("the cup has no bottom")

    bus.subscribe(Event, broken, name="broken")
    bus.subscribe(Event, gathering(seen), name="well")

    with capture_logs() as logs:
        for number in range(3):
            bus.publish(KettleBoiled(at=NOON, number=number))
        await bus.drained()

    assert len(seen) == 3
    failed, well = bus.subscriptions
    assert (failed.failures, well.failures) == (3, 0)
    assert [entry["name"] for entry in logs if entry["event"] == "subscriber failed"] == [
        "broken"
    ] * 3


async def test_a_subscriber_that_hangs_costs_only_itself(bus):
    seen: list[Event] = []

    async def hangs(_: Event) -> None:
        await asyncio.Event().wait()

    bus.subscribe(Event, hangs, name="hangs")
    bus.subscribe(Event, gathering(seen), name="well")
    bus.publish(KettleBoiled(at=NOON))
    bus.publish(KettleBoiled(at=NOON))

    await asyncio.wait_for(bus.subscriptions[1].drained(), 30)

    assert len(seen) == 2


async def test_a_subscriber_outlives_the_cancelling_of_what_it_waits_for(bus):
    seen: list[Event] = []

    async def awaits_the_cancelled(event: KettleBoiled) -> None:
        if event.number == 0:
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future
        seen.append(event)

    bus.subscribe(KettleBoiled, awaits_the_cancelled, name="waits")
    bus.publish(KettleBoiled(at=NOON, number=0))
    bus.publish(KettleBoiled(at=NOON, number=1))
    await asyncio.wait_for(bus.drained(), 30)

    assert [event.number for event in seen] == [1]
    assert bus.subscriptions[0].failures == 1


async def test_past_the_high_water_the_oldest_are_dropped_and_counted(bus):
    seen: list[Event] = []
    bus.subscribe(KettleBoiled, gathering(seen), name="flooded")

    with capture_logs() as logs:
        for number in range(QUEUE_HIGH_WATER + 7):
            bus.publish(KettleBoiled(at=NOON, number=number))
        await bus.drained()

    assert len(seen) == QUEUE_HIGH_WATER
    assert seen[0] == KettleBoiled(at=NOON, number=7)
    assert bus.subscriptions[0].dropped == 7
    assert [entry["name"] for entry in logs] == ["flooded"]


async def test_who_has_unsubscribed_hears_no_more(bus, tasks):
    seen: list[Event] = []
    unsubscribe = bus.subscribe(Event, gathering(seen), name="leaver")
    bus.publish(KettleBoiled(at=NOON))
    await bus.drained()

    unsubscribe()
    unsubscribe()
    bus.publish(KettleBoiled(at=NOON))
    await bus.drained()

    assert len(seen) == 1
    assert bus.subscriptions == ()


async def test_nobody_waits_for_a_subscriber_that_was_ended_in_mid_work(bus, tasks):
    async def hangs(_: Event) -> None:
        await asyncio.Event().wait()

    bus.subscribe(Event, hangs, name="hangs")
    bus.publish(KettleBoiled(at=NOON))
    await asyncio.sleep(0)
    await tasks.stop(because="the house closes")

    await asyncio.wait_for(bus.drained(), 30)


def test_an_event_without_a_zone_is_refused():
    with pytest.raises(ValueError, match=r"KettleBoiled\.at has no time zone"):
        KettleBoiled(at=datetime(2026, 11, 20, 12))  # noqa: DTZ001 the naive one is the point


def test_a_happening_must_say_what_it_is():
    spilled = TeaSpilled(at=NOON)
    assert spilled.severity is Severity.INFO
    with pytest.raises(NotImplementedError, match="TeaSpilled"):
        spilled.sentence()
    with pytest.raises(NotImplementedError, match="TeaSpilled"):
        _ = spilled.subject
