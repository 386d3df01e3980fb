"""The ambiguous rest: one short yes-or-no question to the local model, and tools when in doubt."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from services.llm.messages import ProviderName
from services.llm.routing.availability import Availability
from services.llm.routing.values import Kind, Route

Ask = Callable[[str], Awaitable[bool | None]]
"""Asks the local model a question; None when it said neither yes nor no, for whatever reason
(`services.llm.local.provider.LocalProvider.ask_yes_no`)."""

DEADLINE_S = 0.4
LONGEST_SIGNS = 600
IN_DOUBT = ", and in doubt tools are taken"

_QUESTION = (
    "A person writes to the assistant of a homelab, a Proxmox cluster. Is it necessary to look at "
    "that cluster, or to change something in it, to answer this message? Small talk, writing and "
    "general knowledge about technology do not make it necessary.\nMessage: {message}"
)


def needs_settling(route: Route, availability: Availability) -> bool:
    """Whether asking could change anything."""
    return route.ambiguous and route.step == "tools" and availability.local


async def settle(route: Route, message: str, ask: Ask, *, deadline_s: float = DEADLINE_S) -> Route:
    """The route after the local model was asked; at most 400 ms later, and never an error."""
    if not route.ambiguous:
        return route
    question = _QUESTION.format(message=message[:LONGEST_SIGNS])
    try:
        async with asyncio.timeout(deadline_s):
            answer = await ask(question)
    except TimeoutError:
        answer = None
    because = route.because.removesuffix(IN_DOUBT)
    match answer:
        case True:
            words = f"{because}, and the local model agrees that tools are needed"
            return replace(route, ambiguous=False, because=words)
        case False:
            return replace(
                route,
                provider=ProviderName.LOCAL,
                needs_tools=False,
                ambiguous=False,
                kind=Kind.OTHER,
                step="knowledge",
                because="it is hard to tell, and the local model sees no need of tools",
            )
        case None:
            words = f"{because}; the local model could not tell in time{IN_DOUBT}"
            return replace(route, needs_tools=True, ambiguous=False, because=words)
