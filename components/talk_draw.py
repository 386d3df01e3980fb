"""Messages and events of a turn as the browser has them; pure.

A message: `{id, role, at, parts, provider, model, usage: {in, out, read, write, est}, cost,
ms, because, ended}`, and a part of it `{k: text, text}`, `{k: use, id, tool, args}` or `{k: answer,
id, tool, outcome, because, tier, approval, text, ms}`.
Times are seconds since the epoch; `cost` is text, exact to what was counted; `ms` is how long the
answer took, without the time in which a person decided, null where that is not known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from db.rows_conversations import ConversationRow
from services.llm.messages import Message, Part, Text, ToolAnswer, ToolUse
from services.llm.turn_events import (
    AnswerBegan,
    AnswerWithdrawn,
    ApprovalWanted,
    CostForeseen,
    DoingChanged,
    FellBack,
    LiveTool,
    LiveTurn,
    MessageStored,
    TextAdded,
    ToolBegan,
    ToolEnded,
    TurnBegan,
    TurnEnded,
    TurnEvent,
)

Payload = Mapping[str, Any]

RESULT_CHARS = 4_000
"""As much of a tool's text as a card shows."""


def draw_message(message: Message) -> Payload:
    """A stored message."""
    usage = message.usage
    return {
        "id": message.id,
        "role": message.role.value,
        "at": int(message.at.timestamp()),  # as the row that keeps it: cut, not rounded
        "parts": [draw_part(part) for part in message.parts],
        "provider": message.provider and message.provider.value,
        "model": message.model,
        "usage": usage
        and {
            "in": usage.input_tokens,
            "out": usage.output_tokens,
            "read": usage.cache_read_tokens,
            "write": usage.cache_write_tokens,
            "est": usage.estimated,
        },
        "cost": None if message.cost_usd is None else str(message.cost_usd),
        "ms": message.total_ms,
        "because": message.because,
        "ended": message.ended_by,
    }


def draw_part(part: Part) -> Payload:
    """One part of a message."""
    match part:
        case Text():
            return {"k": "text", "text": part.text}
        case ToolUse():
            return {"k": "use", "id": part.id, "tool": part.tool, "args": dict(part.arguments)}
        case ToolAnswer():
            return {
                "k": "answer",
                "id": part.id,
                "tool": part.tool,
                "outcome": part.outcome.value,
                "because": part.because,
                "tier": None if part.tier is None else part.tier.name,
                "approval": part.approval_id,
                "text": part.text[:RESULT_CHARS],
                "ms": part.duration_ms,
            }


def draw_events(events: Sequence[TurnEvent]) -> list[Payload]:
    """Events in their order; pieces of one text that follow one another become one."""
    drawn: list[dict[str, Any]] = []
    for event in events:
        told = _draw_event(event)
        last = drawn[-1] if drawn else None
        if last is not None and told["k"] == last["k"] == "text" and told["mid"] == last["mid"]:
            last["text"] += told["text"]
        else:
            drawn.append(told)
    return list(drawn)


def _draw_event(event: TurnEvent) -> dict[str, Any]:
    match event:
        case TurnBegan():
            return {"k": "began", "message": draw_message(event.message)}
        case DoingChanged():
            return {"k": "doing", "doing": event.doing.value}
        case AnswerBegan():
            return {"k": "answer", "mid": event.message_id, "provider": event.provider.value}
        case TextAdded():
            return {"k": "text", "mid": event.message_id, "text": event.text}
        case AnswerWithdrawn():
            return {"k": "withdrawn", "mid": event.message_id, "because": event.because}
        case ToolBegan():
            return {
                "k": "tool",
                "mid": event.message_id,
                "call": event.use.id,
                "tool": event.use.tool,
                "args": dict(event.use.arguments),
                "tier": None if event.tier is None else event.tier.name,
            }
        case ApprovalWanted():
            return {"k": "wants", "call": event.call_id, "approval": event.approval_id}
        case ToolEnded():
            return {
                "k": "tooled",
                "call": event.call_id,
                "outcome": event.outcome.value,
                "because": event.because,
                "text": event.text[:RESULT_CHARS],
                "ms": event.duration_ms,
            }
        case FellBack():
            after = event.next and event.next.value
            return {
                "k": "fell",
                "from": event.fallen.value,
                "next": after,
                "because": event.because,
            }
        case CostForeseen():
            # Beside what is being done, as when the same provider is asked once more.
            who = event.provider.value
            return {"k": "fell", "from": who, "next": who, "because": event.because}
        case MessageStored():
            return {"k": "stored", "message": draw_message(event.message)}
        case TurnEnded():
            return {"k": "ended", "outcome": event.outcome.value, "because": event.because}
    raise TypeError(f"no event of a turn: {type(event).__name__}")


def draw_live(live: LiveTurn) -> Payload:
    """What stands of a turn that runs."""
    return {
        "mid": live.message_id,
        "doing": live.doing.value,
        "text": live.text,
        "tools": [_draw_live_tool(tool) for tool in live.tools],
    }


def _draw_live_tool(tool: LiveTool) -> Payload:
    return {
        "call": tool.use.id,
        "tool": tool.use.tool,
        "args": dict(tool.use.arguments),
        "tier": None if tool.tier is None else tool.tier.name,
        "approval": tool.approval_id,
        "outcome": tool.outcome and tool.outcome.value,
        "because": tool.because,
        "text": tool.text[:RESULT_CHARS],
        "ms": tool.duration_ms,
    }


def draw_conversation(row: ConversationRow) -> Payload:
    """A row of the list of conversations."""
    return {
        "id": row.id,
        "title": row.title,
        "pinned": row.pinned,
        "last": round(row.last_at.timestamp()),
        "count": row.messages_count,
        "cost": str(row.cost_usd) if row.cost_usd else None,
    }
