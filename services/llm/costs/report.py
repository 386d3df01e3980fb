"""What the page of costs shows: sums of a day and a month, and what routing saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from db.rows_talk import ConversationCost, CostSum, HourCost, ModelCost, SparedSum
from services.llm.costs.budget import BudgetState


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What answers of the local model and of rules would have cost from Claude.

    It is an estimate: the same number of tokens, none of them in the cache, at the price of the
    everyday model.
    """

    requests: int
    saved_usd: Decimal
    spent_usd: Decimal
    """What was spent all the same, so that both make what always asking Claude would have cost."""

    @property
    def always_claude_usd(self) -> Decimal:
        """What the same requests would have cost had Claude answered each."""
        return self.spent_usd + self.saved_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """Everything at one moment; times are UTC."""

    at: datetime
    today: CostSum
    month: CostSum
    by_model: tuple[ModelCost, ...]
    """Of the month, the dearest first."""
    by_hour: tuple[HourCost, ...]
    """Of the last 24 hours, oldest first; an hour without a request is left out."""
    by_conversation: tuple[ConversationCost, ...]
    """Those of this month, the latest first, each with its whole sum."""
    saving: Saving
    """Of the month."""
    budgets: tuple[BudgetState, ...] = ()


def decide_saving(spared: SparedSum, by_model: Sequence[ModelCost]) -> Saving:
    """What was saved by whom Claude was not asked for; pure."""
    return Saving(
        requests=spared.requests,
        saved_usd=spared.always_claude_usd,
        spent_usd=sum((cost.sum.cost_usd for cost in by_model), Decimal(0)),
    )
