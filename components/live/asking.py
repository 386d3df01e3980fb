"""What a page asks of the server: the page, as far as whoever answers knows it, and its words."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

log = structlog.get_logger("live")

Args = Mapping[str, Any]
"""What came from a browser with an action; not to be trusted."""
ActionHandler = Callable[[Args], Awaitable[None]]
Asked = TypeVar("Asked", bound=BaseModel)


class Teller(Protocol):
    """The live element of a page: hears its actions, and tells it something alone."""

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Notify `tell:<topic>` in this page's browser."""

    def on_action(self, name: str, handler: ActionHandler) -> None:
        """Await `handler(args)` when the browser asks for `name`."""


def read_asked(model: type[Asked], args: Args, action: str) -> Asked | None:
    """The arguments of an action, or None for what cannot be read: that is passed over."""
    try:
        return model.model_validate(dict(args))
    except ValidationError:
        log.warning("an unreadable action was passed over", action=action)
        return None
