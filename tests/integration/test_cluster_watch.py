"""The whole cluster service over the simulator's HTTPS: what it reads, and what it tells."""

import asyncio
import ssl

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from services.cluster.changes import (
    EndpointLost,
    EndpointRefused,
    EndpointRegained,
    GuestCrashed,
    GuestStopped,
    NodeCameUp,
    NodeWentDown,
    PastRead,
    ProxmoxLost,
    ProxmoxRegained,
    QuorumLost,
    QuorumRegained,
    ReadingLost,
    SnapshotTaken,
    WatchBegan,
)
from services.cluster.changes_storages import StorageRoseAbove
from services.cluster.history import NotKnown
from services.cluster.model import GuestState, NodeState, SourceState, Tier
from services.cluster.parse_rrd import Metric
from services.cluster.ticks import HousekeepingFellDue
from services.events import Happening
from tests.support.waiting import until
from tests.support.watched import FAST_S, watching


async def test_the_first_answers_make_the_whole_picture_at_once(simulator):
    slow = dict.fromkeys(FAST_S, 300.0)

    async with watching(simulator, intervals_s=slow) as watched:
        await watched.reads(Tier.ROUTINE)
        snapshot = watched.service.snapshot

    assert sorted(snapshot.nodes) == ["agent", "agent1", "home", "pve"]
    assert len(snapshot.guests) == 20
    assert snapshot.quorate is True
    assert snapshot.pve_version
    assert snapshot.storages
    assert snapshot.backups is not None
    assert all(node.detail and node.detail.cpu_model for node in snapshot.nodes.values())
    began, *standing = watched.heard(Happening)
    assert isinstance(began, WatchBegan)
    assert [(type(one), one.subject) for one in standing] == [
        (StorageRoseAbove, "storage/pve/local-zfs")
    ], "a first look is no news but for itself, and for what stands badly already"


async def test_a_steady_fast_tick_costs_one_request(simulator):
    async with watching(simulator, timeout_s=10.0) as watched:
        seen = len(watched.heard(SnapshotTaken))
        await until(lambda: len(watched.heard(SnapshotTaken)) > seen + 4, "more polls")

        assert watched.service.tiers[Tier.CRITICAL].requests == 1
        assert watched.service.tiers[Tier.IMPORTANT].requests == 3


async def test_the_background_tier_asks_for_the_snapshot_to_be_kept(simulator):
    async with watching(simulator, timeout_s=10.0) as watched:
        await until(
            lambda: any(
                len(due.snapshot.guests) == 20 for due in watched.heard(HousekeepingFellDue)
            ),
            "a snapshot of all guests to be kept",
        )


async def test_a_dead_node_is_unreachable_then_down_then_back(own_simulator):
    async with watching(own_simulator) as watched:
        own_simulator.fault("power-off", "agent1")

        await watched.sees("agent1", NodeState.UNREACHABLE)
        assert watched.heard(NodeWentDown) == []
        told = await watched.told(NodeWentDown)
        assert (told.node, told.missed_probes) == ("agent1", 3)
        others = [n for n in watched.service.snapshot.nodes.values() if n.name != "agent1"]
        assert all(node.cpu_fraction is not None for node in others)
        assert watched.service.snapshot.nodes["agent1"].cpu_fraction is None
        assert watched.service.tiers[Tier.CRITICAL].state is SourceState.OK

        own_simulator.clear("power-off", "agent1")
        back = await watched.told(NodeCameUp, within_s=60)
        assert back.node == "agent1"
        assert len(watched.heard(NodeWentDown)) == 1


async def test_the_details_of_the_others_are_read_while_a_node_hangs(own_simulator):
    async with watching(own_simulator) as watched:
        await watched.reads(Tier.ROUTINE)
        own_simulator.fault("freeze", "pve")
        read_at = watched.service.snapshot.nodes["agent"].detail.read_at

        await until(
            lambda: watched.service.snapshot.nodes["agent"].detail.read_at > read_at,
            "newer details of agent",
        )
        assert watched.service.snapshot.nodes["agent"].detail.because is None


async def test_the_loss_of_the_entry_node_is_bridged_and_undone(own_simulator):
    first, second = own_simulator.endpoints[:2]
    entry = own_simulator.nodes[0]

    async with watching(own_simulator) as watched:
        own_simulator.fault("power-off", entry)
        told = await watched.told(NodeWentDown)
        assert told.node == entry
        in_use = [status.url for status in watched.service.endpoints if status.in_use]
        assert in_use == [second]
        assert (await watched.told(EndpointLost, within_s=30)).url == first
        assert watched.heard(ProxmoxLost) == []

        own_simulator.clear("power-off", entry)
        await watched.told(NodeCameUp, within_s=60)
        await until(
            lambda: watched.service.endpoints[0].in_use, f"{first} to be used again", within_s=30
        )
        assert (await watched.told(EndpointRegained)).url == first
        assert len(watched.heard(EndpointLost)) == 1


