"""Terminals on the simulated homelab, reached as real nodes are."""

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from services.cluster.model import GuestKind
from services.nodes.config import NodesConfig, parse_address
from services.nodes.terminal_model import TerminalState
from simulator.process import SimulatorProcess
from tests.support.clusters import make_guest, make_node, make_snapshot
from tests.support.ssh_house import SshHouse, ssh_house
from tests.support.terminals import Screen, TerminalStory, terminal_story
from tests.support.waiting import until

SNAPSHOT = make_snapshot(
    nodes=[make_node(name) for name in ("home", "pve", "agent", "agent1")],
    guests=[
        make_guest(101, name="adguard", kind=GuestKind.LXC, node="pve"),
        make_guest(104, name="media", node="pve"),
    ],
)


def nodes_of(simulator: SimulatorProcess) -> NodesConfig:
    return NodesConfig(
        key_file=Path(simulator.ssh_key_file),
        user=simulator.ssh_user,
        known_hosts_file=Path(simulator.ssh_known_hosts_file),
        addresses={
            node: parse_address(address, port=22) for node, address in simulator.ssh.items()
        },
        loopback_only=True,
        watching=False,
    )


@pytest.fixture
async def story(simulator: SimulatorProcess, tmp_path: Path) -> AsyncIterator[TerminalStory]:
    async with (
        ssh_house(tmp_path, nodes_of(simulator)) as house,
        terminal_story(house.nodes, snapshot=lambda: SNAPSHOT) as told,
    ):
        yield told


async def opened(story: TerminalStory, node: str = "pve", guest: int | None = None) -> Screen:
    terminal = story.open(node, guest=guest, cols=100, rows=30)
    await until(lambda: terminal.facts.state is TerminalState.OPEN, "the terminal to open")
    return Screen(terminal)


async def test_a_person_looks_around_on_a_node(story: TerminalStory) -> None:
    screen = await opened(story)
    await screen.until(b"root@pve")

    screen.type("stty size\r")
    await screen.until(b"30 100")
    screen.terminal.claim(screen.viewer, 120, 40)
    screen.type("stty size; qm list\r")

    shown = await screen.until(b"media")
    assert b"40 120" in shown


async def test_top_draws_and_ends_with_a_key(story: TerminalStory) -> None:
    screen = await opened(story)
    screen.type("top\r")
    await screen.until(b"PID")

    screen.shown.clear()
    screen.type("q")
    await screen.until(b"root@pve")
    screen.type("echo done-$((1+1))\r")

    await screen.until(b"done-2")


async def test_a_container_is_entered_through_its_node(story: TerminalStory) -> None:
    screen = await opened(story, guest=101)
    await screen.until(b"root@adguard")

    screen.type("exit\r")

    over = await screen.until_over()
    assert "console" in over.because
    assert [ask.place.told for ask in story.gate.opened] == ["adguard (101) on pve"]


async def test_a_machine_has_its_serial_console_opened(story: TerminalStory) -> None:
    screen = await opened(story, guest=104)

    await screen.until(b"serial")


async def test_a_flood_of_a_simulated_node_stops_with_its_page(
    story: TerminalStory, simulator: SimulatorProcess
) -> None:
    screen = await opened(story)
    await screen.until(b"root@pve")
    screen.type("yes\r")
    for _ in range(100):
        await screen.take()
        screen.shown.clear()
    before = psutil.Process(simulator.pid).memory_info().rss

    for _ in range(500):
        await screen.take()
        screen.shown.clear()
        screen.pieces.clear()

    assert psutil.Process(simulator.pid).memory_info().rss - before < 16 * 2**20
    screen.type(b"\x03")
    screen.type("echo stopped-$((1+1))\r")
    await screen.until(b"stopped-2")


async def test_a_node_that_loses_its_power_ends_its_terminals(
    own_simulator: SimulatorProcess, tmp_path: Path
) -> None:
    house: SshHouse
    async with (
        ssh_house(tmp_path / "house", nodes_of(own_simulator)) as house,
        terminal_story(house.nodes, snapshot=lambda: SNAPSHOT) as story,
    ):
        screen = await opened(story, "agent1")
        await screen.until(b"root@agent1")

        own_simulator.control.fault("power-off", "agent1")

        over = await screen.until_over(within_s=60)
        assert "agent1" in over.because
        assert screen.terminal.facts.away
        again = story.open("agent1")
        await until(lambda: again.facts.state is TerminalState.ENDED, "the second to fail")
        assert again.facts.away
