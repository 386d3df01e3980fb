"""The control API of a simulator that runs already, found by the file it wrote."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ControlRefused(Exception):
    """The simulator is not there, or refused what it was asked; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Hurts and mends a running simulator."""

    url: str
    key: str = field(repr=False)

    @classmethod
    def find(cls, folder: Path) -> "Control":
        """The simulator that keeps its files in `folder`. Raises ControlRefused."""
        told = read_told(folder)
        return cls(url=told["control_url"], key=told["control_key"])

    def fault(
        self, name: str, target: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Turn a fault on; hands back what is active."""
        given = {"fault": name, "target": target, "seconds": seconds}
        wanted = {key: value for key, value in given.items() if value is not None}
        return self.ask("POST", "/faults", wanted)

    def clear(self, name: str | None = None, target: str | None = None) -> dict[str, Any]:
        """Turn off a fault, all of one name, or all."""
        parts = [urllib.parse.quote(part, safe="/") for part in (name, target) if part]
        return self.ask("DELETE", "/".join(["/faults", *parts]))

    def faults(self) -> dict[str, Any]:
        """The faults there are, and those that are active."""
        return self.ask("GET", "/faults")

    def world(self) -> dict[str, Any]:
        """The short summary of the world."""
        return self.ask("GET", "/world")

    def llm_requests(self, double: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """What the doubles of the language models were asked, after that number."""
        query = {"after": str(after), **({"double": double} if double else {})}
        asked: list[dict[str, Any]] = self.ask(
            "GET", f"/llm/requests?{urllib.parse.urlencode(query)}"
        )["requests"]
        return asked

    def llm_script(self, double: str, *lines: dict[str, Any]) -> dict[str, Any]:
        """What that double answers to its next requests, a line each."""
        return self.ask("POST", "/llm/script", {"double": double, "lines": [*lines]})

    def llm_speed(self, speed: str) -> dict[str, Any]:
        """How fast the doubles speak from now on: `realistic` or `instant`."""
        return self.ask("POST", "/llm/speed", {"speed": speed})

    def ask(self, verb: str, path: str, body: object = None) -> dict[str, Any]:
        """One request; raises ControlRefused with its sentence."""
        request = urllib.request.Request(  # noqa: S310 - the simulator listens on loopback only
            self.url + path,
            method=verb,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Control-Key": self.key, "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except urllib.error.HTTPError as error:
            with error:
                raise ControlRefused(json.load(error).get("error", str(error))) from error
        except OSError as error:
            raise ControlRefused(
                f"The simulator at {self.url} does not answer: is the demo running?"
            ) from error


def read_told(folder: Path) -> dict[str, Any]:
    """What a running simulator told of itself. Raises ControlRefused."""
    path = folder / "simulator.json"
    try:
        told: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise ControlRefused(
            f"No simulator keeps its files in {folder}: start one with `jarvis demo`"
        ) from None
    return told
