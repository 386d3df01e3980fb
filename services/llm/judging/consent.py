"""What a person has asked for, so that nothing easily undone is done that nobody wanted.

A YELLOW call of a model runs by itself only when the person's own words ask for that kind of
change and name what it is done to. What a machine wrote is never looked at here. In doubt the
call is not refused: a person is asked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.cluster.model import ClusterSnapshot, GuestSnapshot
from services.llm.judging.consent_words import BESIDE, KINDS, NOT_NOW, words_of
from services.llm.routing.clauses import Clause, split_clauses
from services.llm.routing.folding import fold
from services.llm.routing.inventory import Inventory, Named, Plainness
from services.llm.routing.text import Token, tokenize
from services.llm.routing.words import parts as p
from services.safety.touches import Touch, TouchKind
from services.tools.calls import Payload

_EVERYTHING: Final = words_of(
    "guests vms vm containers cts lxcs machines everything nodes services container alles tout"
)
_AGAIN: Final = words_of("again retry repeat nochmal once more noch mal encore try it that please")
_DO_IT: Final = re.compile(
    r"^(?:do (?:it|that|so)|go (?:ahead|for it)|please do|mach (?:das|es|mal)?|vas[ -]y|proceed|"
    r"make it so|yes|ja|oui)\b"
)
_UNSURE: Final = re.compile(
    r"\?|\b(?:not|never|no|don'?t|dont|without|if|unless|when|whether|would|could|should|did|does|"
    r"was|were|has|had|have|saw|see|seen|says?|said|what|why|how|who|which|nicht|nie|kein\w*|wenn|"
    r"ob|ne|pas|jamais|si)\b"
)
"""Words around a command by which it may be spoken of rather than asked for."""
_SENTENCE: Final = re.compile(r"(?<=[.!?;\n])\s+")
_HELD_BACK: Final = re.compile(
    rf"\b(?:{'|'.join(sorted(NOT_NOW))}|but|except|excluding|other than|apart from|or|aber|ausser|"
    r"oder|heute abend|mais|sauf|ou|des que|ce soir|(?:at|in|um|a|dans) \d+|"
    r"in (?:an?|one|two|three|five|ten|half) \w+)\b"
)
"""What keeps an order from being one for this moment, and for all that it names."""
_BACK_UP: Final = frozenset({"back-up"})
"""Of `bring it back up`, which asks for no backup."""
_OFFER: Final = re.compile(
    r"(?:shall i|should i|may i|do you want me to|would you like me to|want me to|soll ich|"
    r"dois je)\s+(?P<what>[^?\n]{3,200})\?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A clause that asks for a change."""

    kinds: frozenset[str]
    """The tools it may mean."""
    named: tuple[Named, ...] = ()
    words: frozenset[str] = frozenset()
    everything: bool = False
    points: bool = False
    """It says `it` or nothing at all: what was spoken of before is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Everything a message asks for."""

    asked: tuple[Asked, ...] = ()
    text: str = ""
    """The person's own words, for what is only allowed to the letter."""
    earlier: tuple[Named, ...] = field(default=())
    """What was named before, for words that point at it."""


def find_consent(
    message: str, *, before: Sequence[str], answer_before: str, inventory: Inventory
) -> Consent:
    """What a message asks for.

    :param before: the person's earlier messages, the latest last.
    :param answer_before: Jarvis's last answer, in which he may have offered something.
    """
    asked = _read(message, inventory)
    earlier: tuple[Named, ...] = ()
    for text in reversed(before[-3:]):
        if earlier := _named(_tokens(text, inventory)):
            break
    if not asked:
        asked = _lean(message, before, answer_before, inventory)
    return Consent(asked=tuple(asked), text=message, earlier=earlier)


def refuses_unasked(
    tool: str,
    arguments: Payload,
    touches: Iterable[Touch],
    consent: Consent,
    snapshot: ClusterSnapshot,
) -> str:
    """Why a YELLOW call has to be asked about; empty when the person has asked for it."""
    if tool == "run_command":
        return _refuses_unwritten(arguments, consent.text)
    wanted = [one for one in consent.asked if tool in one.kinds]
    if not wanted:
        return "nobody has asked for such a change"
    if tool == "acknowledge_event":
        return ""
    found = list(touches)
    if found and all(_covered(touch, wanted, consent, snapshot) for touch in found):
        return ""
    return "nobody has asked for it by this name"


