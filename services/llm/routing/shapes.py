"""What speaks against tools: the shapes of questions that any book could answer.

Each function looks at one clause and hands back one piece of evidence, or nothing.
"""

from collections.abc import Callable

from services.llm.routing.asking import (
    asks_after_all,
    capacity,
    content,
    enumerates,
    is_about_jarvis,
    stranger,
)
from services.llm.routing.facts import Facts, Reach
from services.llm.routing.inventory import Plainness
from services.llm.routing.name_places import CAPABILITY
from services.llm.routing.values import Evidence
from services.llm.routing.weights import told
from services.llm.routing.words import general
from services.llm.routing.words import parts as p

_SUPPOSE = p.word_set("suppose supposing imagine assume assuming hypothetically")


def _here(facts: Facts) -> bool:
    """Whether it is about a thing of this house that no book knows."""
    return any(one.sure and one.plainness is not Plainness.KNOWN for one in facts.meant)


def _alive(facts: Facts) -> bool:
    """Whether it is about how something of this house is doing."""
    return facts.surely_named and bool(
        facts.state
        or facts.happening
        or facts.now
        or facts.past
        or facts.clause.parts & (p.EVENT | p.METRIC)
    )


def how_to(facts: Facts) -> Evidence | None:
    """`how do I …`, `best way to …`."""
    if not general.HOW_TO.match(facts.clause.text) and not _is_bare_how(facts):
        return None
    if _here(facts):
        return told("shape.how-to.here", "asks how something here is done")
    return told("shape.how-to", "asks how something is done in general")


def _is_bare_how(facts: Facts) -> bool:
    """`how mount a partition`, `how daemons drop privileges`: no auxiliary, no adjective."""
    tokens = facts.tokens
    if facts.first.text != "how" or len(tokens) < 3 or tokens[1].named is not None:
        return False
    asks = p.BE | p.DO | p.HAVE | p.MODAL | p.STATE | p.ANY | p.NEUTRAL | p.PREPOSITION | p.JUDGING
    return not tokens[1].parts & asks and not tokens[-1].text.endswith("ing")


def definition(facts: Facts) -> Evidence | None:
    """`what is zfs`, `what does iowait mean`, `what is grafana good for`."""
    if is_about_jarvis(facts) or any(content(facts)):
        return None
    text = facts.clause.text
    if "by-default" in text and not _here(facts):
        return told("shape.definition", "asks what is usual")
    if general.DEFINED.match(text) and not (facts.first.text == "was" and _about_now(facts)):
        return told("shape.definition", "asks what something is or means")
    if facts.first.text in ("what", "which") and not _here(facts):
        head = facts.tokens[1:4]
        if any(t.parts & p.LEARNING and not t.parts & (p.NEUTRAL | _HOUSE) for t in head):
            return told("shape.definition", "asks for general knowledge")
    if not general.WHAT_IS.match(text) or _about_now(facts) or _here(facts):
        return None
    ours = facts.reach is Reach.OURS or (
        facts.reach >= Reach.THESE and facts.clause.parts & p.METRIC and not facts.generic
    )
    if ours:
        return None
    if len(facts.tokens) > 2 and facts.tokens[2].text.endswith("ing") and facts.house_words:
        return None
    return told("shape.definition", "asks what something is")


_HOUSE = p.THING | p.METRIC | p.EVENT


def _about_now(facts: Facts) -> bool:
    """Something is said of it that only a look can tell."""
    if asks_after_all(facts) or (facts.surely_named and _alive(facts)):
        return True
    head = facts.tokens[facts.subject]
    if head.parts & (p.POINTING | p.ANYTHING) and not head.parts & p.WH:
        return True
    if facts.generic and not facts.named and not (facts.now or facts.past):
        return False
    return bool(facts.state or facts.happening or facts.now or facts.past) and (
        facts.reach > Reach.NONE or facts.named
    )


def mechanism(facts: Facts) -> Evidence | None:
    """`how does corosync elect …`, `how dns works`, `how is memory allocated`."""
    text = facts.clause.text
    made = len(facts.tokens) > 3 and facts.first.text == "how" and facts.tokens[1].parts & p.BE
    made = made and any(token.text.endswith("ed") for token in facts.tokens[3:])
    if made and not facts.named and facts.reach <= Reach.BARE and facts.house_words:
        return told("shape.mechanism", "asks how something is made in general")
    if general.LOOKS.search(text) and (
        facts.named or facts.reach >= Reach.THESE or facts.foreign == 0
    ):
        return None
    if facts.surely_named and facts.first.text in ("why", "warum", "pourquoi"):
        return None
    if general.MECHANISM.match(text) and not (_here(facts) and facts.failing):
        return told("shape.mechanism", "asks how something works in general")
    if general.HOW_DOES.match(text) and not _here(facts) and facts.tokens[1].parts & p.DO:
        return told("shape.mechanism", "asks how something works in general")
    return None


