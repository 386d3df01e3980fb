"""What a message names; pure."""

from collections.abc import Mapping
from typing import Final

from services.llm.direct.wishes import Thing
from services.llm.routing.clauses import Clause, split_clauses
from services.llm.routing.inventory import Inventory, Named, Plainness
from services.llm.routing.names import judge_names
from services.llm.routing.text import tokenize

_KINDS: Final = ("guest", "node", "storage", "container")


def find_things(message: str, inventory: Inventory) -> tuple[Thing, ...]:
    """What is named, in the order of the words."""
    found: list[Thing] = []
    for clause in split_clauses(tokenize(message, inventory)):
        found += find_placed(clause, inventory).values()
    return tuple(dict.fromkeys(found))


def find_placed(
    clause: Clause, inventory: Inventory, *, every: bool = False
) -> Mapping[int, Thing]:
    """What a clause names, by the place of the word: what is surely a name, else what may be.

    :param every: both; what an order names stands where nothing but a name can stand.
    """
    sure = {one.place: one.named for one in judge_names(clause, inventory) if one.sure}
    perhaps = {
        place: token.named
        for place, token in enumerate(clause.tokens)
        if token.named is not None and token.named.plainness is not Plainness.WORD
    }
    named = {**perhaps, **sure} if every else sure or perhaps
    return {place: _thing(one) for place, one in named.items() if one.what in _KINDS}


def _thing(named: Named) -> Thing:
    return Thing(what=named.what, name=named.name, vmid=named.vmid)
