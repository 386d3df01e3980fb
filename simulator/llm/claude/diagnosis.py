"""Why the cache could not read what it had read for the request before."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .blocks import told_bare
from .cache import Counted
from .request import Request

MOST_KEPT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Print:
    model: str
    system: str
    tools: str
    messages: tuple[str, ...]
    total: int


class Diagnoses:
    """Fingerprints of past requests, by the id of the message that answered them."""

    def __init__(self) -> None:
        self._prints: OrderedDict[str, _Print] = OrderedDict()

    def keep(self, message_id: str, request: Request, counted: Counted) -> None:
        """Remember what was asked when that message was the answer."""
        self._prints[message_id] = _print(request, counted)
        while len(self._prints) > MOST_KEPT:
            self._prints.popitem(last=False)

    def explain(self, request: Request, counted: Counted) -> dict[str, Any] | None:
        """The `diagnostics` of an answer: None where none was asked for, or nothing went wrong."""
        asked = request.diagnostics
        if not isinstance(asked, Mapping) or not asked.get("previous_message_id"):
            return None
        before = self._prints.get(str(asked["previous_message_id"]))
        if before is None:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        now = _print(request, counted)
        for part in ("model", "system", "tools"):
            if getattr(before, part) != getattr(now, part):
                return _missed(part, before)
        if now.messages[: len(before.messages)] != before.messages:
            return _missed("messages", before)
        return None


def _missed(part: str, before: _Print) -> dict[str, Any]:
    reason = {"type": f"{part}_changed", "cache_missed_input_tokens": before.total}
    return {"cache_miss_reason": reason}


def _print(request: Request, counted: Counted) -> _Print:
    return _Print(
        model=request.model.id,
        system=_hash(request.system),
        tools=_hash(request.tools),
        messages=tuple(_hash(message) for message in request.messages),
        total=counted.total,
    )


def _hash(value: Any) -> str:
    return hashlib.sha256(told_bare(value).encode()).hexdigest()