async def test_a_crash_is_told_from_a_stop_that_somebody_asked_for(own_simulator):
    async with watching(own_simulator) as watched:
        running = [
            guest
            for guest in watched.service.snapshot.guests.values()
            if guest.state is GuestState.RUNNING
        ]
        crashes, stops = running[0], running[1]

        own_simulator.fault("crash-guest", str(crashes.vmid))
        crashed = await watched.told(GuestCrashed)
        assert crashed.vmid == crashes.vmid

        stop_guest(own_simulator, stops)
        stopped = await watched.told(GuestStopped)
        assert stopped.vmid == stops.vmid
        assert len(watched.heard(GuestCrashed)) == 1


def stop_guest(simulator, guest):
    path = f"/api2/json/nodes/{guest.node}/{guest.kind}/{guest.vmid}/status/stop"
    token = f"PVEAPIToken={simulator.token_id}={simulator.token_secret}"
    with httpx.Client(verify=trusting(simulator), trust_env=False) as client:
        answer = client.post(simulator.endpoints[0] + path, headers={"Authorization": token})
    answer.raise_for_status()


def trusting(simulator):
    return ssl.create_default_context(cafile=simulator.ca_file)


async def test_a_stalled_api_leaves_the_loop_alive_and_is_told(own_simulator):
    async with watching(own_simulator) as watched:
        seen_at = watched.service.snapshot.nodes_at
        own_simulator.fault("stall", "all")
        longest_s = asyncio.ensure_future(longest_pause_s(3.0))

        lost = await watched.told(ProxmoxLost)
        assert "within 1 s" in lost.because
        status = watched.service.tiers[Tier.CRITICAL]
        assert status.state is SourceState.FAILING
        assert status.skipped_ticks > 0
        assert status.failing_since is not None
        assert status.next_at is not None
        assert (status.next_at - status.failing_since).total_seconds() < 30
        snapshot = watched.service.snapshot
        assert len(snapshot.guests) == 20, "what was known was thrown away"
        assert (snapshot.nodes_at - seen_at).total_seconds() < 3
        assert await longest_s < 0.95, "a timeout of 1 s was waited for on the loop"

        own_simulator.clear("stall")
        await watched.told(ProxmoxRegained, within_s=30)
        await watched.reads(Tier.CRITICAL, Tier.IMPORTANT, Tier.ROUTINE)
        assert len(watched.heard(ProxmoxLost)) == 1


async def longest_pause_s(for_s):
    loop = asyncio.get_running_loop()
    end_s, before_s, longest_s = loop.time() + for_s, loop.time(), 0.0
    while before_s < end_s:
        await asyncio.sleep(0.01)
        longest_s = max(longest_s, loop.time() - before_s)
        before_s = loop.time()
    return longest_s


@pytest.mark.parametrize("trouble", ["errors", "reset-connections"])
async def test_trouble_on_every_address_is_lost_and_regained_once(own_simulator, trouble):
    async with watching(own_simulator) as watched:
        own_simulator.fault(trouble, "all")
        await watched.told(ProxmoxLost)

        own_simulator.clear(trouble)
        back = await watched.told(ProxmoxRegained, within_s=30)

        assert back.away_s > 0
        assert len(watched.heard(ProxmoxLost)) == 1
        await watched.reads(Tier.CRITICAL, Tier.IMPORTANT)
        assert watched.heard(ReadingLost) == [], "what fails all of it was told of a part"


@pytest.mark.parametrize("trouble", ["errors", "reset-connections", "change-certificate"])
async def test_trouble_on_one_address_is_bridged(own_simulator, trouble):
    first = own_simulator.endpoints[0]

    async with watching(own_simulator) as watched:
        own_simulator.fault(trouble, first)
        await until(
            lambda: watched.service.endpoints[1].in_use and watched.service.endpoints[0].because,
            "the second address to be used, and told why",
        )
        if trouble == "change-certificate":
            await watched.told(EndpointRefused, within_s=30)

        own_simulator.clear(trouble)
        await until(
            lambda: watched.service.endpoints[0].in_use, "the first one's return", within_s=30
        )
        assert watched.heard(ProxmoxLost) == []
        refused = 1 if trouble == "change-certificate" else 0
        assert len(watched.heard(EndpointRefused)) == refused


async def test_a_revoked_token_is_told_at_once_with_its_remedy(own_simulator):
    async with watching(own_simulator) as watched:
        own_simulator.fault("revoke-token")

        lost = await watched.told(ProxmoxLost)
        assert "401" in lost.because
        assert "PROXMOX_TOKEN_SECRET" in lost.remedy
        assert own_simulator.token_secret not in lost.sentence()

        own_simulator.clear("revoke-token")
        await watched.told(ProxmoxRegained, within_s=30)


async def test_a_lost_quorum_is_told_and_so_is_its_return(own_simulator):
    with capture_logs() as logged:
        async with watching(own_simulator) as watched:
            own_simulator.fault("lose-quorum", "all")
            await watched.told(QuorumLost)

            own_simulator.clear("lose-quorum")
            await watched.told(QuorumRegained, within_s=60)

    lines = {line["event_"]: line for line in logged if line["event"] == "happened"}
    assert lines["QuorumLost"]["severity"] == "alarm"
    assert lines["QuorumRegained"]["severity"] == "good"


