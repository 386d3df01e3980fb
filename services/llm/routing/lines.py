"""`jarvis route`: a message a line in, a JSON object a line out."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.local.config import LocalConfig
from services.llm.local.provider import LocalProvider
from services.llm.routing.availability import Availability
from services.llm.routing.decide import route
from services.llm.routing.inventory import Inventory
from services.llm.routing.learned import warm_up
from services.llm.routing.settle import Ask, needs_settling, settle
from services.llm.routing.values import Budget, Conversation, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRouter:
    """Routes lines, each a conversation of its own unless they are one."""

    inventory: Inventory
    availability: Availability
    budget: Budget = field(default_factory=Budget)
    is_one_conversation: bool = False

    def route_lines(self, lines: Iterable[bytes], ask: Ask | None = None) -> Iterator[str]:
        """One JSON text a line, in order; bytes that are no UTF-8 are kept as lone surrogates.

        `ask` is put the question about what is ambiguous; without it, that gets tools.
        """
        warm_up()
        conversation = Conversation()
        with asyncio.Runner() as runner:
            for line in lines:
                text = line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
                began_s = time.perf_counter()
                decided = route(text, conversation, self.inventory, self.availability, self.budget)
                if ask is not None and needs_settling(decided, self.availability):
                    decided = runner.run(settle(decided, text, ask))
                took_ms = 1000 * (time.perf_counter() - began_s)
                if self.is_one_conversation:
                    conversation = follow(conversation, decided)
                yield _told(text, decided, took_ms)


def follow(conversation: Conversation, decided: Route) -> Conversation:
    """The conversation as the next message finds it."""
    return replace(
        conversation,
        last_provider=decided.provider,
        last_needed_tools=decided.needs_tools,
    )


def find_availability(*, claude: bool, local: bool) -> Availability:
    """Who is set up; nobody is dialled to see whether he is there."""
    return Availability(
        claude=claude,
        local=local,
        because_claude="" if claude else "there is no key for Claude",
        because_local="" if local else "there is no local model",
    )


def local_asker(url: str, key: SecretStr | None) -> Ask:
    """Asks the llama-server at `url`."""

    async def ask(question: str) -> bool | None:
        provider = LocalProvider(LocalConfig(base_url=url, key=key), clock=SystemClock())
        try:
            return await provider.ask_yes_no(question)
        finally:
            await provider.close()

    return ask


def _told(text: str, decided: Route, took_ms: float) -> str:
    return json.dumps(
        {
            "text": text,
            "provider": decided.provider.value,
            "needs_tools": decided.needs_tools,
            "reason": decided.because,
            "ms": round(took_ms, 3),
        }
    )
