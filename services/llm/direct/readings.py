"""What is asked to be read, by its words: English first, with German and French; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from services.llm.direct.wishes import Thing
from services.llm.routing.folding import fold
from services.llm.routing.words import parts as p
from services.llm.routing.words.vocabulary import COMMON_WORDS, ENGLISH

_GENERAL: Final = tuple(
    (intent, re.compile(rule))
    for intent, rule in (
        ("help", r"^(?:help|hilfe|aide|commands?|usage)\b|what can you do|was kannst du|"
                 r"que (?:peux|sais)[ -]tu"),
        ("cost", r"\bcosts?\b|\bspen[td]\b|\bbudgets?\b|\bkosten\b|\bgekostet\b|\bcoute\w*\b|"
                 r"\bdepenses?\b"),
        ("storage", r"\b(?:how full|wie voll)\b|\bbackup storages?\b"),
        ("no-backup", r"(?:without|missing|no|lacks?|lacking|not|never|ohne|kein\w*|sans|pas)\b"
                      r".{0,30}\b(?:back(?:ed)?[ -]?ups?|sicherung\w*|sauvegarde\w*)|"
                      r"\b(?:un)?protected by (?:a )?backup"),
        ("backups", r"\bback(?:ed)?[ -]?ups?\b|\bsicherung\w*|\bsauvegarde\w*|\bvzdump\b"),
        ("temperatures", r"\btemp(?:s|erature|eratures|eratur|eraturen)?\b|\bhot(?:ter|test)?\b|"
                         r"\bwarm\w*|\bheat\w*|\bcool\b|\bthermal\w*|\bheiss\w*|\bchaud\w*|"
                         r"\boverheat\w*"),
        ("updates", r"\bupdates?\b|\bupgrades?\b|\bpatch\w*|\boutdated\b|\bpaket\w*|"
                    r"\baktualisier\w*|mises? a jour"),
        ("versions", r"\bversions?\b|\bkernels?\b"),
        ("certificates", r"\bcert(?:s|ificates?)?\b|\bzertifikat\w*|\bcertificats?\b"),
        ("tasks", r"\btasks?\b|\bjobs?\b|\baufgaben?\b|\btaches?\b"),
        ("drives", r"\bsmart\b|\bdisk health\b|\bdrives?\b|\bwear(?:out)?\b|\bssds?\b|\bhdds?\b|"
                   r"\bnvmes?\b"),
        ("pools", r"\bzfs\b|\bz?pools?\b|\bscrub\b|\braid\b"),
        ("storage", r"\bstorages?\b|\bdisks?\b|\bspace\b|\bfull\b|\bspeicher\w*|\bplatz\b|\bvoll\b|"
                    r"\bstockage\b|\bdisques?\b|\bespace\b|\bplein\w*"),
        ("snapshots", r"\bsnapshots?\b"),
        ("events", r"\bevents?\b|\bhappen\w*|\balarms?\b|\balerts?\b|\bincidents?\b|\bpassiert\b|"
                   r"\bereignis\w*|\bevenements?\b|s'?est passe|\bnews\b|\bwarnings?\b|"
                   r"\bmiss(?:ed)?\b|\bovernight\b|\blast night\b|\bwhile i\b|"
                   r"\bwhat(?:'s| is) new\b|"
                   r"\bletzte nacht\b|\bheute nacht\b|\bcette nuit\b"),
        ("containers", r"\bdocker\b|\bcontainers?\b(?! \d)"),
        ("ha", r"\bquorum\b|\bha\b|\bhigh availability\b|\bfenc\w+"),
        ("replication", r"\breplicat\w*"),
        ("journal", r"\bjournal\b|\blogs?\b|\bsyslog\b"),
        ("network", r"\bnetworks?\b|\bnetzwerk\b|\breseau\b|\bips?\b|\baddress\w*|\bbridges?\b|"
                    r"\badresses?\b|\bmacs?\b"),
        ("services", r"\bservices?\b|\bdienste?\b|\bdaemons?\b"),
        ("failures", r"\bfail\w*|\bcrash\w*|\berrors?\b|\bfehler\b|\bfehlgeschlagen\w*|"
                     r"\bgescheitert\w*|\berreurs?\b|\bechoue\w*"),
        ("down", r"\bdown\b|\boffline\b|\bdead\b|\bnot running\b|\bstopped\b|\bbroken\b|"
                 r"\bwrong\b|\bproblems?\b|\bausgefallen\b|\bkaputt\b|"
                 r"\bgestoppt\b|\bunreachable\b|\bdoes not work\b|\bpanne\b|\ben rade\b"),
        ("guests", r"\bguests?\b|\bvms?\b|\blxcs?\b|\bmachines?\b|\bgaste?\b|\bwhat (?:is|are) "
                   r"running\b|\bwhat (?:runs|lives|is) (?:on|where)\b|\bwas lauft\b|"
                   r"\bqu'?est[ -]ce qui tourne\b"),
        ("nodes", r"\bnodes?\b|\bhosts?\b|\bservers?\b|\bknoten\b|\bnoeuds?\b|\bload\b|\bcpu\b|"
                  r"\bmemory\b|\bram\b"),
        ("status", r"\bstatus\b|\bcluster\b|\bhow (?:is|are) (?:it|things|everything|all|the house|"
                   r"the homelab|my homelab)\b|\beverything\b|\ball (?:ok|okay|good|well|right|"
                   r"quiet|green|fine|clear)\b|\bon fire\b|\banything (?:i should|red|up|bad|odd|"
                   r"new|to worry)\b|\bworry\b|"
                   r"\boverview\b|\bsummary\b|\breport\b|\bhealth\w*|\bwie (?:geht|steht|sieht)\b|"
                   r"\balles\b|\betat\b|\btout va\b|\bhomelab\b|\buptime\b"),
    )
)  # fmt: skip
_OF_ONE: Final = {
    "status": ("guest", "node"),
    "down": ("guest", "node"),
    "nodes": ("guest", "node"),
    "guests": ("guest",),
    "storage": ("guest",),
    "versions": ("node",),
    "certificates": ("node",),
}
"""Intents that, asked of one thing, ask for its own state."""
_MOST: Final = re.compile(
    r"\b(?:most|biggest|largest|highest|heaviest|busiest|hungriest|fattest|hogs?|hogging|hammer\w*|"
    r"eats?|eating|top|consum\w+|meist\w*|grosst\w*|hochst\w*|frisst|(?:le|la) plus)\b"
)
_CONSUMERS: Final = re.compile(r"\bconsum\w+|\btop\b|\bbus|\bhog")
_METRIC: Final = (
    ("memory", re.compile(r"\bmemory\b|\bram\b|\bspeicher\b|\barbeitsspeicher\b|\bmemoire\b")),
    ("cpu", re.compile(r"\bcpus?\b|\bprocessors?\b|\bload\b|\bbus(?:y|iest)\b|\bprozessor\w*|"
                       r"\blast\b(?! \w)|\bprocesseur\w*")),
    ("disk", re.compile(r"\bdisks?\b|\bspace\b|\bstorage\b|\bplatte\w*|\bdisques?\b")),
)  # fmt: skip
_TREND: Final = re.compile(
    r"\btrends?\b|\bhistory\b|\bover time\b|\bgrow\w*|\bwhen will\b|"
    r"\bhow (?:long until|soon|fast)\b|"
    r"\bnext (?:week|month|year)\b|\baverage\b|\bverlauf\b|\bwachst\b|\bin the (?:last|past)\b|"
    r"\b(?:this|last|past) (?:hour|day|week)\b"
)
_SPANS: Final = (
    ("1h", re.compile(r"\bhour\b|\bstunde\b|\bheure\b")),
    ("24h", re.compile(r"\bday\b|\btoday\b|\b24\b|\byesterday\b|\btag\b|\bjour\b")),
)
_ASKS: Final = (
    ("uptime", re.compile(r"\buptime\b|\bup since\b|\bhow long\b.*\b(?:up|running|online)\b|"
                          r"\b(?:last|since) (?:\w+ )?(?:re)?(?:boot|start)\w*|"
                          r"\b(?:re)?boot(?:ed)?$|"
                          r"\bseit wann\b|\bdepuis quand\b|\bwie lange\b")),
    ("certificate", re.compile(r"\bcert\w*|\bzertifikat\w*")),
    ("version", re.compile(r"\bversions?\b|\bkernels?\b")),
    *_METRIC[:2],
    ("state", re.compile(r"\b(?:up|down|running|online|offline|alive|dead|stopped|on|off)$|"
                         r"\blauft\b|\btourne\b")),
)  # fmt: skip
_FLAGS: Final = (
    ("failed", re.compile(r"\bfail\w*|\berrors?\b|\bbroken\b|\bfehlgeschlagen\w*|\bgescheitert\w*|"
                          r"\bechoue\w*")),
    ("running", re.compile(r"\brunning\b|\bactive\b|\blaufend\w*|\ben cours\b")),
    ("docker", re.compile(r"\bdocker\b")),
    ("nodes", re.compile(r"\bnodes?\b|\bhosts?\b|\bservers?\b|\bknoten\b|\bnoeuds?\b")),
    ("warning", re.compile(r"\bwarnings?\b|\balerts?\b|\bwarnung\w*|\bavertissements?\b")),
    ("alarm", re.compile(r"\balarms?\b|\balarme\b")),
)  # fmt: skip
_NUMBER: Final = re.compile(
    r"\b(?:last|latest|newest|top|first|letzten?|dern(?:ier|iere)s?)\s+(\d{1,3})\b"
)
_STRANGER: Final = re.compile(
    r"^(?:how(?: is|'s| are)|is|where(?: is|'s)|what about|status of|what is the status of|"
    r"wie geht es|wo ist|lauft|comment va) (?:the |my |der |die |das |le |la )?(?P<name>[\w.-]+)"
    r"(?: (?:up|down|running|ok|okay|alive|online|offline|on|off|healthy|doing|well))*$"
)


def find_reading(bare: str, things: Sequence[Thing], words: Mapping[str, str]) -> str:
    """The intent of a question, with the names taken out of it; empty where no rule knows it."""
    kinds = {thing.what for thing in things}
    if _TREND.search(bare) and (("storage" in kinds) or ("metric" in words and kinds)):
        return "trend"
    of_all = _MOST.search(bare) and not kinds & {"guest", "storage"}
    if of_all and ("metric" in words or _CONSUMERS.search(bare)):
        return "most"
    for intent, pattern in _GENERAL:
        if pattern.search(bare):
            mine = _OF_ONE.get(intent)
            return "thing" if mine and kinds.intersection(mine) else intent
    return ""


def find_words(bare: str) -> Mapping[str, str]:
    """What narrows a question: `failed`, `running`, how many, of what, how far back."""
    words = {flag: "yes" for flag, pattern in _FLAGS if pattern.search(bare)}
    if (number := _NUMBER.search(bare)) is not None:
        words["most"] = number[1]
    if metric := next((name for name, pattern in _METRIC if pattern.search(bare)), ""):
        words["metric"] = metric
    if asks := next((name for name, pattern in _ASKS if pattern.search(bare)), ""):
        words["asks"] = asks
    words["span"] = next((span for span, pattern in _SPANS if pattern.search(bare)), "7d")
    return words


def find_stranger(message: str) -> str:
    """`how is plex?`: a name that nothing here has, and that is no word; else nothing."""
    found = _STRANGER.match(_plain(message))
    if found is None or found["name"] in COMMON_WORDS:
        return ""
    return "" if ENGLISH.get(found["name"], 0) & ~p.TECHNOLOGY else found["name"]


def without_names(message: str, things: Sequence[Thing]) -> str:
    """The folded message; a node called home or a guest called backup is no word of it."""
    text = _plain(message)
    for thing in things:
        text = re.sub(rf"\b{re.escape(fold(thing.name))}\b", " ", text)
    return text.strip()


def _plain(message: str) -> str:
    return " ".join(fold(message).split()).rstrip(" ?!.")
