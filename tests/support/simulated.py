"""A running simulation, and a client that asks it as Proxmox is asked: verified HTTPS, a token."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from simulator.process import SimulatorProcess
from simulator.remote import read_told


@dataclass(frozen=True, slots=True)
class Simulated:
    """One simulation and one client of its first node."""

    release: str
    process: SimulatorProcess
    client: httpx.Client

    def ask(self, verb: str, path: str, **values: str) -> httpx.Response:
        """One request below /api2/json; a GET carries values in its query."""
        url = f"/api2/json{path}"
        if verb == "GET":
            return self.client.get(url, params=values or None)
        return self.client.request(verb, url, data=values or None)

    def get(self, path: str, **values: str) -> Any:
        """The `data` of a GET that must succeed."""
        response = self.ask("GET", path, **values)
        assert response.status_code == 200, f"GET {path}: {response.status_code} {response.text}"
        return response.json()["data"]


@contextmanager
def simulate(
    folder: Path, release: str = "9.2", *, read_only: bool = False, **options: Any
) -> Iterator[Simulated]:
    """Start one in `folder`, with the full or the auditor's token; it ends with the context."""
    with (
        SimulatorProcess.start(folder, pve=release, **options) as process,
        client_of(process, read_only=read_only) as client,
    ):
        yield Simulated(release, process, client)


def client_of(process: SimulatorProcess, *, read_only: bool = False) -> httpx.Client:
    """A client of the first endpoint."""
    name = process.read_token_id if read_only else process.token_id
    secret = process.read_token_secret if read_only else process.token_secret
    return _client(process.endpoints[0], process.ca_file, name, secret)


def client_at(folder: Path) -> httpx.Client:
    """The same of a simulator that runs already and keeps its files in `folder`."""
    told = read_told(folder)
    return _client(told["endpoints"][0], told["ca_file"], told["token_id"], told["token_secret"])


def _client(endpoint: str, ca_file: str, name: str, secret: str) -> httpx.Client:
    return httpx.Client(
        base_url=endpoint,
        verify=ssl.create_default_context(cafile=ca_file),
        headers={"Authorization": f"PVEAPIToken={name}={secret}"},
        timeout=10.0,
        trust_env=False,
    )
