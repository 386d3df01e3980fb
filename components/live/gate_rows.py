"""What a page shows of the gate: questions that wait, what was decided, override and stand-down."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.live.rows import epoch
from services.safety.approvals import ApprovalState
from services.safety.override import OverrideState
from services.safety.protection import Place
from services.safety.stand_down import STANDING, StandDownState
from services.tools.calls import Outcome
from services.tools.gate.approvals import Approval
from services.tools.gate.events import told_who
from services.tools.gate.gate import Gate

Row = Mapping[str, Any]

NOWHERE = Place()
DECIDED_SHOWN = 12
"""Questions that are over and still listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """The gate as it stands at a draw."""

    pending: tuple[Approval, ...] = ()
    recent: tuple[Approval, ...] = ()
    """Newest first, of every state."""
    override: OverrideState | None = None
    stand_down: StandDownState = STANDING
    takes_passkey: bool = False
    """Whether a passkey was ever set, so that an override can be opened."""
    place: Place = NOWHERE
    """Where Jarvis lives: what is there is protected."""


CLOSED_GATE = GateView()


def gate_reader(gate: Gate) -> Callable[[], Awaitable[GateView]]:
    """Reads how the gate stands, with the latest questions."""

    async def read() -> GateView:
        return GateView(
            pending=gate.pending,
            recent=tuple(await gate.find_approvals(2 * DECIDED_SHOWN)),
            override=gate.override,
            stand_down=gate.stand_down_state,
            takes_passkey=gate.has_passkey,
            place=gate.place,
        )

    return read


def gate_meta(gate: GateView) -> Row:
    """What holds for the whole gate; times are seconds since the epoch."""
    override, down = gate.override, gate.stand_down
    return {
        "state": "ok" if gate.pending or gate.recent else "empty",
        "waiting": len(gate.pending),
        "override": override and {"user": override.user, "until": epoch(override.until)},
        "stood_down": down.active
        and {
            "since": epoch(down.since),
            "by": down.by and told_who(down.by),
            "because": down.because,
        },
        "passkey": gate.takes_passkey,
    }


def gate_rows(gate: GateView) -> dict[str, Row]:
    """By approval id, those that wait first."""
    waiting = {approval.id for approval in gate.pending}
    decided = [approval for approval in gate.recent if approval.id not in waiting]
    return {
        approval.id: draw_approval(approval)
        for approval in (*gate.pending, *decided[:DECIDED_SHOWN])
    }


def draw_approval(approval: Approval) -> dict[str, Any]:
    """One question as the card shows it."""
    return {
        "id": approval.id,
        "tool": approval.call.tool,
        "args": [
            [name, told(value)]
            for name, value in approval.call.arguments.items()
            if value is not None
        ],
        "reason": approval.call.reason,
        "asker": told_who(approval.actor.id),
        "tier": approval.tier.name,
        "why": approval.why,
        "blast": [list(pair) for pair in approval.blast],
        "asked": epoch(approval.asked_at),
        "expires": epoch(approval.expires_at),
        "state": approval.state.value,
        "decided_by": approval.decided_by,
        "decided": epoch(approval.decided_at),
        **_ending(approval),
    }


def told(value: Any) -> str:
    """An argument as a person reads it."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ", ".join(told(item) for item in value) or "none"
    return str(value)


def _ending(approval: Approval) -> Row:
    result = approval.result
    if approval.state is ApprovalState.SPENT and result is not None:
        done = result.outcome in (Outcome.DONE, Outcome.EMPTY)
        lines: Iterable[str] = (result.text if done else result.because or result.text).splitlines()
        return {"outcome": result.outcome.value, "told": next(iter(lines), "")[:300]}
    return {"outcome": None, "told": approval.because}
