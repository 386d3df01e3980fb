"""Whether a word that is a name of the house is meant as one, where it stands.

A node may be called home and a guest media. "I'm home", "social media" and "what is git" mean
neither; "is home up", "media's disk" and "restart git" do. What tells them apart is the place in
the sentence: a name stands alone, without an article, where something of the house can stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.llm.routing.clauses import Clause
from services.llm.routing.inventory import Inventory, Named, Plainness
from services.llm.routing.name_numbers import is_vmid
from services.llm.routing.name_places import HOUSE, VERB, is_labelled, stands_as_name
from services.llm.routing.text import Token
from services.llm.routing.words import parts as p

LIGHT = (
    p.FUNCTION
    | p.NEUTRAL
    | p.JUDGING
    | p.NOW
    | p.PAST
    | p.STATE
    | p.HAPPENING
    | p.SOCIAL
    | HOUSE
    | VERB
)
"""What a word may be without making a compound of the name beside it."""
ADJECTIVES = p.word_set("new old own good big small nice next best little real whole first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A name in a clause, and how surely it is meant as a name."""

    named: Named
    place: int
    sure: bool
    """It stands where only a name can stand."""
    plainness: Plainness
    """Of what was said: a guest called by its number has a name of its own."""


def judge_names(clause: Clause, inventory: Inventory) -> list[Meant]:
    """The names of a clause that are, or may be, meant; those that are surely not are left out."""
    tokens = clause.tokens
    found: dict[int, Meant] = {}
    for place, token in enumerate(tokens):
        if token.named is not None:
            sure = _is_meant(clause, place)
            if sure is not None:
                found[place] = _meant(token.named, place, sure)
        elif named := _called_by_number(tokens, place, inventory):
            found[place] = Meant(named=named, place=place, sure=True, plainness=Plainness.OWN)
    for place, token in enumerate(tokens):
        if place in found or token.named is None or place < 2:
            continue
        joined = tokens[place - 1].parts & p.CONJUNCTION and place - 2 in found
        if joined and token.named.plainness is not Plainness.WORD:
            found[place] = _meant(token.named, place, found[place - 2].sure)
    return [found[place] for place in sorted(found)]


def _called_by_number(tokens: Sequence[Token], place: int, inventory: Inventory) -> Named | None:
    number = tokens[place].number
    if number is None or not is_vmid(tokens, place):
        return None
    return inventory.vmids.get(number)


def _meant(named: Named, place: int, sure: bool) -> Meant:
    return Meant(named=named, place=place, sure=sure, plainness=named.plainness)


def _is_meant(clause: Clause, place: int) -> bool | None:
    """True for surely, False for perhaps, None for not."""
    tokens = clause.tokens
    token = tokens[place]
    assert token.named is not None
    match token.named.plainness:
        case Plainness.OWN:
            return True
        case Plainness.WORD:
            return True if is_labelled(tokens, place) else None
        case Plainness.KNOWN:
            if _is_compound_behind(tokens, place) and not _part_fails(clause, place):
                return False
            return stands_as_name(clause, place)
        case Plainness.COMMON:
            if _is_common_noun(tokens, place):
                return None
            return True if stands_as_name(clause, place) else None


def _is_compound_behind(tokens: Sequence[Token], place: int) -> bool:
    """`git rebase`, `grafana dashboards`: a foreign noun follows."""
    if place + 1 >= len(tokens):
        return False
    after = tokens[place + 1]
    if after.named is not None or after.number is not None:
        return False
    if after.text.endswith(("ing", "ed", "s")) and not after.parts:
        return False
    if after.text.endswith("ing") and place and tokens[place - 1].parts & p.BE:
        return False
    return not after.parts & LIGHT


def _part_fails(clause: Clause, place: int) -> bool:
    """`prometheus targets down`, `is the paperless consumer running`: a part of it has a state."""
    tokens = clause.tokens
    rest = tokens[place + 2 : place + 5]
    if tokens[0].parts & (p.DO | p.MODAL | p.WH) and not clause.parts & p.FAILURE:
        return False
    return any(
        (token.parts & (p.STATE | p.FAILURE) and not token.parts & p.JUDGING)
        or token.parts & p.NEGATION
        or (token.parts & p.HAPPENING and token.text.endswith("ing"))
        for token in rest
    )


def _is_common_noun(tokens: Sequence[Token], place: int) -> bool:
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    thing_follows = after is not None and bool(after.parts & p.THING)
    if after is not None and _makes_compound(tokens, place, after):
        return True
    if before is None:
        return False
    if before.text in ADJECTIVES:
        return True
    if before.parts & (p.A | p.YOURS) or before.text in ("at", "some", "no", "this", "that"):
        return not before.parts & p.HAVE
    if before.parts & (p.THE | p.MINE | p.ANY):
        return not (thing_follows or before.parts & (p.BE | p.HAVE))
    if before.parts & (p.ANYONE | p.YOU | p.ME):
        return True
    if before.parts & p.BE and place >= 2 and tokens[place - 2].parts & (p.ME | p.YOU | p.ANYONE):
        return True
    if (before.parts & p.MOTION and not before.parts & p.BE) or before.text in _BEING:
        # `get home`, but `bring home back up` and `bring back home`
        led = bool(tokens[0].parts & VERB)
        brought = bool(before.parts & p.PARTICLE) and place > 1
        brought = brought or (after is not None and bool(after.parts & p.PARTICLE))
        return not (led and brought)
    return before.named is None and before.number is None and not before.parts & LIGHT


def _makes_compound(tokens: Sequence[Token], place: int, after: Token) -> bool:
    """`media player`, `home office`: a noun of another subject follows."""
    if after.named is not None or after.number is not None:
        return False
    if place + 2 == len(tokens) and _is_possessed(tokens, place):
        return False
    strange = not after.parts & LIGHT or bool(after.parts & (p.EVERYDAY | p.LEARNING))
    return strange and not after.parts & (p.STATE | p.HAPPENING | HOUSE)


_BEING = frozenset({"be", "been", "being"})


def _is_possessed(tokens: Sequence[Token], place: int) -> bool:
    """`the last backup of media weighs`."""
    if place < 2 or tokens[place - 1].text not in ("of", "on", "from", "von", "auf", "de", "sur"):
        return False
    return bool(tokens[place - 2].parts & HOUSE)
