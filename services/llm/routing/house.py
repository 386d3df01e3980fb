"""What speaks for tools: names, things of the house, their state, and what is to be done."""

import re
from collections.abc import Callable, Iterator, Sequence

from services.llm.routing.facts import Facts, Reach, is_verb
from services.llm.routing.inventory import Plainness
from services.llm.routing.text import Token
from services.llm.routing.values import Evidence
from services.llm.routing.weights import WEIGHTS
from services.llm.routing.words import parts as p

_NAME_WEIGHTS = {
    Plainness.OWN: "name.own",
    Plainness.KNOWN: "name.known",
    Plainness.COMMON: "name.common",
    Plainness.WORD: "name.word",
}
_REACH = {
    Reach.OURS: "thing.ours",
    Reach.ALL: "thing.all",
    Reach.THESE: "thing.these",
    Reach.SOME: "thing.some",
    Reach.BARE: "thing.bare",
    Reach.GENERIC: "thing.generic",
}
_STRANGER_STATES = frozenset(
    "up down running online offline reachable unreachable alive dead back crashed stopped broken "
    "in-sync out-of-sync synced healthy unhealthy responding stuck frozen hung buffering slow working".split()
)
_SELF = re.compile(
    r"(?:what|why|when|which \w+|how|how many \w+|how much)? ?(?:did|have|has|had) (?:you|jarvis) (?!know|like|ever|sleep|eat|hear|think|mean|say|want|feel|dream)\w+|"
    r"what (?:are|were) you (?:doing|up to|working on|watching|waiting)|what have you been|"
    r"what was (?:done|changed|restarted)|was hast du|hast du|qu as tu|as tu"
)
_COUNT = re.compile(
    r"how (?:many|much|full|hot|busy|loaded|warm|big|large|long|old|fast|slow|healthy|worn|far|close|often|bad|well)\b|(?:wie (?:voll|heiss|viel|viele|lange|warm)|wieviele?|combien)\b"
)
_HELD = p.THING | p.METRIC | p.EVENT


def names(facts: Facts) -> Iterator[Evidence]:
    """Something of the house called by name or number."""
    best: tuple[float, str, str] | None = None
    for one in facts.meant:
        name = _NAME_WEIGHTS[one.plainness] if one.sure else "name.perhaps"
        if facts.tokens[one.place].number is not None:
            name = "vmid"
        found = (WEIGHTS[name], name, f"names {one.named.words}")
        if best is None or found[0] > best[0]:
            best = found
    if best is not None:
        yield Evidence(name=best[1], weight=best[0], words=best[2])
    if len({one.named.name for one in facts.meant}) > 1:
        yield _told("names.more", "names several things of the house")
    elif best is None and (number := _unknown_number(facts)):
        yield _told("vmid.unknown", f"asks for a guest by its number {number}")


def _unknown_number(facts: Facts) -> int | None:
    for before, token in zip(facts.tokens, facts.tokens[1:], strict=False):
        if token.number is not None and 99 < token.number < 1_000_000:
            if before.text in ("vm", "ct", "vmid", "lxc", "guest", "container", "id"):
                return token.number
            if before.parts & p.ACTION or (
                before.parts & p.HANDLING and before is facts.first and token is facts.tokens[-1]
            ):
                return token.number
    return None


def things(facts: Facts) -> Iterator[Evidence]:
    """The cluster, my backups, all vms."""
    if facts.reach is Reach.NONE:
        return
    name = _REACH[facts.reach]
    if facts.named and WEIGHTS[name] > 1:
        yield Evidence(name=name, weight=0.6, words=f"speaks of its {facts.thing}")
        return
    words = f"speaks of {_WORDS[facts.reach].format(facts.thing)}"
    if facts.ambient and facts.reach is not Reach.GENERIC:
        yield Evidence(name="thing.ambient", weight=WEIGHTS[name] * 0.4, words=words)
        return
    yield Evidence(name=name, weight=WEIGHTS[name], words=words)
    if facts.unmistakable and facts.reach >= Reach.SOME and not facts.named:
        yield _told("thing.trade", "uses a word of nobody else's")
    if facts.house_words > 1 and not facts.named and facts.reach is not Reach.GENERIC:
        yield _told("things.more", "uses the words of the trade")


