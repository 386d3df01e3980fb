"""The process of the house: it refuses to start in words, and ends soon whatever it waits for."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.house import ROOT, House, clean_environment, eventually, free_port

SLOW_NAMES = """
import socket, threading
resolve = socket.getaddrinfo
def slowly(host, *args, **kwargs):
    if host == "slow.invalid":
        print("resolving", flush=True)
        threading.Event().wait()
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

    assert house.stop(signal_) == 0
    assert "Traceback" not in house.log
    assert not list((tmp_path / "data").glob("*-wal"))


def test_a_homelab_that_hangs_does_not_hold_up_the_end_and_does_not_stay(tmp_path: Path) -> None:
    house = start(tmp_path, PLAIN, "demo")
    eventually("the demo to serve", house.healthy)
    told_file = tmp_path / "data" / "demo" / "simulator" / "simulator.json"
    simulator = int(json.loads(told_file.read_text())["pid"])
    os.kill(simulator, signal.SIGSTOP)

    assert house.stop() == 0
    assert "Traceback" not in house.log
    with pytest.raises(ProcessLookupError):
        os.kill(simulator, 0)


def test_a_house_that_is_killed_takes_its_homelab_along(tmp_path: Path) -> None:
    house = start(tmp_path, PLAIN, "demo")
    eventually("the demo to serve", house.healthy)
    told_file = tmp_path / "data" / "demo" / "simulator" / "simulator.json"
    simulator = int(json.loads(told_file.read_text())["pid"])

    house.stop(signal.SIGKILL)

    eventually("the simulator to end", lambda: not _lives(simulator))


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_browser_that_waits_for_news_does_not_hold_up_the_end(tmp_path: Path) -> None:
    house = start(tmp_path, PLAIN, "demo")
    with httpx.Client(base_url=house.url) as browser:
        browser.get(house.login_link())
        polling = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
        opened = browser.get(polling)
        session = json.loads(opened.text[1:])["sid"]
        with socket.create_connection(("127.0.0.1", int(house.url.rpartition(":")[2]))) as waiting:
            cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
            waiting.sendall(
                f"GET {polling}&sid={session} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Cookie: {cookies}\r\n\r\n".encode()
            )
            assert browser.get("/session").status_code == 200

            assert house.stop() == 0
            assert b" 200 " not in waiting.recv(65_536), "it ended before there was news"


PLAIN = "import cli; cli.main()"


def ended(folder: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    house = start(folder, PLAIN, *arguments, **settings)
    code = house.process.wait(30)
    house.reader.join(5)
    return code, house.log


def test_a_port_that_is_taken_is_told_before_anything_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = ended(
            tmp_path, "serve", PROXMOX_ENDPOINTS="https://127.0.0.1:1", JARVIS_PORT=port
        )

    assert code == 2
    (line,) = told.splitlines()[-1:]
    assert port in line
    assert "already in use. Set" in line
    assert "JARVIS_PORT" in line
    assert "/setup" not in told
    assert "Traceback" not in told
    assert not list((tmp_path / "data").glob("*-wal"))


def test_a_host_that_is_not_this_machine_is_told(tmp_path: Path) -> None:
    code, told = ended(
        tmp_path, "serve", PROXMOX_ENDPOINTS="https://127.0.0.1:1", JARVIS_HOST="192.0.2.1"
    )

    assert code == 2
    assert "192.0.2.1" in told
    assert "JARVIS_HOST" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [(["serve"], "Not a directory"), (["demo"], "Not a directory")],
    ids=["serve", "demo"],
)
def test_a_data_folder_that_cannot_be_is_told_in_words(
    tmp_path: Path, arguments: list[str], fact: str
) -> None:
    (tmp_path / "file").write_text("")
    code, told = ended(
        tmp_path,
        *arguments,
        PROXMOX_ENDPOINTS="https://127.0.0.1:1",
        JARVIS_DATA_DIR=str(tmp_path / "file" / "data"),
    )

    assert code == 2
    assert fact in told
    assert str(tmp_path / "file") in told
    assert "Traceback" not in told


def test_an_unknown_version_of_proxmox_is_refused_at_once(tmp_path: Path) -> None:
    code, told = ended(tmp_path, "demo", "--pve", "7")

    assert code == 2
    assert "8.4" in told
    assert "Traceback" not in told


def test_a_second_demo_in_the_same_folder_leaves_the_first_alone(tmp_path: Path) -> None:
    first = start(tmp_path, PLAIN, "demo")
    eventually("the first demo to serve", first.healthy)
    try:
        told_file = tmp_path / "data" / "demo" / "simulator" / "simulator.json"
        before = told_file.read_text()

        code, told = ended(tmp_path, "demo")

        assert code == 2
        (line,) = told.splitlines()
        assert str(tmp_path / "data") in line
        assert "not ready" not in line
        assert told_file.read_text() == before
        assert first.healthy()
    finally:
        assert first.stop() == 0


def test_a_second_house_on_the_same_data_is_refused(tmp_path: Path) -> None:
    first = start(tmp_path, PLAIN, "serve", PROXMOX_ENDPOINTS="https://127.0.0.1:1")
    eventually("the first house to serve", first.healthy)
    try:
        code, told = ended(tmp_path, "serve", PROXMOX_ENDPOINTS="https://127.0.0.1:1")

        assert code == 2
        assert str(tmp_path / "data") in told
        assert "another Jarvis" in told
    finally:
        assert first.stop() == 0
