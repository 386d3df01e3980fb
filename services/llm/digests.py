"""What both adapters make of a tool exchange: plain JSON of it, or one line."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from services.llm.exchanges import Step
from services.llm.messages import ToolAnswer, ToolUse
from services.llm.wrapping import one_line, sendable

DIGEST_CHARS = 160


def digest(use: ToolUse, answer: ToolAnswer) -> str:
    """An earlier exchange in one line: what was asked, how it ended, what was found."""
    asked = json.dumps(plain(use.arguments), ensure_ascii=False, separators=(",", ":"))
    found = answer.digest or answer.text
    line = f"{use.tool}{asked if use.arguments else ''}: {answer.outcome.value}"
    return one_line(f"{line}, {found}" if found.strip() else line, limit_chars=DIGEST_CHARS)


def digests(step: Step) -> list[str]:
    """A line for each exchange of a step."""
    pairs = zip(step.message.tool_uses, step.answers, strict=True)
    return [digest(use, answer) for use, answer in pairs]


def plain(value: Any) -> Any:
    """JSON values as dictionaries and lists, whatever froze them."""
    if isinstance(value, Mapping):
        return {sendable(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return sendable(value) if isinstance(value, str) else value
