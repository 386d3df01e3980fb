"""OpenSSH's own client at the simulated machines: verified keys, commands, a terminal."""

import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.process import SimulatorProcess

SSH = shutil.which("ssh")

pytestmark = pytest.mark.skipif(SSH is None, reason="no OpenSSH client beside us")


def ask(
    simulator: SimulatorProcess,
    *words: str,
    machine: str = "pve",
    given: str = "",
    tty: bool = False,
) -> "subprocess.CompletedProcess[str]":
    """One call of `ssh`, with nothing but what the told file says."""
    assert SSH is not None
    host, _, port = simulator.ssh[machine].rpartition(":")
    options = {
        "UserKnownHostsFile": simulator.ssh_known_hosts_file,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
    }
    given_options = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    command = [SSH, "-F", "/dev/null", *(["-tt"] if tty else []), "-i", simulator.ssh_key_file]
    command += [*given_options, "-p", port, f"{simulator.ssh_user}@{host}", *words]
    return subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=20, check=False
    )


def test_a_command_is_run_under_a_verified_key(simulator: SimulatorProcess) -> None:
    ran = ask(simulator, "uname -n; echo problem >&2; exit 5")

    assert (ran.returncode, ran.stdout, ran.stderr) == (5, "pve\n", "problem\n")


def test_input_is_piped_through(simulator: SimulatorProcess) -> None:
    assert ask(simulator, "sort -n | tail -1", given="3\n11\n2\n").stdout == "11\n"


def test_a_terminal_takes_what_is_typed(simulator: SimulatorProcess) -> None:
    ran = ask(simulator, machine="home", given="hostname\nexit 4\n", tty=True)

    assert ran.returncode == 4
    assert "root@home" in ran.stdout
    assert "\nhome\n" in ran.stdout.replace("\r", "")


def test_a_changed_key_is_refused(own_simulator: SimulatorProcess) -> None:
    own_simulator.fault("ssh-key-changed", "pve")

    ran = ask(own_simulator, "true")

    assert ran.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in ran.stderr


def test_the_known_hosts_file_holds_every_machine(simulator: SimulatorProcess) -> None:
    lines = Path(simulator.ssh_known_hosts_file).read_text().splitlines()

    assert [line.split()[0] for line in lines] == [
        f"[127.0.0.1]:{address.rpartition(':')[2]}" for address in simulator.ssh.values()
    ]
