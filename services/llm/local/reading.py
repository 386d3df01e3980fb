"""Reads the chunks of a llama-server's answer; pure."""

import re
from collections.abc import Mapping
from math import ceil
from typing import Any

from services.llm.local.tools import StepReader
from services.llm.messages import ToolUse, Usage
from services.llm.provider import StopReason
from services.llm.tokens import CHARS_PER_TOKEN

_FOLDER = re.compile(r".*[/\\]")


def bare_name(told: str) -> str:
    """A model's name without its folder: a server that was given no alias tells the whole path."""
    return _FOLDER.sub("", told)


class LocalReading:
    """What has come of one answer so far; with `in_steps` it is JSON of words or a call."""

    def __init__(self, *, prompt_tokens: int, in_steps: bool) -> None:
        self.id = ""
        self.model: str | None = None
        self.finish: str | None = None
        self._prompt_tokens = prompt_tokens
        self._steps = StepReader() if in_steps else None
        self._told: Usage | None = None
        self._pieces: list[str] = []
        self._read_chars = 0

    def take(self, chunk: Mapping[str, Any]) -> str:
        """Read one chunk; hands back the text it adds to the answer."""
        self.id = str(chunk.get("id") or self.id)
        self.model = bare_name(str(chunk.get("model") or "")) or self.model
        self._count(chunk.get("usage"))
        added = ""
        for choice in chunk.get("choices") or ():  # the last chunk has none
            self.finish = choice.get("finish_reason") or self.finish
            delta = choice.get("delta") or {}
            self._read_chars += len(delta.get("reasoning_content") or "")
            piece = delta.get("content") or ""
            self._read_chars += len(piece)
            added += self._steps.take(piece) if self._steps is not None else piece
        if added:
            self._pieces.append(added)
        return added

    @property
    def text(self) -> str:
        """Every word of the answer, as it was handed out."""
        return "".join(self._pieces)

    def rest(self) -> str:
        """At the end: the words of a server that did not keep to the schema it was given."""
        rest = self._steps.unread() if self._steps is not None else ""
        if rest:
            self._steps = None
            self._pieces.append(rest)
        return rest

    def usage(self) -> Usage:
        """Tokens so far: what was told at the end, and a guess until then."""
        if self._told is not None:
            return self._told
        return Usage(
            input_tokens=self._prompt_tokens,
            output_tokens=ceil(self._read_chars / CHARS_PER_TOKEN),
            estimated=True,
        )

    def tool_uses(self) -> tuple[ToolUse, ...]:
        """The call it asks for, if it is whole."""
        if self._steps is None or self.finish != "stop":
            return ()
        use = self._steps.tool_use(f"local-{self.id.removeprefix('chatcmpl-')[:40] or 'call'}")
        return (use,) if use is not None else ()

    @property
    def asks_unreadably(self) -> bool:
        """Whether it ended of itself with a call that nobody can read."""
        asks = self._steps is not None and self._steps.asks
        return asks and self.finish == "stop" and not self.tool_uses()

    def stop_reason(self) -> StopReason:
        """Why it ended."""
        if self.finish == "length":
            return StopReason.MAX_TOKENS
        return StopReason.TOOL_USE if self.tool_uses() else StopReason.END

    def _count(self, told: Any) -> None:
        if not isinstance(told, Mapping):
            return
        prompt = int(told.get("prompt_tokens") or 0)
        details = told.get("prompt_tokens_details") or {}
        cached = min(int(details.get("cached_tokens") or 0), prompt)
        self._told = Usage(
            input_tokens=prompt - cached,
            output_tokens=int(told.get("completion_tokens") or 0),
            cache_read_tokens=cached,
        )
