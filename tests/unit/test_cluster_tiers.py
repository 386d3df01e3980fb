from datetime import UTC, datetime, timedelta

import pytest

from services.cluster.backoff import Backoff
from services.cluster.changes import ProxmoxLost, ProxmoxRegained, ReadingLost, ReadingRegained
from services.cluster.errors import (
    CertificateRefused,
    EndpointTimedOut,
    PermissionMissing,
    ProxmoxUnreachable,
    TokenRefused,
)
from services.cluster.model import SourceState, Tier
from services.cluster.presence import Presence, TierPresence
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


def test_a_tier_that_fails_tells_why_in_short_and_forgets_it_when_it_is_well(clock):
    away = ProxmoxUnreachable([EndpointTimedOut(URL, 10, connected=True)] * 2)
    record = TierRecord(Tier.CRITICAL, 12, clock=clock, chance=lambda: 0.5)

    assert record.failed(away, requests=1, duration_ms=1).brief == "Proxmox does not answer"
    assert record.skipped().brief == "Proxmox does not answer"
    assert record.succeeded(gaps="x: y", next_at=None, requests=1, duration_ms=4).brief is None


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


class Rhythms:
    """The outcomes of the tiers, each after 10 s in which it was waited for."""

    def __init__(self, clock):
        self.clock = clock
        self.presence = TierPresence(clock)

    def fails(self, tier, error=SLOW, *, lost=False):
        began_s = self.clock.s
        self.clock.s += 10
        return self.presence.failed(tier, error, began_s=began_s, lost=lost)

    def reads(self, tier):
        began_s = self.clock.s
        self.clock.s += 10
        return self.presence.answered(tier, began_s=began_s)


@pytest.fixture
def rhythms(clock):
    return Rhythms(clock)


def test_a_tier_that_fails_twice_beside_a_critical_one_that_reads_is_told_once(rhythms):
    assert rhythms.fails(Tier.ROUTINE) is None
    assert rhythms.reads(Tier.CRITICAL) is None

    lost = rhythms.fails(Tier.ROUTINE)
    assert isinstance(lost, ReadingLost)
    assert (lost.tier, lost.subject) == (Tier.ROUTINE, "source/routine")
    assert lost.because == SLOW.because
    assert rhythms.reads(Tier.CRITICAL) is None
    assert rhythms.fails(Tier.ROUTINE) is None
    assert rhythms.reads(Tier.IMPORTANT) is None, "that was another tier"

    back = rhythms.reads(Tier.ROUTINE)
    assert isinstance(back, ReadingRegained)
    assert (back.tier, back.away_s) == (Tier.ROUTINE, 70)
    assert rhythms.reads(Tier.ROUTINE) is None


def test_a_tier_that_fails_once_is_no_news(rhythms):
    for _ in range(3):
        assert rhythms.fails(Tier.IMPORTANT) is None
        assert rhythms.reads(Tier.CRITICAL) is None
        assert rhythms.reads(Tier.IMPORTANT) is None


def test_a_tier_is_not_lost_while_nobody_knows_whether_proxmox_is(rhythms):
    assert [rhythms.fails(Tier.IMPORTANT) for _ in range(4)] == [None] * 4
    rhythms.fails(Tier.CRITICAL)
    assert rhythms.fails(Tier.IMPORTANT) is None

    rhythms.reads(Tier.CRITICAL)
    rhythms.fails(Tier.CRITICAL)
    assert rhythms.fails(Tier.IMPORTANT) is None, "it fails again with all the others"
    rhythms.reads(Tier.CRITICAL)

    assert isinstance(rhythms.fails(Tier.IMPORTANT), ReadingLost)


def test_a_reading_that_was_asked_before_the_failure_proves_nothing(clock):
    presence = TierPresence(clock)
    presence.failed(Tier.IMPORTANT, SLOW, began_s=clock.s - 10, lost=False)
    clock.s += 1
    presence.answered(Tier.CRITICAL, began_s=clock.s - 2)

    assert presence.failed(Tier.IMPORTANT, SLOW, began_s=clock.s, lost=False) is None
    presence.answered(Tier.CRITICAL, began_s=clock.s)
    assert presence.failed(Tier.IMPORTANT, SLOW, began_s=clock.s - 1, lost=False) is None
    assert presence.failed(Tier.IMPORTANT, SLOW, began_s=clock.s, lost=False) is not None


def test_what_fails_while_proxmox_is_lost_counts_for_no_tier(rhythms):
    rhythms.fails(Tier.IMPORTANT)
    rhythms.fails(Tier.CRITICAL, lost=True)
    assert [rhythms.fails(Tier.IMPORTANT, lost=True) for _ in range(3)] == [None] * 3

    rhythms.reads(Tier.CRITICAL)
    assert rhythms.fails(Tier.IMPORTANT) is None, "the first failure of its own"
    rhythms.reads(Tier.CRITICAL)

    assert isinstance(rhythms.fails(Tier.IMPORTANT), ReadingLost)


def test_a_tier_that_was_lost_before_proxmox_was_is_told_as_back_and_not_again(rhythms):
    refused = PermissionMissing("/cluster/resources", "Permission check failed")
    rhythms.fails(Tier.IMPORTANT, refused)
    rhythms.reads(Tier.CRITICAL)
    assert isinstance(rhythms.fails(Tier.IMPORTANT, refused), ReadingLost)

    rhythms.fails(Tier.CRITICAL, lost=True)
    rhythms.reads(Tier.CRITICAL)
    assert rhythms.fails(Tier.IMPORTANT, refused) is None

    assert isinstance(rhythms.reads(Tier.IMPORTANT), ReadingRegained)


def test_a_right_is_handed_down_unless_a_nearer_path_says_otherwise():
    granted = parse_granted({"/": {"Sys.Audit": 1, "VM.Audit": 0}, "/vms": {"VM.Backup": 1}})

    assert holds(granted, "/", "VM.Audit")
    assert holds(granted, "/nodes/pve", "Sys.Audit")
    assert not holds(granted, "/nodes", "VM.Audit")
    assert not holds(granted, "/vms", "Sys.Audit")
    assert holds(granted, "/vms/100", "VM.Backup")
