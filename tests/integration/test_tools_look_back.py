"""Each change that Proxmox does by a task can be read back by somebody who did not send it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from services.cluster.following import TaskEnd
from services.cluster.model import TaskOutcome
from services.tools.calls import Outcome
from services.tools.errors import NotAsThings
from services.tools.registry import REGISTRY
from services.tools.spec import CutOff, Found
from simulator.process import SimulatorProcess
from tests.support.proxmox import Wire
from tests.support.tool_bench import Bench, bench_over

WITHOUT = {
    "acknowledge_event", "delete_node_from_cluster", "open_terminal", "reboot_node",
    "restart_container", "run_command", "shutdown_node",
    "start_container", "stop_container", "trust_host_key", "upgrade_packages", "wake_node",
    "wipe_disk",
}  # fmt: skip
"""Done over SSH, by Jarvis himself, or by a request for which Proxmox names no task."""


@dataclass(frozen=True)
class Deed:
    """A change and what it acts upon, in an order in which each finds what it needs."""

    tool: str
    targets: tuple[str, ...]
    arguments: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.tool


def of_guest(tool: str, vmid: int, *more: str, **arguments: Any) -> Deed:
    """A change of one guest."""
    return Deed(tool, (f"guest/{vmid}", *more), {"guest": str(vmid), **arguments})


DEEDS = (
    of_guest("start_guest", 112),
    of_guest("suspend_guest", 112),
    of_guest("resume_guest", 112),
    of_guest("suspend_guest", 112, to_disk=True),
    of_guest("resume_guest", 112),
    of_guest("reset_guest", 112),
    of_guest("create_snapshot", 112, snapshot="before"),
    of_guest("rollback_snapshot", 112, snapshot="before", start=True),
    of_guest("delete_snapshot", 112, snapshot="before"),
    of_guest("stop_guest", 112),
    of_guest("set_guest_resources", 112, cores=2),
    of_guest("start_backup", 112),
    of_guest("shutdown_guest", 121),
    of_guest("migrate_guest", 108, "node/pve", target="pve"),
    of_guest("destroy_guest", 112, name="win11"),
    Deed("refresh_apt_cache", ("node/pve",), {"node": "pve"}),
    Deed("restart_service", ("service/pve/pvestatd",), {"node": "pve", "service": "pvestatd"}),
    Deed("stop_service", ("service/pve/pvestatd",), {"node": "pve", "service": "pvestatd"}),
)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("looked"), speed=20) as process:
        yield process


def test_every_tool_that_changes_by_a_task_can_look_back() -> None:
    changing = {name for name, tool in REGISTRY.items() if tool.writes}

    assert {name for name in changing if REGISTRY[name].look_back is None} == WITHOUT
    assert all(tool.look_back is None for tool in REGISTRY.values() if not tool.writes)


async def look_back(bench: Bench, deed: Deed, found: Found, begun_at: datetime) -> Found:
    """What somebody reads who knows the task's name and what is in the audit."""
    tool = REGISTRY[deed.tool]
    end = await bench.hands.cluster.lookups.find_end(found.data["upid"])
    await bench.hands.cluster.read_anew(within_s=30)
    assert tool.look_back is not None
    cut = CutOff(end=end, begun_at=begun_at, targets=deed.targets)
    return await tool.look_back(tool.arguments.model_validate(deed.arguments), bench.hands, cut)


async def test_what_was_done_is_read_as_done_by_whoever_comes_later(bench: Bench) -> None:
    for deed in DEEDS:
        begun_at = bench.hands.clock.now()
        found = await bench.use(deed.tool, **deed.arguments)
        assert (found.outcome, found.verified) == (Outcome.DONE, True), (deed, found)

        again = await look_back(bench, deed, found, begun_at)

        assert (again.outcome, again.verified) == (Outcome.DONE, True), (deed, again)
        assert again.text == found.text, deed


async def test_a_reboot_is_known_by_an_uptime_that_began_after_it(
    own_simulator: SimulatorProcess,
) -> None:
    """In a homelab whose clock goes as fast as Jarvis's own: uptimes are held against it."""
    deed = of_guest("reboot_guest", 104)
    async with bench_over(own_simulator) as bench:
        long_ago = bench.hands.clock.now()
        found = await bench.use("reboot_guest", guest="104")
        assert found.outcome is Outcome.DONE, found

        again = await look_back(bench, deed, found, long_ago)
        tool = REGISTRY["reboot_guest"]
        assert tool.look_back is not None
        failed = TaskEnd(upid=found.data["upid"], outcome=TaskOutcome.FAILED, exit_status="no")
        never = await tool.look_back(
            tool.arguments.model_validate({"guest": "108"}),
            bench.hands,
            CutOff(end=failed, begun_at=long_ago, targets=("guest/108",)),
        )

    assert (again.outcome, again.text) == (Outcome.DONE, found.text)
    assert (never.outcome, never.verified) == (Outcome.FAILED, False)


async def test_a_backup_that_was_deleted_is_read_as_gone(bench: Bench) -> None:
    made = await bench.use("start_backup", guest="104")
    volid = made.data["volid"]
    deed = Deed("delete_backup", (f"storage/{volid}",), {"volid": volid})
    begun_at = bench.hands.clock.now()
    found = await bench.use("delete_backup", volid=volid)
    assert found.outcome is Outcome.DONE, found

    again = await look_back(bench, deed, found, begun_at)

    assert (again.outcome, again.verified, again.text) == (Outcome.DONE, True, found.text)


async def test_looking_back_sends_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []

    async def change(change: object) -> None:
        sent.append(change)

    monkeypatch.setattr(bench.hands.cluster, "change", change)
    upid = "UPID:pve:00002AF8:00AB12CD:69208F00:qmstart:104:jarvis@pve!page:"
    for deed in DEEDS:
        tool = REGISTRY[deed.tool]
        assert tool.look_back is not None
        end = TaskEnd(upid=upid, outcome=TaskOutcome.FAILED, exit_status="it was locked")
        cut = CutOff(end=end, begun_at=bench.hands.clock.now(), targets=deed.targets)
        arguments = tool.arguments.model_validate(deed.arguments)
        with suppress(NotAsThings):  # the guest may be gone by now
            await tool.look_back(arguments, bench.hands, cut)

    assert sent == []


async def test_what_is_not_so_is_not_read_as_done(bench: Bench, wire: Wire) -> None:
    deed = of_guest("stop_guest", 104)
    begun_at = bench.hands.clock.now()
    found = await bench.use("stop_guest", guest="104")
    wire.finish(wire.post("/nodes/pve/qemu/104/status/start"))

    tool = REGISTRY["stop_guest"]
    end = TaskEnd(upid=found.data["upid"], outcome=TaskOutcome.FAILED, exit_status="got timeout")
    assert tool.look_back is not None
    again = await tool.look_back(
        tool.arguments.model_validate(deed.arguments),
        bench.hands,
        CutOff(end=end, begun_at=begun_at, targets=deed.targets),
    )

    assert (again.outcome, again.verified) == (Outcome.FAILED, False)
    assert "got timeout" in again.because
    assert again.text.startswith("media (104) is running")
