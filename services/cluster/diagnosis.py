"""What `jarvis doctor` found, as values, as text and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.clock import as_stored


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
    """One step at one endpoint."""

    step: Step
    verdict: Verdict
    because: str
    remedy: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """Figures for a machine: `fingerprint`, `expires_at`, `skew_s`…"""


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
                head = f"  {finding.verdict:<8}{finding.step:<13}"
                lines += [head + line for line in finding.because.splitlines()[:1]]
                lines += [" " * 23 + line for line in finding.because.splitlines()[1:]]
                if finding.remedy:
                    lines += [" " * 23 + f"→ {line}" for line in finding.remedy.splitlines()]
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
                    "findings": [
                        {
                            "step": str(finding.step),
                            "verdict": str(finding.verdict),
                            "because": finding.because,
                            "remedy": finding.remedy,
                            "facts": dict(finding.facts),
                        }
                        for finding in endpoint.findings
                    ],
                }
                for endpoint in self.endpoints
            ],
        }
