"""The commands, called as a user calls them, beside a Jarvis that runs."""

import json
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.house import QUICK_TIERS, ROOT, House, clean_environment, start_house


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = start_house(["demo"], tmp_path_factory.mktemp("commands"), **QUICK_TIERS)
    yield house
    house.stop()


def call(house: House, *words: str, data: str = "data/demo") -> subprocess.CompletedProcess[str]:
    """`jarvis <words>` in the folder of the running demo."""
    return subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", *words],
        cwd=house.folder,
        env=clean_environment(
            {"PYTHONPATH": str(ROOT), "JARVIS_DATA_DIR": str(house.folder / data)}
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_tells_which_version_it_is(demo: House) -> None:
    told = call(demo, "--version")

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (told.returncode, told.stdout) == (0, f"jarvis {project['version']}\n")


def test_a_backup_is_made_while_jarvis_runs_and_never_over_another(demo: House) -> None:
    target = demo.folder / "backup.db"

    made = call(demo, "backup", str(target))
    again = call(demo, "backup", str(target))

    assert made.returncode == 0, made.stderr
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM events").fetchone()[0] > 0
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_whole_audit_is_called_whole_and_a_changed_entry_is_found(demo: House) -> None:
    whole = call(demo, "audit", "verify")
    changed = demo.folder / "changed"
    changed.mkdir()
    call(demo, "backup", str(changed / "jarvis.db"))
    with closing(sqlite3.connect(changed / "jarvis.db")) as copy, copy:
        for (trigger,) in copy.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        ).fetchall():
            copy.execute(f"DROP TRIGGER {trigger}")
        copy.execute("UPDATE audit SET actor = 'nobody' WHERE id = 1")

    broken = call(demo, "audit", "verify", data="changed")

    assert whole.returncode == 0, whole.stderr
    assert broken.returncode == 1
    assert "Entry 1 " in broken.stderr


def test_the_doctor_finds_the_demos_homelab_well(demo: House) -> None:
    told = call(demo, "doctor", "--demo", "--json", data="data")

    diagnosis = json.loads(told.stdout)
    assert told.returncode == 0, told.stdout
    assert diagnosis["failed"] is False
    assert len(diagnosis["endpoints"]) == 4


@pytest.mark.parametrize("ill", ["newer", "damaged", "unreadable"])
def test_the_doctor_tells_of_an_ill_database_beside_all_else(demo: House, ill: str) -> None:
    folder = demo.folder / ill / "demo" / "cli"
    folder.mkdir(parents=True)
    simulator = demo.folder / ill / "demo" / "simulator"
    simulator.symlink_to(demo.folder / "data" / "demo" / "simulator")
    file = folder / "jarvis.db"
    if ill == "newer":
        call(demo, "backup", str(file))
        with closing(sqlite3.connect(file)) as newer, newer:
            newer.execute("UPDATE migrations SET number = 9999 WHERE number = 1")
    elif ill == "damaged":
        file.write_bytes(b"no database at all" * 400)
    else:
        file.mkdir()

    told = call(demo, "doctor", "--demo", "--json", data=ill)

    assert told.returncode == 1, told.stderr
    assert "Traceback" not in told.stderr
    diagnosis = json.loads(told.stdout)
    assert len(diagnosis["endpoints"]) == 4
    assert diagnosis["failed"] is True
    assert diagnosis["ssh"]["database"]["verdict"] == "fail"
    assert str(file) in json.dumps(diagnosis["ssh"]["database"])
    assert diagnosis["ssh"]["nodes"]


def test_a_fault_can_be_given_listed_and_cleared_from_the_shell(demo: House) -> None:
    given = call(demo, "simulate", "fault", "overheat", "agent", data="data")
    listed = call(demo, "simulate", "faults", data="data")
    cleared = call(demo, "simulate", "clear", "overheat", data="data")
    unknown = call(demo, "simulate", "fault", "earthquake", data="data")

    assert given.returncode == 0, given.stderr
    assert json.loads(listed.stdout)["active"][0]["fault"] == "overheat"
    assert json.loads(cleared.stdout)["active"] == []
    assert unknown.returncode == 1
    assert "earthquake" in unknown.stderr
    assert "Traceback" not in unknown.stderr


def test_without_settings_serve_names_each_that_is_missing(demo: House) -> None:
    told = call(demo, "serve", data="elsewhere")

    assert told.returncode == 2
    for name in ("PROXMOX_ENDPOINTS", "PROXMOX_TOKEN_ID", "PROXMOX_TOKEN_SECRET"):
        assert sum(line.startswith(name) for line in told.stderr.splitlines()) == 1
