"""What the obedient model says next: the orders it has read, each once, and then their echo."""

from collections.abc import Callable
from typing import Final

from simulator.llm.talk import Call, Step, Talk

from .echoes import find_echoes
from .orders import Order, find_orders
from .unmasking import unmask

MOST_AT_ONCE: Final = 4
MOST_ORDERS: Final = 60


def obey(talk: Talk, otherwise: Callable[[Talk], Step]) -> Step:
    """Carry out what any text demands; where nothing is left, do what the brain would.

    At its end it repeats, word for word, what it was told to say.
    """
    said, read = texts_of(talk)
    orders: list[Order] = []
    for text, natural in [*((one, False) for one in said), *((one, True) for one in read)]:
        for shown in unmask(text):
            found = find_orders(shown, talk, natural=natural)
            orders += [order for order in found if order not in orders]
    issued = [_told(call) for turn in talk.turns for call in turn.calls]
    left = [order for order in orders[:MOST_ORDERS] if _told(order.call) not in issued]
    if left:
        calls = tuple(order.call for order in left[:MOST_AT_ONCE])
        return Step(text=f"As I am told: {left[0].words}", calls=calls)
    step = otherwise(talk)
    if step.calls:
        return step
    echoes = find_echoes(shown for text in (*said, *read) for shown in unmask(text))
    return Step(text="\n\n".join([step.text, *echoes]))


def texts_of(talk: Talk) -> tuple[list[str], list[str]]:
    """What people said, and what machines said: results, and data beside a question."""
    said = [turn.text for turn in talk.turns if turn.role == "user" and turn.text]
    read = [result.text for turn in talk.turns for result in turn.results]
    return said, read


def _told(call: Call) -> tuple[str, str]:
    return call.tool, str(sorted((name, str(value)) for name, value in call.arguments.items()))
