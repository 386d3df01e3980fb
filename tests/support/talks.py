"""Messages of a conversation as tests write them."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from services.llm.messages import Message, Part, ProviderName, Role, Text, ToolAnswer, ToolUse
from services.llm.provider import ModelRequest, OfferedTool
from services.tools.calls import Outcome
from tests.support.turned_clock import NOON

_NUMBERS = count(1)
STATUS = OfferedTool(name="guest_status", summary="Reads a guest.", schema={"properties": {}})


def message(role: Role, *parts: Part, id: str = "", model: str | None = None) -> Message:
    """A message at noon."""
    return Message(
        id=id or f"m{next(_NUMBERS)}",
        conversation_id="c1",
        role=role,
        parts=parts,
        at=NOON,
        provider=ProviderName.CLAUDE if role is Role.ASSISTANT else None,
        model=model,
    )


def user(text: str, id: str = "") -> Message:
    """What the user said."""
    return message(Role.USER, Text(text=text), id=id)


def assistant(*parts: Part | str, id: str = "", model: str | None = None) -> Message:
    """What the assistant said and asked for."""
    told = [Text(text=part) if isinstance(part, str) else part for part in parts]
    return message(Role.ASSISTANT, *told, id=id, model=model)


def use(id: str, tool: str = "guest_status", **arguments: Any) -> ToolUse:
    """A wish for a tool."""
    return ToolUse(id=id, tool=tool, arguments=arguments)


def found(
    id: str,
    text: str = "media (104) runs",
    *,
    tool: str = "guest_status",
    outcome: Outcome = Outcome.DONE,
    digest: str = "",
) -> ToolAnswer:
    """What a tool found."""
    return ToolAnswer(id=id, tool=tool, outcome=outcome, text=text, digest=digest)


def answers(*parts: ToolAnswer, id: str = "") -> Message:
    """The results of one step."""
    return message(Role.TOOL, *parts, id=id)


def request(messages: Sequence[Message] | str = "How is media?", **fields: Any) -> ModelRequest:
    """A request for the answer to some messages, or to one question."""
    told = (user(messages),) if isinstance(messages, str) else tuple(messages)
    return ModelRequest(**{"system": "You are Jarvis.", "messages": told, **fields})


STATUS = OfferedTool(
    name="guest_status",
    summary="Reads the state of a guest.",
    schema={
        "type": "object",
        "properties": {"vmid": {"type": "integer", "description": "Its number."}},
        "required": ["vmid"],
        "additionalProperties": False,
    },
)
