"""Orders that the rules take: a verb, its object, and nothing beside them; pure.

What stands beside them is never passed over: `start all guests on home` is no order to wake home,
and `restart pveproxy on pve` none to reboot pve.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.llm.direct.things import find_placed
from services.llm.direct.wishes import Thing, Wish
from services.llm.judging.consent_words import NOT_NOW
from services.llm.routing.clauses import Clause
from services.llm.routing.folding import fold
from services.llm.routing.inventory import Inventory
from services.llm.routing.text import Token
from services.llm.routing.words import parts as p
from services.llm.routing.words.vocabulary import ENGLISH

_LEADING: Final = (
    ("restart", r"restart|reboot|bounce|power[ -]?cycle|neu ?starten?|redemarrer?|relancer?"),
    ("kill", r"kill|(?:force|hard)[ -]?(?:stop|shut[ -]?down|power[ -]off)"),
    ("reset", r"(?:hard[ -])?reset"),
    ("suspend", r"suspend|pause|freeze|pausieren?"),
    ("stop", r"stop|shut[ -]?down|power[ -](?:off|down)|turn[ -]off|switch[ -]off|halt|stoppe?n?|"
             r"ausschalten|herunterfahren|arreter?|eteindre|eteins"),
    ("resume", r"resume|unpause|fortsetzen"),
    ("snapshot", r"(?:take|make|create) (?:a |another )?(?:new )?snapshot|snapshot|"
                 r"(?:mache?|erstelle?) (?:einen? )?(?:neuen )?(?:snapshot|schnappschuss)|"
                 r"(?:fais|cree[rz]?|prends) un (?:nouvel )?(?:snapshot|instantane)"),
    ("backup", r"(?:make|take|run|start|create) (?:a |another |the )?(?:new )?backup|"
               r"back(?: |-)?up|sicher[en]|sichern|sauvegarder?|"
               r"(?:mache?|erstelle?) (?:ein )?(?:neues )?(?:backup|sicherung)|"
               r"(?:fais|cree[rz]?|lance[rz]?) une (?:nouvelle )?sauvegarde"),
    ("start", r"(?:start|boot|wake)(?:[ -]up)?|launch|power[ -](?:on|up)|turn[ -]on|"
              r"switch[ -]on|bring[ -]up|starten?|wecken?|anschalten|einschalten|hochfahren|"
              r"demarrer?|lancer?|allumer?|reveiller?"),
    ("move", r"move|migrate|relocate|verschieben?|migrieren?|deplacer?|migrer?"),
    ("drop snapshot", r"(?:delete|remove|drop) (?:the )?snapshot"),
    ("roll back", r"roll[ -]?back|revert|restore"),
    ("upgrade", r"update|upgrade|patch|aktualisieren?"),
)  # fmt: skip
_AROUND: Final = (
    ("restart", r"starte?|fahre?", r"neu(?: hoch)?"),
    ("stop", r"turn|switch|power|shut|fahre?|schalte", r"off|down|herunter|runter|aus|ab"),
    (
        "start",
        r"turn|switch|power|bring|fahre?|schalte",
        r"(?:back )?(?:on|up)|back-up|hoch|an|ein",
    ),
    ("roll back", r"roll", r"back to .+"),
)
_FORMS: Final = (
    *((i, re.compile(rf"^(?:{a}) (?P<rest>.+?) (?:{z})(?: again)?$")) for i, a, z in _AROUND),
    *((i, re.compile(rf"^(?:{verb})\b(?: (?P<rest>.+))?$")) for i, verb in _LEADING),
    *((i, re.compile(rf"^(?P<rest>\S+(?: \S+)?) (?:{verb})$")) for i, verb in _LEADING),
)
_ALSO_NOUNS: Final = re.compile(
    r"^(?:snapshot|back-?up|boot|update|upgrade|patch|restore|pause)\b|\S (?:\S+ )?(?:snapshot|"
    r"back-?up|boot|updates?|upgrade|patch|reboot|restart|start|stop)$"
)
"""Clauses whose verb may be a noun: with anything beside the object they are questions."""
_BEYOND: Final = re.compile(
    r"^(?:delete|remove|destroy|wipe|erase|purge|clone|copy|rename|create|add|resize|extend|grow|"
    r"shrink|increase|decrease|assign|install|uninstall|mount|unmount|attach|detach|enable|disable|"
    r"configure|schedule|cancel|abort|acknowledge|ack|dismiss|deploy|run|execute|ssh|"
    r"give (?!me\b|us\b)\S+|set \S+|open (?:a |the )?(?:root )?(?:terminal|shell|console)|"
    r"losche?n?|entferne?n?|erstelle?n?|installiere?n?|supprime[rz]?|cree[rz]?|installe[rz]?)\b"
    r"(?! (?:a |the |me )*(?:list|report|summary|overview)\b)"
)
_REASON: Final = re.compile(r" (?:because|weil|denn|parce-?que)\b.*$")
_OCCASION: Final = re.compile(r" (?:before|bevor|vor|avant)\b.*$")
"""Of a snapshot and a backup: what they are taken for; of anything else, a condition."""
_LATER: Final = NOT_NOW | p.word_set(
    "if before as only at by wenn falls bevor nur si des avant seulement"
)
_LIGHT: Final = p.word_set(
    "vm ct vmid lxc container guest node server machine host box the now again jetzt sofort "
    "immediately asap right-now noch-einmal nochmal erneut wieder please back"
)
_OF_THINGS: Final = ("snapshot", "backup", "drop snapshot")
_IT: Final = frozenset({"it", "them", "es", "ihn", "sie", "le", "la"})
_OF: Final = frozenset({"of", "for", "von", "fur", "de", "du"})
_ON: Final = frozenset({"on", "auf", "sur", "in", "at"})
_TO: Final = frozenset({"to", "onto", "into", "nach", "zu", "vers", "over-to"})
_SERVICE: Final = re.compile(
    r"^(?:please )?(?P<verb>restart|stop) (?:the )?(?P<service>[\w@.:-]+)"
    r"(?P<said> (?:service|unit|daemon))? on (?:the )?(?:node )?(?P<node>[\w.-]+?)[.!]?$",
    re.IGNORECASE,
)
_BACK_TO: Final = re.compile(r"\bto (?:the )?(?:snapshot )?(?P<snapshot>[a-z][\w-]+)[.!]?$", re.I)
_SNAPSHOT_OF: Final = re.compile(r"\bsnapshot (?P<snapshot>[a-z][\w-]+) (?:of|from|on)\b", re.I)
_NO_SNAPSHOTS: Final = frozenset({"snapshot", "backup", "of", "from"})


@dataclass(frozen=True, slots=True)
class _Object:
    """What follows the verb, taken apart."""

    things: tuple[Thing, ...]
    place: Thing | None
    target: Thing | None
    left: str


def find_order(
    message: str,
    clauses: Sequence[Clause],
    inventory: Inventory,
    earlier: Sequence[Thing] = (),
) -> Wish | None:
    """The order of a message, understood or not; None where it gives none.

    :param earlier: what the message before named, for an `it` that nothing here explains.
    """
    if (service := _of_service(message, inventory)) is not None:
        return service
    found = [(clause, *form) for clause in clauses if (form := _form(clause)) is not None]
    if not found:
        return _beyond(clauses)
    clause, intent, rest = found[0]
    if len(found) > 1:
        return Wish(intent=intent, unread=found[1][0].text)
    if condition := _condition(clauses, clause):
        return Wish(intent=intent, unread=condition)
    words, rest = _words(intent, message, clause, rest)
    about = _take_apart(clause, rest, inventory, words, of_things=intent in _OF_THINGS)
    things = about.things or (() if about.left else _pointed_at(clauses, clause, inventory))
    if not things and not about.left and _IT.intersection(clause.tokens[at].text for at in rest):
        things = tuple(earlier) if len(earlier) == 1 else ()
    if _ALSO_NOUNS.search(clause.text) and (about.left or not things):
        return None
    if intent == "move" and about.target is None:  # `verschiebe media auf home`
        about = replace(about, target=about.place, place=None)
    return Wish(
        intent=intent,
        things=things,
        place=about.place,
        target=about.target,
        words=words,
        unread=about.left,
    )


def _of_service(message: str, inventory: Inventory) -> Wish | None:
    """`restart pveproxy on pve`: what is named is neither a thing of the house nor a plain word."""
    found = _SERVICE.match(" ".join(message.split()))
    if found is None:
        return None
    node = inventory.names.get(fold(found["node"]))
    service = fold(found["service"])
    if node is None or node.what != "node" or service in inventory.names:
        return None
    if not found["said"] and ENGLISH.get(service, 0) & ~p.TECHNOLOGY:
        return None
    return Wish(
        intent=found["verb"].lower(),
        place=Thing(what="node", name=node.name),
        words={"service": found["service"]},
    )


def _is_order(clause: Clause) -> bool:
    if not clause.tokens or clause.parts & p.NEGATION or clause.supposed or clause.wondered:
        return False
    if clause.asked and not clause.requested:
        return False
    return not clause.tokens[0].parts & p.WH


def _form(clause: Clause) -> tuple[str, Sequence[int]] | None:
    """Its intent, and the places of the tokens beside its verb."""
    if not _is_order(clause):
        return None
    text = _REASON.sub("", clause.text)
    for intent, form in _FORMS:
        if (match := form.match(text)) is None:
            continue
        if match["rest"] is None:
            return intent, ()
        rest = match["rest"]
        if intent in ("snapshot", "backup"):
            rest = _OCCASION.sub("", f" {rest}")[1:]
        first = len(text[: match.start("rest")].split())
        return intent, range(first, first + len(rest.split()))
    return None


def _beyond(clauses: Sequence[Clause]) -> Wish | None:
    """An order that no rule takes, which no reading answers either."""
    for clause in clauses:
        if _is_order(clause) and _BEYOND.match(clause.text):
            return Wish(intent="beyond", unread=clause.text)
    return None


def _condition(clauses: Sequence[Clause], order: Clause) -> str:
    """What else is said that may be a condition or a time."""
    for clause in clauses:
        texts = [token.text for token in clause.tokens]
        if clause is not order and (clause.supposed or _LATER.intersection(texts)):
            return clause.text
    return ""


def _take_apart(
    clause: Clause,
    rest: Sequence[int],
    inventory: Inventory,
    words: Mapping[str, str],
    *,
    of_things: bool,
) -> _Object:
    placed = find_placed(clause, inventory, every=True)
    things: list[Thing] = []
    place = target = None
    left: list[str] = []
    before = ""
    for at in rest:
        token = clause.tokens[at]
        thing = placed.get(at)
        if thing is not None and before in _ON:
            place = thing
        elif thing is not None and before in _TO:
            target = thing
        elif thing is not None and (not before or (before in _OF and of_things)):
            things.append(thing)
        elif thing is not None:
            left += [before, token.text]
        elif token.text in _ON | _TO | _OF or token.parts & p.PREPOSITION:
            left += [before] if before else []
            before = token.text
            continue
        elif not _is_light(token, things):
            left += [before, token.text] if before else [token.text]
        else:
            continue
        before = ""
    left += [before] if before else []
    named = _pieces(words.get("snapshot", ""))
    left = [word for word in left if word and word not in named]
    return _Object(tuple(dict.fromkeys(things)), place, target, " ".join(left))


def _is_light(token: Token, things: Sequence[Thing]) -> bool:
    if token.number is not None:
        return any(token.number == thing.vmid for thing in things)
    if token.text in _IT or token.text in ("and", "und", "et", "&"):
        return True
    return token.text in _LIGHT or bool(token.parts & (p.THE | p.MINE | p.FILLER))


def _pointed_at(
    clauses: Sequence[Clause], order: Clause, inventory: Inventory
) -> tuple[Thing, ...]:
    """`media hangs, restart it`: what the other clauses name."""
    found: list[Thing] = []
    for clause in clauses:
        if clause is not order:
            found += find_placed(clause, inventory).values()
    return tuple(dict.fromkeys(found))


def _words(
    intent: str, message: str, clause: Clause, rest: Sequence[int]
) -> tuple[Mapping[str, str], Sequence[int]]:
    """What else the order names, and the places that are left."""
    said = " ".join(message.split())
    pattern = {"roll back": _BACK_TO, "drop snapshot": _SNAPSHOT_OF}.get(intent)
    found = pattern.search(said) if pattern is not None else None
    if found is not None and found["snapshot"].lower() not in _NO_SNAPSHOTS:
        return {"snapshot": found["snapshot"]}, rest
    if intent == "suspend" and [clause.tokens[at].text for at in rest[-2:]] == ["to", "disk"]:
        return {"to_disk": "yes"}, rest[:-2]
    return {}, rest


def _pieces(snapshot: str) -> frozenset[str]:
    """The words that a snapshot's name falls into, with those that lead to it."""
    if not snapshot:
        return frozenset()
    folded = fold(snapshot)
    return frozenset({folded, *re.split(r"[-_.]", folded), "to", "snapshot"})
