"""Fits a talk into the local model's window before it is sent, by the server's own counts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from services.llm.errors import ContextExceeded
from services.llm.local.adapt import Entry, LocalTalk, render
from services.llm.local.config import LocalConfig
from services.llm.messages import ProviderName

Count = Callable[[Sequence[Mapping[str, Any]]], Awaitable[int]]
"""Tokens of a whole prompt, the template's own included."""

SLACK_TOKENS = 8
"""What a template may add between counting and answering."""
_SHORT_CHARS = (600, 240)
"""How long an earlier message is at most once it has to be shortened."""
_DATA_CHARS = (4_000, 2_000, 800, 200, 0)
"""How long the data of the present turn is at most once it has to be shortened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A prompt that fits, and what it took to make it so."""

    messages: list[Mapping[str, Any]]
    prompt_tokens: int
    answer_tokens: int
    """The room that is left for the answer, as far as it was asked for."""
    left_out_messages: int
    used_ratio: float
    """What the latest messages would take, against the room there is for a prompt."""


async def fit_talk(
    talk: LocalTalk,
    *,
    prompt: str,
    window_tokens: int,
    max_output_tokens: int,
    config: LocalConfig,
    count: Count,
) -> Fitted:
    """The most of a talk that fits, its last message whole.

    Older messages go first, then those that stay are shortened, then what machines said for the
    present turn. Raises ContextExceeded when the user's own words alone do not fit.
    """
    room = window_tokens - max(ceil(window_tokens * config.answer_share), 1) - SLACK_TOKENS
    wanted = _latest(talk.earlier, config.history_most)
    tokens, used_ratio = 0, 0.0
    for entries in _candidates(talk, wanted, config):
        messages = render(prompt, entries)
        tokens = await count(messages)
        used_ratio = used_ratio or tokens / max(room, 1)
        if tokens <= room:
            return Fitted(
                messages=messages,
                prompt_tokens=tokens,
                answer_tokens=min(max_output_tokens, window_tokens - tokens - SLACK_TOKENS),
                left_out_messages=len(talk.earlier) - (len(entries) - 1),
                used_ratio=round(used_ratio, 3),
            )
    raise ContextExceeded(ProviderName.LOCAL, tokens=tokens, limit_tokens=room)


def _candidates(
    talk: LocalTalk, wanted: Sequence[Entry], config: LocalConfig
) -> list[tuple[Entry, ...]]:
    """From everything that is wanted to the present words alone, each smaller than the last."""
    present = talk.present
    least = _latest(wanted, config.history_least)
    found: list[tuple[Entry, ...]] = [(*wanted, present)]
    found.append((*least, present))
    found += [(*(e.shortened(chars) for e in least), present) for chars in _SHORT_CHARS]
    brief = tuple(entry.shortened(_SHORT_CHARS[-1]) for entry in _latest(least, 2))
    found.append((*brief, present))
    found += [(*brief, present.with_data_of(chars)) for chars in _DATA_CHARS]
    found.append((present.with_data_of(0),))
    return list(dict.fromkeys(found))


def _latest(entries: Sequence[Entry], most: int) -> tuple[Entry, ...]:
    """The last ones, beginning with one of the user's."""
    kept = list(entries[max(0, len(entries) - most) :])
    while kept and kept[0].role == "assistant":
        kept.pop(0)
    return tuple(kept)
