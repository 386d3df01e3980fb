"""What the Claude provider needs to know, taken from the settings once; no SDK in here."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

ANTHROPIC_URL = "https://api.anthropic.com"

_DATED = re.compile(r"-\d{8}$")


class ModelRole(StrEnum):
    """What a model is chosen for."""

    ROUTINE = "routine"
    """The everyday loop of looking things up and answering."""
    HARD = "hard"
    """Reasoning: why something is slow, what to do about it."""
    ESCALATION = "escalation"
    """The best there is, when a person asks for it."""

    @property
    def setting(self) -> str:
        """The setting that names its model."""
        return f"CLAUDE_MODEL_{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeConfig:
    """Where Claude is, who we are to it, and which model does what."""

    api_key: SecretStr | None = None
    """Without it Claude is not asked, and only the prices of its models are of use."""
    base_url: str = ANTHROPIC_URL
    routine: str = "claude-haiku-5-5"
    hard: str = "claude-sonnet-5-5"
    escalation: str = "claude-opus-5-5"
    loopback_only: bool = False
    connect_timeout_s: float = 5.0
    silence_timeout_s: float = 60.0
    """How long not a byte may come; the API sends a ping every few seconds while it thinks."""
    repeats: int = 1
    """How often the SDK sends a request again that failed before its answer began."""
    patience_s: float = 5.0
    """A `retry-after` beyond this is not waited for: the next provider is asked instead."""

    def model_for(self, role: ModelRole) -> str:
        """The id of the model for a role."""
        match role:
            case ModelRole.ROUTINE:
                return self.routine
            case ModelRole.HARD:
                return self.hard
            case ModelRole.ESCALATION:
                return self.escalation

    def roles_of(self, model: str) -> tuple[ModelRole, ...]:
        """The roles a model was given; none for one that was asked for by its name."""
        return tuple(role for role in ModelRole if self.model_for(role) == model)


def undated(model: str) -> str:
    """A model's name without the day of its making: `claude-haiku-5-5` of `…-5-5-20260801`."""
    return _DATED.sub("", model)
