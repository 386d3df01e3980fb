"""A call once it is read: its tool found, its arguments validated, its tier judged by code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from services.cluster.model import ClusterSnapshot
from services.safety.actors import Actor
from services.safety.approvals import canonical, digest_of
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch, TouchKind
from services.tools.calls import UNREADABLE, Outcome, Payload, ToolCall
from services.tools.errors import ToolError
from services.tools.gate.secrets import Hidden
from services.tools.spec import Arguments, Tool

ARGUMENTS_HIGH_WATER_BYTES: Final = 16_384
_LONGEST_MET: Final = 60
_MOST_FAULTS: Final = 5
_LONGEST_TOLD: Final = 160
_NAMELESS: Final = ("guest", "vmid", "node", "command")
"""Arguments that need no name to be understood."""


class Stopped(Exception):
    """A stage of the gate lets the call go no further; never leaves the gate."""

    def __init__(self, stage: str, because: str, outcome: Outcome = Outcome.REFUSED) -> None:
        self.stage = stage
        self.because = because
        self.outcome = outcome
        self.wish: Wish | None = None
        super().__init__(f"{stage}: {because}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A call as code understands it; nobody's words are left in what decides about it."""

    call: ToolCall
    actor: Actor
    tool: Tool[Any]
    arguments: Arguments
    plain_arguments: Payload
    """The validated arguments as JSON values."""
    arguments_json: str
    """The same as canonical text."""
    digest: str
    verdict: Verdict
    touches: tuple[Touch, ...]

    @property
    def tier(self) -> Tier:
        return self.verdict.tier

    @property
    def changes(self) -> bool:
        """Whether it does more than read."""
        return self.tier > Tier.GREEN

    @property
    def target(self) -> str:
        """What it is about, for the audit: `guest/104`, several with blanks between."""
        return " ".join(dict.fromkeys(map(told_touch, self.touches)))[:300]


def read_wish(
    call: ToolCall, actor: Actor, registry: Mapping[str, Tool[Any]], snapshot: ClusterSnapshot
) -> Wish:
    """The call with its tool, arguments, tier and touches. Raises Stopped."""
    tool = find_tool(call.tool, registry)
    arguments = validate(tool, call.arguments)
    plain = arguments.model_dump(mode="json")
    text = canonical(plain)
    verdict = tool.judge(arguments)
    if not isinstance(verdict, Verdict) or not isinstance(verdict.tier, Tier):
        raise Stopped("tier", f"{tool.name} does not say which tier it has")
    return Wish(
        call=call,
        actor=actor,
        tool=tool,
        arguments=arguments,
        plain_arguments=plain,
        arguments_json=text,
        digest=digest_of(tool.name, text),
        verdict=verdict,
        touches=find_touches(tool, arguments, verdict.tier, snapshot),
    )


def find_tool(name: str, registry: Mapping[str, Tool[Any]]) -> Tool[Any]:
    """The tool of that name. Raises Stopped with the nearest names."""
    tool = registry.get(name)
    if tool is not None:
        return tool
    near = get_close_matches(str(name)[:80], registry, n=3)
    hint = f"; the nearest: {', '.join(near)}" if near else ""
    raise Stopped("tool", f"there is no tool {str(name)[:80]}{hint}")


def validate(tool: Tool[Any], given: Payload) -> Arguments:
    """The arguments, or Stopped with each field that is wrong and what it wants."""
    if UNREADABLE in given:
        met = _short(str(given[UNREADABLE]))
        raise Stopped("arguments", f"the arguments of {tool.name} cannot be read (met {met})")
    try:
        size = len(json.dumps(dict(given), allow_nan=False))
    except (TypeError, ValueError):
        raise Stopped("arguments", "the arguments are no JSON values") from None
    if size > ARGUMENTS_HIGH_WATER_BYTES:
        most = ARGUMENTS_HIGH_WATER_BYTES // 1024
        raise Stopped("arguments", f"the arguments are longer than {most}\u00a0KiB")
    try:
        arguments = tool.arguments.model_validate(dict(given))
    except ValidationError as error:
        raise Stopped("arguments", told_faults(tool, error)) from None
    assert isinstance(arguments, Arguments)
    return arguments


def told_faults(tool: Tool[Any], error: ValidationError) -> str:
    """Each wrong field by name, what was met, and what is wanted."""
    known = tool.arguments.model_fields
    told: list[str] = []
    for fault in error.errors()[:_MOST_FAULTS]:
        name = ".".join(str(part) for part in fault["loc"]) or "the arguments"
        wanted = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            near = get_close_matches(name, known, n=1)
            offered = ", ".join(known) or "none"
            known_ones = f"{near[0]} is one" if near else f"it takes {offered}"
            wanted = f"no such argument; {known_ones}"
        elif fault["type"] == "missing":
            field = known.get(name)
            wanted = (
                f"is missing: {field.description}" if field and field.description else "missing"
            )
        else:
            wanted = f"{wanted} (met {_short(repr(fault.get('input')))})"
        told.append(f"{name}: {wanted}")
    return f"{tool.name} cannot be called so: {'; '.join(told)}"


def _short(met: str) -> str:
    return met if len(met) <= _LONGEST_MET else f"{met[:_LONGEST_MET]}…"


def find_touches(
    tool: Tool[Any], arguments: Arguments, tier: Tier, snapshot: ClusterSnapshot
) -> tuple[Touch, ...]:
    """What the call would act upon. A read touches nothing; raises Stopped as the tool refuses."""
    if tier is Tier.GREEN:
        return ()
    try:
        return tuple(tool.touches(arguments, snapshot))
    except ToolError as refusal:
        raise Stopped("touches", refusal.because) from refusal


def told_touch(touch: Touch) -> str:
    """`guest/104`, `node/pve`, `service/pve/nginx`: how a touch is named in audit and events."""
    match touch.kind:
        case TouchKind.NODE_POWER | TouchKind.NODE:
            return f"node/{touch.id}"
        case TouchKind.CLUSTER:
            return "cluster"
        case TouchKind.GUEST:
            return f"guest/{touch.id}"
    place = f"{touch.node}/" if touch.node else ""
    return f"{touch.kind.value}/{place}{touch.id}"


def told_call(tool: str, arguments: Payload, snapshot: ClusterSnapshot, hidden: Hidden) -> str:
    """The call in words, short and without secrets: `stop_guest media (104), force True`."""
    by_number = {str(vmid): guest for vmid, guest in snapshot.guests.items()}
    shown: list[str] = []
    for name, value in arguments.items():
        if value in (None, "", False):
            continue
        guest = by_number.get(str(value)) if name in _NAMELESS else None
        text = guest.label if guest else str(value)
        shown.append(text if name in _NAMELESS else f"{name} {text}")
    told = hidden.redactor.text(" ".join((tool, ", ".join(shown))).strip())
    return told if len(told) <= _LONGEST_TOLD else f"{told[: _LONGEST_TOLD - 1]}…"