def comparison(facts: Facts) -> Evidence | None:
    """`zfs vs btrfs`, `difference between …`."""
    ours = _here(facts) or ((facts.now or facts.past) and facts.core_words)
    ours = ours or (facts.first.text == "compare" and facts.reach >= Reach.THESE)
    if not general.COMPARISON.search(facts.clause.text) or ours:
        return None
    return told("shape.comparison", "compares things in general")


def advice(facts: Facts) -> Evidence | None:
    """`should I use …`, `do I need …`, `is it safe to …`."""
    if not general.ADVICE.match(facts.clause.text) or (facts.clause.requested and facts.named):
        return None
    if any(capacity(facts)):
        return None
    doing = facts.surely_named and (
        facts.state or facts.now or facts.past or facts.clause.parts & (p.EVENT | p.METRIC)
    )
    close = _here(facts) or doing or (facts.reach >= Reach.THESE and not facts.technology)
    if close or (facts.clause.parts & p.ANYTHING and not facts.technology):
        return told("shape.advice.here", "asks for advice about something here")
    return told("shape.advice", "asks for advice in general")


def judging(facts: Facts) -> Evidence | None:
    """`is git hard to learn`, `ecc ram, is it worth it`."""
    if facts.surely_named or facts.reach is Reach.OURS:
        return None
    rest = facts.tokens[facts.subject :]
    asks = facts.first.parts & (p.BE | p.DO | p.MODAL) or facts.first.parts & p.WH
    weighed = any(t.parts & p.JUDGING and not t.parts & (p.STATE | p.NEUTRAL) for t in rest)
    if _is_event(facts) and not facts.foreign > 1:
        return None
    gratis = (
        facts.tokens[-1].text == "free" and facts.first.parts & p.BE and not facts.house_words > 1
    )
    if (weighed and (asks or not facts.clause.reported)) or gratis:
        return told("shape.judging", "asks for an opinion")
    return None


def teach(facts: Facts) -> Evidence | None:
    """`explain …`, `tell me about …`."""
    soft = general.TEACH_SOFT.match(facts.clause.text)
    if not soft and not facts.first.parts & p.TEACHING:
        return None
    close = _here(facts) or facts.reach is Reach.OURS
    recorded = facts.reach >= Reach.THESE and facts.clause.parts & (p.EVENT | p.PAST)
    if soft and (close or recorded):
        return told("shape.teach.here", "wants to be told of something here")
    return told("shape.teach", "wants something explained")


def writing(facts: Facts) -> Evidence | None:
    """`write a script …`, `give me an example …`, `translate …`."""
    parts = facts.first.parts
    written = facts.clause.parts & p.WRITTEN
    changes = facts.first.text in ("convert", "name", "rename", "design", "code") and _here(facts)
    wants = parts & p.WRITING and not parts & p.LOOKING and not changes
    runs = facts.first.text in ("run", "execute", "start", "stop", "check", "open", "kill")
    makes = parts & (p.HANDLING | p.LOOKING) and written and _soon(facts, p.WRITTEN) and not runs
    sample = parts & (p.HANDLING | p.LOOKING) and _soon(facts, p.LEARNING) and not _here(facts)
    if wants or makes or sample or general.INTO_A_LANGUAGE.search(facts.clause.text):
        return told("shape.writing", "wants something written")
    return None


def _soon(facts: Facts, part: int) -> bool:
    """Whether that part comes before any other object could have."""
    for token in facts.tokens[1:7]:
        if token.parts & part and not token.parts & (p.EVENT | p.METRIC | p.STATE):
            return True
        if token.text in ("to", "that", "which", "of", "for", "on"):
            return False
    return False


def supposing(facts: Facts) -> Evidence | None:
    """`suppose a node dies`, `you have a server that …`."""
    if facts.first.text in _SUPPOSE and not any(m.plainness is Plainness.OWN for m in facts.meant):
        return told("shape.supposing", "supposes a case")
    if facts.surely_named:
        return None
    if general.INTERVIEW.search(facts.clause.text) or general.YOUR_SERVER.search(facts.clause.text):
        return told("shape.supposing", "speaks of somebody else's machine")
    begun = facts.clause.supposed and not facts.clause.requested and not facts.clause.wondered
    scene = general.SUPPOSING.match(facts.clause.text) and not facts.clause.asked
    happens = facts.clause.text.startswith(("what happens if", "what happens when", "what if"))
    if begun or scene or happens:
        return told("shape.supposing", "supposes a case")
    return None


