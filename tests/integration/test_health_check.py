"""The image's health check, run as the Dockerfile has it."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ONE_ADDRESS = "127.0.0.2"


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == "/healthz" and self.headers["Host"] == "127.0.0.1"
        self.send_response(200 if known else 421)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(params=["127.0.0.1", ONE_ADDRESS])
def listening(request: pytest.FixtureRequest) -> Iterator[HTTPServer]:
    with HTTPServer((request.param, 0), _Healthy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def check(port: int, host: str) -> int:
    recipe = (ROOT / "Dockerfile").read_text()
    found = re.search(r"^HEALTHCHECK.*\n  CMD (\[.+\])$", recipe, re.M)
    assert found is not None
    _, *arguments = json.loads(found[1])
    env = {**os.environ, "JARVIS_PORT": str(port), "JARVIS_HOST": host}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, check=False)
    return done.returncode


def test_the_health_check_asks_where_jarvis_listens(listening: HTTPServer) -> None:
    address, port = str(listening.server_address[0]), listening.server_port
    everywhere = 0 if address == "127.0.0.1" else 1

    assert check(port, address) == 0
    assert [check(port, host) for host in ("", "0.0.0.0")] == [everywhere, everywhere]
