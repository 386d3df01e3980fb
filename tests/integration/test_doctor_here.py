"""`jarvis doctor` on the machine it is called on: what would keep Jarvis from starting there."""

import errno
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.here import _data
from db import Database
from services.cluster.diagnosis import Verdict
from simulator.process import SimulatorProcess
from tests.support.house import ROOT, clean_environment


def look(simulator: SimulatorProcess, folder: Path, **given: str) -> tuple[int, list[Any]]:
    """The exit status, and what was found here, of `jarvis doctor --json`."""
    settings = {
        "PYTHONPATH": str(ROOT),
        "PROXMOX_ENDPOINTS": simulator.endpoints[0],
        "PROXMOX_TOKEN_ID": simulator.token_id,
        "PROXMOX_TOKEN_SECRET": simulator.token_secret,
        "PROXMOX_CA_FILE": simulator.ca_file,
        "JARVIS_LOOPBACK_ONLY": "true",
        "JARVIS_DATA_DIR": str(folder / "data"),
        "JARVIS_PORT": str(free_port()),
    }
    told = subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "doctor", "--json"],
        cwd=folder,
        env=clean_environment(settings | given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in told.stderr
    return told.returncode, json.loads(told.stdout)["here"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


def test_where_all_is_well_nothing_is_made_and_nothing_fails(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    code, found = look(simulator, tmp_path, JARVIS_VMID="103", WOL_MACS="pve=aa:bb:cc:dd:ee:01")

    assert code == 0
    assert [(each["step"], each["verdict"]) for each in found] == [
        ("data", "ok"),
        ("page", "ok"),
        ("guests", "ok"),
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["JARVIS_VMID", "JARVIS_PROTECTED_VMIDS", "JARVIS_DOCKER_VMID"])
def test_a_guest_that_is_not_there_fails_since_it_protects_nobody(
    simulator: SimulatorProcess, tmp_path: Path, name: str
) -> None:
    code, found = look(simulator, tmp_path, **{name: "301"})

    assert code == 1
    (guests,) = [each for each in found if each["step"] == "guests"]
    assert (guests["verdict"], name in guests["because"]) == ("fail", True)
    assert "301" in guests["because"]


def test_a_node_that_is_not_there_is_a_warning(simulator: SimulatorProcess, tmp_path: Path) -> None:
    code, found = look(
        simulator, tmp_path, WOL_MACS="pv=aa:bb:cc:dd:ee:01", JARVIS_DOCKER_NODE="mgmt"
    )

    assert code == 0
    told = [each["because"] for each in found if each["verdict"] == "warn"]
    assert [line.split()[:3] for line in told] == [
        ["WOL_MACS", "names", "pv,"],
        ["JARVIS_DOCKER_NODE", "names", "mgmt,"],
    ]


def test_a_taken_port_and_a_folder_that_is_none_fail(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, found = look(simulator, tmp_path, JARVIS_PORT=str(port))

    assert code == 1
    assert {each["step"] for each in found if each["verdict"] == "fail"} == {"data", "page"}
    told = " ".join(each["remedy"] for each in found if each["remedy"])
    assert "JARVIS_DATA_DIR" in told
    assert "JARVIS_PORT" in told


def test_what_a_running_jarvis_holds_is_no_fault(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    running = Database(tmp_path / "data", slow_query_ms=1_000)
    running.open()
    try:
        with socket.create_server(("127.0.0.1", 0)) as page:
            code, found = look(simulator, tmp_path, JARVIS_PORT=str(page.getsockname()[1]))
    finally:
        running.close()

    assert code == 0
    assert "a running Jarvis" in found[0]["because"]


def test_a_folder_that_may_not_be_written_to_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)  # as below a folder that may not be entered
    monkeypatch.setattr("cli.here.os.access", lambda path, _: path != tmp_path)

    found = _data(tmp_path / "data", in_use=False)

    assert found.verdict is Verdict.FAIL
    assert str(tmp_path) in found.because
