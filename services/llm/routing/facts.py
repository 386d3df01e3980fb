"""What a clause is made of, found once and used by every kind of evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from services.llm.routing.clauses import Clause
from services.llm.routing.inventory import Inventory
from services.llm.routing.name_places import HOUSE, LABELS, VERB
from services.llm.routing.names import Meant, judge_names
from services.llm.routing.text import Token
from services.llm.routing.words import parts as p


class Reach(IntEnum):
    """Which things of a kind are meant, from any of its kind to those of this house."""

    NONE = 0
    GENERIC = 1
    """a vm, an lxc."""
    BARE = 2
    """vms, disk."""
    SOME = 3
    """any vms, which vm, how many vms."""
    THESE = 4
    """the vm, this vm."""
    ALL = 5
    """all vms, every vm."""
    OURS = 6
    """my vm, our backups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One clause, looked at closely."""

    clause: Clause
    tokens: tuple[Token, ...]
    first: Token
    meant: tuple[Meant, ...]
    reach: Reach
    """The closest reach of any thing, metric or event in it."""
    thing: str
    """The word that has this reach; empty for none."""
    generic: bool
    """`a vm`: any thing of a kind is in it."""
    house_words: int
    """How many words of the homelab's trade are in it."""
    core_words: int
    """How many of them belong to nothing else."""
    state: str
    """The word that tells how something is; empty for none."""
    happening: str
    """The word that tells what something does; empty for none."""
    failing: bool
    """What is told or asked is a failure."""
    now: bool
    past: bool
    """Now, or a moment of the past, is spoken of."""
    elsewhere: str
    """What it belongs to outside the homelab: `phone` in `my phone`, `flight` in `status of my
    flight`; empty for nothing."""
    foreign: int
    """How many words of no known subject are in it."""
    everyday: int
    technology: int
    """Technologies that are no name of the house here."""
    subject: int
    """Place of the first word after the leading question words and auxiliaries."""

    @property
    def named(self) -> bool:
        """Whether something of the house is called by name."""
        return bool(self.meant)

    @property
    def held(self) -> bool:
        """Whether there is something of the house of which a state can be said."""
        return self.surely_named or self.reach >= Reach.BARE

    @property
    def unmistakable(self) -> bool:
        """Whether it has a word that nobody uses outside a homelab."""
        return any(token.text in _UNMISTAKABLE for token in self.tokens)

    @property
    def ambient(self) -> bool:
        """Whether all it says of the homelab could as well be said elsewhere."""
        return not self.meant and self.core_words == 0

    @property
    def surely_named(self) -> bool:
        """Whether a name stands where only a name can stand."""
        return any(meant.sure for meant in self.meant)


_UNMISTAKABLE = p.word_set(
    "cluster clusters vm vms homelab zpool lxc lxcs vzdump hypervisor hypervisors quorum pveproxy "
    "corosync vmid vmids"
)
_SKIPPED = (
    p.NEUTRAL
    | p.STATE
    | HOUSE
    | p.TECHNOLOGY
    | p.PAST
    | p.NOW
    | p.JUDGING
    | p.HAPPENING
    | p.HANDLING
)
_LIGHT = (
    p.FUNCTION | p.SOCIAL | HOUSE | p.STATE | p.HAPPENING | p.ACTION | p.HANDLING | p.LOOKING
    | p.JUDGING | p.LEARNING | p.NOW | p.PAST | p.TECHNOLOGY | p.NEUTRAL | p.MONEY | p.UNIT
)  # fmt: skip