_WORDS = {
    Reach.OURS: "our own {}",
    Reach.ALL: "all {}",
    Reach.THESE: "the {}",
    Reach.SOME: "which {}",
    Reach.BARE: "{}",
    Reach.GENERIC: "a {}",
}


def _held(facts: Facts) -> bool:
    """Whether there is something of the house of which a state can be said."""
    return facts.named or facts.reach >= Reach.BARE


def state(facts: Facts) -> Iterator[Evidence]:
    """up, full, hot, slow; crashes, responds."""
    if not _held(facts):
        return
    if facts.state and (facts.failing or not facts.ambient):
        yield _told("state", "asks for its state")
    elif facts.happening and (facts.failing or not facts.ambient):
        yield _told("happening", "asks what it does")
    if facts.failing:
        yield _told("failing", "tells of something that fails")


def command(facts: Facts) -> Iterator[Evidence]:
    """restart, move, show."""
    lead = _verb(facts)
    if lead is None:
        return
    words = f"wants something done ({lead.text})"
    if lead is facts.first and _is_shell(facts):
        yield _told("command.machine", f"is a command line ({lead.text})")
        return
    if lead.parts & p.ACTION:
        # `migrate a container`: none in particular, so nothing can be done.
        vague = (
            facts.reach is Reach.GENERIC
            and not facts.named
            and not facts.clause.parts & p.EVENT
            and lead.text not in _CREATES
        )
        yield Evidence(
            name="command.machine", weight=WEIGHTS["command.machine"] - 2 * vague, words=words
        )
    elif lead.parts & p.HANDLING and _takes_house(facts, lead):
        more = 0.9 if facts.reach is Reach.GENERIC else 0.0
        weight = WEIGHTS["command.handling"] + more
        yield Evidence(name="command.handling", weight=weight, words=words)
    elif lead.parts & p.LOOKING and _held(facts) and not facts.ambient:
        yield _told("command.look", f"wants to see something ({lead.text})")


_CREATES = frozenset("deploy redeploy provision spawn spin-up clone rebuild fire-up".split())


def _takes_house(facts: Facts, lead: Token) -> bool:
    """Whether what is handled is of the house: `make a vm`, not `make a list of vms`."""
    if facts.named:
        return True
    if facts.reach is Reach.NONE or facts.ambient:
        return False
    tokens = facts.tokens
    place = tokens.index(lead) + 1
    if place >= len(tokens):
        return True
    seen = False
    for token in tokens[place:]:
        if token.parts & _HELD or token.number is not None:
            return True
        if token.parts & p.PREPOSITION and seen:
            return False
        seen = seen or not token.parts & (p.PREPOSITION | p.FUNCTION)
    return False


def _is_shell(facts: Facts) -> bool:
    """`qm list`, `df -h`: a command line, not a question about the command."""
    tokens = facts.tokens
    if not facts.first.parts & p.SHELL or len(tokens) < 2 or facts.clause.asked:
        return False
    if facts.clause.requested or facts.clause.parts & (p.LEARNING | p.JUDGING):
        return False
    return not tokens[1].parts & (p.BE | p.CONJUNCTION | p.STATE)


def _verb(facts: Facts) -> Token | None:
    """The verb of a command, wherever it stands."""
    tokens = facts.tokens
    if is_verb(tokens, facts.meant, requested=facts.clause.requested):
        return tokens[0]
    if _is_shell(facts):
        return tokens[0]
    if tokens[0].parts & p.ACTION and not tokens[0].parts & (p.EVENT | p.METRIC):
        return tokens[0]
    if facts.clause.requested or tokens[0].parts & (p.NEGATION | p.ME) and facts.named:
        return next((token for token in tokens if token.parts & _COMMANDS), None)
    last = tokens[-1]
    before = tokens[-2] if len(tokens) > 1 else last
    verb_last = (
        not before.parts & p.PREPOSITION
        and last.parts & (p.ACTION | p.HANDLING)
        and not last.parts & (p.STATE | p.EVENT)
    )
    if (
        len(tokens) > 1
        and verb_last
        and not tokens[0].parts & (p.WH | p.BE | p.DO | p.HAVE | p.MODAL)
    ):
        # `media neustarten`
        return last
    return None


