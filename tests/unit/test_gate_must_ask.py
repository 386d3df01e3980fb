"""Whoever calls may make the gate stricter, and never more lenient."""

from dataclasses import replace

import pytest

from services.safety.policy import Verb, decide
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolCall
from tests.support.gate_house import MODEL, OWNER, GateHouse

START = ToolCall(id="1", tool="start_guest", arguments={"guest": 112}, reason="because")


ASKING = replace(START, must_ask="nobody has asked for it by this name")


async def test_a_yellow_call_that_must_ask_waits_for_a_person_and_tells_why(
    house: GateHouse,
) -> None:
    result = await house.gate.execute(ASKING, MODEL)

    assert result.outcome is Outcome.WAITING
    assert "nobody has asked for it by this name" in result.because
    (approval,) = house.gate.pending
    assert approval.tier is Tier.YELLOW
    assert approval.why.endswith("; nobody has asked for it by this name")
    assert house.deeds.done == []

    done = await house.gate.proceed(approval.id, OWNER)
    assert done.outcome is Outcome.DONE
    assert [name for name, _ in house.deeds.done] == ["start_guest"]


async def test_without_it_the_tier_alone_decides(house: GateHouse) -> None:
    assert (await house.gate.execute(START, MODEL)).outcome is Outcome.DONE


@pytest.mark.parametrize("tier", Tier)
def test_it_never_makes_a_call_easier(tier: Tier) -> None:
    plain, asking = (
        decide(tier, MODEL, stood_down=False, override=None, approved=False, must_ask=why).verb
        for why in ("", "nobody has asked")
    )

    order = [Verb.ALLOW, Verb.ASK, Verb.DENY]
    assert order.index(asking) >= order.index(plain)
    assert (plain is asking) is (tier is not Tier.YELLOW)
