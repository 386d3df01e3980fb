"""What `jarvis doctor` found of the nodes over SSH, as values, as text and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.clock import as_stored
from services.cluster.diagnosis import Verdict


class SshStep(StrEnum):
    """What is looked at, in this order: each stands on the ones before."""

    ADDRESS = "address"
    TCP = "TCP"
    HOST_KEY = "host key"
    LOGIN = "login"
    PROGRAMS = "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshFinding:
    """One step at one node."""

    step: SshStep
    verdict: Verdict
    because: str
    remedy: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """For a machine: `fingerprint`, `trusted`, `missing`…"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDiagnosis:
    """Every step at one node."""

    node: str
    address: str | None
    findings: tuple[SshFinding, ...]


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

    @property
    def failed(self) -> bool:
        """Whether any step at any node failed."""
        return self.broken or any(
            finding.verdict is Verdict.FAIL for node in self.nodes for finding in node.findings
        )

    def as_text(self) -> str:
        """For a person at a terminal."""
        lines: list[str] = []
        if self.because is not None:
            verdict = Verdict.FAIL if self.broken else Verdict.SKIPPED
            lines += ["SSH", *_told(verdict, "key", self.because, self.remedy), ""]
        for node in self.nodes:
            lines.append(f"SSH to {node.node}" + (f" at {node.address}" if node.address else ""))
            for finding in node.findings:
                lines += _told(finding.verdict, finding.step, finding.because, finding.remedy)
            lines.append("")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """For a machine; only text, lists and booleans."""
        return {
            "at": as_stored(self.at),
            "failed": self.failed,
            "because": self.because,
            "remedy": self.remedy,
            "nodes": [
                {
                    "node": node.node,
                    "address": node.address,
                    "findings": [
                        {
                            "step": str(finding.step),
                            "verdict": str(finding.verdict),
                            "because": finding.because,
                            "remedy": finding.remedy,
                            "facts": dict(finding.facts),
                        }
                        for finding in node.findings
                    ],
                }
                for node in self.nodes
            ],
        }


def _told(verdict: str, step: str, because: str, remedy: str | None) -> list[str]:
    """The two columns of the cluster's own diagnosis, so that both can be read in one go."""
    first, *rest = because.splitlines() or [""]
    lines = [f"  {verdict:<8}{step:<13}{first}", *(" " * 23 + line for line in rest)]
    if remedy:
        lines += [" " * 23 + f"→ {line}" for line in remedy.splitlines()]
    return lines