def find_facts(clause: Clause, inventory: Inventory) -> Facts:
    """Look at a clause that has a core."""
    tokens = clause.tokens
    meant = tuple(judge_names(clause, inventory))
    places = {one.place for one in meant}
    reach, thing, generic = Reach.NONE, "", False
    house_words = core_words = foreign = everyday = technology = 0
    state = happening = elsewhere = ""
    failing = False
    verb = is_verb(tokens, meant, requested=clause.requested)
    for place, token in enumerate(tokens):
        if place in places:
            continue
        parts = token.parts
        if parts & HOUSE and not (place == 0 and verb):
            found = _reach(tokens, place)
            house_words += 1
            core_words += not parts & p.AMBIENT
            generic = generic or found is Reach.GENERIC
            if found > reach:
                reach, thing = found, token.text
        if not (place == 0 and verb):
            if not state and parts & p.STATE and _tells_state(tokens, place):
                state = token.text
            elif not happening and _tells_happening(token, named=bool(meant)):
                happening = token.text
        if parts & p.EVERYDAY and not parts & _HERE_TOO:
            everyday += 1
            elsewhere = elsewhere or _owned(tokens, place)
        elif parts & p.TECHNOLOGY and not parts & HOUSE:
            after = tokens[place + 1] if place + 1 < len(tokens) else None
            definite = place > 0 and tokens[place - 1].parts & (p.THE | p.MINE | p.ALL)
            # `the zfs pool` is a pool of ours.
            technology += not (definite and after is not None and after.parts & HOUSE)
        elif not parts & _LIGHT and token.number is None and len(token.text) > 1:
            foreign += 1
            elsewhere = elsewhere or _owned(tokens, place)
    failing = _is_failing(tokens, places)
    if not happening and core_words:
        happening = _progressive(tokens, places)
    return Facts(
        clause=clause,
        tokens=tokens,
        first=tokens[0],
        meant=meant,
        reach=reach,
        thing=thing,
        generic=generic,
        house_words=house_words,
        core_words=core_words,
        state=state,
        happening=happening,
        failing=failing,
        now=_has_moment(tokens, places, p.NOW),
        past=_has_moment(tokens, places, p.PAST),
        elsewhere=elsewhere,
        foreign=foreign,
        everyday=everyday,
        technology=technology,
        subject=find_subject(tokens),
    )


_HERE_TOO = HOUSE | p.STATE | p.HAPPENING | p.MONEY | p.ACTION | p.NOW


def is_verb(tokens: Sequence[Token], meant: Sequence[Meant], *, requested: bool) -> bool:
    """Whether the first word commands: `update the nodes` does, `update status` does not."""
    first = tokens[0]
    if not first.parts & VERB or any(one.place == 0 for one in meant):
        return False
    if not first.parts & HOUSE or requested or len(tokens) == 1:
        return not first.parts & HOUSE or requested
    after = tokens[1]
    if after.named is not None or after.number is not None:
        return True
    if after.parts & (p.THE | p.MINE | p.A | p.ALL | p.POINTING | p.ME) or after.text == "any":
        return True
    return not after.parts & (
        HOUSE | p.STATE | p.PREPOSITION | p.BE | p.PAST | p.NOW | p.MODAL | p.DO
    )


