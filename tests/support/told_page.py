"""A page as components know it: it keeps what it was told, and can act."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Handler = Callable[[Mapping[str, Any]], Awaitable[None]]


class ToldPage:
    """Stands for `components.live.element.Live`."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self.handlers: dict[str, Handler] = {}
        self.listening = True
        self._number = 0

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        self.told.append((topic, payload))

    def on_action(self, name: str, handler: Handler) -> None:
        assert name not in self.handlers, f"{name} has a handler already"
        self.handlers[name] = handler

    async def act(self, name: str, **args: Any) -> None:
        """What a browser sends."""
        await self.handlers[name](args)

    def take(self, topic: str) -> list[Mapping[str, Any]]:
        """What was told under a topic since it was last taken, in order."""
        found = [payload for name, payload in self.told if name == topic]
        self.told = [word for word in self.told if word[0] != topic]
        return found

    async def ask(self, name: str, **args: Any) -> Mapping[str, Any]:
        """Act with a number, and hand back its one answer, without the number."""
        self._number += 1
        await self.act(name, ask=self._number, **args)
        mine = [word for word in self.told if word[0] == "act" and word[1]["ask"] == self._number]
        assert len(mine) == 1, f"{name} was answered {len(mine)} times"
        self.told.remove(mine[0])
        return {key: value for key, value in mine[0][1].items() if key != "ask"}
