"""How fast the doubles speak: as a real model does, or at once."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .tokens import split_pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The rhythm of an answer."""

    first_token_s: float
    """Before the first word, on top of what the prompt takes."""
    prompt_tokens_s: float
    """Prompt tokens a second; 0 reads any prompt at once."""
    tokens_s: float
    """Tokens a second; 0 says everything at once."""
    tokens_each: int
    """How many tokens come in one piece."""

    async def think(self, prompt_tokens: int) -> None:
        """Wait as long as reading the prompt takes."""
        read_s = prompt_tokens / self.prompt_tokens_s if self.prompt_tokens_s else 0.0
        await asyncio.sleep(self.first_token_s + read_s)

    async def speak(self, tokens: int) -> None:
        """Wait as long as so many tokens take."""
        await asyncio.sleep(tokens / self.tokens_s if self.tokens_s else 0.0)

    def split(self, text: str) -> Iterator[tuple[str, int]]:
        """The pieces of a text as they go out, with the tokens of each."""
        pieces = split_pieces(text)
        for start in range(0, len(pieces), self.tokens_each):
            some = pieces[start : start + self.tokens_each]
            yield "".join(some), len(some)


PACES: Final = {
    "realistic": Pace(first_token_s=0.05, prompt_tokens_s=60_000.0, tokens_s=80.0, tokens_each=3),
    "instant": Pace(first_token_s=0.0, prompt_tokens_s=0.0, tokens_s=0.0, tokens_each=8),
}
"""What `--llm-speed` may be."""
