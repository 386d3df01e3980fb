"""Commands on a real OpenSSH server: to their end, or to their death."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.nodes.errors import (
    CommandCancelled,
    CommandLost,
    CommandRefused,
    CommandTimedOut,
    CommandUnspeakable,
    NodesStopped,
    OutputFlooded,
)
from services.nodes.output import KEPT_BYTES
from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.ssh_house import config_for, ssh_house
from tests.support.waiting import until

pytestmark = needs_openssh


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with running_openssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids_in(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


STUBBORN = """
echo $$ >> {file}
sh -c 'echo $$ >> {file}; trap "" TERM; while :; do sleep 0.1; done' &
sh -c 'echo $$ >> {file}; exec sleep 300' &
trap '' TERM
while :; do sleep 0.1; done
"""
"""A shell with two children, of which it and one do not listen when they are asked to end."""


async def test_a_command_runs_to_its_end_in_the_c_locale(server: OpenSsh, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        result = await house.nodes.run("pve", ["sh", "-c", "echo $LC_ALL; echo no >&2; exit 3"])

        assert (result.stdout, result.stderr) == ("C\n", "no\n")
        assert (result.exit_status, result.exit_signal, result.ok) == (3, None, False)
        assert result.cut_bytes == 0
        assert result.duration_ms > 0
        assert result.argv == ("sh", "-c", "echo $LC_ALL; echo no >&2; exit 3")


@pytest.mark.parametrize(
    "word",
    [
        "two  words",
        "$(touch /tmp/never)`id`$HOME",
        "it's",
        '"quoted"',
        "a;b|c&d>e<f",
        "line\none\r\n",
        "--help",
        "*",
        "~root",
        "ünïcødé 😀",
        "",
        "!history",
        "back\\slash",
    ],
    ids=repr,
)
async def test_every_word_arrives_as_it_was_given(
    server: OpenSsh, tmp_path: Path, word: str
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        result = await house.nodes.run("pve", ["printf", "%s|", "-", word])

        assert result.stdout == f"-|{word}|"


async def test_words_that_cannot_be_sent_are_refused_before_anything_is(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        for argv in ([], [""], ["echo", "a\x00b"], ["echo", "x" * 130_000], ["echo", "\udcff"]):
            with pytest.raises(CommandUnspeakable):
                await house.nodes.run("pve", argv)

        assert server.connections() == []


async def test_a_command_line_is_bash_s(server: OpenSsh, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        result = await house.nodes.run_text("pve", 'for i in {1..3}; do echo "$i\'"; done | tac')

        assert result.stdout == "3'\n2'\n1'\n"


async def test_what_is_put_in_comes_out(server: OpenSsh, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        text = "ä\n" * 100_000

        result = await house.nodes.run("pve", ["md5sum"], stdin=text)
        nothing = await house.nodes.run("pve", ["cat"])

        assert result.stdout.split()[0] == hashlib.md5(text.encode()).hexdigest()
        assert nothing.stdout == ""


async def test_a_command_that_dies_of_a_signal_says_so(server: OpenSsh, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        result = await house.nodes.run("pve", ["sh", "-c", "kill -SEGV $$"])

        assert (result.exit_status, result.exit_signal) == (None, "SEGV")


async def test_one_that_leaves_a_child_behind_is_not_waited_for(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        result = await house.nodes.run_text("pve", "sleep 300 & echo $!")

        assert result.ok
        child = int(result.stdout)
        assert is_alive(child), "what a command starts for good is left alone"
        os.kill(child, signal.SIGKILL)


async def test_connections_are_shared_and_closed_once(server: OpenSsh, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        results = await asyncio.gather(
            *(house.nodes.run("pve", ["echo", str(n)]) for n in range(20))
        )

        assert [r.stdout for r in results] == [f"{n}\n" for n in range(20)]
        assert len(server.connections()) == 1
    await until(lambda: not server.connections(), "the connection to be closed")


async def test_four_run_at_once_and_the_others_wait_their_turn(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        marks = tmp_path / "marks"
        marks.mkdir()
        release = tmp_path / "release"
        busy = f"touch {marks}/$$; until [ -e {release} ]; do sleep 0.05; done; echo done"
        tasks = [asyncio.create_task(house.nodes.run_text("pve", busy)) for _ in range(10)]

        await until(lambda: len(list(marks.iterdir())) == 4, "four of them to run")
        await asyncio.sleep(0.5)
        assert len(list(marks.iterdir())) == 4, "a fifth did not wait its turn"
        release.touch()
        results = await asyncio.gather(*tasks)

        assert [result.stdout for result in results] == ["done\n"] * 10
        assert len(list(marks.iterdir())) == 10


async def test_a_command_of_one_node_does_not_wait_for_another_node(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server, ("pve", "home"))) as house:
        slow = [asyncio.create_task(house.nodes.run("pve", ["sleep", "300"])) for _ in range(4)]

        await house.nodes.run("home", ["true"])

        assert not any(task.done() for task in slow)
        for task in slow:
            task.cancel()


async def test_a_cancelled_command_dies_on_the_node_with_all_its_children(
    server: OpenSsh, tmp_path: Path
) -> None:
    file = tmp_path / "pids"
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        task = asyncio.create_task(house.nodes.run_text("pve", STUBBORN.format(file=file)))
        await until(lambda: len(pids_in(file)) == 3, "the command to have its children")

        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await until(
            lambda: not any(map(is_alive, pids_in(file))), "all three to be dead", within_s=4
        )
        again = await house.nodes.run("pve", ["echo", "still here"])
        assert again.ok
        assert len(server.connections()) == 1


async def test_one_that_takes_too_long_is_killed_and_what_it_wrote_is_kept(
    server: OpenSsh, tmp_path: Path
) -> None:
    file = tmp_path / "pids"
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        with pytest.raises(CommandTimedOut) as raised:
            await house.nodes.run_text(
                "pve", f"echo begun; {STUBBORN.format(file=file)}", timeout_s=3.0
            )

        assert raised.value.killed
        assert raised.value.so_far is not None
        assert raised.value.so_far.stdout == "begun\n"
        assert "longer than 3 s and was killed" in raised.value.because
        assert len(pids_in(file)) == 3
        await until(
            lambda: not any(map(is_alive, pids_in(file))), "all three to be dead", within_s=4
        )


async def test_what_a_killed_command_had_detached_lives_on(server: OpenSsh, tmp_path: Path) -> None:
    """As the process of a guest does, which `qm start` leaves behind."""
    file = tmp_path / "pids"
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        with pytest.raises(CommandTimedOut):
            await house.nodes.run_text(
                "pve",
                f"setsid sh -c 'echo $$ > {file}; exec sleep 300' >/dev/null 2>&1 & sleep 60",
                timeout_s=1.0,
            )

        (guest,) = pids_in(file)
        await asyncio.sleep(1.5)
        assert is_alive(guest)
        os.kill(guest, signal.SIGKILL)


async def test_a_connection_that_dies_in_mid_command_is_told_at_once_and_mended(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        task = asyncio.create_task(house.nodes.run_text("pve", "echo half; sleep 60"))
        await until(lambda: server.connections(), "the connection")
        await asyncio.sleep(0.5)

        assert server.cut_connections() == 1
        with pytest.raises(CommandLost) as raised:
            await task

        assert "whether it did its work is not known" in raised.value.because
        result = await house.nodes.run("pve", ["echo", "again"])
        assert result.stdout == "again\n"


async def test_a_connection_that_died_unnoticed_is_replaced_without_a_word(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        await house.nodes.run("pve", ["true"])

        server.cut_connections()
        result = await house.nodes.run("pve", ["echo", "again"])

        assert result.stdout == "again\n"


async def test_fifty_megabytes_are_capped_with_both_ends_kept_and_memory_flat(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        await house.nodes.run("pve", ["true"])
        me = psutil.Process()
        before_bytes, peak_bytes = me.memory_info().rss, 0

        async def watch() -> None:
            nonlocal peak_bytes
            while True:
                peak_bytes = max(peak_bytes, me.memory_info().rss)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        result = await house.nodes.run_text(
            "pve", "echo first; yes 0123456789abcde | head -c 52428800; echo; echo last"
        )
        watching.cancel()

        kept = result.stdout.encode()
        assert result.ok
        assert result.stdout.startswith("first\n0123456789abcde\n")
        assert result.stdout.endswith("\nlast\n")
        assert f"{result.cut_bytes} bytes left out" in result.stdout
        assert KEPT_BYTES - 1024 < len(kept) <= KEPT_BYTES
        marker = len(f"\n[… {result.cut_bytes} bytes left out …]\n".encode())
        assert result.cut_bytes + len(kept) - marker == 52_428_800 + len("first\n\nlast\n")
        assert peak_bytes - before_bytes < 24 * 2**20


async def test_one_that_never_stops_writing_is_killed(server: OpenSsh, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        with pytest.raises(OutputFlooded) as raised:
            await house.nodes.run_text("pve", "echo $$; exec yes")

        writer = int(raised.value.so_far.stdout.split()[0])
        await until(lambda: not is_alive(writer), "yes to be dead")


async def test_stopping_ends_what_runs_and_leaves_nothing_on_the_node(
    server: OpenSsh, tmp_path: Path
) -> None:
    file = tmp_path / "pids"
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        running = asyncio.create_task(house.nodes.run_text("pve", STUBBORN.format(file=file)))
        await until(lambda: len(pids_in(file)) == 3, "the command to have its children")

        await house.nodes.stop("Jarvis is going down")

        with pytest.raises(CommandCancelled, match="Jarvis is going down"):
            await running
        assert not any(map(is_alive, pids_in(file)))
        with pytest.raises(NodesStopped):
            await house.nodes.run("pve", ["true"])


async def test_the_node_itself_ends_a_command_whose_jarvis_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    with running_openssh(tmp_path / "openssh") as server:
        async with ssh_house(tmp_path / "data", config_for(server)) as house:
            task = asyncio.create_task(
                house.nodes.run_text("pve", STUBBORN.format(file=file), timeout_s=2.0)
            )
            await until(lambda: len(pids_in(file)) == 3, "the command to have its children")
            server.stop()
            with pytest.raises((CommandLost, CommandTimedOut)):
                await task

    (first, *_) = pids_in(file)
    assert is_alive(first)
    await until(lambda: not is_alive(first), "its own limit to have ended it", within_s=30)


async def test_a_node_that_stands_still_in_mid_command_does_not_hold_anybody(
    tmp_path: Path,
) -> None:
    with running_openssh(tmp_path / "openssh") as server:
        async with ssh_house(tmp_path / "data", config_for(server)) as house:
            await house.nodes.run("pve", ["true"])
            server.freeze()
            try:
                with pytest.raises(CommandTimedOut) as raised:
                    await house.nodes.run("pve", ["sleep", "60"], timeout_s=1.0)
                assert not raised.value.killed
                assert "whether it has ended is not known" in raised.value.because
            finally:
                server.thaw()


async def test_a_node_that_takes_no_more_sessions_says_so(tmp_path: Path) -> None:
    with running_openssh(tmp_path / "openssh", more="Match all\nMaxSessions 1") as server:
        async with ssh_house(tmp_path / "data", config_for(server)) as house:
            file = tmp_path / "begun"
            first = asyncio.create_task(
                house.nodes.run_text("pve", f"touch {file}; sleep 5; echo done")
            )
            await until(file.exists, "the first command")

            with pytest.raises(CommandRefused) as raised:
                await house.nodes.run("pve", ["true"])

            assert "MaxSessions" in (raised.value.remedy or "")
            assert (await first).stdout == "done\n"
            assert len(server.connections()) == 1, "the connection has outlived the refusal"
