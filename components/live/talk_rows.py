"""What every page shows of the talk: what Jarvis does, who can answer, and what today has cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.llm.models.models import Models
from services.llm.models.standing import ProviderStatus
from services.llm.talk import Talk
from services.llm.turn_events import Doing


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkView:
    """The talk as it stands at a draw."""

    doing: Doing | None = None
    providers: tuple[ProviderStatus, ...] = ()
    today_usd: Decimal = Decimal(0)
    limit_usd: Decimal = Decimal(0)
    spent: bool = False
    """Whether a budget is used up, so that Claude is not asked."""
    scripted: bool = False
    """Whether what answers is a script of the simulation."""


SILENCE = TalkView()


def view_of(talk: Talk, models: Models, *, scripted: bool) -> TalkView:
    """The talk as it stands now."""
    day, month = models.costs.states
    return TalkView(
        doing=talk.doing,
        providers=models.statuses,
        today_usd=models.costs.today_usd,
        limit_usd=day.limit_usd,
        spent=day.is_spent or month.is_spent,
        scripted=scripted,
    )


def talk_meta(talk: TalkView) -> Mapping[str, Any]:
    """Amounts are dollars to the hundredth of a cent."""
    return {
        "state": "ok",
        "doing": talk.doing and talk.doing.value,
        "today": round(float(talk.today_usd), 4),
        "limit": float(talk.limit_usd),
        "spent": talk.spent,
        "scripted": talk.scripted,
        "providers": [
            {
                "name": status.provider.value,
                "state": status.state.value,
                "because": status.because,
                "remedy": status.remedy,
                "model": status.model,
            }
            for status in talk.providers
        ],
    }
