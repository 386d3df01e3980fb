"""Terminals on a real OpenSSH server: what a person types, sees, and comes back to."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from services.auth.happenings import SessionsEnded
from services.clock import SystemClock
from services.nodes.terminal_flow import ALONE_HIGH_WATER, UNSEEN_HIGH_WATER
from services.nodes.terminal_model import Output, Sized, Taken, TerminalState
from services.nodes.terminal_ring import RING_BYTES
from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.terminals import OWNER, Dialled, KeptGate, Screen, TerminalStory, terminal_story
from tests.support.waiting import until

pytestmark = needs_openssh


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with running_openssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


@pytest.fixture
async def story(server: OpenSsh) -> AsyncIterator[TerminalStory]:
    async with terminal_story(Dialled(pve=server, home=server)) as told:
        yield told


async def opened(story: TerminalStory, **how: int) -> tuple[Screen, bytes]:
    """A terminal with a plain prompt, and its screen."""
    terminal = story.open(**how)
    screen = Screen(terminal)
    await until(lambda: terminal.facts.state is TerminalState.OPEN, "the terminal to open")
    screen.type("exec bash --norc --noprofile\r")
    screen.type("PS1='R''EADY> '; bind 'set enable-bracketed-paste off'; clear\r")
    return screen, await screen.until(b"READY> ")


async def test_what_is_typed_comes_back_and_runs(story: TerminalStory) -> None:
    screen, _ = await opened(story)

    screen.type("echo $((6*7))-done; tty\r")

    shown = await screen.until(b"42-done")
    assert b"echo $((6*7))-done" in shown
    await screen.until(b"/dev/pts/")


async def test_the_node_knows_the_size_from_the_start_and_after_every_change(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story, cols=97, rows=31)
    screen.type("stty size\r")
    await screen.until(b"31 97")

    screen.terminal.claim(screen.viewer, 132, 43)
    screen.type("stty size\r")

    await screen.until(b"43 132")


async def test_characters_cut_by_packets_arrive_whole(story: TerminalStory) -> None:
    screen, _ = await opened(story)

    octets = "303 251 342 202 254 360 237 230 200"
    screen.type(f'clear; for b in {octets}; do printf "\\\\$b"; sleep 0.05; done; echo :end\r')

    shown = await screen.until("é€😀:end".encode())
    assert "é€😀:end" in shown.decode()


async def test_binary_junk_arrives_byte_for_byte(story: TerminalStory, tmp_path: Path) -> None:
    junk = bytes(range(256)) * 400 + os.urandom(100_000)
    file = tmp_path / "junk"
    file.write_bytes(junk)
    screen, _ = await opened(story)

    screen.type(f"stty -opost; clear; cat {file}; printf ':%s:' junk-end; stty opost\r")

    shown = await screen.until(b":junk-end:", within_s=30)
    assert junk in shown


async def test_a_line_of_ten_thousand_columns_arrives_whole(story: TerminalStory) -> None:
    screen, _ = await opened(story)

    screen.type("printf 'x%.0s' $(seq 10000); echo :end\r")

    shown = await screen.until(b"x:end")
    assert b"x" * 10_000 + b":end" in shown


async def test_a_page_that_comes_back_sees_the_screen_again(story: TerminalStory) -> None:
    screen, _ = await opened(story)
    screen.type("echo before-the-reload\r")
    await screen.until(b"\nbefore-the-reload")
    screen.leave()

    again = Screen(screen.terminal)

    await again.until(b"before-the-reload")
    assert again.begun[0].fresh
    again.type("echo after-$((1+1))\r")
    await again.until(b"after-2")


async def test_a_page_that_lost_its_network_is_sent_only_what_it_missed(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story)
    screen.type("sleep 0.3; echo while-away; echo -n\r")
    await asyncio.sleep(0)
    seen_to = screen.at
    screen.leave()
    await until(lambda: b"\nwhile-away" in screen.terminal.ring.read(seen_to, 10_000), "output")

    again = Screen(screen.terminal, since=seen_to)

    shown = await again.until(b"\nwhile-away")
    assert not again.begun[0].fresh
    assert b"exec bash" not in shown


async def test_a_page_that_draws_nothing_stops_the_programme_and_not_the_memory(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story)
    before = psutil.Process().memory_info().rss
    screen.type("yes 0123456789abcdef\r")

    stalled = 0
    while True:
        try:
            async with asyncio.timeout(1.0):
                piece = await screen.viewer.next()
        except TimeoutError:
            break
        stalled += len(piece.data) if isinstance(piece, Output) else 0
    written = screen.terminal.ring.end
    await asyncio.sleep(1.0)

    assert stalled <= UNSEEN_HIGH_WATER
    assert screen.terminal.ring.end == written
    assert written <= screen.at + UNSEEN_HIGH_WATER + 300_000
    assert psutil.Process().memory_info().rss - before < 8 * 2**20

    screen.at += stalled
    screen.viewer.acknowledge(screen.at)
    screen.type(b"\x03")
    screen.shown.clear()
    await screen.until(b"READY> ", within_s=30)


async def test_yes_with_a_page_that_draws_leaves_memory_flat(story: TerminalStory) -> None:
    screen, _ = await opened(story)
    screen.type("yes 0123456789abcdef\r")
    for _ in range(200):
        await screen.take()
        screen.shown.clear()
    early = psutil.Process().memory_info().rss
    for _ in range(2_000):
        await screen.take()
        screen.shown.clear()
        screen.pieces.clear()

    assert psutil.Process().memory_info().rss - early < 8 * 2**20
    assert screen.terminal.ring.end - screen.terminal.ring.start <= RING_BYTES
    screen.type(b"\x03")
    await screen.until(b"READY> ", within_s=30)


async def test_nobody_looks_and_yes_does_not_run_for_ever(story: TerminalStory) -> None:
    screen, _ = await opened(story)
    screen.type("yes alone\r")
    await screen.until(b"\nalone")
    screen.leave()

    await until(lambda: screen.terminal.ring.end > ALONE_HIGH_WATER, "it to run on", within_s=60)
    await asyncio.sleep(1.0)
    written = screen.terminal.ring.end
    await asyncio.sleep(1.0)
    assert screen.terminal.ring.end == written

    again = Screen(screen.terminal)
    await again.until(b"alone")
    assert again.begun[0].cut
    again.type(b"\x03")
    await again.until(b"READY> ", within_s=30)


async def test_the_quickest_page_sets_the_pace_and_a_slow_one_gets_a_fresh_screen(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story)
    slow = Screen(screen.terminal)
    await slow.until(b"READY> ")
    screen.type("head -c 3000000 /dev/zero | tr '\\0' a | fold; echo the-end-$((1+1))\r")

    await screen.until(b"the-end-2", within_s=30)
    await slow.until(b"the-end-2", within_s=30)

    assert len(slow.begun) >= 2
    assert slow.begun[-1].fresh
    assert slow.begun[-1].cut


async def test_only_one_page_sets_the_size_and_types(story: TerminalStory) -> None:
    screen, _ = await opened(story)
    second = Screen(screen.terminal)
    await second.until(b"READY> ")
    assert Sized(cols=80, rows=24, writing=False) in second.pieces

    second.type("echo not-typed\r")
    second.terminal.claim(second.viewer, 100, 30)
    second.type("echo typed-$((1+1)); stty size\r")

    shown = await screen.until(b"30 100")
    assert b"typed-2" in shown
    assert b"not-typed" not in shown
    assert Sized(cols=100, rows=30, writing=False) in screen.pieces
    second.leave()
    await screen.take()
    assert screen.pieces[-1] == Sized(cols=100, rows=30, writing=True)


async def test_a_full_screen_programme_draws_itself_again_when_its_screen_is_lost(
    story: TerminalStory, tmp_path: Path
) -> None:
    program = tmp_path / "full"
    program.write_text(
        "draw() { printf '\\033[2J\\033[Hdrawn at %s' \"$(stty size)\"; }\n"
        "trap draw WINCH; printf '\\033[?1049h\\033[?1h'; draw\n"
        "head -c 700000 /dev/zero | tr '\\0' '~'; printf x; "
        "while :; do sleep 0.05; done\n"
    )
    screen, _ = await opened(story)
    screen.type(f"bash {program}\r")
    await screen.until(b"~x", within_s=30)
    screen.leave()

    again = Screen(screen.terminal)

    await again.until(b"drawn at 24 80")
    assert again.begun[0].first == b"\x1b[?1049h\x1b[?1h"


async def test_the_end_of_the_shell_is_told_with_its_status(story: TerminalStory) -> None:
    screen, _ = await opened(story)

    screen.type("exit 3\r")

    over = await screen.until_over()
    assert over.exit_status == 3
    assert "status 3" in over.because
    assert screen.terminal.facts.state is TerminalState.ENDED
    await until(lambda: story.gate.closed, "the record to be completed")


async def test_a_lost_connection_is_told_and_another_terminal_can_be_opened(
    story: TerminalStory, server: OpenSsh
) -> None:
    screen, _ = await opened(story)

    server.cut_connections()

    over = await screen.until_over()
    assert over.because == "the connection to pve was lost"
    assert screen.terminal.facts.away
    second, _ = await opened(story)
    second.type("echo back-$((1+1))\r")
    await second.until(b"back-2")


async def test_the_record_says_who_where_when_and_how_much_and_never_what(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story)
    screen.type("echo very-secret-word\r")
    await screen.until(b"\nvery-secret-word")
    assert [ask.user for ask in story.gate.opened] == ["owner"]
    assert not story.gate.closed

    await story.terminals.close(screen.terminal.facts.id, OWNER)

    ((audit_id, ask, use),) = story.gate.closed
    assert audit_id == 1
    assert (ask.user, ask.place.node, ask.place.guest) == ("owner", "pve", None)
    assert use.typed_bytes > 20
    assert use.shown_bytes == screen.terminal.ring.end
    assert use.lasted_s > 0
    assert use.because == "you closed it"
    assert "secret" not in repr((ask, use))
    assert story.terminals.count == 0


async def test_signing_out_ends_the_session_s_terminals_and_no_other(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story)
    screen.type("echo pid=$$\r")
    pid = int(re.findall(rb"pid=(\d+)", await screen.until(b"\r\nREADY> "))[0])
    other = story.open(owner="another session")
    await until(lambda: other.facts.state is TerminalState.OPEN, "the other terminal")

    story.bus.publish(
        SessionsEnded(at=SystemClock().now(), keys=frozenset({OWNER}), because="signed out")
    )

    assert (await screen.until_over()).because == "signed out"
    await until(lambda: not psutil.pid_exists(pid), "its shell to be gone")
    await until(lambda: not story.terminals.of_session(OWNER), "the terminal to be forgotten")
    assert other.facts.state is TerminalState.OPEN


async def test_a_terminal_nobody_looks_at_ends_after_its_time(server: OpenSsh) -> None:
    async with terminal_story(Dialled(pve=server), left_alone_s=0.5) as story:
        screen, _ = await opened(story)
        await asyncio.sleep(1.0)
        assert screen.terminal.facts.state is TerminalState.OPEN
        screen.leave()

        await until(lambda: story.terminals.count == 0, "the terminal to be forgotten")

        ((_, _, use),) = story.gate.closed
        assert "no page has looked" in use.because


async def test_a_stop_ends_all_and_completes_the_records(server: OpenSsh) -> None:
    gate = KeptGate()
    async with terminal_story(Dialled(pve=server), gate=gate) as story:
        await opened(story)
        await opened(story)

    assert [use.because for _, _, use in gate.closed] == ["the test is over"] * 2


async def test_input_that_is_not_read_waits_and_is_told_when_it_is_taken(
    story: TerminalStory,
) -> None:
    screen, _ = await opened(story)
    screen.type("stty raw -echo; printf G''O; sleep 1; head -c 400000 | wc -c; stty sane\r")
    await screen.until(b"GO")

    told = sent = 0

    async def listen() -> None:
        nonlocal told
        while True:
            piece = await screen.take()
            told += piece.count if isinstance(piece, Taken) else 0

    def has_room() -> bool:
        return sent - told < 64_000

    listening = asyncio.ensure_future(listen())
    while sent < 400_000:
        await until(has_room, "room for input", within_s=30)
        screen.type(b"a" * 16_000)
        sent += 16_000
    await until(lambda: b"400000" in screen.shown, "all of it to be counted", within_s=30)
    listening.cancel()
