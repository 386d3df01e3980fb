"""`jarvis tools` and `jarvis tool`, called as a user calls them, beside a demo that runs."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.support.house import QUICK_TIERS, ROOT, House, clean_environment, start_house

WORDS = [sys.executable, "-c", "import cli; cli.main()"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = start_house(["demo"], tmp_path_factory.mktemp("tools"), **QUICK_TIERS)
    yield house
    house.stop()


def environment(house: House, **more: str) -> dict[str, str]:
    return clean_environment(
        {"PYTHONPATH": str(ROOT), "JARVIS_DATA_DIR": str(house.folder / "data"), **more}
    )


def call(house: House, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`jarvis <words>` in the folder of the running demo, without a terminal."""
    return subprocess.run(
        [*WORDS, *words],
        cwd=house.folder,
        env=environment(house, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def on_terminal(house: House, answer: str, *words: str) -> tuple[int, str]:
    """The same at a terminal, where `answer` is typed once a question is there."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*WORDS, *words],
        cwd=house.folder,
        env=environment(house),
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    shown, typed = b"", False
    until = time.monotonic() + 40
    while time.monotonic() < until:
        if select.select([leader], [], [], 0.2)[0]:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            shown += part
            if not part:
                break
        if b"to go on" in shown and not typed:
            os.write(leader, f"{answer}\n".encode())
            typed = True
    os.close(leader)
    return process.wait(60), shown.decode(errors="replace")


def test_the_registry_is_listed_without_a_cluster(demo: House) -> None:
    listed = call(demo, "tools")
    told = call(demo, "tools", "--json")

    assert listed.returncode == 0, listed.stderr
    assert "stop_guest " in listed.stdout
    assert {"name", "tier", "arguments"} <= set(json.loads(told.stdout)[0])


def test_a_read_is_told_as_text_and_as_json(demo: House) -> None:
    text = call(demo, "tool", "get_guest_status", "guest=media", "--demo")
    told = call(demo, "tool", "get_guest_status", "guest=media", "--demo", "--json")

    assert text.returncode == 0, text.stderr
    assert text.stdout.startswith("done\nGuest media (104); read ")
    result = json.loads(told.stdout)
    assert (result["outcome"], result["tier"]) == ("done", "GREEN")
    assert result["data"]["state"] == "running"
    assert result["audit_id"] is not None


def test_a_red_call_leaves_a_token_that_is_good_once_for_that_very_call(demo: House) -> None:
    started = call(demo, "tool", "start_guest", "guest=win11", "--demo")
    asked = call(demo, "tool", "stop_guest", "guest=win11", "--demo")
    token = asked.stderr.split("--approve ")[1].strip()

    other = call(demo, "tool", "stop_guest", "guest=media", "--demo", "--approve", token)
    done = call(demo, "tool", "stop_guest", "guest=win11", "--demo", "--approve", token)
    again = call(demo, "tool", "stop_guest", "guest=win11", "--demo", "--approve", token)

    assert started.returncode == 0, started.stdout
    assert (asked.returncode, asked.stdout.split(":")[0]) == (4, "waiting")
    assert other.returncode == 1
    assert "for another call" in other.stdout
    assert done.returncode == 0, done.stdout
    assert "win11 (112) is stopped on pve" in done.stdout
    assert again.returncode == 1
    assert "no question waits under this token" in again.stdout


def test_at_a_terminal_a_person_is_shown_what_hangs_on_it_and_asked(demo: House) -> None:
    refused, card = on_terminal(demo, "no", "tool", "stop_guest", "guest=immich", "--demo")
    status = call(demo, "tool", "get_guest_status", "guest=immich", "--demo", "--json")
    done, shown = on_terminal(demo, "proceed", "tool", "stop_guest", "guest=immich", "--demo")

    assert refused == 1
    assert "stop_guest immich" in card
    assert "RED" in card
    assert "refused" in card
    assert json.loads(status.stdout)["data"]["state"] == "running"
    assert done == 0, shown
    assert "immich (108) is stopped on home" in shown


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(["stop_guest", "guest=mgmt"], 1, "I live there", id="where Jarvis lives"),
        pytest.param(["reboot_node", "node=pve"], 1, "mgmt (103)", id="the node it lives on"),
        pytest.param(["destroy_guest", "guest=140", "name=dev-box"], 1, "override", id="BLACK"),
        pytest.param(["stop_gest", "guest=104"], 1, "the nearest: stop_guest", id="no such tool"),
        pytest.param(["stop_guest", "gest=104"], 1, "no such argument", id="no such argument"),
        pytest.param(["stop_guest", "media"], 2, "write key=value", id="no argument at all"),
        pytest.param(["stop_guest", "guest=medai"], 1, "media (104)", id="a slip of the pen"),
    ],
)
def test_what_the_gate_refuses_is_told_with_its_reason(
    demo: House, words: list[str], code: int, told: str
) -> None:
    found = call(demo, "tool", *words, "--demo")

    assert found.returncode == code, found.stdout + found.stderr
    assert told in found.stdout + found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("words", [("tool", "list_nodes"), ("doctor",)])
def test_without_a_cluster_the_demo_is_offered(demo: House, words: tuple[str, ...]) -> None:
    told = call(demo, *words)

    assert told.returncode == 2
    assert told.stderr.splitlines()[-1] == "Beside a running demo, add --demo."


def test_a_folder_that_a_running_jarvis_has_is_left_to_it(demo: House) -> None:
    told = json.loads((demo.folder / "data/demo/simulator/simulator.json").read_text())

    found = call(
        demo,
        "tool",
        "list_nodes",
        JARVIS_DATA_DIR=str(demo.folder / "data/demo"),
        PROXMOX_ENDPOINTS=",".join(told["endpoints"]),
        PROXMOX_TOKEN_ID=told["token_id"],
        PROXMOX_TOKEN_SECRET=told["token_secret"],
        PROXMOX_CA_FILE=told["ca_file"],
    )

    assert found.returncode == 2
    assert "ask on its page, or stop it first" in found.stderr


def test_a_cluster_that_does_not_answer_is_told_in_a_line(demo: House) -> None:
    found = call(
        demo,
        "tool",
        "list_nodes",
        PROXMOX_ENDPOINTS="https://127.0.0.1:1",
        PROXMOX_TOKEN_ID="a@pve!b",
        PROXMOX_TOKEN_SECRET="nothing-of-worth",
        JARVIS_LOOPBACK_ONLY="true",
    )

    assert found.returncode == 2
    assert "127.0.0.1:1 refused the connection" in found.stderr
    assert "Traceback" not in found.stderr


def test_every_call_from_the_shell_is_on_record(demo: House) -> None:
    call(demo, "tool", "list_nodes", "--demo")

    verified = call(demo, "audit", "verify", JARVIS_DATA_DIR=str(demo.folder / "data/demo/cli"))

    assert verified.returncode == 0, verified.stderr
