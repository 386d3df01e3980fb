"""A message as the rules leave it to the learned layer."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.llm.routing.text import Token
from services.llm.routing.values import Evidence
from services.llm.routing.weigh import Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message after the rules, before the learned layer."""

    tokens: Sequence[Token]
    """Of what the person says, without what was pasted."""
    readings: Sequence[Weighed]
    best: Weighed | None
    """The clause that speaks most for tools; None for a message without words."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the rules found in that clause."""
        return () if self.best is None else self.best.evidence
