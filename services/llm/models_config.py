"""What the models' room needs to know, taken from the settings once."""

from dataclasses import dataclass, field
from decimal import Decimal

from services.llm.claude_config import ClaudeConfig
from services.llm.local_config import LocalConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsConfig:
    """Which providers there are, and what may be spent."""

    claude: ClaudeConfig = field(default_factory=ClaudeConfig)
    local: LocalConfig | None = None
    budget_day_usd: Decimal = Decimal(2)
    budget_month_usd: Decimal = Decimal(20)
    address: str = "sir"
    """How the user is addressed."""
