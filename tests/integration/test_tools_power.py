"""The power of guests, over the simulator's real HTTPS: what is said is what was read back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.cluster import following
from services.cluster.model import GuestState
from services.cluster.parse_guest_status import GuestStatusReading
from services.tools import effects
from services.tools.calls import Outcome
from services.tools.subject import Subject
from simulator.process import SimulatorProcess
from tests.support.lossy import lossy
from tests.support.proxmox import Wire
from tests.support.tool_bench import Bench, bench_over
from tests.support.waiting import until


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("power"), speed=10) as process:
        yield process


def state_of(wire: Wire, vmid: int) -> str:
    return str(wire.resource(f"qemu/{vmid}")["status"])


def tasks_of(wire: Wire, node: str, kind: str) -> int:
    rows = wire.get(f"/nodes/{node}/tasks", source="all", limit=500)
    return sum(row["type"] == kind for row in rows)


async def test_a_guest_is_started_and_read_as_running(bench: Bench, wire: Wire) -> None:
    found = await bench.use("start_guest", guest="win11")

    assert (found.outcome, found.verified, found.because) == (Outcome.DONE, True, "")
    assert found.text == "win11 (112) is running on pve"
    assert state_of(wire, 112) == "running"


async def test_what_is_so_already_is_said_and_nothing_is_sent(bench: Bench, wire: Wire) -> None:
    before = tasks_of(wire, "pve", "qmstart")

    found = await bench.use("start_guest", guest=104)

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert "running already; nothing was sent" in found.because
    assert tasks_of(wire, "pve", "qmstart") == before


async def test_a_stop_is_over_when_the_guest_is_read_as_stopped(bench: Bench, wire: Wire) -> None:
    found = await bench.use("stop_guest", guest="prometheus (122)")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert wire.resource("lxc/122")["status"] == "stopped"
    again = await bench.use("stop_guest", guest="prometheus")
    assert "stopped already" in again.because
    assert (await bench.use("start_guest", guest="prometheus")).outcome is Outcome.DONE


async def test_high_availability_ends_its_task_first_and_the_guest_is_waited_for(
    bench: Bench, wire: Wire
) -> None:
    stopped = await bench.use("stop_guest", guest="k3s-1")

    assert (stopped.outcome, stopped.verified) == (Outcome.DONE, True)
    assert ":hastop:" in stopped.data["upid"]
    assert state_of(wire, 110) == "stopped"
    started = await bench.use("start_guest", guest="k3s-1")
    assert ":hastart:" in started.data["upid"]
    assert (started.outcome, started.text) == (Outcome.DONE, "k3s-1 (110) is running on home")


async def test_warnings_are_told_and_count_as_done(bench: Bench) -> None:
    await bench.use("shutdown_guest", guest="unifi")

    found = await bench.use("start_guest", guest="unifi")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert "WARNINGS: 1" in found.because
    assert "enable nesting" in found.text


async def test_a_reboot_is_known_by_an_uptime_that_began_anew(bench: Bench, wire: Wire) -> None:
    path = "/nodes/home/qemu/108/status/current"
    before = wire.get(path)["uptime"]

    found = await bench.use("reboot_guest", guest="immich")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert wire.get(path)["uptime"] < before


async def test_a_paused_guest_is_told_apart_from_a_running_and_a_stopped_one(bench: Bench) -> None:
    paused = await bench.use("suspend_guest", guest="pbs")
    assert (paused.outcome, paused.text) == (Outcome.DONE, "pbs (130) is paused on pve")

    assert "paused already" in (await bench.use("suspend_guest", guest="pbs")).because
    for tool in ("start_guest", "shutdown_guest", "reboot_guest"):
        refused = await bench.use(tool, guest="pbs")
        assert refused.outcome is Outcome.REFUSED, tool
        assert "resume it" in refused.because, tool

    resumed = await bench.use("resume_guest", guest="pbs")
    assert (resumed.outcome, resumed.verified) == (Outcome.DONE, True)


async def test_a_guest_on_disk_comes_back_by_resuming(bench: Bench, wire: Wire) -> None:
    gone = await bench.use("suspend_guest", guest="haos", to_disk=True)
    assert (gone.outcome, gone.text) == (Outcome.DONE, "haos (100) is suspended to disk on home")
    assert wire.get("/nodes/home/qemu/100/config")["lock"] == "suspended"

    back = await bench.use("resume_guest", guest="haos")

    assert (back.outcome, back.verified) == (Outcome.DONE, True)
    assert "lock" not in wire.get("/nodes/home/qemu/100/config")


async def test_a_reset_machine_runs_on(bench: Bench) -> None:
    found = await bench.use("reset_guest", guest="immich")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert ":qmreset:" in found.data["upid"]


@pytest.mark.parametrize(
    ("tool", "guest", "told"),
    [
        pytest.param("reset_guest", "git", "is a container", id="a container has no reset"),
        pytest.param("suspend_guest", "git", "is a container", id="nor is it suspended"),
        pytest.param("start_guest", "debian-13", "is a template", id="a template never runs"),
        pytest.param("resume_guest", "dev-box", "start it instead", id="it is stopped"),
        pytest.param("reboot_guest", "dev-box", "start it instead", id="a stopped one"),
        pytest.param("suspend_guest", "dev-box", "nothing to suspend", id="no memory"),
        pytest.param("stop_guest", "medai", "the nearest: media (104)", id="a slip of the pen"),
        pytest.param("stop_guest", "999", "There is no guest 999", id="a number of nobody"),
        pytest.param("stop_guest", "media (105)", "There is no guest", id="name and number differ"),
        pytest.param("stop_guest", "mgmt", "is protected", id="a protected one"),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_is_sent(
    bench: Bench, wire: Wire, tool: str, guest: str, told: str
) -> None:
    before = len(wire.get("/cluster/tasks"))

    found = await bench.use(tool, guest=guest)

    assert found.outcome is Outcome.REFUSED
    assert told in found.because
    assert len(wire.get("/cluster/tasks")) == before


async def test_two_who_start_the_same_guest_are_both_told_that_it_runs(bench: Bench) -> None:
    await bench.use("stop_guest", guest="twingate")

    both = await asyncio.gather(*(bench.use("start_guest", guest="twingate") for _ in range(2)))

    assert [found.outcome for found in both] == [Outcome.DONE, Outcome.DONE]
    assert all(found.verified for found in both)


async def test_a_container_that_somebody_else_has_stopped_by_then_is_stopped(
    bench: Bench, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container refuses at once to be stopped twice; what counts is how it is."""
    wire.finish(wire.post("/nodes/home/lxc/121/status/stop"))
    look = Subject.look
    stale = iter([GuestStatusReading(state=GuestState.RUNNING)])

    async def look_late(subject: Subject) -> GuestStatusReading:
        return next(stale, None) or await look(subject)

    monkeypatch.setattr(Subject, "look", look_late)

    found = await bench.use("stop_guest", guest="grafana")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert "by the time the request came" in found.because