async def test_a_token_without_some_rights_reads_the_rest(simulator):
    auditor = {
        "token_id": simulator.read_token_id,
        "token_secret": SecretStr(simulator.read_token_secret),
    }
    async with watching(simulator, **auditor) as watched:
        await watched.reads(Tier.ROUTINE)
        detail = watched.service.snapshot.nodes["pve"].detail
        first = watched.service.tiers[Tier.ROUTINE]
        await until(
            lambda: watched.service.tiers[Tier.ROUTINE].last_ok_at != first.last_ok_at,
            "a second look at the details",
        )
        second = watched.service.tiers[Tier.ROUTINE]

    assert detail.cpu_model
    assert detail.updates_count is None
    assert "Sys.Modify" in detail.because
    assert "Sys.Modify" in first.because
    assert "VM.Backup" in first.because, "backups that cannot be seen were taken for none"
    assert second.requests < first.requests, "what was refused was asked again"


async def test_a_drawer_gets_its_chart_and_its_facts(simulator):
    async with watching(simulator, timeout_s=10.0) as watched:
        service = watched.service
        vmid = next(iter(service.snapshot.guests))

        history = await service.fetch_history("node", "pve", "24h")
        of_guest = await service.fetch_history("guest", str(vmid), "1h")
        storage = next(iter(service.snapshot.storages.values()))
        of_storage = await service.fetch_history(
            "storage", f"{storage.node}/{storage.storage}", "7d"
        )
        facts = await service.fetch_guest_facts(vmid)
        node_facts = await service.fetch_node_facts("pve")

        assert len(history.times) > 100
        assert of_guest.times
        assert of_storage.times
        assert facts.config is not None
        assert facts.because is None
        assert node_facts.tasks is not None
        assert await service.fetch_history("node", "pve", "24h") is history, "asked again"
        upid = service.snapshot.tasks[0].upid
        lines = await service.fetch_task_log(upid)
        assert lines
        assert await service.fetch_task_log(upid) is lines, "a log was asked for twice at once"
        with pytest.raises(NotKnown):
            await service.fetch_history("guest", "31337", "1h")


async def test_the_last_forty_minutes_of_each_node_are_there_from_the_start(simulator):
    async with watching(simulator, timeout_s=10.0) as watched:
        service = watched.service
        service.recent.start()
        await until(lambda: len(watched.heard(PastRead)) == 4, "the past of all four nodes")

        read_at = service.snapshot.nodes_at
        lines = {name: service.recent.line(name, read_at) for name in service.snapshot.nodes}
        history = await service.fetch_history("node", "pve", "1h")
        seen = len(watched.heard(SnapshotTaken))
        await until(lambda: len(watched.heard(SnapshotTaken)) > seen + 2, "more polls")

    assert [len(line) for line in lines.values()] == [40] * 4
    # The archive lacks a minute now and then, as a real one does.
    assert all(sum(cpu is None for cpu in line) < 4 for line in lines.values()), lines
    of_past = dict(zip(history.times, history[Metric.CPU_FRACTION], strict=True))
    minute_s = round(read_at.timestamp()) // 60 * 60
    assert lines["pve"][-31:-2] == tuple(of_past[minute_s - 60 * n] for n in range(29, 0, -1))
    assert len(watched.heard(PastRead)) == 4, "it was read again"


async def test_a_stop_does_not_wait_for_a_stalled_api(own_simulator):
    async with watching(own_simulator, timeout_s=60.0) as watched:
        own_simulator.fault("stall", "all")
        service = watched.service
        late = SourceState.LATE
        await until(lambda: service.tiers[Tier.CRITICAL].state is late, "a late tick")

        async with asyncio.timeout(30):
            await service.stop("the house goes down")

        assert service.tiers[Tier.CRITICAL].state is late
        assert watched.heard(ProxmoxLost) == [], "our own end was told as Proxmox's"


async def test_the_return_of_the_api_is_told_before_what_it_brings(own_simulator):
    # The critical tier rests for long after its failures: the other one hears of the return first.
    often = {**FAST_S, Tier.CRITICAL: 30.0, Tier.IMPORTANT: 0.3}
    async with watching(own_simulator, intervals_s=often, timeout_s=1.0) as watched:
        running = next(
            guest
            for guest in watched.service.snapshot.guests.values()
            if guest.state is GuestState.RUNNING
        )
        own_simulator.fault("revoke-token")
        watched.service.poll_now(Tier.CRITICAL)
        await watched.told(ProxmoxLost)
        own_simulator.fault("crash-guest", str(running.vmid))

        own_simulator.clear("revoke-token")
        await watched.told(GuestCrashed)

        kinds = [type(event) for event in watched.heard(Happening)]
        assert kinds.index(ProxmoxRegained) < kinds.index(GuestCrashed)
        assert kinds.count(ProxmoxRegained) == 1
        await watched.reads(Tier.CRITICAL)
