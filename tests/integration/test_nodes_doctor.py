"""`jarvis doctor` over SSH, and trusting a host key from the shell."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from db import Database
from db.queries.host_keys import find_host_keys
from services.clock import SystemClock
from services.cluster.diagnosis import Verdict
from services.nodes.config import Address, NodesConfig
from services.nodes.diagnosis import SshDiagnosis, SshStep
from services.nodes.doctor import examine_nodes
from services.nodes.hostkeys import HostKeys, KnownHosts
from tests.support.openssh import OpenSsh, needs_openssh
from tests.support.ssh_house import config_for

pytestmark = needs_openssh
ROOT = Path(__file__).parents[2]


async def look(
    config: NodesConfig, folder: Path, told: dict[str, str] | None = None
) -> SshDiagnosis:
    database = Database(folder, slow_query_ms=1_000)
    database.open()
    try:
        keys = HostKeys(
            database, clock=SystemClock(), known_hosts=KnownHosts(config.known_hosts_file)
        )
        await keys.load()
        return await examine_nodes(config, told or {}, keys=keys, clock=SystemClock())
    finally:
        database.close()


def verdicts(diagnosis: SshDiagnosis, node: str = "pve") -> dict[SshStep, Verdict]:
    (found,) = [each for each in diagnosis.nodes if each.node == node]
    return {finding.step: finding.verdict for finding in found.findings}


async def test_a_node_that_is_well_has_nothing_to_complain_about(
    server: OpenSsh, tmp_path: Path
) -> None:
    diagnosis = await look(config_for(server), tmp_path / "data")

    found = verdicts(diagnosis)
    assert not diagnosis.failed
    assert [found[step] for step in list(SshStep)[:4]] == [Verdict.OK] * 4
    assert server.fingerprint in diagnosis.as_text()
    assert found[SshStep.PROGRAMS] in (Verdict.OK, Verdict.WARN)
    missing = diagnosis.nodes[0].findings[-1].facts["missing"]
    assert "timeout" not in missing
    assert json.loads(json.dumps(diagnosis.as_json()))["nodes"][0]["node"] == "pve"


async def test_a_first_key_is_shown_and_stays_untrusted(server: OpenSsh, tmp_path: Path) -> None:
    diagnosis = await look(config_for(server, known_hosts_file=None), tmp_path / "data")

    found = verdicts(diagnosis)
    assert not diagnosis.failed
    assert (found[SshStep.HOST_KEY], found[SshStep.LOGIN]) == (Verdict.WARN, Verdict.SKIPPED)
    assert f"jarvis trust-host pve {server.fingerprint}" in diagnosis.as_text()
    assert "publickey" not in server.log


async def test_a_changed_key_and_a_refused_login_fail(server: OpenSsh, tmp_path: Path) -> None:
    config = config_for(server)
    first = server.fingerprint
    server.stop()
    server.change_host_key()
    server.start()
    changed = await look(config, tmp_path / "data")
    assert changed.failed
    assert verdicts(changed)[SshStep.HOST_KEY] is Verdict.FAIL
    assert first in changed.as_text()
    assert server.fingerprint in changed.as_text()

    (server.folder / "authorized_keys").write_text("")
    refused = await look(config_for(server), tmp_path / "data")
    assert verdicts(refused)[SshStep.HOST_KEY] is Verdict.OK
    assert verdicts(refused)[SshStep.LOGIN] is Verdict.FAIL


async def test_each_node_is_looked_at_alone(server: OpenSsh, tmp_path: Path) -> None:
    addresses = {
        "pve": Address(host=server.host, port=server.port),
        "away": Address(host="127.0.0.1", port=1),
    }
    diagnosis = await look(
        config_for(server, addresses=addresses),
        tmp_path / "data",
        {"far": "192.0.2.13", "lost": "", "pve": "192.0.2.11"},
    )

    assert [node.node for node in diagnosis.nodes] == ["away", "far", "lost", "pve"]
    assert verdicts(diagnosis)[SshStep.LOGIN] is Verdict.OK
    assert verdicts(diagnosis, "away")[SshStep.TCP] is Verdict.FAIL
    assert verdicts(diagnosis, "far")[SshStep.TCP] is Verdict.FAIL
    assert "JARVIS_LOOPBACK_ONLY" in diagnosis.as_text()
    assert verdicts(diagnosis, "lost")[SshStep.ADDRESS] is Verdict.FAIL


async def test_without_a_key_ssh_is_a_choice_and_with_a_bad_one_a_fault(
    server: OpenSsh, tmp_path: Path
) -> None:
    off = await look(config_for(server, key_file=None), tmp_path / "data")
    assert not off.failed
    assert "SSH_KEY_FILE" in off.as_text()

    bad = await look(config_for(server, key_file=tmp_path / "nothing"), tmp_path / "data")
    assert bad.failed


@pytest.mark.parametrize("text", [None, b"\xff\xfe", b"alone\n"])
async def test_known_hosts_that_cannot_be_read_fail_and_name_their_setting(
    server: OpenSsh, tmp_path: Path, text: bytes | None
) -> None:
    file = tmp_path / "known_hosts"
    if text is not None:
        file.write_bytes(text)

    found = await look(config_for(server, known_hosts_file=file), tmp_path / "data")

    assert found.failed
    assert str(file) in found.as_text()
    assert "SSH_KNOWN_HOSTS_FILE" in found.as_text()
    assert found.as_json()["known_hosts"]


# From the shell


def jarvis(folder: Path, server: OpenSsh, *words: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    settings: dict[str, Any] = {
        "JARVIS_DATA_DIR": str(folder / "data"),
        "JARVIS_LOOPBACK_ONLY": "true",
        "SSH_KEY_FILE": str(server.key_file),
        "SSH_USER": server.user,
        "SSH_NODES": f"pve={server.address}",
    }
    return subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "COLUMNS": "200", **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def trusted(folder: Path) -> list[str]:
    database = Database(folder / "data", slow_query_ms=1_000)
    database.open()
    try:
        return [row.fingerprint for row in database.run_blocking(find_host_keys)]
    finally:
        database.close()


def test_a_key_is_trusted_and_forgotten_from_the_shell(server: OpenSsh, tmp_path: Path) -> None:
    folder = tmp_path / "jarvis"

    wrong = jarvis(folder, server, "trust-host", "pve", "SHA256:something-else")
    assert wrong.returncode == 1
    assert server.fingerprint in wrong.stderr
    assert trusted(folder) == []

    right = jarvis(folder, server, "trust-host", "pve", server.fingerprint)
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout == f"{server.fingerprint} of pve is trusted from now on\n"
    assert trusted(folder) == [server.fingerprint]
    again = jarvis(folder, server, "trust-host", "pve", server.fingerprint)
    assert "was trusted already" in again.stdout

    first = server.fingerprint
    server.stop()
    server.change_host_key()
    server.start()
    changed = jarvis(folder, server, "trust-host", "pve", server.fingerprint)
    assert changed.returncode == 1
    assert "forget the old key" in changed.stderr
    assert trusted(folder) == [first]

    other = jarvis(folder, server, "forget-host", "pve", server.fingerprint)
    assert (other.returncode, trusted(folder)) == (1, [first])
    assert f"{first} is" in other.stderr
    assert "waits" not in other.stderr
    assert jarvis(folder, server, "forget-host", "pve", first).returncode == 0
    assert trusted(folder) == []
    assert jarvis(folder, server, "trust-host", "pve", server.fingerprint).returncode == 0
    assert trusted(folder) == [server.fingerprint]


def test_while_jarvis_runs_its_page_is_pointed_at(server: OpenSsh, tmp_path: Path) -> None:
    folder = tmp_path / "jarvis"
    folder.mkdir()
    running = Database(folder / "data", slow_query_ms=1_000)
    running.open()
    try:
        refused = jarvis(folder, server, "trust-host", "pve", server.fingerprint)
    finally:
        running.close()

    assert refused.returncode == 1
    assert refused.stderr.startswith("Jarvis is running")


def test_a_node_that_nobody_knows_is_told(server: OpenSsh, tmp_path: Path) -> None:
    unknown = jarvis(tmp_path / "jarvis", server, "trust-host", "nowhere", "SHA256:x")

    assert unknown.returncode == 1
    assert "SSH_NODES=nowhere=host" in unknown.stderr
