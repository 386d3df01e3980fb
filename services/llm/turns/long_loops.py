"""Tells, before a long loop with Claude, what it will likely cost: once a turn."""

from services.llm.claude.config import ModelRole
from services.llm.costs.service import Costs
from services.llm.errors import capital
from services.llm.messages import ProviderName, Role, ToolAnswer
from services.llm.provider import ModelRequest
from services.llm.tokens import CLAUDE_CHARS_PER_TOKEN, guess_tokens
from services.llm.turn import Turn
from services.llm.turn_events import CostForeseen

TYPICAL_ROUNDS = 4
"""So many rounds a question usually takes that is worth thinking about, and one that goes on."""
LONG_ROUNDS = 3
"""A loop that has had so many rounds with Claude and goes on is a long one."""
RESULT_TOKENS = 1_500
"""What a round of tools usually finds."""


class LongLoops:
    """Looks at each request before it is sent."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs

    def look(self, turn: Turn, provider: ProviderName, request: ModelRequest) -> None:
        """Tell what the turn may still cost, where that was not told and is worth a word."""
        if provider is not ProviderName.CLAUDE or turn.foreseen or not is_long(turn):
            return
        foreseen = self._costs.foresee(
            request,
            rounds=rounds_ahead(turn),
            result_tokens=result_tokens(turn),
            begun=turn.rounds > 0,
        )
        if foreseen is None:
            return
        turn.foreseen = True
        step = f"{'going on' if turn.rounds else 'it'} {foreseen.told}"
        turn.steps.append(step)
        turn.publish(
            CostForeseen(
                conversation_id=turn.conversation_id,
                turn_id=turn.id,
                provider=provider,
                usd=foreseen.usd,
                because=capital(step),
            )
        )


def is_long(turn: Turn) -> bool:
    """Whether the loop will be long, as far as can be told beforehand, or is long already."""
    if turn.route.step == "forced" and turn.route.model_role is not ModelRole.ROUTINE:
        return True
    claude = [
        m for m in turn.said if m.role is Role.ASSISTANT and m.provider is ProviderName.CLAUDE
    ]
    return len(claude) >= LONG_ROUNDS


def rounds_ahead(turn: Turn) -> int:
    """How many rounds are likely still to come; at least one."""
    if not turn.needs_tools:
        return 1
    return max(1, min(TYPICAL_ROUNDS, turn.limits.rounds - turn.rounds))


def result_tokens(turn: Turn) -> int:
    """What a round of this turn's tools finds on average, or usually."""
    rounds = [message for message in turn.said if message.role is Role.TOOL]
    if not rounds:
        return RESULT_TOKENS
    found = (p.text for message in rounds for p in message.parts if isinstance(p, ToolAnswer))
    return sum(guess_tokens(t, chars_per_token=CLAUDE_CHARS_PER_TOKEN) for t in found) // len(
        rounds
    )
