"""What a message wants, by rules: English first, with the German and French everyone uses; pure."""

import re
from collections.abc import Sequence
from typing import Final

from services.llm.direct.orders import find_order
from services.llm.direct.things import find_things
from services.llm.direct.wishes import CHANGES, Thing, Wish
from services.llm.routing.clauses import Clause, split_clauses
from services.llm.routing.folding import fold
from services.llm.routing.inventory import Inventory
from services.llm.routing.reading import read
from services.llm.routing.text import tokenize
from services.llm.routing.values import Conversation, Kind
from services.llm.routing.words import parts as p

_READS: Final = tuple(
    (intent, re.compile(rule))
    for intent, rule in (
        ("help", r"^(?:help|hilfe|aide|commands?|usage)\b|what can you do|was kannst du|"
                 r"que (?:peux|sais)[ -]tu"),
        ("storage", r"\b(?:how full|wie voll)\b|\bbackup storages?\b"),
        ("no-backup", r"(?:without|missing|no|lacks?|lacking|not|never|ohne|kein\w*|sans)\b.{0,30}"
                      r"\b(?:back(?:ed)?[ -]?ups?|sicherung\w*|sauvegarde\w*)|"
                      r"\b(?:un)?protected by (?:a )?backup"),
        ("backups", r"\bback(?:ed)?[ -]?ups?\b|\bsicherung\w*|\bsauvegarde\w*|\bvzdump\b"),
        ("temperatures", r"\btemp(?:s|erature|eratures|eratur|eraturen)?\b|\bhot(?:ter|test)?\b|"
                         r"\bwarm\w*|\bheat\w*|\bcool\b|\bthermal\w*|\bheiss\w*|\bchaud\w*|"
                         r"\boverheat\w*"),
        ("updates", r"\bupdates?\b|\bupgrades?\b|\bpatch\w*|\boutdated\b|\bpaket\w*|"
                    r"\baktualisier\w*|mises? a jour"),
        ("drives", r"\bsmart\b|\bdisk health\b|\bdrives?\b|\bwear(?:out)?\b|\bssds?\b|\bhdds?\b|"
                   r"\bnvmes?\b"),
        ("pools", r"\bzfs\b|\bz?pools?\b|\bscrub\b|\braid\b"),
        ("storage", r"\bstorages?\b|\bdisks?\b|\bspace\b|\bfull\b|\bspeicher\w*|\bplatz\b|\bvoll\b|"
                    r"\bstockage\b|\bdisques?\b|\bespace\b|\bplein\w*"),
        ("snapshots", r"\bsnapshots?\b"),
        ("events", r"\bevents?\b|\bhappen\w*|\balarms?\b|\balerts?\b|\bincidents?\b|\bpassiert\b|"
                   r"\bereignis\w*|\bevenements?\b|s'?est passe|\bnews\b|\bwarnings?\b"),
        ("tasks", r"\btasks?\b|\bjobs?\b|\baufgaben?\b|\btaches?\b"),
        ("containers", r"\bdocker\b|\bcontainers?\b(?! \d)"),
        ("ha", r"\bquorum\b|\bha\b|\bhigh availability\b|\bfenc\w+"),
        ("replication", r"\breplicat\w*"),
        ("journal", r"\bjournal\b|\blogs?\b|\bsyslog\b"),
        ("network", r"\bnetworks?\b|\bnetzwerk\b|\breseau\b|\bips?\b|\baddress\w*|\bbridges?\b"),
        ("services", r"\bservices?\b|\bdienste?\b|\bdaemons?\b"),
        ("down", r"\bdown\b|\boffline\b|\bdead\b|\bnot running\b|\bstopped\b|\bbroken\b|"
                 r"\bfail\w*|\bwrong\b|\bproblems?\b|\bcrash\w*|\bausgefallen\b|\bkaputt\b|"
                 r"\bgestoppt\b|\bunreachable\b|\bdoes not work\b|\bpanne\b|\ben rade\b"),
        ("guests", r"\bguests?\b|\bvms?\b|\blxcs?\b|\bmachines?\b|\bgaste?\b|\bwhat (?:is|are) "
                   r"running\b|\bwhat (?:runs|lives|is) on\b|\bwas lauft\b|"
                   r"\bqu'?est[ -]ce qui tourne\b"),
        ("nodes", r"\bnodes?\b|\bhosts?\b|\bservers?\b|\bknoten\b|\bnoeuds?\b|\bload\b|\bcpu\b|"
                  r"\bmemory\b|\bram\b"),
        ("status", r"\bstatus\b|\bcluster\b|\bhow (?:is|are) (?:it|things|everything|all|the house|"
                   r"the homelab|my homelab)\b|\beverything\b|\ball (?:ok|okay|good|well|right)\b|"
                   r"\boverview\b|\bsummary\b|\breport\b|\bhealth\w*|\bwie (?:geht|steht|sieht)\b|"
                   r"\balles\b|\betat\b|\btout va\b|\bhomelab\b|\buptime\b"),
    )
)  # fmt: skip
_SOCIAL: Final = (
    ("thanks", p.THANKS),
    ("greeting", p.GREETING),
    ("assent", p.ASSENT),
    ("decline", p.REFUSAL),
)
_DEFINED: Final = re.compile(
    r"^(?:what (?:is|are) an? |was (?:ist|sind) eine? |"
    r"qu'?est[ -]ce qu|c'?est quoi )"
)
"""What something is, in shapes that the router's reading does not tell of."""
_OF_SUBJECT: Final = frozenset({"shape.generic-subject", "shape.judging"})
"""Shapes that tell what a question is about, not what it wants to know."""
_SURELY: Final = -5.0
"""A score of the router below which nothing here is asked after, whatever shape it has."""
_WHY: Final = re.compile(r"\b(?:why|warum|wieso|pourquoi|what makes|how come)\b")
_PLACED: Final = re.compile(r"(?<![\w/.-])(?:storage/)?([\w-]+)/([\w.-]*\w)(?![\w/-])")
"""A storage with its node before it, as Proxmox writes it."""
_LABELLED: Final = re.compile(
    r"(?P<asks>\b(?:how full is|wie voll ist) )?(?P<the>\b(?:the|der|das) )?"
    r"(?<![\w.-])(?P<name>[\w.-]*\w)(?P<what> storage\b)?",
    re.IGNORECASE,
)
"""`the backup storage`, `how full is backup`: a storage that is called as what it holds."""
_OF_ONE: Final = {
    "status": ("guest", "node"),
    "down": ("guest", "node"),
    "nodes": ("guest", "node"),
    "guests": ("guest",),
    "storage": ("guest",),
}
"""Intents that, asked of one thing, ask for its own state."""


