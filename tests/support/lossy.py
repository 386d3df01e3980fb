"""An address of the API that hands everything on to a simulation, and may lose the answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from simulator.process import SimulatorProcess
from tests.support.tiny_api import TinyApi, tiny_apis


class Lossy:
    """One such address. `loses` holds the verbs whose answers never arrive."""

    def __init__(self, server: TinyApi, simulator: SimulatorProcess, node: str) -> None:
        self.server = server
        self.loses: set[str] = set()
        self.changes: list[str] = []
        """Verb and path of what was no GET, in order."""
        self._base = simulator.endpoints[simulator.nodes.index(node)]
        self._ca_file = simulator.ca_file
        server.answer = self._answer

    def _answer(self, path: str) -> bytes | None:
        head, _, body = self.server.here.request.partition(b"\r\n\r\n")
        verb = head.split(b" ")[0].decode()
        headers = {
            name: value.strip()
            for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
            if name.lower() in ("authorization", "content-type")
        }
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                verb,
                f"{self._base}{path}",
                data=body or None,
                headers=headers,
                verify=self._ca_file,
                timeout=10,
            )
        if verb != "GET":
            self.changes.append(f"{verb} {path.removeprefix('/api2/json')}")
        if verb in self.loses:
            return None
        top = f"HTTP/1.1 {answer.status_code} {answer.reason}\r\n"
        return f"{top}Content-Length: {len(answer.content)}\r\n\r\n".encode() + answer.content


@contextmanager
def lossy(folder: Path, simulator: SimulatorProcess, node: str = "pve") -> Iterator[Lossy]:
    """One such address in front of a node, until the block ends."""
    with tiny_apis(folder, "lossy") as (server,):
        yield Lossy(server, simulator, node)