def topic(facts: Facts) -> Evidence | None:
    """`raid 10 explained`, `best nas drives`: the heading of an article."""
    if facts.surely_named or facts.reach >= Reach.THESE or facts.clause.parts & (p.BE | p.DO):
        return None
    if any(enumerates(facts)):
        return None
    head = facts.tokens[0].parts | facts.tokens[-1].parts
    learning = facts.clause.parts & p.LEARNING and (
        facts.technology or facts.foreign or facts.house_words
    )
    if learning and (head & (p.LEARNING | p.JUDGING) or facts.technology or facts.named):
        return told("shape.topic", "names a topic")
    return None


def generic_subject(facts: Facts) -> Evidence | None:
    """`does zfs need ecc`, `are vms slower …`, `why do people use lxc`."""
    asks = facts.first.parts & (p.BE | p.DO | p.MODAL | p.WH) and not facts.clause.requested
    if not asks or facts.surely_named:
        return None
    tokens = facts.tokens
    subject = tokens[facts.subject]
    if subject.parts & p.ANYTHING or subject.text == "there":
        return None
    if any(capacity(facts)) or any(enumerates(facts)) or asks_after_all(facts):
        return None
    one = subject.text == "one" and facts.first.parts & (p.DO | p.MODAL)
    if one or subject.text in ("people", "admins", "beginners", "folks"):
        return told("shape.generic-subject", "speaks of people in general")
    before = tokens[facts.subject - 1] if facts.subject else facts.first
    definite = subject.parts & p.THE and before.parts & p.BE
    if subject.parts & p.THE and facts.subject + 1 < len(tokens) and not definite:
        subject = tokens[facts.subject + 1]
    any_such = subject.parts & p.A and not subject.parts & p.HAVE and not _is_event(facts)
    any_such = any_such or (
        facts.generic
        and facts.reach <= Reach.SOME
        and not _is_event(facts)
        and not facts.clause.parts & p.HAVE
    )
    technical = subject.parts & p.TECHNOLOGY and not any(stranger(facts))
    if _how_adjective(facts) and tokens[-1].parts & p.THING:
        subject = tokens[-1]
    plural = (
        subject.parts & (p.THING | p.EVENT)
        and (subject.text.endswith("s") or facts.first.text in ("do", "does"))
        and facts.reach <= Reach.BARE
        and not ((facts.state and not _how_adjective(facts)) or facts.now or facts.past)
        and not facts.clause.parts & p.ALL
        and not facts.happening
    )
    capable = not subject.parts & p.ME and any(
        token.text in CAPABILITY for token in tokens[facts.subject :]
    )
    able = facts.first.text in ("can", "could") and not facts.named and facts.reach <= Reach.BARE
    any_such = any_such or (able and bool(facts.house_words) and not facts.now)
    if any_such or technical or plural or (capable and not facts.reach >= Reach.THESE):
        return told("shape.generic-subject", "speaks of such things in general")
    return None


def _is_event(facts: Facts) -> bool:
    """`is a reboot required`: one of a kind of event is always one of ours."""
    return bool(facts.clause.parts & p.EVENT) and not facts.technology


def _how_adjective(facts: Facts) -> bool:
    """`how loud are servers`."""
    tokens = facts.tokens
    return (
        len(tokens) > 3
        and tokens[0].text == "how"
        and bool(tokens[1].parts & p.STATE)
        and (bool(tokens[3].parts & p.THING) or bool(tokens[-1].parts & p.THING))
    )


_LIKES = p.word_set("love like hate enjoy adore prefer")


def talk(facts: Facts) -> Evidence | None:
    """`how are you`, `do you like your job`, `I am tired`."""
    likes = facts.first.parts & p.ME and any(t.text in _LIKES for t in facts.tokens[1:3])
    if likes and not facts.failing and not facts.clause.asked:
        return told("shape.talk", "tells of the person's own liking")
    if facts.named or facts.core_words:
        return None
    if general.TALK.match(facts.clause.text):
        return told("shape.talk", "is small talk")
    me = facts.first.parts & p.ME
    if me and facts.foreign + facts.everyday + bool(facts.clause.parts & p.SELF) > 0:
        return told("shape.talk", "tells of the person's own day")
    return None


AGAINST: tuple[Callable[[Facts], Evidence | None], ...] = (
    how_to,
    definition,
    mechanism,
    comparison,
    advice,
    judging,
    teach,
    writing,
    supposing,
    topic,
    generic_subject,
    talk,
)
"""Every shape that speaks against tools."""