def understand(message: str, inventory: Inventory, *, before: Sequence[str] = ()) -> Wish:
    """What a message wants; with `before`, the person's earlier messages, latest last."""
    message = _without_places(message, inventory)
    clauses = split_clauses(tokenize(message, inventory))
    things = find_things(message, inventory)
    why = _WHY.search(fold(message)) is not None
    if (order := find_order(message, clauses, inventory)) is not None:
        return order
    intent = _of_books(message, things, inventory) or _read(message, things)
    if not intent and not things:
        return Wish(intent=_social(clauses) or "help")
    if not intent and things and before and any(clause.elliptic for clause in clauses):
        earlier = understand(before[-1], inventory, before=before[:-1])
        if earlier.intent not in (*CHANGES, "beyond", "help", "explain", "status", "down"):
            intent = earlier.intent
    return Wish(intent=intent or "thing", things=things, asks_why=why)


def _without_places(message: str, inventory: Inventory) -> str:
    """Storages as the rules read them: `pve/local-zfs` is `storage local-zfs on pve`."""

    def placed(found: re.Match[str]) -> str:
        node, storage = (inventory.names.get(fold(part)) for part in found.groups())
        if node is None or storage is None or (node.what, storage.what) != ("node", "storage"):
            return found.group()
        return f"storage {storage.name} on {node.name}"

    def labelled(found: re.Match[str]) -> str:
        storage = inventory.names.get(fold(found["name"]))
        fits = storage is not None and storage.what == "storage"
        if not fits or not (found["asks"] or found["what"]):
            return found.group()
        return f"{found['asks'] or ''}storage {found['name']}"

    return _LABELLED.sub(labelled, _PLACED.sub(placed, message))


def understands_change(message: str, inventory: Inventory) -> bool:
    """Whether it is a plain order to change one thing, which needs no model."""
    wish = understand(message, inventory)
    whole = len(wish.things) == 1 or "service" in wish.words
    return wish.intent in CHANGES and whole and not wish.unread


def _of_books(message: str, things: Sequence[Thing], inventory: Inventory) -> str:
    """`explain` for what any book could answer, `help` for a text that is wanted; else nothing.

    A technology alone (`zfs`, `is zfs ok`) is asked after as it is here.
    """
    if things:
        return ""
    reading = read(message, Conversation(), inventory)
    if reading.needs_tools:
        return ""
    if reading.kind is Kind.WRITING:
        return "help"
    shaped = reading.score < _SURELY or any(
        one.name.startswith("shape.") and one.name not in _OF_SUBJECT for one in reading.evidence
    )
    if (shaped and reading.kind is Kind.KNOWLEDGE) or _DEFINED.search(fold(message)):
        return "explain"
    return ""


def _read(message: str, things: Sequence[Thing]) -> str:
    text = " ".join(fold(message).split())
    bare = _without_names(text, things)
    for intent, pattern in _READS:
        if pattern.search(bare):
            kinds = _OF_ONE.get(intent)
            return "thing" if kinds and any(one.what in kinds for one in things) else intent
    return ""


def _without_names(text: str, things: Sequence[Thing]) -> str:
    """A node called home or a guest called backup is no word of the question."""
    for thing in things:
        text = re.sub(rf"\b{re.escape(fold(thing.name))}\b", " ", text)
    return text


def _social(clauses: Sequence[Clause]) -> str:
    said = 0
    for clause in clauses:
        if clause.tokens:
            return ""
        said |= clause.social
    return next((intent for intent, part in _SOCIAL if said & part), "")
