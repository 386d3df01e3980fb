"""Whether a place in a sentence is one where a name of the house can stand; pure.

`is home up`, `media's disk` and `restart git` have such places; "I'm home" has none.
"""

from collections.abc import Sequence

from services.llm.routing.clauses import Clause
from services.llm.routing.text import Token
from services.llm.routing.words import parts as p

HOUSE = p.THING | p.METRIC | p.EVENT
PREDICATE = HOUSE | p.STATE | p.HAPPENING
VERB = p.ACTION | p.HANDLING | p.LOOKING
AUXILIARY = p.BE | p.DO | p.HAVE | p.MODAL
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


def stands_as_name(clause: Clause, place: int) -> bool:
    """Whether what stands there, a common word or not, is a name where it stands."""
    tokens = clause.tokens
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if (clause.elliptic and place == 0) or _is_bare(tokens):
        return True
    if tokens[0].parts & p.JUDGING and tokens[0].parts & p.LEARNING:
        # `best git client`
        return False
    if is_labelled(tokens, place):
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


def is_labelled(tokens: Sequence[Token], place: int) -> bool:
    """`vm status`, `storage backup`: what it is stands right before it."""
    if place > 1 and tokens[place - 1].text in ("called", "named"):
        return bool(tokens[place - 2].parts & p.THING)
    return place > 0 and tokens[place - 1].text in LABELS


LABELS = p.word_set(
    "vm ct lxc node guest container storage host server pool vmid pod machine knoten noeud "
    "conteneur serveur tagged"
)


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
