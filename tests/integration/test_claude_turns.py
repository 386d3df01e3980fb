"""Whole turns against the simulator's Messages API, which is as strict as the real one.

It refuses thinking that was signed over another prefix, uses without answers, and histories of a
wrong shape; and it tells what it had in its cache.
"""

from collections.abc import Mapping

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.claude.config import ClaudeConfig
from services.llm.claude.provider import ClaudeProvider
from services.llm.messages import Message
from services.llm.provider import Answered, ModelRequest, OfferedTool, StopReason
from services.tools.calls import Payload
from tests.support.doubles import Doubled, doubled
from tests.support.talks import answers, assistant, found, request, user

SYSTEM = "You are Jarvis, the butler of a homelab. " * 60
TOOLS = tuple(
    OfferedTool(
        name=name,
        summary=summary,
        schema={
            "type": "object",
            "properties": {"vmid": {"type": "integer", "description": "Its number."}},
            "additionalProperties": False,
        },
    )
    for name, summary in (
        ("guest_status", "Reads the state of a guest."),
        ("cluster_status", "Reads the state of the cluster."),
    )
)


class Turn:
    """The rounds of one turn, as the agent will make them."""

    def __init__(self, claude: ClaudeProvider, model: str) -> None:
        self.claude = claude
        self.model = model
        self.history: list[Message] = []
        self.opaque: dict[str, tuple[Payload, ...]] = {}
        self.answered: list[Answered] = []

    async def ask(self) -> Answered:
        """One round more."""
        asked: ModelRequest = request(
            self.history,
            system=SYSTEM,
            tools=TOOLS,
            model=self.model,
            context="It is noon, and 14 guests run.",
            opaque=self.opaque,
        )
        last = None
        async for event in self.claude.stream(asked):
            last = event
        assert isinstance(last, Answered)
        self.answered.append(last)
        id = f"m{len(self.history)}"
        self.history.append(assistant(last.text, *last.tool_uses, id=id, model=last.model))
        if last.opaque:
            self.opaque[id] = last.opaque
        return last

    async def run(self, question: str, *, most: int = 4) -> Answered:
        """Rounds until it is answered."""
        self.history.append(user(question))
        self.opaque = {}
        for _ in range(most):
            last = await self.ask()
            if last.stop is not StopReason.TOOL_USE:
                break
            told = [found(use.id, "media (104) runs", tool=use.tool) for use in last.tool_uses]
            self.history.append(answers(*told))
        return last


def refused(doubles: Doubled) -> list[Mapping[str, object]]:
    return [one for one in doubles.requests("claude") if one["status"] not in (200, None)]


def two_looks(doubles: Doubled) -> None:
    """Two rounds of looking, both at once in the first, then words."""
    looks = [{"tool": "guest_status", "arguments": {"vmid": 104}}, {"tool": "cluster_status"}]
    doubles.script(
        "claude",
        {"calls": looks},
        {"text": "One moment more.", "calls": looks[:1]},
        {"text": "media runs."},
    )


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"])
async def test_rounds_of_a_turn_are_taken_and_come_from_the_cache(model: str) -> None:
    async with doubled() as doubles:
        config = ClaudeConfig(
            api_key=SecretStr(doubles.doubles.claude_key),
            base_url=doubles.doubles.claude_url,
            loopback_only=True,
        )
        claude = ClaudeProvider(config, clock=SystemClock())
        turn = Turn(claude, model)
        two_looks(doubles)

        last = await turn.run("How is media, and the rest?")

        assert refused(doubles) == []
        assert [one.stop for one in turn.answered] == [
            StopReason.TOOL_USE,
            StopReason.TOOL_USE,
            StopReason.END,
        ]
        assert last.text == "media runs."
        first, second, third = (one.usage for one in turn.answered)
        assert second.cache_read_tokens >= first.cache_write_tokens > 512
        assert third.cache_read_tokens > second.cache_read_tokens
        assert third.input_tokens < 50, "all that was said before is in the cache"

        doubles.script("claude", {"text": "It runs as well."})
        await turn.run("And nextcloud?")

        assert refused(doubles) == []
        after = turn.answered[-1].usage
        assert after.cache_read_tokens >= first.cache_write_tokens * 0.9, (
            "system and tools at least"
        )
        await claude.close()


async def test_a_turn_goes_on_with_another_model() -> None:
    async with doubled() as doubles:
        config = ClaudeConfig(
            api_key=SecretStr(doubles.doubles.claude_key),
            base_url=doubles.doubles.claude_url,
            loopback_only=True,
        )
        claude = ClaudeProvider(config, clock=SystemClock())
        turn = Turn(claude, "claude-opus-5-5")
        two_looks(doubles)
        turn.history.append(user("How is media?"))
        first = await turn.ask()
        turn.history.append(answers(*(found(use.id, tool=use.tool) for use in first.tool_uses)))

        turn.model = "claude-sonnet-5-5"
        second = await turn.ask()

        assert second.model == "claude-sonnet-5-5"
        assert refused(doubles) == []
        await claude.close()
