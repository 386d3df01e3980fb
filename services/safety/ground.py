"""What a judgement stands on besides the words: where the command runs, and what is asked of it."""

from dataclasses import dataclass
from typing import Final

HOME: Final = "/root"
"""Where a command begins: in the home of the account, which is root's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Handed down to every rule, so that its verdict depends on nothing it was not given."""

    folder: str = HOME
    """Names without a folder mean files of this one."""
    effects_only: bool = False
    """Whether it is asked only what the command changes, not what it tells."""

    def of_telling(self, why: str | None) -> str | None:
        """A reason that is about what a command tells or how long it takes, where that is asked."""
        return None if self.effects_only else why
