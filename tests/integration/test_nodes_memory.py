"""What only reads takes no memory from the guests: on a real OpenSSH server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.ssh_house import config_for, ssh_house

pytestmark = needs_openssh

GROWS = """awk 'BEGIN { a = "x"; for (;;) { b = a a; a = b b } }'"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with running_openssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


async def test_a_reader_that_grows_without_end_is_ended_by_its_bound(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config_for(server)) as house:
        result = await house.nodes.run_text("pve", GROWS, timeout_s=60, only_reads=True)

    assert not result.ok
    assert "memory" in result.stderr


async def test_what_only_reads_goes_first_where_memory_runs_short(
    server: OpenSsh, tmp_path: Path
) -> None:
    limits = "cat /proc/self/oom_score_adj; grep 'Max data' /proc/self/limits | cat"
    async with ssh_house(tmp_path, config_for(server)) as house:
        read = await house.nodes.run_text("pve", limits, only_reads=True)
        asked = await house.nodes.run_text("pve", limits)

    assert read.stdout.split()[0] == "1000"
    assert read.stdout.split()[4:6] == ["1073741824", "1073741824"]
    assert asked.stdout.split()[0] != "1000"
    assert "1073741824" not in asked.stdout
