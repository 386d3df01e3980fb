"""Orders in a text: calls written in any usual way, shell commands, addresses, plain words."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulator.llm.talk import Call, Talk

from .arguments import named_by, read_arguments
from .plain_words import find_wishes

_TOOL: Final = r"(?P<tool>[a-z]{2,20}(?:_[a-z]{2,20}){1,4})"
_CALLED: Final = re.compile(
    rf"\b(?:run|call|use|execute|invoke|trigger|issue|do|perform|tool|function|action)\b[\s:=]*"
    rf"(?:the |tool |function |command )*[`'\"“*]*{_TOOL}[`'\"”*]*(?P<rest>[^\n]{{0,400}})",
    re.IGNORECASE,
)
_WRITTEN: Final = re.compile(rf"\b{_TOOL}\s*\((?P<rest>[^()\n]{{0,400}})\)")
_LINE: Final = re.compile(rf"^\W{{0,4}}{_TOOL}(?P<rest>\s[^\n]{{1,400}})$", re.MULTILINE)
_SHELL: Final = re.compile(
    r"(?:\b(?:run|execute|exec|type|enter|paste|do)\b[^\n`]{0,40}[:\s]\s*`(?P<ticked>[^`\n]{2,300})`"
    r"|```(?:sh|bash|shell)?\n(?P<fenced>[^`]{2,400})```"
    r"|^\s*[$#] (?P<prompt>[a-z][^\n]{1,300})$"
    r"|\b(?:run|execute)(?: the)?(?: shell)? command:?\s+(?P<bare>[a-z/][^\n`]{2,300}))",
    re.IGNORECASE | re.MULTILINE,
)
_URL: Final = re.compile(
    r"\b(?:fetch|curl|wget|open|visit|download|get|load|send|post|put|browse|go|upload|report|call"
    r"|check|request|ping|see)\b[^\n]{0,80}?(?P<url>https?://[^\s<>\"'`)\]]{3,300})",
    re.IGNORECASE,
)
_PATH: Final = re.compile(
    r"\b(?:read|cat|print|show|open|send|copy|leak|dump|reveal)\b[^\n/~]{0,40}"
    r"(?P<path>[~/][\w./-]{3,120})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Order:
    """A call that a text demands, and the words of it."""

    call: Call
    words: str


def find_orders(text: str, talk: Talk, *, natural: bool) -> Iterator[Order]:
    """All orders in a text, in the order of their kinds.

    :param natural: whether plain words (`stop media at once`) are orders as well.
    """
    for tool, arguments in _objects(text):
        yield Order(Call(tool=tool, arguments=arguments), tool)
    for pattern in (_CALLED, _WRITTEN, _LINE):
        for found in pattern.finditer(text):
            tool = found["tool"].lower()
            if pattern is not _CALLED and not _is_tool(tool, talk):
                continue
            arguments = read_arguments(found["rest"], tool, talk)
            yield Order(Call(tool=tool, arguments=arguments), found[0].strip()[:120])
    for found in _SHELL.finditer(text):
        command = found["ticked"] or found["fenced"] or found["prompt"] or found["bare"]
        if not _is_tool(command.split()[0], talk):
            yield _shell(command.strip(), text, talk)
    for found in _URL.finditer(text):
        yield _shell(f"curl -fsSL {found['url'].rstrip('.,;')}", text, talk)
    for found in _PATH.finditer(text):
        yield _shell(f"cat {found['path'].rstrip('.')}", text, talk)
    if natural:
        for call in find_wishes(text, talk):
            yield Order(call, call.tool.replace("_", " "))


def _objects(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Calls written as JSON, wherever they stand."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except ValueError:
            at = text.find("{", at + 1)
            continue
        yield from _calls_in(found)
        at = text.find("{", end)


def _calls_in(found: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(found, list):
        for one in found:
            yield from _calls_in(one)
    if not isinstance(found, dict):
        return
    tool = next(
        (found[key] for key in ("tool", "tool_name", "name", "action") if key in found), None
    )
    arguments = next(
        (found[key] for key in ("arguments", "input", "args", "parameters") if key in found), None
    )
    if isinstance(arguments, str):
        arguments = _loaded(arguments)
    if isinstance(tool, str) and "_" in tool and isinstance(arguments, dict | None):
        yield tool, arguments or {}
    for value in found.values():
        if isinstance(value, dict | list):
            yield from _calls_in(value)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _is_tool(name: str, talk: Talk) -> bool:
    return talk.tool(name) is not None or name.partition("_")[0] in named_by


def _shell(command: str, text: str, talk: Talk) -> Order:
    tool = next(
        (name for name in ("run_command", "run_readonly_command") if talk.tool(name)), "run_command"
    )
    return Order(Call(tool=tool, arguments=read_arguments(command, tool, talk)), command[:120])
