"""What a message wants, by rules: English first, with the German and French everyone uses; pure."""

import re
from collections.abc import Sequence
from typing import Final

from services.llm.direct.orders import find_order
from services.llm.direct.readings import (
    find_reading,
    find_stranger,
    find_words,
    without_names,
)
from services.llm.direct.things import find_things
from services.llm.direct.wishes import CHANGES, Thing, Wish
from services.llm.routing.clauses import Clause, split_clauses
from services.llm.routing.folding import fold
from services.llm.routing.inventory import Inventory
from services.llm.routing.reading import read
from services.llm.routing.text import tokenize
from services.llm.routing.values import Conversation, Kind
from services.llm.routing.words import parts as p

_SOCIAL: Final = (
    ("thanks", p.THANKS),
    ("greeting", p.GREETING),
    ("assent", p.ASSENT),
    ("decline", p.REFUSAL),
)
_DEFINED: Final = re.compile(
    r"^(?:what (?:is|are) an? |was (?:ist|sind) eine? |"
    r"qu'?est[ -]ce qu|c'?est quoi )"
)
"""What something is, in shapes that the router's reading does not tell of."""
_OF_SUBJECT: Final = frozenset({"shape.generic-subject", "shape.judging"})
"""Shapes that tell what a question is about, not what it wants to know."""
_SURELY: Final = -5.0
"""A score of the router below which nothing here is asked after, whatever shape it has."""
_WHY: Final = re.compile(r"\b(?:why|warum|wieso|pourquoi|what makes|how come)\b")
_PLACED: Final = re.compile(r"(?<![\w/.-])(?:storage/)?([\w-]+)/([\w.-]*\w)(?![\w/-])")
"""A storage with its node before it, as Proxmox writes it."""
_LABELLED: Final = re.compile(
    r"(?P<asks>\b(?:how full is|wie voll ist) )?(?P<the>\b(?:the|der|das) )?"
    r"(?<![\w.-])(?P<name>[\w.-]*\w)(?P<what> storage\b)?",
    re.IGNORECASE,
)
"""`the backup storage`, `how full is backup`: a storage that is called as what it holds."""


def understand(message: str, inventory: Inventory, *, before: Sequence[str] = ()) -> Wish:
    """What a message wants; with `before`, the person's earlier messages, latest last."""
    message = _without_places(message, inventory)
    clauses = split_clauses(tokenize(message, inventory))
    things = find_things(message, inventory)
    why = _WHY.search(fold(message)) is not None
    named = find_things(before[-1], inventory) if before else ()
    if (order := find_order(message, clauses, inventory, named)) is not None:
        return order
    bare = without_names(message, things)
    words = find_words(bare)
    intent = _of_books(message, things, inventory) or find_reading(bare, things, words)
    if not intent and not things:
        said = _social(clauses)
        if not said and (name := find_stranger(message)):
            return Wish(intent="stranger", words={"name": name})
        return Wish(intent=said or "help")
    if not intent and things and before and any(clause.elliptic for clause in clauses):
        earlier = understand(before[-1], inventory, before=before[:-1])
        if earlier.intent not in (*CHANGES, *_NOT_CARRIED):
            intent, words = earlier.intent, earlier.words
    return Wish(intent=intent or "thing", things=things, asks_why=why, words=words)


_NOT_CARRIED: Final = ("beyond", "help", "explain", "stranger", "status", "down")
"""What the question before asked that a name alone does not ask again."""


def _without_places(message: str, inventory: Inventory) -> str:
    """Storages as the rules read them: `pve/local-zfs` is `storage local-zfs on pve`."""

    def placed(found: re.Match[str]) -> str:
        node, storage = (inventory.names.get(fold(part)) for part in found.groups())
        if node is None or storage is None or (node.what, storage.what) != ("node", "storage"):
            return found.group()
        return f"storage {storage.name} on {node.name}"

    def labelled(found: re.Match[str]) -> str:
        storage = inventory.names.get(fold(found["name"]))
        fits = storage is not None and storage.what == "storage"
        if not fits or not (found["asks"] or found["what"]):
            return found.group()
        return f"{found['asks'] or ''}storage {found['name']}"

    return _LABELLED.sub(labelled, _PLACED.sub(placed, message))


def understands_change(message: str, inventory: Inventory) -> bool:
    """Whether it is a plain order to change one thing, which needs no model."""
    wish = understand(message, inventory)
    whole = len(wish.things) == 1 or "service" in wish.words
    return wish.intent in CHANGES and whole and not wish.unread


def _of_books(message: str, things: Sequence[Thing], inventory: Inventory) -> str:
    """`explain` for what any book could answer, `help` for a text that is wanted; else nothing.

    A technology alone (`zfs`, `is zfs ok`) is asked after as it is here.
    """
    if things:
        return ""
    reading = read(message, Conversation(), inventory)
    if reading.needs_tools:
        return ""
    if reading.kind is Kind.WRITING:
        return "help"
    shaped = reading.score < _SURELY or any(
        one.name.startswith("shape.") and one.name not in _OF_SUBJECT for one in reading.evidence
    )
    if (shaped and reading.kind is Kind.KNOWLEDGE) or _DEFINED.search(fold(message)):
        return "explain"
    return ""


def _social(clauses: Sequence[Clause]) -> str:
    said = 0
    for clause in clauses:
        if clause.tokens:
            return ""
        said |= clause.social
    return next((intent for intent, part in _SOCIAL if said & part), "")
