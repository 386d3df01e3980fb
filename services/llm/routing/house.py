"""What speaks for tools: names, things of the house, their state, and what is to be done."""

from collections.abc import Callable, Iterator

from services.llm.routing.facts import Facts, Reach, is_verb
from services.llm.routing.inventory import Plainness
from services.llm.routing.text import Token
from services.llm.routing.values import Evidence
from services.llm.routing.weights import WEIGHTS, told
from services.llm.routing.words import live_questions
from services.llm.routing.words import parts as p
from services.llm.routing.words.vocabulary import COMMON_WORDS

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
        yield told("names.more", "names several machines or stores of this cluster")
    elif best is None and (number := _unknown_number(facts)):
        yield told("vmid.unknown", f"asks for a guest by its number {number}")


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
        yield Evidence(name=name, weight=0.6, words=f"mentions its {facts.thing}")
        return
    words = _WORDS[facts.reach].format(facts.thing)
    if facts.ambient and facts.reach is not Reach.GENERIC:
        yield Evidence(name="thing.ambient", weight=WEIGHTS[name] * 0.4, words=words)
        return
    yield Evidence(name=name, weight=WEIGHTS[name], words=words)
    if facts.unmistakable and facts.reach >= Reach.SOME and not facts.named:
        yield told("thing.trade", "uses a word that only a homelab has")
    if facts.house_words > 1 and not facts.named and facts.reach is not Reach.GENERIC:
        yield told("things.more", "uses several words of server work")


_WORDS = {
    Reach.OURS: "asks about your own {}",
    Reach.ALL: "asks about all {}",
    Reach.THESE: "asks about the {} here",
    Reach.SOME: "asks about any {} here",
    Reach.BARE: "mentions {}",
    Reach.GENERIC: "mentions just any {}",
}


def state(facts: Facts) -> Iterator[Evidence]:
    """up, full, hot, slow; crashes, responds."""
    if not facts.held:
        return
    if facts.tokens[-1].text == "doing" and facts.reach >= Reach.THESE:
        yield told("state", "asks how it is doing")
    elif facts.state and (facts.failing or not facts.ambient):
        yield told("state", "asks for its state")
    elif facts.happening and (facts.failing or not facts.ambient):
        yield told("happening", "asks what it is doing")
    if facts.failing:
        yield told("failing", "tells of a failure")


def command(facts: Facts) -> Iterator[Evidence]:
    """restart, move, show."""
    lead = _verb(facts)
    if lead is None:
        return
    words = f"asks for an action ({lead.text})"
    after = facts.tokens[facts.tokens.index(lead) + 1 :][:1]
    if lead.parts & p.HANDLING and after and after[0].text in _EVERYTHING and not facts.everyday:
        yield told("command.machine", f"asks to {lead.text} everything")
        return
    if lead is facts.first and _is_shell(facts):
        name = "command.line" if _is_nothing_else(lead) else "command.machine"
        yield told(name, f"is a command line of {lead.text}")
        return
    if lead.parts & p.ACTION and not _is_of_me(facts, lead):
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
    elif lead.parts & p.LOOKING and facts.held and not facts.ambient:
        yield told("command.look", f"asks to {lead.text} something")


def _is_of_me(facts: Facts, lead: Token) -> bool:
    """`restart my day`: what is mine, and nothing of the house."""
    place = facts.tokens.index(lead) + 1
    if facts.named or facts.house_words or place >= len(facts.tokens):
        return False
    return bool(facts.tokens[place].parts & p.MINE)


_EVERYTHING = frozenset({"everything", "alles", "tout"})
_CREATES = p.word_set("deploy redeploy provision spawn spin-up clone rebuild fire-up")


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
    if len(tokens) == 1:
        return tokens[0].text in _SHOWS
    if not facts.first.parts & p.SHELL or facts.clause.asked:
        return False
    if facts.clause.requested or facts.clause.parts & (p.LEARNING | p.JUDGING):
        return False
    return not tokens[1].parts & (p.BE | p.CONJUNCTION | p.STATE)


def _is_nothing_else(program: Token) -> bool:
    """`pct`, `journalctl`: no word of any sentence, as `ping` and `mount` are."""
    return program.text in _SHOWS or (program.parts == p.SHELL and program.text not in COMMON_WORDS)


_SHOWS = p.word_set(
    "htop iotop dmesg lsblk blkid lsusb lspci lvs vgs pvs netstat nvidia-smi journalctl"
)
"""Programs that are asked for something by their name alone."""


def _verb(facts: Facts) -> Token | None:
    """The verb of a command, wherever it stands."""
    tokens = facts.tokens
    if is_verb(tokens, facts.meant, requested=facts.clause.requested):
        return tokens[0]
    if _is_shell(facts):
        return tokens[0]
    if tokens[0].parts & p.ACTION and not tokens[0].parts & (p.EVENT | p.METRIC):
        return tokens[0]
    if facts.clause.requested or (tokens[0].parts & (p.NEGATION | p.ME) and facts.named):
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
    if live_questions.COUNT.match(facts.clause.text) and facts.held and not facts.ambient:
        yield told("count", "asks for a figure")


def moment(facts: Facts) -> Iterator[Evidence]:
    """now, still, last night."""
    if not facts.held or facts.ambient:
        return
    if facts.past:
        yield told("moment.past", "asks about a moment in the past here")
    elif facts.now:
        yield told("moment.now", "asks about this moment")


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
        yield told("fragment", "names a reading of the cluster")


_HEADING = (
    _HELD | p.STATE | p.NOW | p.PAST | p.ALL | p.ANY | p.THE | p.MINE | p.PREPOSITION | p.NEUTRAL
    | p.CONJUNCTION | p.NEGATION | p.ACTION
)  # fmt: skip
_ALONE = p.word_set(
    "sitrep rundown briefing recap vitals report overview summary network errors warnings "
    "temperature health issues problems version versions logins activity updates jobs tasks "
    "events findings hosts resources"
)


ABOUT_THE_HOUSE: tuple[Callable[[Facts], Iterator[Evidence]], ...] = (
    names,
    things,
    state,
    command,
    count,
    moment,
    fragment,
)
"""What a clause says of the house."""
