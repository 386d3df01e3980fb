"""The gate with the tools of the product over a simulated homelab: real HTTPS, real SSH."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from db import Database
from db.queries.audit import find_audit, find_broken_audit
from services.auth.passwords import Passwords
from services.clock import SystemClock
from services.events import Bus, Happening
from services.safety.actors import Actor, ActorKind
from services.safety.tiers import Tier
from services.tasks import Tasks
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.gate.config import GateConfig
from services.tools.gate.gate import Gate
from services.tools.registry import REGISTRY
from simulator.process import SimulatorProcess
from tests.support.proxmox import Wire
from tests.support.tool_bench import Bench, bench_over
from tests.support.waiting import until
from tests.unit.test_protection_commands import NOT_SO, lines

OWNER = Actor(kind=ActorKind.PERSON, name="owner", session="s-1", user="owner")
MODEL = Actor(kind=ActorKind.MODEL, name="claude", session="s-1", user="owner")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSKEY = SecretStr("correct-horse-9")

AGAINST_MGMT: dict[str, dict[str, Any]] = {
    "start_guest": {"guest": "mgmt"},
    "resume_guest": {"guest": "103"},
    "stop_guest": {"guest": "mgmt (103)"},
    "shutdown_guest": {"guest": "103"},
    "reboot_guest": {"guest": "103"},
    "reset_guest": {"guest": "103"},
    "suspend_guest": {"guest": "103"},
    "migrate_guest": {"guest": "103", "target": "home"},
    "create_snapshot": {"guest": "103", "snapshot": "before"},
    "rollback_snapshot": {"guest": "103", "snapshot": "before"},
    "delete_snapshot": {"guest": "103", "snapshot": "before"},
    "set_guest_resources": {"guest": "103", "cores": 1},
    "start_backup": {"guest": "103"},
    "destroy_guest": {"guest": "103", "name": "mgmt"},
    "open_terminal": {"node": "pve", "guest": "103"},
    "reboot_node": {"node": "pve"},
    "shutdown_node": {"node": "PVE"},
    "stop_service": {"node": "pve", "service": "pve-cluster"},
    "restart_service": {"node": "pve", "service": "corosync"},
    "wipe_disk": {"node": "pve", "device": "/dev/nvme0n1", "serial": "S1"},
    "delete_node_from_cluster": {"node": "pve"},
    "stop_container": {"container": "jarvis", "host": "mgmt"},
    "restart_container": {"container": "jarvis"},
    "start_container": {"container": "jarvis", "host": "103"},
}
HARMLESS = {
    "run_command": "told by its command, and tried below",
    "run_readonly_command": "only reads",
    "acknowledge_event": "is about the journal",
    "wake_node": "brings a node up",
    "refresh_apt_cache": "stops nothing",
    "upgrade_packages": "stops nothing that is protected; what it touches is on the card",
    "trust_host_key": "is about the way to a node",
    "delete_backup": "is about a copy; those of a protected guest are tried below",
}
"""Tools that change and have no way to a protected guest, each with its reason."""


class GatedBench:
    """The product's tools behind the gate."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.database = Database(folder, slow_query_ms=10_000)
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.told: list[Happening] = []
        self.gate = Gate(
            REGISTRY,
            bench.hands,
            database=self.database,
            bus=self.bus,
            clock=SystemClock(),
            tasks=self.tasks,
            config=GateConfig(
                own_vmid=103,
                docker_node="mgmt",
                override_hash=SecretStr(CHEAP.hash(PASSKEY.get_secret_value())),
            ),
            passwords=Passwords(CHEAP),
        )
        self._calls = 0

    async def __aenter__(self) -> "GatedBench":
        await asyncio.to_thread(self.database.open)
        self.bus.subscribe(Happening, self._hear, name="test")
        await self.gate.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gate.stop("the test is over")
        await self.tasks.stop(because="the test is over")
        await asyncio.to_thread(self.database.close)

    async def ask(self, tool: str, actor: Actor = OWNER, /, **arguments: Any) -> ToolResult:
        self._calls += 1
        call = ToolCall(id=f"c{self._calls}", tool=tool, arguments=arguments)
        return await self.gate.execute(call, actor)

    async def _hear(self, event: Happening) -> None:
        self.told.append(event)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("gated"), speed=10) as process:
        yield process


@pytest.fixture
async def house(simulator: SimulatorProcess, tmp_path: Path) -> AsyncIterator[GatedBench]:
    async with bench_over(simulator) as bench, GatedBench(bench, tmp_path) as gated:
        await until(
            lambda: bench.hands.cluster.snapshot.backups is not None, "the backups to be read"
        )
        yield gated


async def test_media_is_stopped_once_a_person_has_seen_what_that_means(
    house: GatedBench, wire: Wire
) -> None:
    asked = await house.ask("stop_guest", MODEL, guest="media")

    assert (asked.outcome, asked.tier) == (Outcome.WAITING, Tier.RED)
    assert wire.resource("qemu/104")["status"] == "running"
    [approval] = house.gate.pending
    rows = dict(approval.blast)
    assert rows["Guest"] == "media (104), a virtual machine on pve"
    assert rows["State"].startswith("running for ")
    assert rows["Tags"] == "media"
    assert "ago (looked" in rows["Last backup"]
    assert rows["Lock"] == "none"
    assert rows["High availability"] == "not managed"
    assert rows["Snapshots"]

    result = await house.gate.proceed(approval.id, OWNER)

    assert (result.outcome, result.verified) == (Outcome.DONE, True), result
    assert wire.resource("qemu/104")["status"] == "stopped"
    entries = (await house.database.run(find_audit, limit=10))[::-1]
    assert [(row.action, row.outcome, row.target) for row in entries] == [
        ("approval.ask", "waiting", "guest/104"),
        ("approval.give", "done", "guest/104"),
        ("stop_guest", "begun", "guest/104"),
        ("stop_guest", "accepted", "guest/104"),
        ("stop_guest", "done", "guest/104"),
    ]
    accepted = json.loads(entries[3].detail_json)
    assert accepted == {"of": entries[2].id, "upid": result.data["upid"]}
    assert json.loads(entries[4].detail_json)["verified"] is True
    assert await house.database.run(find_broken_audit) is None
    await house.bus.drained()
    assert [type(event).__name__ for event in house.told] == [
        "ApprovalAsked", "ApprovalGiven", "ToolRan",
    ]  # fmt: skip

    started = await house.ask("start_guest", MODEL, guest="104")
    assert (started.outcome, started.verified) == (Outcome.DONE, True)


