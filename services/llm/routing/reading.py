"""What a message asks for: its clauses weighed, and leant on what was said before."""

from collections.abc import Sequence

from services.llm.routing.clauses import Clause, split_clauses
from services.llm.routing.facts import Reach
from services.llm.routing.heard import Heard
from services.llm.routing.inventory import Inventory, Plainness
from services.llm.routing.learned import sounds_like
from services.llm.routing.pasted import part_pasted
from services.llm.routing.text import Token, tokenize
from services.llm.routing.values import Conversation, Evidence, Kind, Reading
from services.llm.routing.weigh import Weighed, weigh
from services.llm.routing.weights import AMBIGUOUS_WITHIN, TOOLS_ABOVE, WEIGHTS
from services.llm.routing.words import parts as p
from services.llm.routing.words.frames import AMUSING, GOES_ON

MOST_CLAUSES = 40


def listen(message: str, conversation: Conversation, inventory: Inventory) -> Heard:
    """What the rules make of a message. Pure."""
    said, pasted = part_pasted(message[:20_000] if len(message) > 20_000 else message)
    tokens = tokenize(said, inventory)
    clauses = split_clauses(tokens)[:MOST_CLAUSES]
    weighed = [weigh(clause, inventory) for clause in clauses]
    if pasted:
        weighed.append(_weigh_pasted(pasted, inventory, weighed))
    readings = _lean(_in_context(weighed), conversation)
    best = max(readings, key=lambda one: one.score) if readings else None
    return Heard(tokens=tokens, readings=readings, best=best)


def read(message: str, conversation: Conversation, inventory: Inventory) -> Reading:
    """Read one message. Pure; well under a millisecond for anything a person types."""
    heard = listen(message, conversation, inventory)
    best = heard.best
    if best is None:
        return _nothing(message)
    best = _heard_out(heard, best, inventory)
    needs_tools = best.score > -AMBIGUOUS_WITHIN
    return Reading(
        needs_tools=needs_tools,
        ambiguous=abs(best.score - TOOLS_ABOVE) < AMBIGUOUS_WITHIN,
        kind=_kind(best, heard.readings),
        score=round(best.score, 2),
        because=_because(best, heard.readings),
        evidence=_ordered(best),
    )


_RULES_ALONE = p.word_set("lean.tools lean.talk lean.offer lean.words log command.line")
"""What was said before, or pasted, is not in the words that the learned layer sees; and what a
command line asks for stands in no sentence that it could have learned from."""


def _heard_out(heard: Heard, best: Weighed, inventory: Inventory) -> Weighed:
    """The learned layer has the last word on what a message says by itself."""
    names = {one.name for one in best.evidence}
    alone = bool(names & _RULES_ALONE) or ("vmid" in names and len(best.clause.tokens) == 1)
    if alone or all(one.facts is None for one in heard.readings):
        return best
    odds = sounds_like(heard.tokens, best.evidence, inventory)
    words = "sounds like a question about the live cluster"
    if best.facts is not None and any(one.name.startswith("command.") for one in best.evidence):
        words = "sounds like an order to the live cluster"
    if odds <= -AMBIGUOUS_WITHIN:
        words = "sounds like nothing that only the live cluster can answer"
    learned = Evidence(name="learned", weight=odds - best.score, words=words)
    return Weighed(
        clause=best.clause, facts=best.facts, evidence=(*best.evidence, learned), score=odds
    )


def _nothing(message: str) -> Reading:
    empty = not message.strip()
    return Reading(
        needs_tools=False,
        ambiguous=False,
        kind=Kind.SMALLTALK,
        score=WEIGHTS["prior"],
        because="it is empty" if empty else "it has no words",
        evidence=(),
    )


