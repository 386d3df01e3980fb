"""The one element that carries everything from the hub to a page, and the page's actions back."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from nicegui import ui
from nicegui.events import GenericEventArguments

from components.live.asking import ActionHandler
from components.live.hub import Hub

log = structlog.get_logger("live")

BEHIND_HIGH_WATER = 40
"""Messages a browser may leave unacknowledged before it is given no more."""
BEHIND_LOW_WATER = 8
"""Unacknowledged messages below which a page that was behind is served again."""
ACTION_NAME_CHARS = 40


class Live(
    ui.element, component="live.js", dependencies=["../shared/*.js"], default_classes="hud-live"
):
    """Feeds one page from the hub for as long as the page lives.

    It is the hub's `Page`. `on_action` registers what the server does with an action of the
    browser; before any of it, `allowed` is asked whether the session still holds.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        user: str,
        session: str,
        allowed: Callable[[], bool],
        reduced_effects: bool = False,
    ) -> None:
        super().__init__()
        self.seq = -1
        self.user = user
        self.session = session
        self._hub = hub
        self._allowed = allowed
        self._hidden = False
        self._behind = False
        self._handlers: dict[str, ActionHandler] = {}
        self._props["reducedEffects"] = reduced_effects
        self.on("action", self._act)
        self.client.on_connect(self._connected)
        self.client.on_delete(lambda: hub.close(self))
        hub.open(self)

    @property
    def listening(self) -> bool:
        """Connected, visible, and not behind with reading."""
        if self._hidden or self.client.is_deleted or not self.client.has_socket_connection:
            return False
        waiting = len(self.client.outbox.message_history)
        mark = BEHIND_LOW_WATER if self._behind else BEHIND_HIGH_WATER
        self._behind = waiting > mark
        return not self._behind

    def send(self, code: str) -> None:
        """Hand the page a script, if its browser is there to run it."""
        if self.client.has_socket_connection and not self.client.is_deleted:
            self.client.run_javascript(code)

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Hand this page a word outside the view: its browser notifies `tell:<topic>`."""
        self._hub.tell(self, topic, payload)

    def on_action(self, name: str, handler: ActionHandler) -> None:
        """Await `handler(args)` when the browser asks for `name`; `args` is not to be trusted."""
        self._handlers[name] = handler

    def _connected(self) -> None:
        self.seq = -1
        self._hub.wake()

    async def _act(self, event: GenericEventArguments) -> None:
        asked = event.args if isinstance(event.args, dict) else {}
        name, args = asked.get("name"), asked.get("args")
        if not isinstance(name, str) or len(name) > ACTION_NAME_CHARS or not isinstance(args, dict):
            log.warning("an unreadable action was passed over", user=self.user)
            return
        if name == "visible":
            self._hidden = args.get("visible") is False
            self._connected()
            return
        if name == "resync":
            self._connected()
            return
        handler = self._handlers.get(name)
        if handler is None:
            return
        if not self._allowed():
            self._hub.end({self.session})
            return
        await handler(args)