def _refuses_unwritten(arguments: Payload, said: str) -> str:
    """Why a command is asked about: only one that is written out, for a node named, is not."""
    command = " ".join(str(arguments.get("command", "")).split())
    text = " ".join(said.split())
    wanted = rf"(?<![\w./-]){re.escape(command)}(?![\w/-]|[.:@=]\w)"
    if len(command) <= 2 or (found := re.search(wanted, text)) is None:
        return "nobody has written this command"
    around = f"{text[: found.start()]} {text[found.end() :]}"
    if not _stands_in(str(arguments.get("node", "")), around):
        return "nobody has named this node for it"
    if _UNSURE.search(fold(around)):
        return "it is not plain that it was asked for"
    return ""


def _read(message: str, inventory: Inventory) -> list[Asked]:
    """The clauses of a message that ask for a change at once, in their order."""
    found: list[Asked] = []
    for said in _SENTENCE.split(message):
        if not _HELD_BACK.search(fold(said)):
            _add(found, split_clauses(_tokens(said, inventory)))
    return found


def _add(found: list[Asked], clauses: Sequence[Clause]) -> None:
    for clause in clauses:
        kinds = _kinds(clause)
        named = _named(clause.tokens)
        if not kinds and clause.elliptic and not clause.asked and found and _only_names(clause):
            kinds = found[-1].kinds  # `restart grafana, and nextcloud too`
        if not kinds:
            continue
        points = any(token.parts & p.POINTING for token in clause.tokens) or len(clause.tokens) == 1
        if points and not named and found:
            named = found[-1].named
        found.append(
            Asked(
                kinds=kinds,
                named=named,
                words=frozenset(token.text for token in clause.tokens),
                everything=bool(clause.parts & (p.ALL | p.ANYTHING)),
                points=points and not named,
            )
        )


def _only_names(clause: Clause) -> bool:
    """Whether a clause says nothing of its own beside names: `then stop media` does."""
    return bool(_named(clause.tokens)) and not any(
        token.parts & (_VERB | p.LOOKING) or _is_verb(token)
        for token in clause.tokens
        if token.named is None
    )


def _lean(
    message: str, before: Sequence[str], answer_before: str, inventory: Inventory
) -> list[Asked]:
    """A message that takes its meaning from what was offered or asked before."""
    clauses = split_clauses(_tokens(message, inventory))
    text = " ".join(clause.text for clause in clauses).strip()
    social = 0
    for clause in clauses:
        social |= clause.social
    refuses = social & p.REFUSAL or any(clause.parts & p.NEGATION for clause in clauses)
    assents = not refuses and (social & p.ASSENT or _DO_IT.match(text) is not None)
    if assents and (offer := _OFFER.search(find_offer(answer_before))):
        return _read(offer["what"], inventory)
    if not before or refuses:
        return []
    words = set(text.split())
    last = _read(before[-1], inventory)
    if (
        words
        and words <= _AGAIN
        and words & words_of("again retry repeat nochmal encore once more")
    ):
        return last
    named = _named(tuple(token for clause in clauses for token in clause.tokens))
    bare = named and not any(
        token.parts & (p.WH | p.BE | p.DO | p.MODAL | p.LOOKING | p.ACTION | p.HANDLING)
        and token.named is None
        for clause in clauses
        for token in clause.tokens
    )
    open_ended = [one for one in last if not one.named and not one.everything]
    if bare and open_ended and not any(clause.asked for clause in clauses):
        return [Asked(kinds=one.kinds, named=named, words=one.words) for one in open_ended]
    return []


def find_offer(answer: str) -> str:
    """What Jarvis has just offered: the question that ends his answer; empty for nothing."""
    last = answer.strip().rsplit("\n", 1)[-1]
    if not last.endswith("?"):
        return ""
    for mark in (". ", "; ", ": ", "! "):
        last = last.rsplit(mark, 1)[-1]
    return last