def _weigh_pasted(pasted: str, inventory: Inventory, said: Sequence[Weighed]) -> Weighed:
    words = [token for token in tokenize(pasted, inventory) if token.named is not None]
    ours = [t for t in words if t.named and t.named.plainness is not Plainness.WORD]
    evidence = [Evidence(name="prior", weight=WEIGHTS["prior"], words="")]
    evidence.append(
        Evidence(name="log", weight=WEIGHTS["log"], words="brings the output of a program")
    )
    if ours and ours[0].named is not None:
        evidence.append(
            Evidence(name="log.named", weight=1.0, words=f"in which {ours[0].named.name} is named")
        )
    if any(one.general for one in said):
        evidence.append(
            Evidence(name="log.general", weight=-2.4, words="asks what it means in general")
        )
    clause = Clause(tokens=(), text="", parts=0)
    return Weighed(
        clause=clause,
        facts=None,
        evidence=tuple(evidence),
        score=sum(one.weight for one in evidence),
    )


_IN_GENERAL = p.word_set("in-general in-theory theoretically generally typically usually")


def _in_context(weighed: list[Weighed]) -> list[Weighed]:
    """Clauses of one message tell about each other: a supposed case stays supposed."""
    supposed = any(
        evidence.name == "shape.supposing" for one in weighed for evidence in one.evidence
    ) or any(_sets_scene(one) for one in weighed)
    if not supposed and not any(one.general for one in weighed):
        return weighed
    dampened: list[Weighed] = []
    general = False
    for one in weighed:
        goes_on = general and one.clause.after_comma and not _is_sentence(one)
        dampened.append(_dampen(one, supposed=supposed, goes_on=goes_on))
        if one.facts is not None:
            general = one.general or goes_on
    return dampened


def _sets_scene(one: Weighed) -> bool:
    """`in general`, `in linux`, `generally`: what comes with it is not about this house."""
    tokens = one.clause.tokens
    if one.clause.text in _IN_GENERAL:
        return True
    prepositional = len(tokens) == 2 and tokens[0].text in ("in", "on", "under", "with", "for")
    return prepositional and bool(tokens[1].parts & p.TECHNOLOGY) and tokens[1].named is None


def _is_sentence(one: Weighed) -> bool:
    """Whether it has a verb of its own, and so does not go on with the list before it."""
    return one.facts is None or bool(
        one.clause.parts & (p.BE | p.DO | p.MODAL | p.HAVE) or one.clause.requested
    )


def _dampen(one: Weighed, *, supposed: bool, goes_on: bool) -> Weighed:
    facts = one.facts
    if facts is None or one.general:
        return one
    told = (
        not one.clause.asked
        and not one.clause.requested
        and not facts.first.parts
        & (p.ACTION | p.LOOKING | p.HANDLING | p.WH | p.BE | p.DO | p.HAVE | p.MODAL)
    )
    close = (
        facts.surely_named
        or facts.reach >= Reach.THESE
        or any(
            evidence.name in ("thing.ours", "self", "money", "moment.past")
            for evidence in one.evidence
        )
    )
    if not goes_on and (facts.surely_named or (not supposed and (close or not told))):
        return one
    evidence = Evidence(
        name="shape.supposing", weight=-4.2, words="belongs to a question of general knowledge"
    )
    return Weighed(
        clause=one.clause,
        facts=facts,
        evidence=(*one.evidence, evidence),
        score=one.score + evidence.weight,
    )


def _lean(weighed: list[Weighed], conversation: Conversation) -> list[Weighed]:
    """What cannot stand by itself takes its meaning from the clause or message before."""
    before = conversation.last_needed_tools
    offered = bool(conversation.offered_action)
    leant: list[Weighed] = []
    for one in weighed:
        alone = all(
            earlier.facts is None and not earlier.clause.social & p.REFUSAL for earlier in leant
        )
        found = _leans_on(one, before, offered=offered, alone=alone) or _of_elsewhere(one, leant)
        if found is not None:
            one = Weighed(
                clause=one.clause,
                facts=one.facts,
                evidence=(*one.evidence, found),
                score=one.score + found.weight,
            )
        leant.append(one)
        if one.facts is not None:
            if one.score > AMBIGUOUS_WITHIN:
                before = True
            elif one.general or (before is None and _has_subject(one)):
                before = False
    return leant


