"""When the loss of one address of the API is news."""

from datetime import UTC, datetime

import pytest

from services.cluster.changes import EndpointLost, EndpointRefused, EndpointRegained
from services.cluster.errors import CertificateRefused, EndpointFailed
from services.cluster.outage import Outage

URL = "https://192.0.2.11:8006"
BROKEN = EndpointFailed(URL, 503, "Service Unavailable")
REFUSED = CertificateRefused(URL, "expired")


class TurnedClock:
    def __init__(self) -> None:
        self.s = 1_800_000_000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.s, UTC)

    def monotonic_s(self) -> float:
        return self.s


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


def test_a_refused_certificate_is_told_at_once_and_never_as_a_loss(clock: TurnedClock) -> None:
    outage = Outage(URL, clock)

    told = [outage.failed(REFUSED, rested=True, bridged=True) for _ in range(4)]

    assert isinstance(told[0], EndpointRefused)
    assert told[1:] == [None] * 3


def test_the_end_of_a_refusal_is_told_with_the_time_since_the_first_failure(
    clock: TurnedClock,
) -> None:
    outage = Outage(URL, clock)
    outage.failed(BROKEN, rested=True, bridged=True)
    clock.s += 10
    assert isinstance(outage.failed(REFUSED, rested=True, bridged=False), EndpointRefused)
    clock.s += 50

    back = outage.answered()

    assert isinstance(back, EndpointRegained)
    assert back.away_s == 60
    assert outage.answered() is None


def test_a_refused_address_that_then_fails_otherwise_is_lost_after_two_of_those(
    clock: TurnedClock,
) -> None:
    outage = Outage(URL, clock)
    outage.failed(BROKEN, rested=True, bridged=True)
    outage.failed(REFUSED, rested=True, bridged=True)

    assert outage.failed(BROKEN, rested=True, bridged=True) is None
    assert isinstance(outage.failed(BROKEN, rested=True, bridged=True), EndpointLost)
    assert isinstance(outage.failed(REFUSED, rested=True, bridged=True), EndpointRefused)
    assert outage.failed(BROKEN, rested=True, bridged=True) is None
    assert outage.failed(BROKEN, rested=True, bridged=True) is None, "it was told already"


def test_a_loss_waits_until_another_address_answers(clock: TurnedClock) -> None:
    outage = Outage(URL, clock)

    assert [outage.failed(BROKEN, rested=True, bridged=False) for _ in range(5)] == [None] * 5
    assert outage.failed(BROKEN, rested=False, bridged=True) is None
    assert isinstance(outage.failed(BROKEN, rested=True, bridged=True), EndpointLost)


def test_the_next_outage_is_told_anew(clock: TurnedClock) -> None:
    outage = Outage(URL, clock)
    for _ in range(2):
        assert outage.failed(BROKEN, rested=True, bridged=True) is None
        assert isinstance(outage.failed(BROKEN, rested=True, bridged=True), EndpointLost)
        assert isinstance(outage.answered(), EndpointRegained)
