"""The gate as a page has it: who waits first, what was decided after, and nothing in doubt."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from components.live.gate_rows import (
    CLOSED_GATE,
    DECIDED_SHOWN,
    GateView,
    draw_approval,
    gate_meta,
    gate_reader,
    gate_rows,
    told,
)
from components.live.view import draw_view
from services.safety.actors import RULES, Actor, ActorKind
from services.safety.approvals import ApprovalState
from services.safety.override import OverrideState
from services.safety.stand_down import StandDownState
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.gate.approvals import Approval
from tests.support.clusters import NOON, make_snapshot, make_tiers
from tests.support.gate_house import MODEL, OWNER, PASSKEY, GateHouse


def asked(number: int = 1, **changes: Any) -> Approval:
    plain = Approval(
        id=f"{number:032x}",
        call=ToolCall(
            id=f"c{number}",
            tool="stop_guest",
            arguments={"guest": "media (104)", "force": False, "timeout_s": None},
            reason="it is noisy",
        ),
        actor=MODEL,
        tier=Tier.RED,
        why="it stops a running guest",
        blast=(("Runs there", "media"), ("Lock", "none")),
        digest="d",
        asked_at=NOON,
        expires_at=NOON + timedelta(minutes=5),
    )
    return replace(plain, **changes)


def spent(outcome: Outcome, **fields: str) -> Approval:
    result = ToolResult(call_id="c1", tool="stop_guest", outcome=outcome, **fields)  # type: ignore[arg-type]
    return asked(
        state=ApprovalState.SPENT,
        decided_by="person/owner",
        decided_at=NOON + timedelta(seconds=9),
        result=result,
    )


def test_a_question_is_told_whole() -> None:
    row = draw_approval(asked())

    assert row == {
        "id": f"{1:032x}",
        "tool": "stop_guest",
        "args": [["guest", "media (104)"], ["force", "no"]],
        "reason": "it is noisy",
        "asker": "claude (model)",
        "tier": "RED",
        "why": "it stops a running guest",
        "blast": [["Runs there", "media"], ["Lock", "none"]],
        "asked": round(NOON.timestamp()),
        "expires": round(NOON.timestamp()) + 300,
        "state": "pending",
        "decided_by": None,
        "decided": None,
        "outcome": None,
        "told": "",
    }
    assert json.loads(json.dumps(row)) == row


def test_rules_that_ask_are_called_so_on_the_card() -> None:
    rules = Actor(kind=ActorKind.MODEL, name=RULES, user="owner")

    assert draw_approval(asked(actor=rules))["asker"] == "Jarvis's rules"


@pytest.mark.parametrize(
    ("approval", "outcome", "says"),
    [
        (spent(Outcome.DONE, text="media is stopped\nand more"), "done", "media is stopped"),
        (spent(Outcome.EMPTY, text="nothing to do"), "empty", "nothing to do"),
        (spent(Outcome.FAILED, because="pve is away", text="x"), "failed", "pve is away"),
        (spent(Outcome.UNKNOWN, text="sent, not seen"), "unknown", "sent, not seen"),
        (spent(Outcome.DONE), "done", ""),
        (spent(Outcome.DONE, text="x" * 900), "done", "x" * 300),
        (asked(state=ApprovalState.REFUSED, because="after lunch"), None, "after lunch"),
        (asked(state=ApprovalState.LAPSED, because="nobody answered"), None, "nobody answered"),
        (asked(state=ApprovalState.SPENT), None, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_the_end_of_a_question_is_one_line(
    approval: Approval, outcome: str | None, says: str
) -> None:
    row = draw_approval(approval)

    assert (row["outcome"], row["told"]) == (outcome, says)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"), (True, "yes"), (False, "no"), (0, "0"), (2.5, "2.5"), ("", ""), ("a b", "a b"),
        ([], "none"), (["a", None, True], "a, —, yes"), ((1, 2), "1, 2"), ({"a": 1}, "{'a': 1}"),
    ],
)  # fmt: skip
def test_an_argument_is_told_as_a_person_reads_it(value: object, text: str) -> None:
    assert told(value) == text


def test_those_that_wait_come_first_and_no_question_twice() -> None:
    waiting = tuple(asked(n) for n in (30, 31))
    recent = tuple(asked(n, state=ApprovalState.LAPSED) for n in range(29, 0, -1))

    rows = gate_rows(GateView(pending=waiting, recent=(*waiting, *recent)))

    order = [int(key, 16) for key in rows]
    assert order == [30, 31, *range(29, 29 - DECIDED_SHOWN, -1)]


def test_an_approval_that_runs_is_still_shown() -> None:
    runs = asked(state=ApprovalState.APPROVED, decided_by="person/owner")

    assert [row["state"] for row in gate_rows(GateView(recent=(runs,))).values()] == ["approved"]


def test_a_gate_nobody_asked_is_empty_and_stands() -> None:
    assert gate_meta(CLOSED_GATE) == {
        "state": "empty",
        "waiting": 0,
        "override": None,
        "stood_down": False,
        "passkey": False,
    }


def test_switches_are_told_with_who_and_when() -> None:
    override = OverrideState(
        user="owner", session="s-desk", opened_at=NOON, until=NOON + timedelta(minutes=5)
    )
    down = StandDownState(active=True, since=NOON, by="person/owner", because="smoke")

    meta = gate_meta(GateView(pending=(asked(),), override=override, stand_down=down))

    assert meta["override"] == {"user": "owner", "until": round(NOON.timestamp()) + 300}
    assert meta["stood_down"] == {
        "since": round(NOON.timestamp()),
        "by": "owner",
        "because": "smoke",
    }
    assert (meta["waiting"], meta["state"]) == (1, "ok")
    assert "s-desk" not in json.dumps(meta), "no page needs the key of a session"


def test_the_panel_keeps_the_order_it_was_given() -> None:
    view = GateView(pending=(asked(9),), recent=(asked(3, state=ApprovalState.LAPSED),))

    panel = draw_view(make_snapshot(), make_tiers(), gate=view).panels["gate"]

    assert panel.order == (f"{9:032x}", f"{3:032x}")
    assert panel.meta["waiting"] == 1


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[GateHouse]:
    opened = await GateHouse(tmp_path).open()
    yield opened
    await opened.shut()


async def test_a_gate_is_read_as_it_stands(house: GateHouse) -> None:
    read = gate_reader(house.gate)
    first = await house.ask("stop_guest", guest=104)
    await house.gate.refuse(str(first.approval_id), OWNER, "no")
    second = await house.ask("stop_guest", guest=101)
    await house.gate.open_override(PASSKEY, 5, OWNER)

    view = await read()

    assert [approval.id for approval in view.pending] == [second.approval_id]
    assert {approval.id for approval in view.recent} == {first.approval_id, second.approval_id}
    assert view.override is not None
    assert view.takes_passkey
    assert view.place == house.gate.place
    assert view.place.vmid == 103
    assert PASSKEY.get_secret_value() not in repr(view)
    await house.gate.stand_down(OWNER, "smoke")
    after = await read()
    assert (after.pending, after.override, after.stand_down.because) == ((), None, "smoke")