def _has_subject(one: Weighed) -> bool:
    """Whether it speaks of something, if not of the house."""
    facts = one.facts
    assert facts is not None
    if facts.named:
        return False
    return one.score < -AMBIGUOUS_WITHIN and bool(
        facts.everyday or facts.technology or facts.house_words
    )


def _of_elsewhere(one: Weighed, leant: list[Weighed]) -> Evidence | None:
    """`is my order on its way, or what is going on`: it is the order that goes on."""
    if not any(evidence.name == "scope" for evidence in one.evidence):
        return None
    for earlier in leant:
        if earlier.facts is not None and earlier.facts.everyday and earlier.score < 0:
            return Evidence(
                name="lean.elsewhere", weight=-3.0, words="goes on about something else"
            )
    return None


_REPEATS = p.word_set(
    "again retry repeat more details detail elaborate continue further another else shorter longer "
    "simpler example examples"
)
_WORDY = p.word_set("word mean means meaning term explain example examples shorter longer simpler")


def _leans_on(one: Weighed, before: bool | None, *, offered: bool, alone: bool) -> Evidence | None:
    clause, facts = one.clause, one.facts
    if facts is None:
        return _answers_offer(clause, offered, alone=alone)
    if not (_is_leaning(one) or (before is not None and _goes_on(one))):
        return None
    if before is None:
        return Evidence(name="lean.nothing", weight=_alone(one), words="points at something unsaid")
    if before:
        if any(token.text in _WORDY for token in facts.tokens) and not facts.named:
            return Evidence(name="lean.words", weight=-1.0, words="asks about the words used")
        return Evidence(
            name="lean.tools", weight=max(3.6, 1.5 - one.score), words="goes on about the cluster"
        )
    if facts.surely_named and one.score > 1.5 and not _is_bare(one):
        return None
    if any(evidence.name in ("have", "self", "money") for evidence in one.evidence):
        return None
    if one.score > 1.5 and not clause.elliptic and not _only_points(one):
        return None
    return Evidence(
        name="lean.talk", weight=min(-3.6, -1.5 - one.score), words="goes on with the talk"
    )


def _alone(one: Weighed) -> float:
    """With nothing before it: a command at something unsaid is worth a look, talk is not."""
    assert one.facts is not None
    if one.facts.surely_named or one.score > 0:
        return 0.4
    acts = one.facts.first.parts & (p.ACTION | p.HANDLING | p.LOOKING)
    if one.facts.failing and one.facts.foreign + one.facts.everyday == 0:
        # `it's slow again`: whatever it is, somebody has to look.
        return 2.2
    if any(token.text in _REPEATS for token in one.facts.tokens):
        return 0.0
    return 1.4 if acts and one.facts.foreign == 0 and one.facts.everyday == 0 else 0.0


def _is_leaning(one: Weighed) -> bool:
    facts = one.facts
    assert facts is not None
    if one.general and not _only_points(one):
        return False
    size = len(facts.tokens)
    if (
        facts.clause.elliptic
        and _is_bare(one)
        and size <= 4
        and facts.foreign + facts.everyday <= 1
    ):
        return True
    if facts.clause.text in _DOUBTS:
        return True
    if facts.foreign > 1 or facts.everyday > 0 or size > 9:
        return False
    return _only_points(one)


def _goes_on(one: Weighed) -> bool:
    facts, text = one.facts, one.clause.text
    return bool(facts and not facts.named and not facts.everyday and GOES_ON.search(text))


_DOUBTS = frozenset(
    {"are you sure", "are you certain", "sure", "certain", "you sure", "how so", "is that so",
     "wirklich", "sicher", "bist du sicher", "vraiment", "tu es sur", "how do you know"}
)  # fmt: skip


