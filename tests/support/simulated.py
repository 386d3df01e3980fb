"""The simulator as a process of its own, and a client that asks it as Proxmox is asked."""

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running simulation: what it told when it was ready, and a verified HTTPS client."""

    release: str
    told: Mapping[str, Any]
    client: httpx.Client

    def ask(self, verb: str, path: str, **values: str) -> httpx.Response:
        """One request below /api2/json with the full token; a GET carries values in its query."""
        url = f"/api2/json{path}"
        if verb == "GET":
            return self.client.get(url, params=values or None)
        return self.client.request(verb, url, data=values or None)

    def get(self, path: str) -> Any:
        """The `data` of a GET that must succeed."""
        response = self.ask("GET", path)
        assert response.status_code == 200, f"GET {path}: {response.status_code} {response.text}"
        return response.json()["data"]


@contextmanager
def simulate(folder: Path, release: str, *options: str) -> Iterator[Simulated]:
    """Start the simulator in `folder`, wait until it is ready, and end it afterwards."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulator", "--exit-with-parent"),
            *("--dir", str(folder), "--pve", release),
            *options,
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        told = _wait_until_ready(process, folder / "simulator.json")
        trust = ssl.create_default_context(cafile=told["ca_file"])
        token = f"PVEAPIToken={told['token_id']}={told['token_secret']}"
        with httpx.Client(
            base_url=told["endpoints"][0],
            verify=trust,
            headers={"Authorization": token},
            timeout=10.0,
            trust_env=False,
        ) as client:
            yield Simulated(release, told, client)
    finally:
        process.terminate()
        process.communicate(timeout=10.0)


def _wait_until_ready(process: subprocess.Popen[bytes], told_in: Path) -> dict[str, Any]:
    deadline = time.monotonic() + READY_WITHIN_S
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.strip() == b"ready", f"the simulator said {line!r} instead of ready"
    assert time.monotonic() < deadline, f"the simulator was not ready in {READY_WITHIN_S} s"
    told: dict[str, Any] = json.loads(told_in.read_text(encoding="utf-8"))
    return told