def _kinds(clause: Clause) -> frozenset[str]:
    """The tools a clause asks for; none for a question, a report, a negation or a supposition."""
    tokens = clause.tokens
    if not tokens or clause.supposed or clause.wondered or clause.reported:
        return frozenset()
    if clause.parts & p.NEGATION:
        return frozenset()
    first = tokens[0]
    if first.named is None and first.parts & (p.WH | p.BE | p.HAVE | p.MODAL):
        return frozenset()
    if clause.asked and not clause.requested:
        return frozenset()
    words = frozenset(token.text for token in tokens)
    if words & BESIDE:
        return frozenset()
    ordered = frozenset(token.text for token in _leading(tokens, clause))
    if "bring" in ordered:
        words, ordered = words - _BACK_UP, ordered - _BACK_UP
    return frozenset(
        tool
        for tool, kinds in KINDS.items()
        for kind in kinds
        if kind.verbs & ordered
        and (not kind.objects or kind.objects & words)
        and not kind.without & words
    )


_LIGHT: Final = (
    p.THE | p.MINE | p.A | p.ALL | p.SOCIAL | p.CONJUNCTION | p.THING | p.POINTING | p.NOW | p.YOU
)
_VERB: Final = p.ACTION | p.HANDLING


def _leading(tokens: Sequence[Token], clause: Clause) -> list[Token]:
    """The words that can be the order: the first one, and those with only names before them."""
    found: list[Token] = []
    for place, token in enumerate(tokens):
        found.append(token)
        meant = token.named is not None or token.number is not None
        light = meant or token.parts & (_LIGHT | _VERB) or _is_verb(token)
        if not light and (place or not clause.requested):
            break
    return found


def _is_verb(token: Token) -> bool:
    return any(token.text in kind.verbs for kinds in KINDS.values() for kind in kinds)


def _tokens(message: str, inventory: Inventory) -> list[Token]:
    return tokenize(message, inventory)


def _named(tokens: Sequence[Token]) -> tuple[Named, ...]:
    found: list[Named] = []
    for token in tokens:
        if token.named is not None:
            found.append(token.named)
        elif token.number is not None and 99 < token.number < 1_000_000_000:
            found.append(_by_number(token.number))
    return tuple(found)


def _by_number(number: int) -> Named:
    return Named(name=str(number), what="guest", plainness=Plainness.OWN, vmid=number)


def _covered(
    touch: Touch, wanted: Sequence[Asked], consent: Consent, snapshot: ClusterSnapshot
) -> bool:
    for one in wanted:
        named = one.named or (consent.earlier if one.points else ())
        if any(_is_of(touch, each, snapshot, one) for each in named):
            return True
        if touch.kind in (TouchKind.SERVICE, TouchKind.DOCKER) and _is_written(
            touch, one, consent.text
        ):
            return True
        if one.everything and not named and one.words & _EVERYTHING:
            return True
    return False


def _is_of(touch: Touch, named: Named, snapshot: ClusterSnapshot, asked: Asked) -> bool:
    """Whether that name is the touched thing's, or a class's that holds it."""
    if touch.kind is TouchKind.GUEST:
        guest = snapshot.guests.get(int(touch.id)) if touch.id.isdigit() else None
        return _is_guest(guest, touch.id, named, asked)
    if touch.kind in (TouchKind.NODE, TouchKind.NODE_POWER):
        return named.what == "node" and named.name == touch.id
    if touch.kind is TouchKind.DOCKER:
        return named.what == "container" and named.name.lower() == touch.id.lower()
    return False


def _is_guest(guest: GuestSnapshot | None, vmid: str, named: Named, asked: Asked) -> bool:
    if named.vmid is not None:
        return str(named.vmid) == vmid
    if guest is None:
        return False
    match named.what:
        case "guest":
            return guest.name == named.name
        case "tag":
            return named.name in guest.tags
        case "pool":
            return guest.pool == named.name
        case "group":
            return (guest.name or "").lower().startswith(named.name.lower())
        case "node":
            return asked.everything and guest.node == named.name
    return False


def _is_written(touch: Touch, asked: Asked, text: str) -> bool:
    """A service or container called to the letter; of a service its node as well, if known."""
    if not _stands_in(touch.id.removesuffix(".service"), text):
        return False
    if touch.kind is TouchKind.DOCKER or touch.node is None:
        return True
    return asked.everything or _stands_in(touch.node, text)


def _stands_in(name: str, text: str) -> bool:
    """Whether a name is a whole word of the text."""
    return re.search(rf"(?<![\w-]){re.escape(fold(name))}(?![\w-])", fold(text)) is not None