_COMMANDS = p.ACTION | p.HANDLING | p.LOOKING


def count(facts: Facts) -> Iterator[Evidence]:
    """how full, how many."""
    if _COUNT.match(facts.clause.text) and _held(facts) and not facts.ambient:
        yield _told("count", "asks for a figure")


def scope(facts: Facts) -> Iterator[Evidence]:
    """`is everything ok`, `what is down`: no subject but the house itself."""
    anything = facts.clause.parts & p.ANYTHING and facts.core_words and not facts.named
    if asks_after_all(facts) or anything and not facts.foreign + facts.everyday + facts.technology:
        yield _told("scope", "asks after the house as a whole")


_ATTENTION = re.compile(
    r"\b(?:anything|something|what|nothing)\b.{0,30}\b(?:attention|worry about|worried about|take.care.of|know about|"
    r"should know|need to know|to know|look at|look into|be aware of|deal with|concerned about|fix)$"
)


def asks_after_all(facts: Facts) -> bool:
    """Whether a clause asks how the house is, naming nothing of it."""
    if facts.clause.text in _BRIEF or _ATTENTION.search(facts.clause.text):
        return facts.everyday == 0
    if facts.foreign or facts.everyday or facts.technology or facts.named:
        return False
    tokens = facts.tokens
    if facts.reach >= Reach.THESE and facts.core_words or facts.clause.text in _NO_NEWS:
        return False
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
        told = token.parts & (p.STATE | p.EVENT) or (
            token.parts & p.HAPPENING and (not token.parts & p.WEAK or _by_anything(tokens, place))
        )
        if told and not token.parts & p.ANY or token.text == "new" and _ends(tokens, place):
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
_WHO_OR_WHAT = frozenset("what who was wer que qui quoi qu".split())


def capacity(facts: Facts) -> Iterator[Evidence]:
    """`would a 32 gig vm fit`, `is there room for another`."""
    sized = facts.core_words or facts.named or facts.clause.parts & p.UNIT and facts.house_words
    if facts.everyday or facts.foreign > 2 or not sized:
        return
    text = facts.clause.text
    if _WHERE_TO.match(text) or _CAPACITY.search(text) and not _NEEDS.search(text):
        yield _told("capacity", "asks what there is room for")


_CAPACITY = re.compile(
    r"\b(?:fits?|room for|space for|space left|capacity for|anywhere|one more|run(?:s|ning)?-out|fill(?:s|ing)?-up|"
    r"enough (?:\w+ )?(?:left|for|to)|take another|handle another|for another|to spare|left for)\b"
)
_WHERE_TO = re.compile(
    r"(?:where|which (?:node|host|storage|pool|disk)) (?:should|can|could|shall|would|do) (?:i|we|you) "
    r"(?:put|place|host|move|store|run|create|deploy)\b"
)
_NEEDS = re.compile(r"\b(?:needs?|should|requires?)\b")


def enumerates(facts: Facts) -> Iterator[Evidence]:
    """`which vms …`, `how many nodes …`: a list that only this house has."""
    if _LISTED.match(facts.clause.text) and not _NEEDS.search(facts.clause.text):
        yield _told("enumerates", "asks for a list of what is here")


_LISTED = re.compile(
    r"(?:which|what|how many|wie viele|welche|quels|quelles|combien de)(?: of)?(?: \w+)? (?:vms?|guests?|containers?|lxcs?|nodes?|"
    r"hosts?|disks?|drives?|pools?|storages?|backups?|snapshots?|tasks?|jobs?|updates?|services?|conteneurs|noeuds)\b"
)


def have(facts: Facts) -> Iterator[Evidence]:
    """`do we have quorum`, `have we enabled that`: what this house has, a book cannot tell."""
    if facts.foreign > 1 or facts.everyday or facts.elsewhere:
        return
    text = facts.clause.text
    if any(token.text in _OURS for token in facts.tokens):
        yield Evidence(name="have", weight=2.6, words="asks about ours")
    elif _HAVE.match(text) and (facts.core_words or facts.clause.parts & p.POINTING):
        yield _told("have", "asks what there is here")


