"""A message falls into clauses, and a clause is freed of what only frames it.

`Hi Jarvis, could you tell me whether media is up, please?` leaves `media is up`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.llm.routing.text import BREAKS, Token
from services.llm.routing.words import frames
from services.llm.routing.words import parts as p

_CONNECTIVES = p.word_set(
    "and but so then also or und aber dann also et mais puis alors because cause plus well"
)
_DROPPED = p.word_set(
    "please pls plz plss kindly just actually basically btw really literally honestly um uh er erm "
    "hmm hm jarvis bitte mal doch eben halt svp stp sir quickly seriously simply maybe perhaps lol "
    "haha omg ugh damn fucking bloody freaking exactly possibly anyway"
)
_ASKING = p.word_set("what which whose welchem welcher quel quelle")
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
    if tokens[place - 1].text in ("but", "aber", "mais"):
        return len(before) > 1
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
    framed: set[str] = set()
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
        if tokens[0].text in ("if", "wenn", "falls") and "asked" not in framed:
            supposed = True
        if (found := frames.ELLIPSIS.match(text)) is not None and found.group():
            elliptic = True
            tokens = _skip(tokens, found.group())
            continue
        found_frame = _find_frame(text)
        if found_frame is None or not (rest := _skip(tokens, found_frame[1])):
            break
        framed.add(found_frame[0])
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
        requested="requested" in framed,
        wondered="asked" in framed,
        reported="reported" in framed,
        elliptic=elliptic,
        asked=mark == "?",
        after_comma=before == ",",
        social=social,
        supposed=supposed,
    )


_FRAMES = (
    ("requested", frames.REQUEST),
    ("asked", frames.ASK),
    ("reported", frames.REPORT),
)


def _find_frame(text: str) -> tuple[str, str] | None:
    """Which frame a clause begins with, and its words."""
    spaced = f"{text} "
    for name, pattern in _FRAMES:
        if (found := pattern.match(spaced)) is not None and found.group().strip():
            return name, found.group()
    return None


_SOLID = (
    p.THING | p.METRIC | p.EVENT | p.ACTION | p.LEARNING | p.TECHNOLOGY | p.WRITTEN | p.EVERYDAY
)
_STAYS = p.word_set(
    "much night morning evening afternoon question think hope right correct great so kind guess "
    "definitely proceed sure tag heute jetzt schnell lieber so now journee soiree"
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
        found = frames.TAIL.search(f" {_text(tokens)}")
        if found is None:
            break
        tokens = tokens[: len(tokens) - found.group().count(" ")]
    return tokens, shed


def _skip(tokens: list[Token], matched: str) -> list[Token]:
    return tokens[len(matched.split()) :]


def _text(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens)
