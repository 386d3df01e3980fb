"""A conversation as a document: Markdown for a person, JSON for a program; pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from db.rows_conversations import ConversationRow
from services.clock import as_stored
from services.llm.conversations.storing import to_plain
from services.llm.digests import plain
from services.llm.messages import Message, Role, Text, ToolAnswer, ToolUse

FORMAT = "jarvis-conversation"
VERSION = 1


def export_json(conversation: ConversationRow, messages: Sequence[Message]) -> str:
    """Everything that is kept of it, indented."""
    told: Mapping[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "id": conversation.id,
        "title": conversation.title,
        "at": as_stored(conversation.at),
        "last_at": as_stored(conversation.last_at),
        "cost_usd": str(conversation.cost_usd),
        "messages": [to_plain(message) for message in messages],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def export_markdown(conversation: ConversationRow, messages: Sequence[Message]) -> str:
    """As it was read on the page: who spoke, what the tools found, and what it cost."""
    parts = [
        f"# {_one_line(conversation.title)}",
        f"{conversation.at:%Y-%m-%d %H:%M} to {conversation.last_at:%Y-%m-%d %H:%M} UTC, "
        f"{conversation.cost_usd:.4f} USD",
    ]
    for message in messages:
        parts += _told(message)
    return "\n\n".join(parts) + "\n"


def _told(message: Message) -> list[str]:
    who = {Role.USER: "You", Role.ASSISTANT: "Jarvis", Role.TOOL: "Tools"}[message.role]
    body: list[str] = []
    for part in message.parts:
        match part:
            case Text(text=text):
                if text.strip():
                    body.append(text.strip())
            case ToolUse():
                asked = json.dumps(plain(part.arguments), ensure_ascii=False)
                body.append(f"Asks for `{part.tool}` {_code(asked)}")
            case ToolAnswer():
                because = f": {part.because}" if part.because else ""
                body.append(f"`{part.tool}`: {part.outcome.value}{because}")
                body.append(_fence(part.text))
    if message.ended_by:
        body.append(f"*({_one_line(message.ended_by)})*")
    if message.role is Role.ASSISTANT and message.provider is not None:
        body.append(f"<sub>{_footer(message)}</sub>")
    return [f"## {who}, {message.at:%H:%M:%S}", *body]


def _footer(message: Message) -> str:
    told = [message.model or str(message.provider)]
    if message.because:
        told.append(_one_line(message.because))
    if (usage := message.usage) is not None:
        read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        told.append(f"{read} tokens in, {usage.output_tokens} out")
    if message.cost_usd is not None:
        told.append(f"{message.cost_usd:.5f} USD")
    if message.total_ms is not None:
        told.append(f"{message.total_ms / 1000:.1f} s")
    return "; ".join(told).replace("<", "&lt;")


def _fence(text: str) -> str:
    """A block of code that nothing in the text can end."""
    longest = run = 0
    for sign in text:
        run = run + 1 if sign == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.strip()}\n{fence}"


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{_one_line(text)}{ticks}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
