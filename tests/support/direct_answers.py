"""What the rules make of a message in the gate's homelab, and what tools have found."""

from typing import Any

from services.llm.direct.planning import plan
from services.llm.direct.plans import Plan
from services.llm.direct.understanding import understand
from services.llm.messages import ToolUse
from services.llm.routing import Inventory
from services.llm.turn import Deed
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolResult
from services.tools.registry import REGISTRY
from tests.support.gate_house import homelab
from tests.support.turned_clock import NOON

SEEN = homelab()
NAMES = Inventory.from_snapshot(SEEN, ("grafana",))

Calls = list[tuple[str, dict[str, Any]]]


def planned(said: str, *before: str) -> Plan:
    """The calls of a message, or what is answered at once; `before` are earlier ones."""
    return plan(understand(said, NAMES, before=before), SEEN, now=NOON)


def calls_of(said: str, *before: str) -> Calls:
    """Its calls with their arguments, each of which the tool takes."""
    calls = planned(said, *before).calls
    for call in calls:
        REGISTRY[call.tool].arguments.model_validate(dict(call.arguments))
    return [(call.tool, dict(call.arguments)) for call in calls]


def found(tool: str, data: dict[str, Any], text: str = "read; read 0 s ago", **given: Any) -> Deed:
    """What a read has found at noon, and what it was asked with."""
    result = ToolResult(
        call_id="1", tool=tool, outcome=Outcome.DONE, text=text, data=data, read_at=NOON
    )
    use = ToolUse(id="1", tool=tool, arguments=given)
    return Deed(use=use, tier=Tier.GREEN, writes=False, result=result)
