"""The doubles of the language models in the loop of the test itself, and their real clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx

from simulator.llm.doubles import Doubles, LlmOptions
from simulator.llm.faults import BEFALLS, FAULTS, givers
from simulator.llm.trouble import parse_line
from tests.support.plain_http import NO_AUTHORITIES

HAIKU = "claude-haiku-5-5"
TOOLS: list[Any] = [
    {
        "name": "get_node_status",
        "description": "Tells how a node is.",
        "input_schema": {
            "type": "object",
            "properties": {"node": {"type": "string"}},
            "required": ["node"],
        },
    },
    {
        "name": "list_guests",
        "description": "Lists the guests.",
        "input_schema": {"type": "object", "properties": {}},
    },
]
ASK: list[Any] = [{"role": "user", "content": "how is pve?"}]


@dataclass(frozen=True, slots=True)
class Doubled:
    """Both doubles, running, with a client for each."""

    doubles: Doubles
    claude: anthropic.AsyncAnthropic
    llama: httpx.AsyncClient

    async def ask(self, **more: Any) -> anthropic.types.Message:
        """One answer of Claude's, not streamed."""
        wanted = {"model": HAIKU, "max_tokens": 500, "messages": ASK, **more}
        return await self.claude.messages.create(**wanted)

    async def give(self, name: str, target: str | None = None) -> None:
        """Turn a fault on."""
        fault = next(fault for fault in FAULTS if fault.name == name)
        givers(fault, self.doubles.trouble)[0](target or fault.default)
        await self.doubles.follow()

    async def clear(self, name: str, target: str | None = None) -> None:
        """Turn a fault off."""
        fault = next(fault for fault in FAULTS if fault.name == name)
        givers(fault, self.doubles.trouble)[1](target or fault.default)
        await self.doubles.follow()

    def script(self, double: str, *lines: dict[str, Any]) -> None:
        """What is said to the next requests."""
        self.doubles.trouble.write(double, [parse_line(line, BEFALLS, double) for line in lines])

    def requests(self, double: str | None = None) -> list[dict[str, Any]]:
        """What was asked so far."""
        return self.doubles.records.list(double=double)


@asynccontextmanager
async def doubled(**options: Any) -> AsyncIterator[Doubled]:
    """Start both, at once in their answers unless told otherwise."""
    doubles = Doubles(LlmOptions(**{"speed": "instant", **options}), "a test's secret")
    await doubles.start()
    claude = anthropic.AsyncAnthropic(
        api_key=doubles.claude_key,
        base_url=doubles.claude_url,
        max_retries=0,
        http_client=anthropic.DefaultAsyncHttpxClient(verify=NO_AUTHORITIES, trust_env=False),
    )
    llama = httpx.AsyncClient(
        verify=NO_AUTHORITIES,
        base_url=doubles.llama_url,
        headers={"Authorization": f"Bearer {doubles.llama_key}"},
        timeout=10.0,
        trust_env=False,
    )
    try:
        async with claude, llama:
            yield Doubled(doubles, claude, llama)
    finally:
        await doubles.stop()