def _tells_state(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if token.parts & (p.EVENT | p.METRIC) and not token.parts & p.FAILURE:
        return False
    if not token.parts & p.PARTICLE:
        return True
    if before is None:
        return after is None or bool(after.parts & HOUSE)
    if before.parts & (p.HANDLING | p.MOTION | p.LOOKING) and not before.parts & p.BE:
        return False
    if before.named is None and before.number is None and not before.parts & _LIGHT:
        return False
    if token.parts & p.PREPOSITION and after is not None:
        return bool(after.parts & (p.NOW | p.PAST | p.CONJUNCTION | p.NEGATION | p.PREPOSITION))
    return True


def _owned(tokens: Sequence[Token], place: int) -> str:
    """`my phone`, `the status of flights`, `wifi at the hotel`: another world's thing."""
    for left in range(place - 1, max(-1, place - 4), -1):
        token = tokens[left]
        if token.named is not None or token.number is not None or tokens[place].parts & HOUSE:
            return ""
        if token.parts & (p.MINE | p.YOURS):
            return tokens[place].text
        if token.text in _ELSEWHERE_BY and left > 0:
            return tokens[place].text
        if token.parts & (HOUSE | VERB | p.BE | p.DO):
            return ""
    return ""


def _tells_happening(token: Token, *, named: bool) -> bool:
    """Whether it says what something does; weak verbs do so only of what has a name."""
    if not token.parts & p.HAPPENING or token.parts & (p.METRIC | p.EVENT):
        return False
    return named or not token.parts & p.WEAK


def _progressive(tokens: Sequence[Token], places: set[int]) -> str:
    """`what is using the ram`: a common verb, but it goes on right now."""
    for place in range(1, len(tokens)):
        token = tokens[place]
        goes_on = token.parts & p.HAPPENING and token.text.endswith("ing")
        led = tokens[place - 1].parts & (p.BE | p.NOW | p.NEGATION | p.WH)
        if goes_on and led and place not in places:
            return token.text
    return ""


def _has_moment(tokens: Sequence[Token], places: set[int], part: int) -> bool:
    for place, token in enumerate(tokens):
        if place in places or token.parts & (p.BE | p.PREPOSITION):
            continue
        # `how long do ssds last`
        is_verb_last = token.text == "last" and place + 1 == len(tokens)
        if token.parts & part and not is_verb_last:
            return True
    return False


_ELSEWHERE_BY = p.word_set("of for in at to from about on")


def _is_failing(tokens: Sequence[Token], places: set[int]) -> bool:
    negated = any(token.parts & p.NEGATION for token in tokens)
    for place, token in enumerate(tokens):
        if place in places:
            continue
        if token.parts & p.FAILURE and (token.parts & p.EVENT or _tells_state(tokens, place)):
            return True
        if negated and token.parts & (p.HAPPENING | p.STATE):
            return True
    return False


def _reach(tokens: Sequence[Token], place: int) -> Reach:
    """How the word at `place` is determined by what stands before it."""
    if tokens[place].parts & p.MINE:
        return Reach.THESE
    number = tokens[place + 1] if place + 1 < len(tokens) else None
    if number is not None and number.number is not None and tokens[place].text in LABELS:
        return Reach.THESE
    best = Reach.BARE
    for left in range(place - 1, max(-1, place - 5), -1):
        token = tokens[left]
        parts = token.parts
        if parts & p.MINE and not parts & p.THING:
            return Reach.OURS
        if token.text == "'s" or parts & p.THE or token.text in _DEMONSTRATIVE:
            return max(best, Reach.THESE)
        if token.text in _UNIVERSAL:
            return max(best, Reach.ALL)
        if parts & p.A and not parts & p.HAVE:
            return max(best, Reach.GENERIC) if best > Reach.BARE else Reach.GENERIC
        if parts & p.WH or token.text in ("no", "kein", "keine", "aucun"):
            return max(best, Reach.SOME)
        if parts & p.ANY:
            best = Reach.SOME
        elif not parts & _SKIPPED or parts & (p.BE | p.DO | p.HAVE | p.MODAL | p.PREPOSITION):
            break
    return best


_DEMONSTRATIVE = p.word_set("this these that those both")
_UNIVERSAL = p.word_set("all every each alle tous toutes whole entire")


def find_subject(tokens: Sequence[Token]) -> int:
    """The place of what a question is about: behind its question word and its auxiliary."""
    place = 0
    if tokens[0].parts & p.WH:
        if len(tokens) > 1 and tokens[1].parts & HOUSE and tokens[0].text in ("which", "what"):
            after = tokens[2] if len(tokens) > 2 else None
            if after is None or not after.parts & (p.DO | p.MODAL):
                return 1
        for ahead in range(1, min(6, len(tokens) - 1)):
            if tokens[ahead].parts & _AUXILIARY and not tokens[ahead].parts & p.A:
                place = ahead
                break
        else:
            return min(1, len(tokens) - 1)
    while place < len(tokens) - 1 and (
        tokens[place].parts & (_AUXILIARY | p.NEGATION) and not tokens[place].parts & p.A
    ):
        place += 1
    return place


_AUXILIARY = p.BE | p.DO | p.HAVE | p.MODAL
