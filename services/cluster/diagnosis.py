"""What `jarvis doctor` found, as values, as text and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.clock import as_stored

_INDENT = " " * 23


class Step(StrEnum):
    """What is looked at, in this order: each stands on the ones before."""

    DNS = "DNS"
    TCP = "TCP"
    TLS = "TLS"
    AUTH = "auth"
    VERSION = "version"
    PERMISSIONS = "permissions"
    CLOCK = "clock"


class Verdict(StrEnum):
    """How a step came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One step at one endpoint, or at one node."""

    step: StrEnum
    verdict: Verdict
    because: str
    remedy: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """Figures for a machine: `fingerprint`, `expires_at`, `skew_s`, `missing`…"""

    def as_lines(self) -> list[str]:
        """For a person at a terminal: what, how it came out, and why, in columns."""
        first, *rest = self.because.splitlines() or [""]
        lines = [f"  {self.verdict:<8}{self.step:<13}{first}", *(_INDENT + line for line in rest)]
        if self.remedy:
            lines += [f"{_INDENT}→ {line}" for line in self.remedy.splitlines()]
        return lines

    def as_json(self) -> dict[str, object]:
        """For a machine; only text."""
        return {
            "step": str(self.step),
            "verdict": str(self.verdict),
            "because": self.because,
            "remedy": self.remedy,
            "facts": dict(self.facts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDiagnosis:
    """Every step at one endpoint."""

    url: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Every endpoint, looked at once."""

    at: datetime
    endpoints: tuple[EndpointDiagnosis, ...]

    @property
    def failed(self) -> bool:
        """Whether any step at any endpoint failed."""
        return any(
            finding.verdict is Verdict.FAIL
            for endpoint in self.endpoints
            for finding in endpoint.findings
        )

    def as_text(self) -> str:
        """For a person at a terminal."""
        lines: list[str] = []
        for endpoint in self.endpoints:
            lines.append(endpoint.url)
            for finding in endpoint.findings:
                lines += finding.as_lines()
            lines.append("")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """For a machine; only text, lists and booleans."""
        return {
            "at": as_stored(self.at),
            "failed": self.failed,
            "endpoints": [
                {
                    "url": endpoint.url,
                    "findings": [finding.as_json() for finding in endpoint.findings],
                }
                for endpoint in self.endpoints
            ],
        }
