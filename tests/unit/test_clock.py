import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clock import SystemClock, as_stored, from_stored, pause


def test_a_time_is_stored_in_utc_with_milliseconds_and_z():
    berlin = timezone(timedelta(hours=1))
    assert as_stored(datetime(2026, 11, 20, 13, 5, 9, 87_654, berlin)) == "2026-11-20T12:05:09.087Z"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="give an aware one"):
        as_stored(datetime(2026, 11, 20, 12))  # noqa: DTZ001 the naive one is the point


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_was_stored_comes_back_to_the_millisecond(moment):
    back = from_stored(as_stored(moment))

    assert back == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert back.tzinfo is not None


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=1)),
)
def test_stored_times_sort_as_the_moments_do(moment, later_by):
    if moment.year < 9999:
        assert as_stored(moment) <= as_stored(moment + later_by)


def test_the_system_clock_is_aware_and_its_steady_time_does_not_go_back():
    clock = SystemClock()

    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic_s() <= clock.monotonic_s()


def test_a_turned_clock_turns_both_and_sets_the_wall_alone(turned_clock):
    before = turned_clock.monotonic_s()
    turned_clock.turn(90)
    assert turned_clock.monotonic_s() == before + 90

    turned_clock.set_wall(datetime(2020, 1, 1, tzinfo=UTC))
    assert turned_clock.monotonic_s() == before + 90
    assert turned_clock.now().year == 2020


async def test_a_pause_tells_whether_it_was_ended_before_its_time():
    ended = asyncio.Event()

    assert not await pause(0.01, ended)
    assert not await pause(0.01)
    ended.set()
    assert await pause(60, ended)