async def test_a_locked_guest_is_left_alone_and_told_why(bench: Bench, wire: Wire) -> None:
    upid = wire.post("/nodes/agent/vzdump", at="agent", vmid="105", storage="backup")
    await until(
        lambda: wire.get("/nodes/agent/qemu/105/status/current").get("lock") == "backup", "the lock"
    )

    found = await bench.use("stop_guest", guest="nextcloud")

    assert found.outcome is Outcome.REFUSED
    assert "locked (backup): a backup of it runs" in found.because
    assert "qm unlock" in found.because
    wire.finish(upid)
    assert state_of(wire, 105) == "running"


async def test_a_missing_right_is_named_with_what_to_grant(simulator: SimulatorProcess) -> None:
    async with bench_over(
        simulator,
        token_id=simulator.read_token_id,
        token_secret=SecretStr(simulator.read_token_secret),
    ) as bench:
        found = await bench.use("start_guest", guest="dev-box")

    assert found.outcome is Outcome.REFUSED
    assert "may not start dev-box (140): it lacks VM.PowerMgmt on /vms/140" in found.because
    assert "Give user and token a role with VM.PowerMgmt" in found.because


async def test_an_answer_that_was_lost_is_made_good_by_reading(
    simulator: SimulatorProcess, tmp_path: Path, wire: Wire
) -> None:
    with lossy(tmp_path, simulator) as middle:
        changes = {"endpoints": (middle.server.url,), "ca_file": middle.server.cert_file}
        async with bench_over(simulator, **changes) as bench:
            await bench.use("stop_guest", guest="win11")
            middle.changes.clear()
            middle.loses = {"POST"}

            found = await bench.use("start_guest", guest="win11")

            assert (found.outcome, found.verified) == (Outcome.DONE, True)
            assert "although the answer to the request was lost" in found.because
            assert middle.changes == ["POST /nodes/pve/qemu/112/status/start"]


async def test_a_lost_answer_without_an_effect_is_called_unknown(
    simulator: SimulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "IN_DOUBT_S", 1.0)
    with lossy(tmp_path, simulator) as middle:
        changes = {"endpoints": (middle.server.url,), "ca_file": middle.server.cert_file}
        async with bench_over(simulator, **changes) as bench:
            await bench.use("stop_guest", guest="win11")
            middle.loses = {"POST"}
            simulator.fault("lose-quorum")
            try:
                # Asked before the loss of quorum is in the snapshot: Proxmox refuses, unheard.
                found = await bench.use("start_guest", guest="win11")
            finally:
                simulator.clear("lose-quorum")

    assert found.outcome is Outcome.UNKNOWN
    assert found.verified is None
    assert "whether it was taken is not known" in found.because
    assert "win11 (112) is stopped" in found.because


async def test_a_node_that_dies_under_its_task_leaves_the_outcome_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AWAY_PATIENCE_S", 1.0)
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator) as bench:
            using = asyncio.ensure_future(bench.use("shutdown_guest", guest="unifi"))
            with Wire(simulator) as wire:
                await until(lambda: tasks_of(wire, "agent1", "vzshutdown"), "the task")
            simulator.fault("power-off", "agent1")

            found = await using

    assert found.outcome is Outcome.UNKNOWN
    assert found.verified is None
    assert "agent1 cannot be reached" in found.because


async def test_without_a_quorum_nothing_is_sent_and_the_reason_is_told(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator) as bench:
            simulator.fault("lose-quorum")
            await until(lambda: bench.hands.cluster.snapshot.quorate is False, "the loss")

            found = await bench.use("start_guest", guest="dev-box")

            assert found.outcome is Outcome.REFUSED
            assert "lost its quorum" in found.because
            simulator.clear("lose-quorum")
            back = await bench.use("start_guest", guest="dev-box")
            assert (back.outcome, back.verified) == (Outcome.DONE, True)