async def test_a_card_is_void_once_the_guest_is_not_as_it_showed(
    house: GatedBench, wire: Wire
) -> None:
    asked = await house.ask("shutdown_guest", MODEL, guest="grafana")
    assert asked.approval_id is not None
    await asyncio.to_thread(wire.finish, wire.post("/nodes/home/lxc/121/status/stop"))

    result = await house.gate.proceed(asked.approval_id, OWNER)

    assert result.outcome is Outcome.REFUSED
    assert "state was running when it was asked, and is stopped now" in result.because


async def test_the_dns_of_the_house_is_told_on_the_card(house: GatedBench) -> None:
    asked = await house.ask("stop_guest", guest="adguard")

    [approval] = house.gate.pending
    assert approval.id == asked.approval_id
    assert dict(approval.blast)["It serves"] == "DNS for the network; no other resolver seen"


async def test_what_a_nodes_reboot_means_is_told_on_the_card(house: GatedBench) -> None:
    await house.ask("reboot_node", node="agent1")

    [approval] = house.gate.pending
    rows = dict(approval.blast)
    assert "vaultwarden (107)" in rows["Goes down with it"]
    assert rows["Quorum after it"] == "kept; 3 of 4 nodes online, 3 wanted"
    assert "k3s-2 (111)" in rows["High availability"]


def test_every_tool_that_changes_is_tried_against_what_is_protected() -> None:
    changing = {name for name, tool in REGISTRY.items() if tool.writes}

    assert changing - set(HARMLESS) == set(AGAINST_MGMT)


@pytest.mark.parametrize("actor", [OWNER, MODEL], ids=["person", "model"])
async def test_no_tool_reaches_what_is_protected(
    house: GatedBench, wire: Wire, actor: Actor
) -> None:
    await house.gate.open_override(PASSKEY, 30, OWNER)
    before = wire.resource("qemu/103")["uptime"]

    for tool, arguments in AGAINST_MGMT.items():
        result = await house.ask(tool, actor, **arguments)

        assert result.outcome is Outcome.REFUSED, tool
        ceiling = actor is MODEL and result.tier is Tier.BLACK
        assert ceiling or any(
            word in result.because for word in ("mgmt (103)", "part of me", "I live there")
        ), (tool, result.because)
    assert house.gate.pending == ()
    assert wire.resource("qemu/103")["uptime"] >= before


async def test_no_command_line_reaches_what_is_protected(house: GatedBench, wire: Wire) -> None:
    await house.gate.open_override(PASSKEY, 30, OWNER)
    before = wire.resource("qemu/103")["uptime"]
    ways = lines(NOT_SO)

    for number, command in enumerate(ways):
        # A user of its own for each hundred, since nobody may call more often than that a minute.
        person = f"person-{number // 100}"
        actor = Actor(kind=ActorKind.PERSON, name=person, session="s", user=person)
        result = await house.ask("run_command", actor, node="pve", command=command)

        assert result.outcome is Outcome.REFUSED, command
        assert "override" not in result.because, command
    assert len(ways) > 150
    assert house.gate.pending == ()
    assert wire.resource("qemu/103")["uptime"] >= before
    assert wire.resource("node/pve")["status"] == "online"


async def test_a_backup_of_a_protected_guest_stays(house: GatedBench) -> None:
    await house.gate.open_override(PASSKEY, 5, OWNER)
    result = await house.ask(
        "delete_backup", volid="nas:backup/vzdump-qemu-103-2026_11_20-01_00_00.vma.zst"
    )

    assert result.outcome is Outcome.REFUSED
    assert "mgmt (103)" in result.because


async def test_a_harmless_command_runs_and_a_red_one_waits(house: GatedBench) -> None:
    read = await house.ask("run_readonly_command", MODEL, node="pve", command="uptime")
    restart = await house.ask(
        "run_command", MODEL, node="pve", command="systemctl restart pveproxy"
    )
    red = await house.ask("run_command", MODEL, node="home", command="systemctl stop smartd")

    assert read.outcome is Outcome.DONE, read
    assert restart.tier is Tier.YELLOW
    assert restart.outcome in (Outcome.DONE, Outcome.UNKNOWN)
    assert red.outcome is Outcome.WAITING


async def test_with_proxmox_away_a_card_tells_what_it_does_not_know(house: GatedBench) -> None:
    simulator = house.bench.simulator
    simulator.fault("stall", seconds=8)
    try:
        asked = await house.ask("stop_guest", MODEL, guest="media")
    finally:
        simulator.clear("stall")

    assert asked.outcome is Outcome.WAITING
    rows = dict(house.gate.pending[0].blast)
    assert "seen" in rows["State"]
    assert "not read anew" in rows["State"]
    assert rows["Snapshots"].startswith("— ")
