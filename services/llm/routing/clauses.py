"""A message falls into clauses, and a clause is freed of what only frames it.

`Hi Jarvis, could you tell me whether media is up, please?` leaves `media is up`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.llm.routing.text import BREAKS, STOPS, Token
from services.llm.routing.words import parts as p

_ASK = "(?:please |kindly |just |maybe |perhaps |possibly |also |then |quickly |now )*"
_FRAME = re.compile(
    r"(?:"
    # asking somebody to do something
    rf"(?P<request>(?:can|could|would|will|won t|can not) (?:you|ya|someone) {_ASK}(?:be so kind (?:as|and) "
    r"(?:to )?)?(?=\S)|(?:would|do) you mind |(?:i|we) (?:want|need|wish|wanted|would like|would love|"
    r"would want|have|like)(?: you)? to |i would appreciate if you could |let us |time to |"
    r"(?:you )?(?:go|feel free|dare|try) (?:ahead )?(?:and|to) |make sure(?: that| to)? |"
    r"(?:why do not|how about|what if) (?:you|we) |be so kind and |do me a favou?r and |"
    r"(?:you|we) (?:can|may|should|could|might want to|better)(?: now| also)? "
    r"(?=(?:re|start|stop|shut|move|migrate|turn|switch|power|delete|kill|back|take|make|check|wake))|"
    r"(?:kannst|konntest|wurdest|magst|willst|konnen|konnten) (?:du|sie)(?: mir| mal| bitte| uns)* |"
    r"(?:ich|wir) (?:mochte|mochten|will|wollen)(?: gerne?)?(?: dass du)? |"
    r"(?:peux|pourrais|veux|peut|pourrait) (?:tu|on)(?: me| nous| m)? |(?:tu|vous) (?:peux|pourrais|"
    r"pouvez|pourriez)(?: me| nous| m)? |(?:pouvez|pourriez) vous(?: me| nous| m)? |"
    r"(?:j aimerais|je veux|je voudrais)(?: que tu)? )|"
    # wanting to know something
    r"(?P<ask>(?:i (?:was|am)(?: just| still)? )?(?:wondering|curious)(?: if| whether| about)? |"
    r"(?:do|did) you (?:happen to )?(?:know|think|reckon|remember|see|notice|spot|detect|observe)(?: if| whether| that)? |"
    r"(?:have )?(?:you )?(?:any|an|no|some) (?:idea|clue|chance)(?: if| whether| on| about)? |"
    r"(?:tell|show|remind|inform) (?:me|us)(?: again| quickly)? (?:if|whether|that) |"
    r"(?:tell|show|remind|inform) (?:me|us)(?: again| quickly)? (?=(?:what|which|who|where|when|why|how|is|are) )|"
    r"(?:find out|figure out|see|check|look|verify|know|learn|understand|ask|wonder)(?: for me)?"
    r"(?: if| whether| that) |"
    r"(?:to )?(?:know|find out|figure out|see|learn|understand|ask|wonder) "
    r"(?=(?:what|which|who|where|when|why|how|is|are) )|"
    r"(?:the |my )?(?:quick |other )?(?:question|thing|problem|issue)(?: here)? is(?: that| this)? |"
    r"is it (?:true|possible|normal) that |what i (?:want|need)(?: to know)? is |"
    r"(?:weisst|kannst) du(?: mir)?(?: sagen)?(?: ob)? |sag(?:e)? mir(?: bitte)? (?:ob )?(?=\S)|wissen(?: ob)? |ob |"
    r"(?:savoir|dis moi|dire|sais tu)(?: si)? (?=\S)|est ce que |est-ce que |est-ce qu |est ce qu |whether )|"
    # reporting something
    r"(?P<report>(?:my|the|our) (?:wife|husband|kids?|son|daughter|girlfriend|boyfriend|partner|roommates?|family|"
    r"users?|mother|father|mom|dad|colleagues?|friends?|neighbou?r) (?:just )?(?:says?|said|complains?|complained|"
    r"told me|tells me|claims?|reports?|reported|thinks?|can not|could not)(?: that)? |(?:i|we) (?:just )?(?:think|guess|believe|suspect|fear|assume|hope|heard|noticed|see|saw|"
    r"reckon|feel like|feel|have the (?:feeling|impression)|had the (?:feeling|impression)|would say|"
    r"am afraid|am pretty sure|am sure|swear)(?: that| like)? |"
    r"(?:it )?(?:looks|seems|sounds|appears|feels)(?: to me)? (?:like|as if|that)? ?|"
    r"i do not know (?:if|whether|why|what|how) |turns out(?: that)? |apparently |"
    r"there is (?:a|some) (?:feeling|chance) (?:that )?)"
    r")"
)
_ELLIPSIS = re.compile(
    r"(?:(?:and|und|et|or|but|also|so) )*(?:what about|how about|and what of|what of|was ist mit|"
    r"wie sieht es (?:mit|bei)|wie steht es um|et pour|qu en est il de|same (?:for|with|on|thing for)|"
    r"same|ditto(?: for)?|likewise|and for|and on|now do|now|dasselbe (?:fur|mit)|pareil pour) (?=\S)"
)
_TAIL = re.compile(
    r" (?:for (?:me|us)|if (?:possible|you (?:can|could|would|may|will|do not mind|please|have time|like|want)|"
    r"that is ok)|when(?:ever)? you (?:have|get|find)(?: got)? (?:a |the |some )?(?:minute|moment|chance|time|"
    r"sec|second)|(?:would|will|can|could) you(?: please)?|would you kindly|by the way|"
    r"or (?:not|what|something|so)|you know|i guess|i think|is not it|does not it|is it not|"
    r"s il te plait|s il vous plait|if it is not too much trouble|at your convenience|in advance|"
    r"right|a bit|a sec|real quick|once more|for a (?:sec|second|moment|minute))$"
)
_CONNECTIVES = frozenset(
    "and but so then also or und aber dann also et mais puis alors because cause plus well".split()
)
_DROPPED = frozenset(
    "please pls plz plss kindly just actually basically btw really literally honestly um uh er erm "
    "hmm hm jarvis bitte mal doch eben halt svp stp sir quickly seriously simply maybe perhaps lol "
    "haha omg ugh damn fucking bloody freaking exactly possibly anyway".split()
)
_ASKING = frozenset("what which whose welchem welcher quel quelle".split())
_JOINTS = frozenset({"and", "but", "then", "or", "so", "und", "aber", "oder", "et", "mais", "&"})
_STARTERS = p.WH | p.BE | p.DO | p.MODAL
_COMMANDERS = p.LOOKING | p.ACTION | p.TEACHING | p.WRITING | p.HANDLING


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing that a message says or asks."""

    tokens: tuple[Token, ...]
    """Its core, without frames, politeness and marks."""
    text: str
    """The core as text."""
    parts: int
    """All parts that any of its tokens can play."""
    requested: bool = False
    """Asked of Jarvis: `could you …`, `I want you to …`."""
    wondered: bool = False
    """`do you know whether …`, `tell me if …`."""
    reported: bool = False
    """`I think …`, `it looks like …`."""
    elliptic: bool = False
    """`and …`, `what about …`: it leans on what was said before."""
    asked: bool = False
    """A question mark follows."""
    after_comma: bool = False
    """It goes on with the sentence of the clause before."""
    social: int = 0
    """The parts of the social words around the core: greetings, thanks, assent…"""
    supposed: bool = False
    """It began with `if`."""


