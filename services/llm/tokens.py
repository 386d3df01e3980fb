"""How many tokens a text may be, where nobody who knows can be asked."""

import json
from math import ceil

from services.llm.digests import plain
from services.llm.messages import Message, Text, ToolAnswer, ToolUse
from services.llm.provider import ModelRequest

CHARS_PER_TOKEN = 3.5
CLAUDE_CHARS_PER_TOKEN = 2.7
"""The 5.5 family counts about 30 % more tokens than its elders."""
CLAUDE_BYTES_PER_TOKEN_LEAST = 2.0
"""No prompt that was measured has fewer; what must not be guessed too low goes by it."""
FRAME_TOKENS = 60
"""What the frame of a tool's answer and of a message takes beside its text."""


def guess_tokens(text: str, *, chars_per_token: float = CHARS_PER_TOKEN) -> int:
    """About how many tokens a text is; at least one where there is any text."""
    return ceil(len(text) / chars_per_token)


def guess_request_tokens(request: ModelRequest, *, chars_per_token: float) -> int:
    """About how many tokens Claude will count for a whole request."""
    parts = [request.system, request.context]
    blocks = len(request.tools) + len(request.messages)
    for message in request.messages:
        parts += _texts(message)
        blocks += len(message.parts)
    size = sum(len(part.encode("utf-8", "replace")) for part in parts)
    size += sum(tool.size_bytes for tool in request.tools)
    return ceil(size / chars_per_token) + FRAME_TOKENS * blocks


def _texts(message: Message) -> list[str]:
    texts = []
    for part in message.parts:
        match part:
            case Text(text=text):
                texts.append(text)
            case ToolUse():
                texts.append(part.tool + json.dumps(plain(part.arguments)))
            case ToolAnswer():
                texts.append(part.text or part.digest)
    return texts
