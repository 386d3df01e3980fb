"""Providers that are not there, or not yet."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING

from services.clock import Clock
from services.llm.claude.catalogue import Catalogue
from services.llm.claude.config import ClaudeConfig
from services.llm.errors import ProviderMissing
from services.llm.messages import ProviderName
from services.llm.provider import Meter, ModelRequest, ProviderEvent

if TYPE_CHECKING:
    from services.llm.claude.provider import ClaudeProvider


class MissingProvider:
    """A provider that is not set up."""

    def __init__(self, name: ProviderName, setting: str) -> None:
        self.name = name
        self._setting = setting

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Raises ProviderMissing."""
        raise ProviderMissing(self.name, self._setting)
        yield


class LateClaude:
    """Claude, whose SDK is loaded when it is first wanted: in a thread, as that takes a second."""

    name = ProviderName.CLAUDE

    def __init__(self, config: ClaudeConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._loading = asyncio.Lock()
        self._provider: ClaudeProvider | None = None

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """See `services.llm.provider.Provider.stream`."""
        provider = await self._loaded()
        async with aclosing(provider.stream(request, meter)) as events:
            async for event in events:
                yield event

    async def fetch_catalogue(self) -> Catalogue:
        """See `services.llm.claude.ClaudeProvider.fetch_catalogue`."""
        return await (await self._loaded()).fetch_catalogue()

    def learn(self, catalogue: Catalogue) -> None:
        """Go by what the API tells of its models from now on."""
        if self._provider is not None:
            self._provider.learn(catalogue)

    async def close(self) -> None:
        """Let go of every connection."""
        if self._provider is not None:
            await self._provider.close()

    async def _loaded(self) -> "ClaudeProvider":
        async with self._loading:
            if self._provider is None:
                self._provider = await asyncio.to_thread(self._load)
            return self._provider

    def _load(self) -> "ClaudeProvider":
        made: ClaudeProvider = import_module("services.llm.claude.provider").ClaudeProvider(
            self._config, clock=self._clock
        )
        return made