def split_clauses(tokens: Sequence[Token]) -> list[Clause]:
    """The clauses of a message, in order; one with no core says only something social."""
    clauses: list[Clause] = []
    before = ""
    for piece, mark in _cut(tokens):
        if (clause := _free(piece, mark, before)) is not None:
            clauses.append(clause)
        before = mark
    return clauses


def _cut(tokens: Sequence[Token]) -> Iterator[tuple[list[Token], str]]:
    piece: list[Token] = []
    for place, token in enumerate(tokens):
        if token.text in BREAKS and token.parts == 0:
            if piece:
                yield piece, token.text
                piece = []
            continue
        if piece and token.text in _JOINTS and _begins_anew(tokens, place + 1, piece):
            yield piece, ","
            piece = []
        piece.append(token)
    if piece:
        yield piece, ""


def _begins_anew(tokens: Sequence[Token], place: int, before: Sequence[Token]) -> bool:
    if place >= len(tokens):
        return False
    if place + 1 < len(tokens) and tokens[place].text == "then":
        place += 1
    token = tokens[place]
    if token.text in ("tell", "show", "can", "could", "please", "let", "i"):
        return len(before) > 1
    if token.parts & _STARTERS and not token.parts & (p.HAPPENING | p.THING):
        return len(before) > 1
    first = before[0]
    if first.parts & (p.WH | p.TEACHING | p.WRITING) and before[0].text not in ("check", "show"):
        return False
    if not (token.parts & _COMMANDERS or token.text in ("tell",)):
        return False
    # `stop and start media` stays whole; `check media and restart git` does not.
    return len(before) > 1 and not before[-1].parts & (p.HANDLING | p.ACTION)


