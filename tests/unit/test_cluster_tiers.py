from datetime import UTC, datetime, timedelta

import pytest

from services.cluster.backoff import Backoff
from services.cluster.changes import ProxmoxLost, ProxmoxRegained
from services.cluster.errors import (
    CertificateRefused,
    EndpointTimedOut,
    ProxmoxUnreachable,
    TokenRefused,
)
from services.cluster.model import SourceState, Tier
from services.cluster.presence import Presence
from services.cluster.rights import holds, parse_granted
from services.cluster.tiers import TierRecord, retry_for

URL = "https://192.0.2.11:8006"
SLOW = ProxmoxUnreachable([EndpointTimedOut(URL, 10, connected=True)])


class TurnedClock:
    def __init__(self):
        self.s = 1_800_000_000.0

    def now(self):
        return datetime.fromtimestamp(self.s, UTC)

    def monotonic_s(self):
        return self.s


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.mark.parametrize("luck", [0.0, 0.5, 0.999])
def test_a_delay_doubles_up_to_its_most_and_never_passes_it(luck):
    backoff = Backoff(first_s=2, most_s=15)

    delays = [backoff.delay_s(failures, lambda: luck) for failures in range(1, 200)]

    assert 1 <= delays[0] <= 2
    assert delays == sorted(delays)
    assert delays[-1] <= 15


@pytest.mark.parametrize(
    ("tier", "interval_s", "most_s"),
    [
        (Tier.CRITICAL, 12, 15),
        (Tier.IMPORTANT, 32, 128),
        (Tier.IMPORTANT, 5, 60),
        (Tier.ROUTINE, 300, 1_200),
    ],
)
def test_a_failing_tier_never_waits_longer_than_promised(tier, interval_s, most_s):
    assert retry_for(tier, interval_s).most_s == most_s


def test_a_tier_tells_how_it_fails_and_how_it_recovers(clock):
    record = TierRecord(Tier.CRITICAL, 12, clock=clock, chance=lambda: 0.5)
    assert record.status.state is SourceState.WAITING

    failed = record.failed(SLOW, requests=1, duration_ms=10_000)
    clock.s += 20
    failed_again = record.failed(SLOW, requests=1, duration_ms=10_000)

    assert failed.state is SourceState.FAILING
    assert failed.because == SLOW.because
    assert failed_again.failing_since == failed.failing_since
    assert clock.now() < failed_again.next_at <= clock.now() + timedelta(seconds=15)

    well = record.succeeded(gaps=None, next_at=None, requests=1, duration_ms=4)

    assert well.state is SourceState.OK
    assert (well.failing_since, well.because, well.last_ok_at) == (None, None, clock.now())


def test_a_skipped_tick_is_late_and_counted_but_does_not_hide_a_failure(clock):
    record = TierRecord(Tier.IMPORTANT, 32, clock=clock, chance=lambda: 0.5)

    assert record.skipped().state is SourceState.LATE
    record.failed(SLOW, requests=1, duration_ms=1)
    skipped = record.skipped()

    assert skipped.state is SourceState.FAILING
    assert skipped.because == SLOW.because
    assert skipped.skipped_ticks == 2


def test_a_proxy_that_restarts_is_no_loss(clock):
    presence = Presence(clock)

    assert presence.failed(SLOW) is None
    assert presence.answered() is None


def test_a_loss_is_told_once_and_its_end_with_the_time_it_took(clock):
    presence = Presence(clock)
    presence.failed(SLOW)
    clock.s += 2

    told = presence.failed(SLOW)
    assert isinstance(told, ProxmoxLost)
    assert presence.failed(SLOW) is None
    assert presence.lost

    clock.s += 58
    back = presence.answered()
    assert isinstance(back, ProxmoxRegained)
    assert back.away_s == 60
    assert presence.answered() is None


def test_the_time_that_was_waited_in_vain_counts_as_time_away(clock):
    presence = Presence(clock)
    clock.s += 20
    presence.failed(SLOW, began_s=clock.s - 20)
    clock.s += 20
    presence.failed(SLOW, began_s=clock.s - 10)

    clock.s += 5

    assert presence.answered().away_s == 45


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(TokenRefused("/cluster/resources", URL, ""), id="token"),
        pytest.param(ProxmoxUnreachable([CertificateRefused(URL, "expired")]), id="certificate"),
    ],
)
def test_a_refusal_is_told_at_once_because_waiting_does_not_mend_it(clock, refusal):
    assert isinstance(Presence(clock).failed(refusal), ProxmoxLost)


def test_a_right_is_handed_down_unless_a_nearer_path_says_otherwise():
    granted = parse_granted({"/": {"Sys.Audit": 1, "VM.Audit": 0}, "/vms": {"VM.Backup": 1}})

    assert holds(granted, "/", "VM.Audit")
    assert holds(granted, "/nodes/pve", "Sys.Audit")
    assert not holds(granted, "/nodes", "VM.Audit")
    assert not holds(granted, "/vms", "Sys.Audit")
    assert holds(granted, "/vms/100", "VM.Backup")
