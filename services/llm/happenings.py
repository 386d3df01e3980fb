"""What can happen to the models and their budget, each with a sentence for a person."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from services.cluster.spans import told_duration
from services.events import Event, Happening, Severity
from services.llm.errors import capital, told_name
from services.llm.messages import ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHappening(Happening):
    """Something happened to a provider."""

    provider: str
    """`claude` or `local`."""

    @property
    def subject(self) -> str:
        return f"source/{self.provider}"

    @property
    def who(self) -> str:
        """The provider at the beginning of a sentence."""
        return capital(told_name(ProviderName(self.provider)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLost(ModelHappening):
    """A provider failed repeatedly, or for certain, and is left alone for a while."""

    severity: ClassVar[Severity] = Severity.WARNING

    because: str
    remedy: str | None = None

    def sentence(self) -> str:
        told = f"{self.who} is left alone for a while: {self.because}"
        return f"{told}. {self.remedy}" if self.remedy else told


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecovered(ModelHappening):
    """A provider that was lost answers again."""

    severity: ClassVar[Severity] = Severity.GOOD

    away_s: float

    def sentence(self) -> str:
        return f"{self.who} answers again after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNotOffered(ModelHappening):
    """A setting names a model that the provider does not have, or has no longer."""

    severity: ClassVar[Severity] = Severity.WARNING

    setting: str
    model: str
    what: str
    """`is not known` or `was retired`."""
    there: tuple[str, ...] = ()
    """The models that can be named instead."""

    def sentence(self) -> str:
        told = f"{self.setting} names {self.model}, which {self.what}"
        return f"{told}; there are {', '.join(self.there)}" if self.there else told


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDeprecated(ModelHappening):
    """A setting names a model that will be retired."""

    setting: str
    model: str
    retires_at: datetime | None = None

    def sentence(self) -> str:
        when = f" and retires on {self.retires_at:%d %B %Y}" if self.retires_at else ""
        return f"{self.setting} names {self.model}, which is deprecated{when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetHappening(Happening):
    """Something happened to the money for a period."""

    severity: ClassVar[Severity] = Severity.WARNING

    period: str
    """`day` or `month`, in UTC."""
    spent_usd: float
    limit_usd: float

    @property
    def subject(self) -> str:
        return f"budget/{self.period}"

    @property
    def _figures(self) -> str:
        return f"{self.spent_usd:.2f} of {self.limit_usd:.2f}\u00a0USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNearlySpent(BudgetHappening):
    """Four fifths of the budget of a period are spent."""

    def sentence(self) -> str:
        percent = self.spent_usd / self.limit_usd * 100 if self.limit_usd else 100
        return f"{percent:.0f}\u00a0% of the {self.period}'s budget is spent: {self._figures}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUsedUp(BudgetHappening):
    """The budget of a period is spent: Claude is not asked until the next one begins."""

    def sentence(self) -> str:
        return (
            f"The {self.period}'s budget is spent ({self._figures}): "
            f"Claude is not asked until the next {self.period} in UTC"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsChanged(Event):
    """What a page shows of the providers has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCounted(Event):
    """A request was counted, so the sums of the day and the month have changed."""

    today_usd: Decimal
    month_usd: Decimal
