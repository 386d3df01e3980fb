"""Tools that change more than power: moves, snapshots, shares, backups, services, nodes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.cluster.model import NodeState
from services.tools import effects
from services.tools.acting import backups
from services.tools.calls import Outcome
from simulator.process import SimulatorProcess
from tests.support.lossy import lossy
from tests.support.proxmox import Wire
from tests.support.tool_bench import Bench, bench_over
from tests.support.waiting import until


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("acting"), speed=10) as process:
        yield process


async def test_a_machine_moves_as_it_runs_and_a_container_by_a_restart(
    bench: Bench, wire: Wire
) -> None:
    machine = await bench.use("migrate_guest", guest="pbs", target="home")
    container = await bench.use("migrate_guest", guest="git", target="PVE")
    again = await bench.use("migrate_guest", guest="git", target="pve")

    assert (machine.outcome, machine.verified) == (Outcome.DONE, True)
    assert (machine.data["node_before"], machine.data["node"]) == ("pve", "home")
    assert wire.resource("qemu/130")["node"] == "home"
    assert (container.outcome, container.text) == (Outcome.DONE, "git (120) is running on pve")
    assert "on pve already; nothing was sent" in again.because


async def test_high_availability_moves_a_guest_after_its_task_has_ended(bench: Bench) -> None:
    found = await bench.use("migrate_guest", guest="k3s-2", target="home")

    assert ":hamigrate:" in found.data["upid"]
    assert (found.outcome, found.verified, found.data["node"]) == (Outcome.DONE, True, "home")


async def test_a_move_to_nowhere_is_refused(bench: Bench) -> None:
    nowhere = await bench.use("migrate_guest", guest="media", target="hame")
    no_storage = await bench.use(
        "migrate_guest", guest="media", target="home", target_storage="local-zfs"
    )

    assert nowhere.outcome is Outcome.REFUSED
    assert "the nearest: home" in nowhere.because
    assert no_storage.outcome is Outcome.REFUSED


async def test_a_snapshot_is_taken_rolled_back_to_and_deleted(bench: Bench, wire: Wire) -> None:
    taken = await bench.use("create_snapshot", guest="haos", snapshot="before", description="try")
    twice = await bench.use("create_snapshot", guest="haos", snapshot="before")
    rolled = await bench.use("rollback_snapshot", guest="haos", snapshot="before", start=True)
    deleted = await bench.use("delete_snapshot", guest="haos", snapshot="before")
    missing = await bench.use("delete_snapshot", guest="haos", snapshot="before")

    assert (taken.outcome, taken.verified, taken.data["snapshots"]) == (
        Outcome.DONE,
        True,
        ["before"],
    )
    assert twice.outcome is Outcome.REFUSED
    assert (rolled.outcome, rolled.text) == (
        Outcome.DONE,
        "haos (100) is back at before and is running",
    )
    assert (deleted.outcome, deleted.verified) == (Outcome.DONE, True)
    assert missing.outcome is Outcome.REFUSED
    names = [row["name"] for row in wire.get("/nodes/home/qemu/100/snapshot")]
    assert names == ["current"]


async def test_a_snapshot_that_finds_no_room_says_so(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    simulator.fault("fill-storage", "home/local-lvm")
    try:
        found = await bench.use("create_snapshot", guest="immich", snapshot="full")
    finally:
        simulator.clear("fill-storage", "home/local-lvm")

    assert (found.outcome, found.verified) == (Outcome.FAILED, False)
    assert "out of space" in found.because
    assert "TASK ERROR" in found.text


async def test_an_older_snapshot_on_zfs_cannot_be_rolled_back_to(bench: Bench) -> None:
    found = await bench.use("rollback_snapshot", guest="media", snapshot="auto01")

    assert found.outcome is Outcome.FAILED
    assert "Only the newest snapshot of media (104)" in found.because


async def test_a_guests_share_is_set_and_read_back(bench: Bench, wire: Wire) -> None:
    machine = await bench.use("set_guest_resources", guest="haos", cores=4, memory_mib=8192)
    same = await bench.use("set_guest_resources", guest="haos", cores=4)
    container = await bench.use("set_guest_resources", guest="unifi", memory_mib=3072, swap_mib=256)

    assert (machine.outcome, machine.verified) == (Outcome.DONE, True)
    assert "until it is stopped and started" in machine.text
    assert wire.get("/nodes/home/qemu/100/config")["memory"] == "8192"
    assert "already; nothing was sent" in same.because
    assert (container.outcome, container.data["swap_bytes"]) == (Outcome.DONE, 256 * 1024**2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"guest": "haos", "cores": 100}, "home has 20 cores, 100 are asked for"),
        ({"guest": "haos", "memory_mib": 1_048_576}, "of memory, 1.00 TiB are asked for"),
        ({"guest": "haos", "swap_mib": 64}, "whose swap is its own affair"),
    ],
    ids=["cores", "memory", "swap"],
)
async def test_a_share_no_node_has_is_refused(
    bench: Bench, arguments: dict[str, object], told: str
) -> None:
    found = await bench.use("set_guest_resources", **arguments)

    assert found.outcome is Outcome.REFUSED
    assert told in found.because


async def test_a_backup_is_done_when_the_storage_has_a_new_one(bench: Bench, wire: Wire) -> None:
    found = await bench.use("start_backup", guest="paperless")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert found.data["storage"] == "storage/agent/backup"
    rows = wire.get("/nodes/agent/storage/backup/content", content="backup", vmid="106")
    assert found.data["volid"] in [row["volid"] for row in rows]


async def test_a_backup_that_outlasts_the_tool_is_unknown_and_its_task_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "TIMEOUT_S", effects.MARGIN_S + 0.5)

    found = await bench.use("start_backup", guest="nextcloud")

    assert found.outcome is Outcome.UNKNOWN
    assert found.verified is None
    assert "still runs" in found.because
    assert found.data["upid"] in found.text
    end = await bench.hands.cluster.lookups.follow_task(
        found.data["upid"], deadline_s=bench.hands.clock.monotonic_s() + 20
    )
    assert end.succeeded


async def test_a_backup_goes_only_where_backups_go(bench: Bench) -> None:
    found = await bench.use("start_backup", guest="media", storage="nas")

    assert found.outcome is Outcome.REFUSED
    assert "does not take backups" in found.because


async def test_services_are_restarted_and_stopped_and_the_essential_ones_refuse(
    bench: Bench,
) -> None:
    restarted = await bench.use("restart_service", node="pve", service="pveproxy")
    stopped = await bench.use("stop_service", node="agent1", service="cron")
    already = await bench.use("stop_service", node="agent1", service="cron")
    back = await bench.use("restart_service", node="agent1", service="cron")
    refused = await bench.use("stop_service", node="pve", service="pve-cluster")
    unknown = await bench.use("restart_service", node="pve", service="nobody-knows-it")

    assert (restarted.outcome, restarted.verified) == (Outcome.DONE, True)
    assert (stopped.outcome, stopped.data["state"]) == (Outcome.DONE, "dead")
    assert "stopped already" in already.because
    assert back.data["state"] == "running"
    assert (refused.outcome, refused.verified) == (Outcome.FAILED, False)
    assert "refusing to stop essential service" in refused.because
    assert unknown.outcome is Outcome.REFUSED
    assert "no service on pve called nobody-knows-it" in unknown.because


async def test_package_lists_are_refreshed_and_everything_upgraded(bench: Bench) -> None:
    fresh = await bench.use("refresh_apt_cache", node="agent1")
    waiting = (await bench.use("get_updates", node="agent1")).data["count"]

    upgraded = await bench.use("upgrade_packages", node="agent1")
    again = await bench.use("upgrade_packages", node="agent1")

    assert (fresh.outcome, fresh.verified, fresh.data["count"]) == (Outcome.DONE, True, waiting)
    assert waiting > 0
    assert (upgraded.outcome, upgraded.verified) == (Outcome.DONE, True)
    assert len(upgraded.data["upgraded"]) == waiting
    assert upgraded.data["left"] == []
    assert "Nothing waited" in again.because
    assert (await bench.use("get_updates", node="agent1")).data["count"] == 0


async def test_a_node_goes_down_wakes_and_reboots(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path, speed=10) as simulator:
        async with bench_over(simulator) as bench:
            down = await bench.use("shutdown_node", node="agent")
            await bench.watched.sees("agent", NodeState.DOWN)
            already = await bench.use("shutdown_node", node="agent")
            unreachable = await bench.use("reboot_node", node="agent")
            awake = await bench.use("wake_node", node="agent")
            await bench.watched.sees("agent", NodeState.ONLINE)
            rebooted = await bench.use("reboot_node", node="agent")

    assert (down.outcome, down.verified) == (Outcome.DONE, True)
    assert "down already; nothing was sent" in already.because
    assert unreachable.outcome is Outcome.REFUSED
    assert (awake.outcome, awake.verified) == (Outcome.DONE, True)
    assert awake.data["sent_by"]
    assert (rebooted.outcome, rebooted.verified) == (Outcome.DONE, True)
    assert rebooted.data["uptime_s"] < rebooted.data["uptime_before_s"]


async def test_a_reboot_whose_answer_was_lost_is_known_by_the_uptime(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    with lossy(tmp_path, simulator) as middle:
        changes = {"endpoints": (middle.server.url,), "ca_file": middle.server.cert_file}
        async with bench_over(simulator, **changes) as bench:
            middle.loses = {"POST"}

            found = await bench.use("reboot_node", node="agent1")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert middle.changes == ["POST /nodes/agent1/status"]
    assert "although the answer to the request was lost" in found.because


async def test_a_guest_is_destroyed_only_by_its_name_and_only_when_it_is_off(
    bench: Bench, wire: Wire
) -> None:
    slip = await bench.use("destroy_guest", guest=140, name="devbox")
    running = await bench.use("destroy_guest", guest="media", name="media")
    gone = await bench.use("destroy_guest", guest=140, name="dev-box")

    assert slip.outcome is Outcome.REFUSED
    assert "is called dev-box, not devbox: nothing was sent" in slip.because
    assert running.outcome is Outcome.REFUSED
    assert (gone.outcome, gone.verified) == (Outcome.DONE, True)
    assert all(row["id"] != "qemu/140" for row in wire.get("/cluster/resources"))


async def test_a_node_that_is_there_is_not_cast_out(bench: Bench) -> None:
    found = await bench.use("delete_node_from_cluster", node="agent")

    assert found.outcome is Outcome.REFUSED
    assert "once it is off for good" in found.because


async def test_a_drive_is_wiped_only_by_its_serial_number(bench: Bench, wire: Wire) -> None:
    drives = {row["devpath"]: row for row in wire.get("/nodes/pve/disks/list")}
    slip = await bench.use("wipe_disk", node="pve", device="/dev/sda", serial="another")
    missing = await bench.use("wipe_disk", node="pve", device="/dev/sdz", serial="another")
    in_use = await bench.use(
        "wipe_disk", node="pve", device="/dev/nvme0n1", serial=drives["/dev/nvme0n1"]["serial"]
    )
    wiped = await bench.use(
        "wipe_disk", node="pve", device="/dev/sda", serial=drives["/dev/sda"]["serial"]
    )

    assert slip.outcome is Outcome.REFUSED
    assert "nothing was sent" in slip.because
    assert missing.outcome is Outcome.REFUSED
    assert "There is no drive of pve called /dev/sdz" in missing.because
    assert (in_use.outcome, in_use.verified) == (Outcome.FAILED, False)
    assert "is used as ZFS" in in_use.text
    assert (wiped.outcome, wiped.verified) == (Outcome.DONE, True)
    assert wiped.text == "/dev/sda of pve is blank"


async def test_a_backup_is_deleted_by_its_whole_name(bench: Bench) -> None:
    kept = (await bench.use("list_backups", guest="media")).data["backups"]
    oldest = kept[-1]["volid"]

    slip = await bench.use("delete_backup", volid=oldest.replace("104", "10x"))
    gone = await bench.use("delete_backup", volid=oldest)

    assert slip.outcome is Outcome.REFUSED
    assert "the nearest:" in slip.because
    assert (gone.outcome, gone.verified) == (Outcome.DONE, True)
    left = (await bench.use("list_backups", guest="media")).data["backups"]
    assert [row["volid"] for row in left] == [row["volid"] for row in kept[:-1]]


async def test_a_node_that_is_off_is_taken_out_of_the_cluster(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator) as bench:
            simulator.fault("power-off", "agent1")
            await bench.watched.sees("agent1", NodeState.DOWN)

            found = await bench.use("delete_node_from_cluster", node="agent1")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert found.text == "agent1 no longer belongs to the cluster"


async def test_without_the_right_a_change_is_refused_before_it_is_tried(
    simulator: SimulatorProcess,
) -> None:
    async with bench_over(
        simulator,
        token_id=simulator.read_token_id,
        token_secret=SecretStr(simulator.read_token_secret),
    ) as bench:
        for tool, arguments, right in (
            ("create_snapshot", {"guest": "media", "snapshot": "x1"}, "VM.Snapshot"),
            ("migrate_guest", {"guest": "media", "target": "home"}, "VM.Migrate"),
            ("set_guest_resources", {"guest": "media", "cores": 2}, "VM.Config.CPU"),
            ("restart_service", {"node": "pve", "service": "cron"}, "Sys.Modify"),
            ("reboot_node", {"node": "pve"}, "Sys.PowerMgmt"),
        ):
            found = await bench.use(tool, **arguments)
            assert found.outcome is Outcome.REFUSED, tool
            assert f"it lacks {right}" in found.because, tool


async def test_a_change_lets_the_page_look_at_once(simulator: SimulatorProcess) -> None:
    from services.cluster.model import Tier

    slow = {Tier.CRITICAL: 60.0, Tier.IMPORTANT: 60.0, Tier.ROUTINE: 60.0, Tier.BACKGROUND: 60.0}
    async with bench_over(simulator, intervals_s=slow) as bench:
        await bench.use("stop_guest", guest="win11")
        await bench.use("start_guest", guest="win11")

        guests = lambda: bench.hands.cluster.snapshot.guests  # noqa: E731
        await until(lambda: guests()[112].state == "running", "the page to see it", within_s=30)
        await bench.use("stop_guest", guest="win11")


async def test_many_changes_at_once_each_have_their_own_task(bench: Bench) -> None:
    names = [f"many{at}" for at in range(3)]
    guests = ["grafana", "frigate", "twingate"]

    found = await asyncio.gather(
        *(
            bench.use("create_snapshot", guest=guest, snapshot=name)
            for guest, name in zip(guests, names, strict=True)
        )
    )

    assert [each.outcome for each in found] == [Outcome.DONE] * 3
    assert len({each.data["upid"] for each in found}) == 3
