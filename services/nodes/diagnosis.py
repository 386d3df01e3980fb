"""What `jarvis doctor` found of the nodes over SSH, as values, as text and as JSON."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.clock import as_stored
from services.cluster.diagnosis import Finding, Verdict


class SshStep(StrEnum):
    """What is looked at, in this order: each stands on the ones before."""

    ADDRESS = "address"
    TCP = "TCP"
    HOST_KEY = "host key"
    LOGIN = "login"
    PROGRAMS = "programs"


class Beforehand(StrEnum):
    """What is looked at before any node."""

    KEY = "key"
    DATABASE = "database"
    KNOWN_HOSTS = "known hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDiagnosis:
    """Every step at one node."""

    node: str
    address: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SshDiagnosis:
    """Every node, looked at once."""

    at: datetime
    nodes: tuple[NodeDiagnosis, ...] = ()
    because: str | None = None
    """Why no node was looked at."""
    remedy: str | None = None
    broken: bool = False
    """Whether that is a fault, and not a choice."""
    database: Finding | None = None
    """What kept the trusted host keys from being read; every key then counts as a first one."""

    known_hosts: Finding | None = None
    """What kept the keys that are trusted in advance from being read."""

    @property
    def failed(self) -> bool:
        """Whether any step at any node failed."""
        found = [finding for node in self.nodes for finding in node.findings]
        found += [each for each in (self.database, self.known_hosts) if each is not None]
        return self.broken or any(finding.verdict is Verdict.FAIL for finding in found)

    def as_text(self) -> str:
        """For a person at a terminal."""
        lines: list[str] = []
        if self.database is not None:
            lines += ["Database", *self.database.as_lines(), ""]
        if self.known_hosts is not None:
            lines += ["Host keys trusted in advance", *self.known_hosts.as_lines(), ""]
        if self.because is not None:
            verdict = Verdict.FAIL if self.broken else Verdict.SKIPPED
            key = Finding(
                step=Beforehand.KEY, verdict=verdict, because=self.because, remedy=self.remedy
            )
            lines += ["SSH", *key.as_lines(), ""]
        for node in self.nodes:
            lines.append(f"SSH to {node.node}" + (f" at {node.address}" if node.address else ""))
            for finding in node.findings:
                lines += finding.as_lines()
            lines.append("")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """For a machine; only text, lists and booleans."""
        return {
            "at": as_stored(self.at),
            "failed": self.failed,
            "because": self.because,
            "remedy": self.remedy,
            "database": self.database.as_json() if self.database else None,
            "known_hosts": self.known_hosts.as_json() if self.known_hosts else None,
            "nodes": [
                {
                    "node": node.node,
                    "address": node.address,
                    "findings": [finding.as_json() for finding in node.findings],
                }
                for node in self.nodes
            ],
        }
