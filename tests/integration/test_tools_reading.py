"""Tools that read, over the simulator's real HTTPS: figures with units and ages, and no guesses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.cluster.model import NodeState, Tier
from services.tools.calls import Outcome
from services.tools.registry import REGISTRY
from simulator.process import SimulatorProcess
from tests.support.shells import sign_in
from tests.support.tool_bench import Bench, bench_over
from tests.support.waiting import until


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("reading")) as process:
        yield process


async def test_the_cluster_is_told_with_what_wants_a_look(bench: Bench) -> None:
    await bench.watched.reads(Tier.ROUTINE)

    found = await bench.use("get_cluster_status")

    assert found.outcome is Outcome.DONE
    assert found.data["quorate"] is True
    assert found.data["nodes_online"] == 4
    assert found.data["guests_running"] == 17
    assert found.data["storages_full"] == ["storage/pve/local-zfs"]
    assert found.data["guests_without_job"] == [112, 140], "a template needs no backup"
    assert "storage/pve/local-zfs  87 % used, warning" in found.text
    assert "s ago" in found.text
    assert found.verified is None


async def test_resources_are_summed_and_a_shared_storage_counts_once(bench: Bench) -> None:
    found = await bench.use("get_cluster_resources")

    snapshot = bench.hands.cluster.snapshot
    once = {s.storage if s.shared else s.id: s for s in snapshot.storages.values()}
    assert found.data["cpu_cores"] == 44
    assert found.data["storage_total_bytes"] == sum(s.total_bytes or 0 for s in once.values())
    assert "of 44 cores busy" in found.text


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"node": "agent"}, ["nextcloud", "paperless", "git"]),
        ({"state": "stopped"}, ["win11", "dev-box", "debian-13"]),
        ({"tag": "k3s"}, ["k3s-1", "k3s-2"]),
        ({"kind": "lxc", "node": "pve"}, ["adguard", "prometheus"]),
        ({"search": "MED"}, ["media"]),
        ({"by": "disk", "most": 3}, ["media", "win11", "immich"]),
        ({"search": "nothing"}, []),
    ],
)
async def test_guests_are_listed_by_what_is_asked_for(
    bench: Bench, arguments: dict[str, Any], names: list[str]
) -> None:
    found = await bench.use("list_guests", **arguments)

    assert [row["name"] for row in found.data["guests"]] == names
    assert found.outcome is (Outcome.DONE if names else Outcome.EMPTY)


async def test_a_guest_is_told_as_it_is_now_and_not_as_it_was(bench: Bench) -> None:
    found = await bench.use("get_guest_status", guest="media")

    assert found.data["state"] == "running"
    assert (found.data["vmid"], found.data["node"], found.data["kind"]) == (104, "pve", "qemu")
    assert "of 16.0 GiB" in found.text
    assert "— of 720 GiB" in found.text, "Proxmox cannot see into the disk of a machine"
    assert (await bench.use("get_guest_status", guest="mgmt")).data["protected"] is True


async def test_a_guest_that_has_moved_is_found_where_it_is(bench: Bench) -> None:
    """The snapshot may be half a minute old; the guest need not be where it says."""
    snapshot = bench.hands.cluster.snapshot
    stale = replace(
        snapshot, guests={**snapshot.guests, 104: replace(snapshot.guests[104], node="home")}
    )
    bench.watched.service._poller.snapshot = stale

    found = await bench.use("get_guest_status", guest="media")

    assert found.outcome is Outcome.DONE
    assert found.data["node"] == "pve"


async def test_a_guests_configuration_and_snapshots_are_told(bench: Bench) -> None:
    config = await bench.use("get_guest_config", guest="media")
    snapshots = await bench.use("list_snapshots", guest="media")

    assert config.data["mem_bytes"] == 16 * 1024**3
    assert config.data["disks"]["scsi0"].startswith("local-zfs:vm-104-disk-0")
    assert [row["name"] for row in snapshots.data["snapshots"]][:2] == ["auto11", "auto10"]
    none = await bench.use("list_snapshots", guest="win11")
    assert none.outcome in (Outcome.EMPTY, Outcome.DONE)


async def test_storages_their_content_and_backups_are_listed(bench: Bench) -> None:
    storages = await bench.use("list_storage", node="pve")
    images = await bench.use("get_storage_content", storage="nas", content="iso")
    backups = await bench.use("list_backups", guest="media", most=2)

    assert [row["storage"] for row in storages.data["storages"]] == [
        "backup",
        "local",
        "local-zfs",
        "nas",
    ]
    assert {row["content"] for row in images.data["volumes"]} == {"iso"}
    assert [row["vmid"] for row in backups.data["backups"]] == [104, 104]
    assert backups.data["left_out"] == 1
    assert "… 1 more left out" in backups.text
    assert [row["name"] for row in backups.data["newest"]] == ["media"]
    assert backups.data["newest"][0]["created_at"] == backups.data["backups"][0]["created_at"]
    refused = await bench.use("get_storage_content", storage="local")
    assert refused.outcome is Outcome.REFUSED
    assert "its node as well" in refused.because


async def test_guests_without_a_backup_are_looked_for_where_the_snapshot_does_not_know(
    bench: Bench,
) -> None:
    found = await bench.use("guests_without_backup")

    assert [row["name"] for row in found.data["guests"]] == ["win11", "dev-box"]
    assert found.data["guests"][0]["has_job"] is False


async def test_tasks_are_listed_and_their_logs_read(bench: Bench) -> None:
    failed = await bench.use("list_tasks", failed=True)
    upid = failed.data["tasks"][0]["upid"]

    log = await bench.use("get_task_log", upid=upid.rstrip(":"), lines=3)

    assert failed.data["tasks"][0]["outcome"] == "failed"
    assert log.data["outcome"] == "failed"
    assert len(log.data["lines"]) == 3
    assert log.data["lines"][-1] == "TASK ERROR: job errors"
    of_node = await bench.use("list_tasks", node="agent")
    assert {row["node"] for row in of_node.data["tasks"]} == {"agent"}


async def test_a_node_is_told_with_its_services_updates_and_network(bench: Bench) -> None:
    status = await bench.use("get_node_status", node="PVE")
    services = await bench.use("get_node_services", node="pve")
    service = await bench.use("get_service_status", node="pve", service="pveproxy.service")
    updates = await bench.use("get_updates", node="pve")
    network = await bench.use("get_network", node="pve")

    assert status.data["kernel"].endswith("-pve")
    assert "online, seen so since " in status.text, "it runs for longer than it is watched"
    assert services.data["failed"] == []
    assert service.data["state"] == "running"
    assert updates.data["count"] == len(updates.data["packages"])
    assert updates.data["packages"][0]["security"] is True, "those that mend holes come first"
    assert [row["interface"] for row in network.data["interfaces"]] == ["eno1", "vmbr0"]


async def test_hardware_and_high_availability_are_told(bench: Bench) -> None:
    warmth = await bench.use("get_temperatures")
    disks = await bench.use("get_disk_health", node="pve")
    pools = await bench.use("get_zfs_health")
    ha = await bench.use("get_ha_status")

    # Nobody watches in this test, so the sensors are read as they are asked for.
    assert all(20 < row["cpu_c"] < 110 for row in warmth.data["nodes"])
    heads = warmth.text.splitlines()[1].split("  ")
    assert [one.strip() for one in heads if one][1:3] == ["processor", "sensor"]
    assert [row["device"] for row in disks.data["drives"]] == ["/dev/nvme0n1", "/dev/sda"]
    assert 20 < disks.data["drives"][0]["temperature_c"] < 110
    assert disks.data["drives"][1]["temperature_c"] is None, "a resting disk is not woken"
    assert [(row["pool"], row["state"]) for row in pools.data["pools"]] == [("rpool", "ONLINE")]
    assert [row["name"] for row in ha.data["services"]] == ["k3s-1", "k3s-2"]
    assert ha.data["nodes"]["home"] == "active"


async def test_replication_that_is_not_there_is_empty_and_not_well(bench: Bench) -> None:
    found = await bench.use("get_replication")

    assert found.outcome is Outcome.EMPTY
    assert "No guest is replicated" in found.because


async def test_the_past_is_summed_up_with_where_it_leads(bench: Bench) -> None:
    found = await bench.use("get_metrics_history", kind="storage", name="local-zfs", span="7d")

    used = found.data["metrics"]["disk_used_bytes"]
    assert used["trend"] == "rising"
    assert used["least"] < used["mean"] < used["most"]
    assert "grows 4.0" in found.text
    assert "full in" in found.text
    guest = await bench.use("get_metrics_history", kind="guest", name="media", span="1h")
    assert 0 < guest.data["metrics"]["cpu_fraction"]["mean"] < 1


async def test_events_are_told_and_found_by_a_word(bench: Bench) -> None:
    await until(
        lambda: bench.hands.journal.status.waiting == 0 and bench.watched.happenings, "an event"
    )
    await bench.hands.journal.settled()

    recent = await bench.use("get_recent_events")
    found = await bench.use("search_events", text="WATCHING")
    nothing = await bench.use("search_events", text="Watch_ng")

    began = [event for event in recent.data["events"] if "Watching homelab" in event["text"]]
    assert len(began) == 1
    assert found.data["events"] == began
    assert nothing.outcome is Outcome.EMPTY, "an underscore is no wildcard"
    assert (await bench.use("get_recent_events", at_least="alarm")).outcome is Outcome.EMPTY


async def test_an_event_is_acknowledged_once_and_by_name(bench: Bench) -> None:
    await bench.hands.journal.settled()
    event = (await bench.use("get_recent_events")).data["events"][0]["id"]

    noted = await bench.use("acknowledge_event", event=event)
    again = await bench.use("acknowledge_event", event=event)
    strange = await bench.use("acknowledge_event", event=10_000)

    assert (noted.outcome, noted.verified) == (Outcome.DONE, True)
    assert again.because.startswith(f"Event {event} was acknowledged")
    assert strange.outcome is Outcome.REFUSED
    row = await bench.hands.journal.find_event(event)
    assert row is not None
    assert row.acknowledged_at is not None
    assert (await bench.hands.journal.find_events())[0].acknowledged_at == row.acknowledged_at


async def test_a_service_that_rests_is_told_as_no_failed_one(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with sign_in(simulator, "pve") as connection:
            await connection.run("systemctl stop pvescheduler", check=True)
        async with bench_over(simulator) as bench:
            await bench.watched.reads(Tier.ROUTINE)

            status = await bench.use("get_node_status", node="pve")
            other = await bench.use("get_node_status", node="home")
            services = await bench.use("get_node_services", node="pve")

    assert status.data["failed_services"] == ["pvescheduler"]
    assert "pvescheduler does not run" in status.text
    assert other.data["failed_services"] == []
    assert services.data["failed"] == []
    assert services.data["missed"] == ["pvescheduler"]
    assert "though the node cannot do without: pvescheduler" in services.text


async def test_a_dead_node_costs_only_its_own_figures(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator) as bench:
            simulator.fault("power-off", "agent")
            await bench.watched.sees("agent", NodeState.DOWN)

            status = await bench.use("get_node_status", node="agent")
            services = await bench.use("get_node_services", node="agent")
            disks = await bench.use("get_disk_health")
            guest = await bench.use("get_guest_status", guest="git")

    assert status.outcome is Outcome.DONE
    assert "could not be read" in status.because
    assert status.data["state"] == "down"
    assert services.outcome is Outcome.FAILED
    assert "agent cannot be reached" in services.because
    assert {row["node"] for row in disks.data["drives"]} == {"agent1", "home", "pve"}
    assert guest.outcome is Outcome.FAILED


async def test_what_the_token_may_not_read_is_refused_with_the_right_it_wants(
    simulator: SimulatorProcess,
) -> None:
    async with bench_over(
        simulator,
        token_id=simulator.read_token_id,
        token_secret=SecretStr(simulator.read_token_secret),
    ) as bench:
        updates = await bench.use("get_updates", node="pve")
        backups = await bench.use("list_backups")
        bare = await bench.use("guests_without_backup")

    assert updates.outcome is Outcome.REFUSED
    assert "Sys.Modify on /nodes/pve" in updates.because
    assert backups.outcome is Outcome.REFUSED, "Proxmox would leave them out without a word"
    assert "VM.Backup" in backups.because
    assert "Whether the other guests have a backup is not known" in bare.text
    assert "none seen" not in bare.text, "a backup that may not be seen is no missing one"


async def test_an_api_that_is_gone_is_told_and_nothing_is_made_up(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator) as bench:
            simulator.fault("reset-connections")

            guest = await bench.use("get_guest_status", guest="media")
            listed = await bench.use("list_guests")

    assert guest.outcome is Outcome.FAILED
    assert guest.because
    assert listed.outcome is Outcome.DONE, "the snapshot is still there, and tells its age"


async def test_no_tool_that_reads_sends_a_change(bench: Bench) -> None:
    """Every GREEN tool is used; not one request but GET may come of it."""
    sent: list[str] = []
    change = bench.watched.service.change

    async def watch(given: Any) -> Any:
        sent.append(given.told_path)
        return await change(given)

    bench.watched.service.change = watch  # type: ignore[method-assign]
    arguments: dict[str, dict[str, Any]] = {
        "get_storage_content": {"storage": "nas"},
        "get_task_log": {"upid": bench.hands.cluster.snapshot.tasks[0].upid},
        "get_service_status": {"node": "pve", "service": "cron"},
        "get_metrics_history": {"kind": "node", "name": "pve"},
        "search_events": {"text": "pve"},
        "get_container_logs": {"container": "jarvis", "host": "mgmt"},
        "list_containers": {"host": "mgmt"},
        "ping_host": {"host": "192.0.2.1"},
        "check_port": {"host": "127.0.0.1", "port": 9},
        "resolve_name": {"name": "localhost"},
        "run_readonly_command": {"node": "pve", "command": "uptime"},
        "read_journal": {"node": "pve"},
    }
    for name, tool in REGISTRY.items():
        if not tool.writes:
            fields = tool.arguments.model_fields
            given = arguments.get(name) or {
                key: value
                for key, value in {"guest": "media", "node": "pve"}.items()
                if key in fields and fields[key].is_required()
            }
            found = await bench.use(name, **given)
            assert found.outcome in (Outcome.DONE, Outcome.EMPTY), (name, found.because)
            assert found.verified is None, name

    assert sent == []
