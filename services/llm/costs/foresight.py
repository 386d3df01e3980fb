"""Whether what is still to come of an answer is worth a word beforehand; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.llm.costs.budget import BudgetState

A_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What the rest of an answer will likely cost."""

    usd: Decimal
    short: BudgetState | None = None
    """The budget that has less left than that, the one with the least."""

    @property
    def told(self) -> str:
        """For a person, as the end of a sentence, such as `may cost about 0.18 USD`."""
        little = self.usd < A_CENT / 2
        told = f"may cost {f'less than {_told(A_CENT)}' if little else f'about {_told(self.usd)}'}"
        if self.short is None:
            return told
        left = _told(self.short.left_usd)
        return f"{told}, and the {self.short.period}'s budget has {left} left"


def decide_foreseen(
    usd: Decimal, *, tell_usd: Decimal, budgets: Sequence[BudgetState]
) -> Foreseen | None:
    """What to tell; None where it is no more than `tell_usd` and within every budget."""
    short = min((b for b in budgets if b.left_usd < usd), key=lambda b: b.left_usd, default=None)
    if usd <= tell_usd and short is None:
        return None
    return Foreseen(usd=usd, short=short)


def _told(usd: Decimal) -> str:
    return f"{usd:.2f}\u00a0USD"
