"""A client for the simulator's API as a careful stranger would write it: requests and a CA file."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from simulator.process import SimulatorProcess

T = TypeVar("T")


class Wire:
    """One caller of one simulated cluster."""

    def __init__(
        self, simulator: SimulatorProcess, *, token: tuple[str, str] | None = None
    ) -> None:
        token_id, secret = token or (simulator.token_id, simulator.token_secret)
        self.simulator = simulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = simulator.ca_file
        self.session.headers["Authorization"] = f"PVEAPIToken={token_id}={secret}"

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def ask(
        self,
        verb: str,
        path: str,
        *,
        at: str | None = None,
        timeout_s: float = 8.0,
        **values: object,
    ) -> requests.Response:
        """Send one request, to the first node or to the one named."""
        index = self.simulator.nodes.index(at) if at else 0
        url = f"{self.simulator.endpoints[index]}/api2/json{path}"
        named = {"params" if verb == "GET" else "data": values} if values else {}
        return self.session.request(verb, url, timeout=timeout_s, **named)  # type: ignore[arg-type]

    def get(self, path: str, *, at: str | None = None, **values: object) -> Any:
        """The `data` of an answer that must be 200."""
        answer = self.ask("GET", path, at=at, **values)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.reason}"
        return answer.json()["data"]

    def post(self, path: str, *, at: str | None = None, **values: object) -> Any:
        answer = self.ask("POST", path, at=at, **values)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.reason}"
        return answer.json()["data"]

    def resource(self, ident: str, *, at: str | None = None) -> dict[str, Any]:
        """One row of /cluster/resources."""
        rows = self.get("/cluster/resources", at=at)
        return next(row for row in rows if row["id"] == ident)

    def finish(self, upid: str) -> str:
        """Wait for a task's end; its exit status."""
        path = f"/nodes/{upid.split(':')[1]}/tasks/{upid}/status"
        ended = await_until(
            lambda: self.get(path), lambda task: task["status"] == "stopped", f"the end of {upid}"
        )
        return str(ended["exitstatus"])


def await_until(
    look: Callable[[], T], good: Callable[[T], object], what: str, *, within_s: float = 20.0
) -> T:
    """Look until it is good; fail with what was awaited and what was seen last."""
    until = time.monotonic() + within_s
    while True:
        seen = look()
        if good(seen):
            return seen
        if time.monotonic() > until:
            raise AssertionError(f"waited {within_s:g} s in vain for {what}; last: {seen!r}")
        time.sleep(0.05)
