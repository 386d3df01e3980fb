"""The prompt cache: what of a request was sent before, and what of it is kept for the next one.

A prefix is tools, then system, then messages, block by block; each block's mark covers itself and
all before it, so that one changed byte spoils everything behind it.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from simulator.llm.tokens import count_json, count_tokens

from .blocks import text_of, told_bare
from .catalogue import Model
from .request import Request

LOOKBACK: Final = 20
"""How many blocks before a breakpoint are looked at for a prefix that is known."""
TTL_S: Final[Mapping[str, float]] = {"5m": 300.0, "1h": 3600.0}
MOST_PREFIXES: Final = 2_000
TOOL_PREAMBLE: Final = 264
"""Tokens the API adds where tools are offered."""
PER_MESSAGE: Final = 4
BLOCK_EXTRA: Final = 3


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the prefix: its mark, the tokens up to and with it, and its breakpoint."""

    mark: str
    tokens: int
    ttl: str | None
    """`5m` or `1h` where a breakpoint stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a request costs in tokens; the three together are the whole prompt."""

    fresh: int
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        """What was put into the cache."""
        return self.written_5m + self.written_1h

    @property
    def total(self) -> int:
        """The whole prompt."""
        return self.fresh + self.read + self.written

    def usage(self, output: int) -> dict[str, Any]:
        """As a whole message tells it."""
        return {
            "input_tokens": self.fresh,
            "cache_creation_input_tokens": self.written,
            "cache_read_input_tokens": self.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.written_5m,
                "ephemeral_1h_input_tokens": self.written_1h,
            },
            "output_tokens": output,
            "service_tier": "standard",
        }


class PromptCache:
    """Remembers prefixes for as long as they live."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._until: OrderedDict[str, float] = OrderedDict()

    def take(self, request: Request) -> Counted:
        """Count a request, read what is known of it, and keep what it wants kept."""
        blocks = lay_out(request)
        total = blocks[-1].tokens
        points = [index for index, block in enumerate(blocks) if block.ttl is not None]
        least = request.model.min_cache
        read = max((self._known(blocks, point, least) for point in points), default=0)
        written = {"5m": 0, "1h": 0}
        reached = read
        for point in points:
            block = blocks[point]
            if block.tokens < least or block.ttl is None:
                continue
            if block.tokens > reached:
                written[block.ttl] += block.tokens - reached
                reached = block.tokens
            self._keep(block.mark, TTL_S[block.ttl])
        return Counted(
            fresh=total - reached,
            read=read,
            written_5m=written["5m"],
            written_1h=written["1h"],
        )

    def clear(self) -> None:
        """Forget everything."""
        self._until.clear()

    def _known(self, blocks: list[Block], point: int, least: int) -> int:
        """The longest prefix that lives, at that breakpoint or shortly before it."""
        for index in range(point, max(-1, point - LOOKBACK), -1):
            block = blocks[index]
            if block.tokens >= least and self._until.get(block.mark, 0.0) > self._now():
                return block.tokens
        return 0

    def _keep(self, mark: str, ttl_s: float) -> None:
        self._until[mark] = max(self._until.pop(mark, 0.0), self._now() + ttl_s)
        while len(self._until) > MOST_PREFIXES:
            self._until.popitem(last=False)


def lay_out(request: Request) -> list[Block]:
    """The blocks of a request in the order of the cache, with running tokens."""
    model = request.model
    mark = hashlib.sha256(model.id.encode()).hexdigest()
    # These two spoil what is said, and leave tools and system as they are.
    spoils = f"{request.thinking}|{told_bare(request.tool_choice)}"
    talk_at = len(request.tools) + len(request.system)
    tokens = 0.0
    laid: list[Block] = []
    parts = [
        *(
            (tool, _of_tool(model, tool, first=not number))
            for number, tool in enumerate(request.tools)
        ),
        *((block, _of_text(model, block["text"])) for block in request.system),
        *(
            (block, _of_block(model, block, first=not place))
            for message in request.messages
            for place, block in enumerate(message["content"])
        ),
    ]
    for index, (block, size) in enumerate(parts):
        tokens += size
        own = f"{spoils}|{told_bare(block)}" if index == talk_at else told_bare(block)
        mark = hashlib.sha256(f"{mark}|{own}".encode()).hexdigest()
        laid.append(Block(mark, round(tokens), _ttl(block.get("cache_control"))))
    if request.cache_control is not None:
        last = max(index for index, (block, _) in enumerate(parts) if _cacheable(block))
        laid[last] = Block(laid[last].mark, laid[last].tokens, _ttl(request.cache_control))
    return laid


def _cacheable(block: Mapping[str, Any]) -> bool:
    return "thinking" not in str(block.get("type", ""))


def _ttl(control: Any) -> str | None:
    if not isinstance(control, Mapping):
        return None
    ttl = control.get("ttl", "5m")
    return ttl if ttl in TTL_S else "5m"


def _of_tool(model: Model, tool: Mapping[str, Any], *, first: bool) -> float:
    kept = {name: tool.get(name) for name in ("name", "description", "input_schema")}
    told = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return (_tool_tokens(told) + (TOOL_PREAMBLE if first else 0)) * model.dense


@lru_cache(maxsize=256)
def _tool_tokens(told: str) -> int:
    """The same tools come with every request."""
    return count_tokens(told)


def _of_text(model: Model, text: str) -> float:
    return (count_tokens(text) + BLOCK_EXTRA) * model.dense


def _of_block(model: Model, block: Mapping[str, Any], *, first: bool) -> float:
    extra = BLOCK_EXTRA + (PER_MESSAGE if first else 0)
    kind = block["type"]
    if kind == "text":
        tokens = count_tokens(block["text"])
    elif kind == "tool_use":
        tokens = count_json({"name": block["name"], "input": block["input"]})
    elif kind == "tool_result":
        tokens = count_tokens(text_of(block.get("content")))
    else:
        tokens = count_json({name: value for name, value in block.items() if name != "signature"})
    return (tokens + extra) * model.dense