def _is_bare(one: Weighed) -> bool:
    """Only names and things, no verb that says what is wanted of them."""
    verbs = p.BE | p.DO | p.HAVE | p.MODAL | p.ACTION | p.HANDLING | p.LOOKING
    facts = one.facts
    assert facts is not None
    names = {meant.place for meant in facts.meant}
    return not any(
        token.parts & verbs and not token.parts & (p.THING | p.METRIC | p.EVENT)
        for place, token in enumerate(facts.tokens)
        if place not in names
    )


def _only_points(one: Weighed) -> bool:
    """Its subject or object is said only by `it`, `that`, `the other one`, or not at all."""
    facts = one.facts
    assert facts is not None
    if any(token.text in _REPEATS for token in facts.tokens) and len(facts.tokens) <= 5:
        return not facts.named
    if facts.reach >= Reach.ALL or (
        facts.meant and len(facts.tokens) > 2 and not facts.clause.elliptic
    ):
        return any(_points(t) for t in facts.tokens) and facts.reach < Reach.ALL
    points = any(_points(token) for token in facts.tokens)
    asks = all(
        token.parts & (p.WH | p.NOW | p.PAST | p.PREPOSITION | p.ANY | p.STATE | p.POINTING | p.ALL)
        for token in facts.tokens
    )
    return points or asks


def _points(token: Token) -> bool:
    return bool(token.parts & p.POINTING) and not token.parts & (p.THING | p.THE)


def _answers_offer(clause: Clause, offered: bool, *, alone: bool) -> Evidence | None:
    if not alone or clause.social & p.REFUSAL:
        return None
    if not clause.social & p.ASSENT:
        return None
    if offered:
        return Evidence(name="lean.offer", weight=5.0, words="accepts what was offered")
    return None


def _kind(best: Weighed, readings: Sequence[Weighed]) -> Kind:
    if best.score > -AMBIGUOUS_WITHIN:
        return Kind.CLUSTER
    names = {evidence.name for one in readings for evidence in one.evidence}
    if "shape.writing" in names:
        amusing = any(AMUSING.search(one.clause.text) for one in readings)
        return Kind.SMALLTALK if amusing else Kind.WRITING
    if any(one.general for one in readings):
        return Kind.KNOWLEDGE
    if all(one.facts is None for one in readings) or "shape.talk" in names:
        return Kind.SMALLTALK
    if any(name.startswith("everyday") for name in names):
        return Kind.EVERYDAY
    if any(name.startswith("technology") for name in names):
        return Kind.KNOWLEDGE
    return Kind.OTHER


def _ordered(best: Weighed) -> tuple[Evidence, ...]:
    return tuple(sorted(best.evidence, key=lambda one: -abs(one.weight)))


def _because(best: Weighed, readings: Sequence[Weighed]) -> str:
    wants = best.score > -AMBIGUOUS_WITHIN
    side = [one for one in _ordered(best) if one.words and (one.weight > 0) == wants]
    ruled = sum(one.weight for one in best.evidence if one.name != "learned")
    if (ruled > -AMBIGUOUS_WITHIN) == wants:
        # What can be pointed at says more than what it sounds like.
        side.sort(key=lambda one: one.name == "learned")
    else:
        side.sort(key=lambda one: one.name != "learned")
        side = side[:1]
    if side:
        return "it " + " and ".join(dict.fromkeys(one.words for one in side[:2]))
    if wants:
        return "it may be about the cluster"
    social = 0
    for one in readings:
        social |= one.clause.social
    if all(one.facts is None for one in readings):
        for part, words in (
            (p.THANKS, "it says thanks"),
            (p.REFUSAL, "it declines"),
            (p.GREETING, "it is a greeting"),
            (p.ASSENT, "it agrees, and nothing was offered"),
        ):
            if social & part:
                return words
        return "it is small talk"
    return "it names nothing of this cluster"
