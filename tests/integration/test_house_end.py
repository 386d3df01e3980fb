"""The house ends soon and in peace, whatever it is waiting for."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.house import ROOT, House, clean_environment, eventually, free_port

SLOW_NAMES = """
import socket, threading
resolve = socket.getaddrinfo
def slowly(host, *args, **kwargs):
    if host == "slow.invalid":
        print("resolving", flush=True)
        threading.Event().wait(60)
    return resolve(host, *args, **kwargs)
socket.getaddrinfo = slowly
import cli
cli.main()
"""
TOKEN = {"PROXMOX_TOKEN_ID": "jarvis@pve!page", "PROXMOX_TOKEN_SECRET": "not a real one"}


def start(folder: Path, code: str, *arguments: str, **settings: str) -> House:
    port = free_port()
    environment = clean_environment(
        {"JARVIS_PORT": str(port), "JARVIS_DATA_DIR": str(folder / "data"), **TOKEN, **settings}
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return House(process, f"http://127.0.0.1:{port}", folder)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_name_that_takes_long_to_resolve_does_not_hold_up_the_end(
    tmp_path: Path, signal_: signal.Signals
) -> None:
    house = start(tmp_path, SLOW_NAMES, "serve", PROXMOX_ENDPOINTS="https://slow.invalid:8006")
    eventually("the house to serve", house.healthy)
    eventually("a name being resolved", lambda: "resolving" in house.log)

    began = time.monotonic()
    exit_code = house.stop(signal_)

    assert time.monotonic() - began < 5
    assert exit_code == 0
    assert "Traceback" not in house.log
    assert not list((tmp_path / "data").glob("*-wal"))
