"""One call from a shell of this machine, through the gate, with the person at hand who decides."""

import asyncio
import secrets
from collections.abc import Callable

from services.safety.actors import Actor
from services.safety.errors import GateError
from services.tools.calls import Outcome, Payload, ToolCall, ToolResult
from services.tools.command_line import matches
from services.tools.gate.approvals import Approval
from services.tools.gate.gate import Gate
from services.tools.standing_alone import StandingConfig, stand_alone

Ask = Callable[[Approval, str], bool]
"""Shows an approval and its call in words to whoever sits at the terminal; whether they said yes.
It blocks."""
REASON = "asked for at a shell"


def person_at_shell(owner: str) -> Actor:
    """Whoever may read the settings of this house and write its database, acting as its owner."""
    return Actor.of_person(owner, session="shell")


async def call_once(
    config: StandingConfig,
    actor: Actor,
    tool: str,
    arguments: Payload,
    *,
    approve: str | None = None,
    ask: Ask | None = None,
) -> ToolResult:
    """Make one call and hand back what became of it.

    `approve` is the token of a question that an earlier call has left; `ask` shows a new question
    to a person who is there. With neither, a RED call is left waiting. Raises DatabaseError and
    ClusterNotRead.
    """
    async with stand_alone(config) as gate:
        call = ToolCall(id=secrets.token_hex(8), tool=tool, arguments=arguments, reason=REASON)
        if approve is not None:
            return await _approve(gate, call, approve, actor)
        result = await gate.execute(call, actor)
        if result.outcome is not Outcome.WAITING or ask is None:
            return result
        return await _ask(gate, result, actor, ask)


async def _approve(gate: Gate, call: ToolCall, token: str, by: Actor) -> ToolResult:
    """Give the yes of a token, for the very call it was given out for."""
    approval = next((one for one in gate.pending if one.id == token), None)
    if approval is None:
        return _refused(call, "no question waits under this token: it was answered, or has lapsed")
    tool = gate.registry.get(call.tool)
    if tool is None or not matches(approval, tool, call.arguments):
        return _refused(call, f"this token is for another call: {gate.told(approval)}")
    return await gate.proceed(token, by)


async def _ask(gate: Gate, result: ToolResult, by: Actor, ask: Ask) -> ToolResult:
    approval = next((one for one in gate.pending if one.id == result.approval_id), None)
    if approval is None:
        return result
    if await asyncio.to_thread(ask, approval, gate.told(approval)):
        return await gate.proceed(approval.id, by)
    try:
        await gate.refuse(approval.id, by, "refused at the shell")
    except GateError as error:
        return _refused(approval.call, error.because)
    return await gate.settled(approval.id)


def _refused(call: ToolCall, because: str) -> ToolResult:
    return ToolResult(call_id=call.id, tool=call.tool, outcome=Outcome.REFUSED, because=because)
