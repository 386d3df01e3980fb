"""What `jarvis tools` and `jarvis tool` read and write: pure."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from services.clock import as_stored
from services.safety.tiers import Tier
from services.tools.calls import Outcome, Payload, ToolResult
from services.tools.errors import ToolError
from services.tools.gate.approvals import Approval
from services.tools.schema import schema_of
from services.tools.spec import Tool
from services.tools.tables import align

WAITING_CODE: Final = 4
"""The exit status of a call that waits for a person."""
YES: Final = "proceed"


class WordsUnread(ToolError):
    """The words after the tool's name are not `key=value`."""


def read_words(words: Sequence[str]) -> Payload:
    """The arguments written as `key=value`; their types are the tool's affair.

    Raises WordsUnread.
    """
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            raise WordsUnread(f"'{word}' is no argument; write key=value, such as guest=media")
        if key in found:
            raise WordsUnread(f"{key} is given twice")
        found[key] = value
    return found


def told_tier(tool: Tool[Any]) -> str:
    """`RED`, or `by call` where the arguments decide."""
    return tool.tier.name if isinstance(tool.tier, Tier) else "by call"


def told_tools(tools: Iterable[Tool[Any]]) -> str:
    """The registry for a person: a line a tool."""
    rows = [(tool.name, told_tier(tool), tool.summary) for tool in tools]
    return "\n".join(align([("tool", "tier", "what it is for"), *rows]))


def tools_json(tools: Iterable[Tool[Any]]) -> str:
    """The registry for a program."""
    told = [
        {
            "name": tool.name,
            "summary": tool.summary,
            "tier": told_tier(tool),
            "timeout_s": tool.timeout_s,
            "reads": tool.reads,
            "changes": tool.changes,
            "verified_by": tool.verified_by,
            "arguments": schema_of(tool),
        }
        for tool in tools
    ]
    return json.dumps(told, indent=2, ensure_ascii=False)


def told_result(result: ToolResult) -> str:
    """What became of a call: how it ended, why, and what was found."""
    head = result.outcome.value
    if result.verified:
        head += ", read back"
    if result.because:
        head += f": {result.because}"
    lines = [head]
    if result.text and result.text != result.because:
        lines.append(result.text)
    if result.cut_bytes:
        lines.append(f"… {result.cut_bytes} bytes were left out")
    return "\n".join(lines)


def result_json(result: ToolResult) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "tool": result.tool,
            "outcome": result.outcome.value,
            "because": result.because,
            "text": result.text,
            "data": dict(result.data),
            "tier": result.tier.name if result.tier is not None else None,
            "verified": result.verified,
            "read_at": as_stored(result.read_at) if result.read_at else None,
            "cut_bytes": result.cut_bytes,
            "approval_id": result.approval_id,
            "audit_id": result.audit_id,
            "duration_ms": result.duration_ms,
        },
        indent=2,
        ensure_ascii=False,
    )


def told_approval(approval: Approval, told_call: str) -> str:
    """The card a person decides by, as text."""
    facts = [
        ("call", told_call),
        ("tier", f"{approval.tier.name}: {approval.why}"),
        ("asked by", approval.actor.id),
        *((label, value) for label, value in approval.blast),
        ("lapses at", f"{approval.expires_at:%H:%M:%S} UTC"),
    ]
    return "\n".join(align([("A person has to approve this", ""), *facts]))


def exit_code(outcome: Outcome) -> int:
    """0 where it is done or there is nothing, 4 where a person has to decide, else 1."""
    if outcome in (Outcome.DONE, Outcome.EMPTY):
        return 0
    return WAITING_CODE if outcome is Outcome.WAITING else 1


def matches(approval: Approval, tool: Tool[Any], given: Payload) -> bool:
    """Whether an approval is for this very call. Raises pydantic's ValidationError."""
    arguments = tool.arguments.model_validate(dict(given)).model_dump(mode="json")
    return approval.call.tool == tool.name and dict(approval.call.arguments) == arguments
