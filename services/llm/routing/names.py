"""Whether a word that is a name of the house is meant as one, where it stands.

A node may be called home and a guest media. "I'm home", "social media" and "what is git" mean
neither; "is home up", "media's disk" and "restart git" do. What tells them apart is the place in
the sentence: a name stands alone, without an article, where something of the house can stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.llm.routing.clauses import Clause
from services.llm.routing.inventory import Inventory, Named, Plainness
from services.llm.routing.text import Token
from services.llm.routing.words import parts as p

HOUSE = p.THING | p.METRIC | p.EVENT
PREDICATE = HOUSE | p.STATE | p.HAPPENING
VERB = p.ACTION | p.HANDLING | p.LOOKING
AUXILIARY = p.BE | p.DO | p.HAVE | p.MODAL
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
OF_LEFT = HOUSE | p.STATE | p.HAPPENING | VERB
ALWAYS = -1
"""Nobody says `on home` of where one lives, nor `on media` of the press."""
GOVERNED_BY = {
    "on": ALWAYS, "of": OF_LEFT, "off": ALWAYS, "onto": ALWAYS, "auf": ALWAYS,
    "von": OF_LEFT, "sur": ALWAYS, "de": OF_LEFT, "du": OF_LEFT, "vom": OF_LEFT,
    "from": HOUSE | p.LOOKING, "for": HOUSE, "to": VERB | p.HAPPENING, "nach": VERB,
    "into": ALWAYS, "in": HOUSE, "with": OF_LEFT, "between": HOUSE, "mit": p.STATE, "about": HOUSE,
    "inside": OF_LEFT, "at": 0, "zu": VERB, "vers": VERB, "via": 0,
}  # fmt: skip
"""By preposition, what must stand before it for a common word behind it to be a name."""
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
    if number is None or not _is_vmid(tokens, place):
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
            return True if _is_labelled(tokens, place) else None
        case Plainness.KNOWN:
            if _is_compound_behind(tokens, place) and not _part_fails(clause, place):
                return False
            return _stands_as_name(clause, place)
        case Plainness.COMMON:
            if _is_common_noun(tokens, place):
                return None
            return True if _stands_as_name(clause, place) else None


def _is_labelled(tokens: Sequence[Token], place: int) -> bool:
    """`vm status`, `storage backup`: what it is stands right before it."""
    if place > 1 and tokens[place - 1].text in ("called", "named"):
        return bool(tokens[place - 2].parts & p.THING)
    return place > 0 and tokens[place - 1].text in LABELS


LABELS = p.word_set(
    "vm ct lxc node guest container storage host server pool vmid pod machine knoten noeud "
    "conteneur serveur tagged"
)


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


def _stands_as_name(clause: Clause, place: int) -> bool:
    tokens = clause.tokens
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if (clause.elliptic and place == 0) or _is_bare(tokens):
        return True
    if tokens[0].parts & p.JUDGING and tokens[0].parts & p.LEARNING:
        # `best git client`
        return False
    if _is_labelled(tokens, place):
        return True
    if after is not None and _leads_on(tokens, place, after):
        return True
    if before is None:
        return False
    if before.parts & p.PREPOSITION and before.text in GOVERNED_BY:
        return _is_governed(tokens, place)
    if _follows_auxiliary(tokens, place):
        return _has_predicate(tokens, place)
    return _is_object(clause, place)


def _is_bare(tokens: Sequence[Token]) -> bool:
    """Nothing but names, numbers and light words that add no subject."""
    return all(
        token.named is not None
        or token.number is not None
        or token.parts & (p.NOW | p.CONJUNCTION | p.ALL)
        for token in tokens
    )


def _leads_on(tokens: Sequence[Token], place: int, after: Token) -> bool:
    """`media is…`, `media crashed`, `media's disk`, `media status`."""
    first = tokens[0]
    if after.text == "'s":
        return place + 2 < len(tokens) and bool(tokens[place + 2].parts & (PREDICATE | p.ANY))
    if after.parts & (p.BE | p.HAVE | p.MODAL | p.DO | p.NEGATION) and not after.parts & p.STATE:
        begins = place == 0 or not first.parts & AUXILIARY
        return begins and _has_predicate(tokens, place)
    if after.text == "free" and place + 2 == len(tokens) and first.parts & p.BE:
        return False
    if after.parts & (p.STATE | HOUSE):
        return not tokens[place - 1].parts & p.A if place else True
    if place and tokens[place - 1].parts & (p.DO | p.MODAL):
        # `does git work offline`: what follows is asked in general, unless it is said to be ours.
        return False
    return bool(after.parts & p.HAPPENING) and first.text != "how"


def _is_governed(tokens: Sequence[Token], place: int) -> bool:
    needed = GOVERNED_BY[tokens[place - 1].text]
    lefts = tokens[: place - 1]
    if needed == ALWAYS:
        return True
    if any(left.parts & needed or (left.named is not None and needed) for left in lefts):
        return True
    # `what is on home`, `who is on agent`
    return (
        bool(needed)
        and len(lefts) == 2
        and bool(lefts[0].parts & p.WH)
        and bool(lefts[1].parts & p.BE)
    )


def _follows_auxiliary(tokens: Sequence[Token], place: int) -> bool:
    before = tokens[place - 1]
    if before.parts & (p.THE | p.MINE) and place >= 2:
        before = tokens[place - 2]
    return bool(before.parts & AUXILIARY)


def _has_predicate(tokens: Sequence[Token], place: int) -> bool:
    """Something of the house is said or asked of what stands here."""
    first, rest = tokens[0], tokens[place + 1 :]
    if not rest:
        # `how is git`, `where is media`; `what is git` asks for a definition.
        return first.text in ("how", "where", "why", "when", "wie", "wo", "warum", "ou")
    if rest[-1].text == "for" or (rest[-1].text == "free" and first.parts & p.BE):
        return False
    if first.parts & p.DO and not _is_close(tokens, place):
        return False
    modal = next((one for one in tokens[:place] if one.text in ("can", "could")), None)
    capable = modal is not None and not tokens[tokens.index(modal) + 1].parts & p.NEGATION
    wanted = p.STATE | p.EVENT | p.METRIC if capable else PREDICATE | VERB
    if first.parts & p.BE:
        wanted = PREDICATE
    for token in rest:
        if token.text in CAPABILITY:
            return False
        if token.parts & p.HAVE and any(left.parts & HOUSE for left in tokens[:place]):
            return True
        if token.parts & p.JUDGING and not token.parts & (p.FAILURE | p.HAPPENING):
            return False
        if capable and token.parts & p.PREPOSITION and token is not rest[-1]:
            continue
        if (
            token.parts & wanted
            or token.text == "doing"
            or (token is rest[-1] and token.text == "on")
        ):
            return True
        if tokens[place - 1].parts & p.BE and token.text.endswith("ing"):
            return True
        if token.parts & p.LEARNING:
            return False
    return False


CAPABILITY = p.word_set(
    "support supports need needs require requires allow allows offer offers provide provides cost "
    "costs replace include includes exist integrate"
)
"""Said of what a program can do or wants, wherever it runs."""


def _is_close(tokens: Sequence[Token], place: int) -> bool:
    """`does nextcloud reach the database`, not `does nextcloud support ldap`."""
    rest = tokens[place + 1 :]
    if tokens[0].text == "did" or len(rest) == 1:
        return True
    if any(token.parts & _CLOSE and not token.parts & (p.PREPOSITION | p.BE) for token in rest):
        return True
    # `does media have memory left`, not `does vaultwarden have a mobile app`
    return rest[0].text == "have" and not rest[1].parts & p.A


_CLOSE = p.THE | p.MINE | p.NOW | p.PAST | p.EVENT | p.METRIC | p.POINTING
"""What ties a question to this house."""


def _is_object(clause: Clause, place: int) -> bool:
    """`restart media`, `have a look at media`: a command reaches it over light words."""
    tokens = clause.tokens
    for left in range(place - 1, -1, -1):
        token = tokens[left]
        if token.text in _ACCESS and clause.parts & (p.NEGATION | p.ME | p.DO):
            return True
        if token.parts & (p.ACTION | p.HANDLING | p.LOOKING) and not token.parts & p.THING:
            return (
                left == 0
                or clause.requested
                or bool(
                    token.parts & p.ACTION
                    or tokens[0].parts & (p.ACTION | p.HANDLING | p.LOOKING)
                    or tokens[0].parts & p.NEGATION
                )
                or left <= 2
            )
        over = p.THE | p.ALL | p.THING | p.NEUTRAL | p.PREPOSITION | p.CONJUNCTION | p.MINE
        if not (token.parts & over or token.named is not None or token.number is not None):
            return False
    return False


_ACCESS = p.word_set("reach access open connect log login ssh get see load ping using use find")
_COUNTED_BEFORE = p.word_set(
    "error http https port code status rfc chapter page version number python linux windows "
    "room route step level iso kb dm $ € + * - / = < > % # year times by divided minus plus "
    "celsius fahrenheit route apartment bus highway debian ubuntu"
) - {"#"}


def _is_vmid(tokens: Sequence[Token], place: int) -> bool:
    """Whether a number that is a vmid is said as one and not as a quantity."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    before = tokens[place - 1] if place else None
    if after is not None:
        if after.parts & p.UNIT and not after.parts & (p.STATE | p.HAPPENING | p.BE):
            return False
        if after.number is not None and not (before is not None and before.parts & VERB):
            return False
        if not after.parts and after.named is None and after.number is None:
            return before is not None and bool(before.parts & (p.THING | VERB))
    if before is None:
        return True
    if before.text in _COUNTED_BEFORE or before.parts & (p.TECHNOLOGY | p.UNIT) & ~p.STATE:
        return False
    if before.parts & p.JUDGING or before.number is not None:
        return before.number is not None and len(tokens) > 2
    if before.parts & (p.THING | VERB | AUXILIARY | p.PREPOSITION | p.CONJUNCTION) or (
        before.text in ("#", "the", "id")
    ):
        return not _is_sum(tokens)
    return bool(before.parts & (HOUSE | p.STATE | p.HAPPENING | p.WH))


def _is_sum(tokens: Sequence[Token]) -> bool:
    """`what is 104 times 3`, `is 101 a prime number`, `15 % of 104`."""
    numbers = sum(token.number is not None for token in tokens)
    signs = any(token.text in _SIGNS for token in tokens)
    counted = any(
        before.number is not None and after.parts & p.A and tokens[0].parts & p.BE
        for before, after in pairwise(tokens)
    )
    return (signs and numbers > 1) or counted or any(token.text in _RECKONED for token in tokens)


_SIGNS = p.word_set("* + / - = x %")
_RECKONED = p.word_set("percent % times divided plus minus prime")
