"""The system prompt of the local model: short, since its window is small."""

import json
from collections.abc import Sequence

from services.llm.provider import OfferedTool
from services.llm.wrapping import DATA_RULE, one_line

PROMPT_TOKENS_MOST = 300
"""Without tools, counted by the server's own tokenizer."""
_SUMMARY_CHARS = 160


def local_prompt(tools: Sequence[OfferedTool] = (), *, address: str = "sir") -> str:
    """Who speaks, what he may not do, and the tools, if any; the same for every request."""
    called = (
        f"Call the user {address}, at most once a reply. "
        if address
        else "Use no form of address. "
    )
    told = (
        "You are Jarvis, the butler of a Proxmox homelab: calm, exact, British, brief. "
        f"{called}"
        "You see no machine yourself. Never state what the cluster, a guest, a disk or a backup is "
        "like unless data below says so; if it does not, say that you have not looked. "
        "Never claim to have done anything. Never invent a command's output, a name or a figure. "
        f"{DATA_RULE} "
        "Answer general questions from what you know, and say when you are not sure. "
        "Use plain Markdown, no headings. Write a guest as **name** (vmid), a node as **name**."
    )
    return f"{told}\n\n{_tools_told(tools)}" if tools else told


def _tools_told(tools: Sequence[OfferedTool]) -> str:
    lines = [
        f"- {tool.name}: {one_line(tool.summary, limit_chars=_SUMMARY_CHARS)} "
        f"{json.dumps(_fields(tool), separators=(',', ':'))}"
        for tool in tools
    ]
    return (
        'To look something up reply {"tool": its name, "arguments": {…}}; '
        'to answer reply {"answer": "…"}. Tools:\n' + "\n".join(lines)
    )


def _fields(tool: OfferedTool) -> object:
    properties = tool.plain_schema.get("properties", {})
    return {
        name: one_line(str(field.get("description") or field.get("type", "")), limit_chars=80)
        for name, field in properties.items()
        if isinstance(field, dict)
    }
