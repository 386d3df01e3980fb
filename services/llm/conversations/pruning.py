"""What a model is shown of what tools found earlier: one line each; pure.

What stands before the present turn is shortened once and for all, so that it stays byte for byte
what it was and in the provider's cache. Within a turn only results older than three rounds shrink.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.llm.exchanges import keep_last
from services.llm.messages import Message, Role, ToolAnswer
from services.llm.wrapping import one_line
from services.tools.calls import Outcome

DIGEST_CHARS = 240
RESULT_CHARS = 12_000
"""The most of one result that a model reads; the middle of a longer one is left out."""
FRESH_ROUNDS = 3
HISTORY_MOST = 80
"""Messages before the present turn that are sent at most."""
HISTORY_STEP = 40
"""It is cut by so many at once: a start that moves with each message would spoil the cache."""


def make_digest(outcome: Outcome, text: str, because: str) -> str:
    """One line that stands for a result once it is old."""
    told = because if because and outcome not in (Outcome.DONE, Outcome.EMPTY) else text or because
    return one_line(told, limit_chars=DIGEST_CHARS)


def cap_result(text: str) -> str:
    """Both ends of a long result, and how much is missing between them."""
    if len(text) <= RESULT_CHARS:
        return text
    head, tail = RESULT_CHARS * 3 // 4, RESULT_CHARS // 4
    left = len(text) - head - tail
    return f"{text[:head]}\n… {left} characters left out here …\n{text[-tail:]}"


def history_size(count: int) -> int:
    """How many of so many messages are sent; the start moves by whole steps alone."""
    over = max(0, count - HISTORY_MOST)
    return count - -(-over // HISTORY_STEP) * HISTORY_STEP


def shrink_history(messages: Sequence[Message]) -> tuple[Message, ...]:
    """What was said before the present turn, from a person's message on, results as digests."""
    return tuple(_shrunk(message) for message in keep_last(messages, len(messages)))


def shrink_rounds(messages: Sequence[Message]) -> tuple[tuple[Message, ...], bool]:
    """The messages of the present turn with old results as digests, and whether any was."""
    rounds = [index for index, message in enumerate(messages) if message.role is Role.TOOL]
    old = set(rounds[:-FRESH_ROUNDS])
    shown = tuple(
        _shrunk(message) if index in old else message for index, message in enumerate(messages)
    )
    return shown, shown != tuple(messages)


def _shrunk(message: Message) -> Message:
    if message.role is not Role.TOOL:
        return message
    return replace(
        message,
        parts=tuple(
            replace(part, text=part.digest)
            if isinstance(part, ToolAnswer) and part.digest and len(part.text) > len(part.digest)
            else part
            for part in message.parts
        ),
    )
