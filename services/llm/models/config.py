"""What the models' room needs to know, taken from the settings once."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from pydantic import SecretStr

from services.llm.claude.config import ClaudeConfig
from services.llm.local.config import LocalConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsConfig:
    """Which providers there are, and what may be spent."""

    claude: ClaudeConfig = field(default_factory=ClaudeConfig)
    local: LocalConfig | None = None
    budget_day_usd: Decimal = Decimal(2)
    budget_month_usd: Decimal = Decimal(20)
    budget_tell_usd: Decimal = Decimal("0.10")
    address: str = "sir"
    """How the user is addressed."""


class ModelsSettingsGiven(Protocol):
    """What is taken of the settings, which have checked it."""

    @property
    def anthropic_api_key(self) -> SecretStr | None: ...
    @property
    def anthropic_base_url(self) -> str: ...
    @property
    def claude_model_routine(self) -> str: ...
    @property
    def claude_model_hard(self) -> str: ...
    @property
    def claude_model_escalation(self) -> str: ...
    @property
    def llama_server_url(self) -> str | None: ...
    @property
    def llama_server_key(self) -> SecretStr | None: ...
    @property
    def budget_day_usd(self) -> Decimal: ...
    @property
    def budget_month_usd(self) -> Decimal: ...
    @property
    def budget_tell_usd(self) -> Decimal: ...
    @property
    def jarvis_address(self) -> str: ...
    @property
    def jarvis_loopback_only(self) -> bool: ...


def models_config(settings: ModelsSettingsGiven) -> ModelsConfig:
    """What the models' room needs of the settings."""
    only, url = settings.jarvis_loopback_only, settings.llama_server_url
    return ModelsConfig(
        claude=ClaudeConfig(
            api_key=settings.anthropic_api_key,
            base_url=settings.anthropic_base_url,
            routine=settings.claude_model_routine,
            hard=settings.claude_model_hard,
            escalation=settings.claude_model_escalation,
            loopback_only=only,
        ),
        local=LocalConfig(base_url=url, key=settings.llama_server_key, loopback_only=only)
        if url
        else None,
        budget_day_usd=settings.budget_day_usd,
        budget_month_usd=settings.budget_month_usd,
        budget_tell_usd=settings.budget_tell_usd,
        address=settings.jarvis_address,
    )
