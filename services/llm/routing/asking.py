"""What speaks for tools: questions that only a look at this house can answer."""

from collections.abc import Callable, Iterator, Sequence

from services.llm.routing.facts import Facts, Reach
from services.llm.routing.text import Token
from services.llm.routing.values import Evidence
from services.llm.routing.weights import told
from services.llm.routing.words import general, live_questions
from services.llm.routing.words import parts as p

_STRANGER_STATES = p.word_set(
    "up down running online offline reachable unreachable alive dead back crashed stopped broken "
    "in-sync out-of-sync synced healthy unhealthy responding stuck frozen hung buffering slow "
    "working"
)


def scope(facts: Facts) -> Iterator[Evidence]:
    """`is everything ok`, `what is down`: no subject but the house itself."""
    anything = facts.clause.parts & p.ANYTHING and facts.core_words and not facts.named
    if asks_after_all(facts) or (
        anything and not facts.foreign + facts.everyday + facts.technology
    ):
        yield told("scope", "asks how the cluster is as a whole")


def asks_after_all(facts: Facts) -> bool:
    """Whether a clause asks how the house is, naming nothing of it."""
    if facts.clause.text in _BRIEF or live_questions.ATTENTION.search(facts.clause.text):
        return facts.everyday == 0
    if facts.foreign or facts.everyday or facts.technology or facts.named:
        return False
    tokens = facts.tokens
    if (facts.reach >= Reach.THESE and facts.core_words) or facts.clause.text in _NO_NEWS:
        return False
    if len(tokens) == 2 and tokens[0].parts & p.HAPPENING and tokens[1].parts & p.ANYTHING:
        # `läuft alles?`
        return True
    if len(tokens) == 4 and tokens[0].text == "how" and tokens[3].text == "we":
        # `how loaded are we`
        return bool(tokens[1].parts & p.STATE)
    opened = tokens[0].parts & p.WH and tokens[0].text in _WHO_OR_WHAT
    for place, token in enumerate(tokens):
        if token.parts & (p.YOU | p.ME) and not token.parts & p.THING and place > 0:
            return False
        if token.parts & p.ANYTHING:
            opened = True
            if not token.parts & p.STATE:
                continue
        if not opened or token.parts & p.WH:
            continue
        tells = token.parts & (p.STATE | p.EVENT) or (
            token.parts & p.HAPPENING and (not token.parts & p.WEAK or _by_anything(tokens, place))
        )
        if (tells and not token.parts & p.ANY) or (token.text == "new" and _ends(tokens, place)):
            return True
        if token.text == "that" and tokens[place - 1].parts & p.ANYTHING:
            continue
        if not token.parts & (
            p.BE
            | p.DO
            | p.HAVE
            | p.MODAL
            | p.THE
            | p.FILLER
            | p.NOW
            | p.PAST
            | p.NEGATION
            | p.NEUTRAL
        ):
            return False
    return False


def _ends(tokens: Sequence[Token], place: int) -> bool:
    return all(token.parts & (p.NOW | p.PAST | p.ME | p.POINTING) for token in tokens[place + 1 :])


def _by_anything(tokens: Sequence[Token], place: int) -> bool:
    return any(token.parts & p.ANYTHING for token in tokens[:place])


_NO_NEWS = frozenset({"what is up", "what goes", "who goes", "what works", "what is good"})
_BRIEF = frozenset(
    {
        "brief me",
        "brief us",
        "update me",
        "catch me up",
        "fill me in",
        "what did i miss",
        "what have i missed",
    }
)
_WHO_OR_WHAT = p.word_set("what who was wer que qui quoi qu")


def capacity(facts: Facts) -> Iterator[Evidence]:
    """`would a 32 gig vm fit`, `is there room for another`."""
    sized = facts.core_words or facts.named or (facts.clause.parts & p.UNIT and facts.house_words)
    if facts.everyday or facts.foreign > 2 or not sized:
        return
    text = facts.clause.text
    if facts.generic and " for a " in text:
        return
    if live_questions.WHERE_TO.match(text) or (
        live_questions.CAPACITY.search(text) and not live_questions.NEEDS.search(text)
    ):
        yield told("capacity", "asks what the cluster has room for")


