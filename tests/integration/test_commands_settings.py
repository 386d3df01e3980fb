"""What a command says of settings that are wrong, missing or misspelt, as a user calls it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.house import ROOT, clean_environment

WRONG = "PROXMOX_ENDPOINTS=http://192.0.2.11\nPOLL_CRITICAL_S=0\n"
MISSPELT = "PROXMOX_TOKEN_SECRTE=hunter2-and-more\n"


def call(folder: Path, *words: str, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", *words],
        cwd=folder,
        env=clean_environment({"PYTHONPATH": str(ROOT), **given}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_wrong_missing_and_misspelt_settings_are_told_at_once(command: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{WRONG}{MISSPELT}PROXMOX_TOKEN_ID=\n")

    told = call(tmp_path, command, JARVIS_PROT="9000")

    assert told.returncode == 2
    assert sorted(line.partition(": ")[0] for line in told.stderr.splitlines()) == [
        "JARVIS_PROT",
        "POLL_CRITICAL_S",
        "PROXMOX_ENDPOINTS",
        "PROXMOX_TOKEN_ID",
        "PROXMOX_TOKEN_SECRET",
        "PROXMOX_TOKEN_SECRTE",
    ]
    assert "PROXMOX_TOKEN_SECRTE: is no setting; PROXMOX_TOKEN_SECRET is one" in told.stderr
    assert "hunter2" not in told.stderr


def test_a_command_that_asks_no_cluster_misses_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{WRONG}{MISSPELT}")

    told = call(tmp_path, "forget-host", "pve", "SHA256:x")

    assert told.returncode == 2
    assert sorted(line.partition(": ")[0] for line in told.stderr.splitlines()) == [
        "POLL_CRITICAL_S",
        "PROXMOX_ENDPOINTS",
        "PROXMOX_TOKEN_SECRTE",
    ]


def test_a_file_that_is_no_text_is_all_that_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PROXMOX_TOKEN_ID=\xff\n")

    told = call(tmp_path, "serve", JARVIS_PROT="9000")

    assert told.returncode == 2
    (line,) = told.stderr.splitlines()
    assert line.startswith(".env: is no UTF-8 text")


def test_a_misspelt_setting_alone_is_a_warning_and_the_doctor_goes_on(tmp_path: Path) -> None:
    given = {
        "PROXMOX_ENDPOINTS": "https://127.0.0.1:1",
        "PROXMOX_TOKEN_ID": "jarvis@pve!watch",
        "PROXMOX_TOKEN_SECRET": "d0c70000-0000-4000-8000-000000000000",
    }

    told = call(tmp_path, "doctor", JARVIS_PROT="9000", **given)

    assert told.returncode == 1, told.stderr
    assert "JARVIS_PROT: is no setting; JARVIS_PORT is one" in told.stderr.splitlines()
    assert "127.0.0.1" in told.stdout