def _free(piece: list[Token], mark: str, before: str) -> Clause | None:
    social = 0
    flags = {"request": False, "ask": False, "report": False}
    elliptic = supposed = False
    tokens = piece
    while True:
        tokens, shed = _shed_front(tokens)
        social |= shed
        if shed & p.CONJUNCTION:
            elliptic = True
        if not tokens:
            break
        if len(tokens) > 2 and tokens[0].parts & p.PREPOSITION and tokens[1].parts & p.WH:
            # `on which node …`
            tokens = tokens[1:] if tokens[1].text in _ASKING else tokens
        text = _text(tokens)
        if tokens[0].text in ("if", "wenn", "falls") and not flags["ask"]:
            supposed = True
        if (found := _ELLIPSIS.match(text)) is not None and found.group():
            elliptic = True
            tokens = _skip(tokens, found.group())
            continue
        found = _FRAME.match(text + " ")
        if found is None or not found.group().strip() or found.lastgroup is None:
            break
        rest = _skip(tokens, found.group())
        if not rest:
            break
        flags[found.lastgroup] = True
        tokens = rest
    tokens, shed = _shed_back(tokens)
    social |= shed
    core = tuple(token for token in tokens if token.text not in _DROPPED)
    for token in tokens:
        if token.text in _DROPPED:
            social |= token.parts & p.SOCIAL
    if not core and not social:
        return None
    parts = 0
    for token in core:
        parts |= token.parts
    return Clause(
        tokens=core,
        text=_text(core),
        parts=parts,
        requested=flags["request"],
        wondered=flags["ask"],
        reported=flags["report"],
        elliptic=elliptic,
        asked=mark == "?",
        after_comma=before == ",",
        social=social,
        supposed=supposed,
    )


_SOLID = (
    p.THING | p.METRIC | p.EVENT | p.ACTION | p.LEARNING | p.TECHNOLOGY | p.WRITTEN | p.EVERYDAY
)
_STAYS = frozenset(
    "much night morning evening afternoon question think hope right correct great so kind guess "
    "definitely proceed sure tag heute jetzt schnell lieber so now journee soiree".split()
)


def _shed_front(tokens: list[Token]) -> tuple[list[Token], int]:
    shed = 0
    place = 0
    while place < len(tokens):
        token = tokens[place]
        is_last = place == len(tokens) - 1
        if token.named is not None or token.number is not None:
            break
        if token.text in _CONNECTIVES and not is_last:
            shed |= p.CONJUNCTION | token.parts & p.SOCIAL
        elif token.parts & p.SOCIAL and not token.parts & _SOLID:
            if (
                token.text in ("no", "kein", "any")
                and not is_last
                and (tokens[place + 1].parts & (p.THING | p.EVENT | p.METRIC))
            ):
                break
            shed |= token.parts & p.SOCIAL
        else:
            break
        place += 1
    return tokens[place:], shed


def _shed_back(tokens: list[Token]) -> tuple[list[Token], int]:
    shed = 0
    while tokens:
        last = tokens[-1]
        light = last.parts & p.SOCIAL and not last.parts & (
            _SOLID | p.STATE | p.PAST | p.NOW | p.YOU
        )
        if light and last.named is None and last.text not in _STAYS:
            shed |= last.parts & p.SOCIAL
            tokens = tokens[:-1]
            continue
        found = _TAIL.search(f" {_text(tokens)}")
        if found is None:
            break
        tokens = tokens[: len(tokens) - found.group().count(" ")]
    return tokens, shed


def _skip(tokens: list[Token], matched: str) -> list[Token]:
    return tokens[len(matched.split()) :]


def _text(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens)


def is_stop(sign: str) -> bool:
    """Whether this mark ends a sentence."""
    return sign in STOPS
