"""A house that ends, cleanly or killed, keeps what it told and leaves nothing lying about."""

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import httpx

from db import Database
from db.maintenance import check_integrity
from db.queries.events import find_events
from tests.support.door import DoorHouse as House


def test_killed_in_the_middle_of_writing_nothing_told_is_lost(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.start()
    told: list[int] = []
    with house.browser(connection="close") as browser:
        house.set_up(browser)
        for n in range(30):
            told += browser.post("/happen?n=20").json()["ids"]
            if n == 28:
                assert house.process is not None
                killer = subprocess.Popen(["kill", "-9", str(house.process.pid)])
                try:
                    while True:
                        told += browser.post("/happen?n=20").json()["ids"]
                except (httpx.TransportError, json.JSONDecodeError):
                    killer.wait()
                    break
        assert house.process is not None
        house.process.wait(60)
        house.process = None
        house.output.close()

        database = Database(tmp_path / "data", slow_query_ms=10_000)
        database.open()
        asyncio.run(check_integrity(database))
        held: set[int] = set()
        before: int | None = None
        while page := database.run_blocking(find_events, before_id=before, limit=500):
            held |= {row.id for row in page}
            before = page[-1].id
        database.close()
        assert len(told) >= 580
        assert set(told) <= held

        house.start()
        assert browser.get("/api/who").json() == {"user": "owner"}
        assert house.end() in (0, -signal.SIGTERM)
    assert not list((tmp_path / "data").glob("*-wal"))
    assert "Traceback" not in (tmp_path / "output").read_text()


def test_a_clean_end_leaves_one_file(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.start()

    assert house.end() in (0, -signal.SIGTERM)

    assert [path.name for path in (tmp_path / "data").iterdir()] == ["jarvis.db"]