def enumerates(facts: Facts) -> Iterator[Evidence]:
    """`which vms …`, `how many nodes …`: a list that only this house has."""
    if live_questions.LISTED.match(facts.clause.text) and not live_questions.NEEDS.search(
        facts.clause.text
    ):
        yield told("enumerates", "asks for a list that only the cluster has")


def have(facts: Facts) -> Iterator[Evidence]:
    """`do we have quorum`, `have we enabled that`: what this house has, a book cannot tell."""
    if facts.foreign > 1 or facts.everyday or facts.elsewhere:
        return
    if (facts.generic and not facts.clause.parts & p.EVENT) or general.PLACED.search(
        facts.clause.text
    ):
        return
    text = facts.clause.text
    if any(token.text in _OURS for token in facts.tokens):
        yield Evidence(name="have", weight=2.6, words="asks about what is yours")
    elif live_questions.HAVE.match(text) and (facts.core_words or facts.clause.parts & p.POINTING):
        yield told("have", "asks what there is here")


_OURS = p.word_set("mine ours meiner meine unserer unseres mien mienne notre") - {
    "meine",
    "notre",
}


def self_past(facts: Facts) -> Iterator[Evidence]:
    """`what did you do last night`."""
    if is_about_jarvis(facts) and facts.foreign + facts.everyday == 0:
        yield told("self", "asks what Jarvis has done")


def is_about_jarvis(facts: Facts) -> bool:
    """Whether a clause asks what Jarvis has done or is doing."""
    return bool(
        live_questions.JARVIS_DID.match(facts.clause.text)
        or live_questions.OWN_RECORD.search(facts.clause.text)
    )


def content(facts: Facts) -> Iterator[Evidence]:
    """`what is on the nas`, `who is on agent`."""
    if live_questions.CONTENT.match(facts.clause.text) and (facts.named or facts.core_words):
        yield told("content", "asks what runs or lies on it")


def money(facts: Facts) -> Iterator[Evidence]:
    """`what have you cost me today`."""
    if facts.clause.parts & p.MONEY and facts.foreign == 0 and facts.everyday == 0:
        ours = facts.clause.parts & p.YOU or any(
            token.text in ("claude", "api", "tokens", "budget") for token in facts.tokens
        )
        if ours:
            yield told("money", "asks what the answers have cost")


def stranger(facts: Facts) -> Iterator[Evidence]:
    """`is plex up`, `jellyfin is buffering`: a service nobody listed."""
    if facts.named:
        return
    tokens = facts.tokens
    for place, token in enumerate(tokens[:3]):
        plain = token.parts & p.TECHNOLOGY or (not token.parts and token.number is None)
        if not plain or token.parts & p.EVERYDAY:
            continue
        before = tokens[place - 1] if place else None
        if (before is not None and not before.parts & (p.BE | p.MODAL)) or place > 1:
            continue
        rest = tokens[place + 1 : place + 5]
        if before is None and not any(t.parts & (p.BE | p.NEGATION | p.HAPPENING) for t in rest):
            continue
        busy = (
            any(t.parts & p.HAPPENING and t.text.endswith("ing") for t in rest)
            and before is not None
        )
        if (busy or any(t.text in _STRANGER_STATES for t in rest)) and len(tokens) < 8:
            if token.parts & p.TECHNOLOGY or before is not None:
                yield told("stranger", f"asks whether {token.text} is running")
            return


ONLY_A_LOOK_TELLS: tuple[Callable[[Facts], Iterator[Evidence]], ...] = (
    scope,
    have,
    capacity,
    enumerates,
    self_past,
    content,
    money,
    stranger,
)
"""Questions whose answer stands in no book."""