_OURS = frozenset("mine ours meiner meine unserer unseres mien mienne notre".split()) - {
    "meine",
    "notre",
}
_HAVE = re.compile(
    r"(?:(?:what|which|how many|how much|wie viele?|welche)\b.{0,30}\b)?(?:do|did|have|haben|habe|avons|avez) "
    r"(?:we|i|wir|ich|nous|any)\b(?! (?:need|want|use|get|run|set|make)).{0,40}(?:\bhave\b|\bgot\b|\buse\b|\w)|"
    r"(?:is|are|were|was) there (?:any|a|an|some|still|enough|more|old|new|no)?|gibt es|y a t il|a t il|il y a"
)


def moment(facts: Facts) -> Iterator[Evidence]:
    """now, still, last night."""
    if not _held(facts) or facts.ambient:
        return
    if facts.past:
        yield _told("moment.past", "asks about a moment of this house")
    elif facts.now:
        yield _told("moment.now", "asks about now")


def self_past(facts: Facts) -> Iterator[Evidence]:
    """`what did you do last night`."""
    if is_about_jarvis(facts) and facts.foreign + facts.everyday == 0:
        yield _told("self", "asks what Jarvis has done")


def is_about_jarvis(facts: Facts) -> bool:
    """Whether a clause asks what Jarvis has done or is doing."""
    return bool(_SELF.match(facts.clause.text) or _OWN_RECORD.search(facts.clause.text))


_OWN_RECORD = re.compile(
    r"\b(?:your|jarvis s|deine|tes) (?:last|latest|recent|own)? ?(?:actions?|audit|logs?|approvals?|doings|activity|"
    r"history|changes|commands|decisions|mistakes|report)\b"
)


def content(facts: Facts) -> Iterator[Evidence]:
    """`what is on the nas`, `who is on agent`."""
    if _CONTENT.match(facts.clause.text) and (facts.named or facts.core_words):
        yield _told("content", "asks what is on it")


_CONTENT = re.compile(
    r"(?:what|who|which \w+|how many \w+) (?:is |are |runs? |lives? |sits? )+(?:(?:stored|running|hosted|sitting|living|left|installed|mounted|deployed|kept|still) )?(?:on|in|inside|under) |was (?:ist|lauft) auf "
)


def money(facts: Facts) -> Iterator[Evidence]:
    """`what have you cost me today`."""
    if facts.clause.parts & p.MONEY and facts.foreign == 0 and facts.everyday == 0:
        ours = facts.clause.parts & p.YOU or any(
            token.text in ("claude", "api", "tokens", "budget") for token in facts.tokens
        )
        if ours:
            yield _told("money", "asks what the answers have cost")


def fragment(facts: Facts) -> Iterator[Evidence]:
    """`temps`, `disk space`, `failed backups last night`, `ceph health`."""
    if facts.foreign or facts.everyday or facts.named or facts.generic:
        return
    if facts.technology and not (facts.state or facts.clause.parts & p.METRIC):
        return
    if facts.core_words == 0 and not facts.technology and facts.clause.text not in _ALONE:
        return
    if facts.clause.requested or is_verb(facts.tokens, (), requested=False):
        return
    heading = _HEADING | (p.TECHNOLOGY if facts.technology == 1 else 0)
    if all(token.parts & heading for token in facts.tokens):
        yield _told("fragment", "is a heading of the house")


_HEADING = (
    _HELD | p.STATE | p.NOW | p.PAST | p.ALL | p.ANY | p.THE | p.MINE | p.PREPOSITION | p.NEUTRAL
    | p.CONJUNCTION | p.NEGATION | p.ACTION
)  # fmt: skip
_ALONE = frozenset(
    "sitrep rundown briefing recap vitals report overview summary network errors warnings temperature health issues problems version "
    "versions logins activity updates jobs tasks events findings hosts resources".split()
)


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
        if before is not None and not before.parts & (p.BE | p.MODAL) or place > 1:
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
                yield _told("stranger", f"asks whether {token.text} is running")
            return


def _told(name: str, words: str) -> Evidence:
    return Evidence(name=name, weight=WEIGHTS[name], words=words)


FOR: tuple[Callable[[Facts], Iterator[Evidence]], ...] = (
    names,
    things,
    state,
    command,
    count,
    scope,
    have,
    capacity,
    enumerates,
    moment,
    self_past,
    content,
    money,
    fragment,
    stranger,
)
"""Everything that speaks for tools."""
