"""Canonical messages as rows, and back; what a part is only this knows."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from db.rows_conversations import MessageRow
from services.llm.digests import plain
from services.llm.messages import (
    Message,
    Part,
    ProviderName,
    Role,
    Text,
    ToolAnswer,
    ToolUse,
    Usage,
)
from services.safety.tiers import Tier
from services.tools.calls import Outcome

_QUOTE = re.compile('["\u201c\u201d\u201e]')
_USAGE = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "estimated")


def to_row(message: Message, *, turn: str, answers: str | None) -> MessageRow:
    """What is kept of a message."""
    usage = message.usage
    return MessageRow(
        id=message.id,
        conversation=message.conversation_id,
        turn=turn,
        answers=answers,
        role=message.role.value,
        parts_json=to_parts_json(message.parts),
        words=searchable(message.text) if message.role is not Role.TOOL else "",
        at=message.at,
        provider=message.provider.value if message.provider else None,
        model=message.model,
        usage_json=json.dumps({name: getattr(usage, name) for name in _USAGE}) if usage else None,
        cost_usd=message.cost_usd,
        total_ms=message.total_ms,
        because=message.because,
        ended_by=message.ended_by,
    )


def to_parts_json(parts: Sequence[Part]) -> str:
    """The parts of a message as they are kept."""
    return json.dumps([_part(part) for part in parts], ensure_ascii=True)


def answer_sign(call_id: str) -> str:
    """What stands in the parts of a message, as they are kept, that answers that call."""
    return json.dumps({"answer": call_id}, ensure_ascii=True)[1:-1]


def from_row(row: MessageRow) -> Message:
    """The message as it was kept."""
    usage = json.loads(row.usage_json) if row.usage_json else None
    return Message(
        id=row.id,
        conversation_id=row.conversation,
        role=Role(row.role),
        parts=tuple(_read(part) for part in json.loads(row.parts_json)),
        at=row.at,
        provider=ProviderName(row.provider) if row.provider else None,
        model=row.model,
        usage=Usage(**{name: usage[name] for name in _USAGE if name in usage}) if usage else None,
        cost_usd=row.cost_usd,
        total_ms=row.total_ms,
        because=row.because,
        ended_by=row.ended_by,
    )


def searchable(text: str) -> str:
    """Words as they are stored for searching and looked for: any case, blanks as one."""
    return " ".join(text.casefold().split())


def wanted_words(text: str) -> tuple[str, ...]:
    """What has to stand in what is looked for: each word, and what is in quotes as one.

    The longest come first, as the rarest; one that is within another is left away.
    """
    found: list[str] = []
    for number, part in enumerate(_QUOTE.split(searchable(text))):
        found += [part.strip()] if number % 2 else part.split()
    wanted: list[str] = []
    for word in sorted(filter(None, found), key=len, reverse=True):
        if not any(word in longer for longer in wanted):
            wanted.append(word)
    return tuple(wanted)


def to_plain(message: Message) -> Mapping[str, Any]:
    """A message as JSON values, for an export."""
    usage = message.usage
    told: dict[str, Any] = {
        "id": message.id,
        "role": message.role.value,
        "at": _stamp(message.at),
        "parts": [_part(part) for part in message.parts],
    }
    details = {
        "provider": message.provider.value if message.provider else None,
        "model": message.model,
        "usage": {name: getattr(usage, name) for name in _USAGE} if usage else None,
        "cost_usd": str(message.cost_usd) if message.cost_usd is not None else None,
        "total_ms": message.total_ms,
        "because": message.because or None,
        "ended_by": message.ended_by or None,
    }
    return told | {name: value for name, value in details.items() if value is not None}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text(text=text):
            return {"text": text}
        case ToolUse():
            return {"use": part.id, "tool": part.tool, "arguments": plain(part.arguments)}
        case ToolAnswer():
            return {
                "answer": part.id,
                "tool": part.tool,
                "outcome": part.outcome.value,
                "text": part.text,
                "digest": part.digest,
                "duration_ms": part.duration_ms,
                "because": part.because,
                "tier": part.tier.name if part.tier is not None else None,
                "approval_id": part.approval_id,
            }


def _read(told: Mapping[str, Any]) -> Part:
    if "use" in told:
        return ToolUse(
            id=told["use"], tool=told["tool"], arguments=MappingProxyType(told["arguments"])
        )
    if "answer" in told:
        tier = told.get("tier")
        return ToolAnswer(
            id=told["answer"],
            tool=told["tool"],
            outcome=Outcome(told["outcome"]),
            text=told["text"],
            digest=told.get("digest", ""),
            duration_ms=told.get("duration_ms", 0.0),
            because=told.get("because", ""),
            tier=Tier[tier] if tier else None,
            approval_id=told.get("approval_id"),
        )
    return Text(text=told["text"])


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
