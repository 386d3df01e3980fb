"""What a person wants: the first rule that fits their words, and the name they use."""

import re
from dataclasses import dataclass
from typing import Final

from .names import Names, Thing

_POLITE: Final = re.compile(
    r"\b(please|kindly|jarvis|could you|can you|would you|will you|tell me|show me|i want you to|"
    r"i would like you to|let me see|give me|just|now|sir|thanks in advance|bitte|mal|noch|stp)"
    r"\b[,:]?",
    re.IGNORECASE,
)
_THE: Final = r"(?:the |my |our |that )?(?:vm |guest |container |node |service |machine |server )?"
_DIE: Final = r"(?:den |die |das |le |la |les )?(?:server |knoten |serveur )?"
_NAME: Final = r"(?P<name>[\w][\w.-]*)"

SMALLTALK: Final = ("greeting", "thanks", "bye", "who", "help", "well-being", "joke")
FOLLOWING: Final = ("confirm", "decline", "why", "and", "other")
POINTING: Final = frozenset({"it", "that", "this", "es", "ihn", "sie", "le", "la"})
"""Words at the place of a name that mean what was spoken of last."""
CHANGES: Final = (
    *("restart", "start", "stop", "kill", "resume", "backup", "snapshot", "wake", "migrate"),
    *("destroy", "upgrade", "restart-container", "restart-service"),
)

_RULES: Final[tuple[tuple[str, str], ...]] = (
    (
        "greeting",
        r"^(hi|hello|hey|hiya|howdy|yo|good (morning|afternoon|evening|day)"
        r"|guten (morgen|tag|abend)|hallo|moin|servus|gr[üu](ß|ss) gott|bonjour|bonsoir"
        r"|salut|coucou|i'?m (home|back)"
        r"|are you (there|awake))\b(?! .{25})",
    ),
    ("thanks", r"^(many |ok(ay)?,? )?(thanks|thank you|cheers|ta|merci|danke|much obliged)\b"),
    ("thanks", r"^(great|perfect|good|nice|excellent|splendid|lovely|ok|okay|alright|very well)$"),
    ("bye", r"^(bye|goodbye|good night|see you|gute nacht|au revoir|tsch[üu]ss|that'?s all)\b"),
    ("decline", r"^(no|nope|don'?t|leave (it|that)|never ?mind|cancel( that)?|not now|stop that)$"),
    (
        "confirm",
        r"^(yes|yep|yeah|do (it|so|that)|go ahead|proceed|sure|by all means|make it so|ok do it"
        r"|yes do it|yes go ahead|carry on|and do it)$",
    ),
    ("why", r"^(why|why is that|why so|how come|how so|warum|pourquoi|what happened)$"),
    (
        "who",
        r"\b(who|what) are you\b|\bare you (a |an )?(real|human|ai|claude|robot|scripted|model)\b",
    ),
    ("who", r"\bwhich (language )?model\b|\bwhat model\b"),
    ("help", r"^(help|what can you do|what do you do|what can i ask|how can you help)\b"),
    ("well-being", r"^how are (you|things with you)\b|^are you well\b"),
    ("joke", r"\bjoke\b"),
    (
        "other",
        r"^((and|und|et|what about|how about) )?(the |der |die |das |l')?(others?|andere|autre)"
        r"( one| ones)?$",
    ),
    # What changes something.
    ("restart", rf"^starte? {_DIE}{_NAME} neu$|^red[ée]marre {_DIE}(?P<name2>[\w][\w.-]*)$"),
    ("start", rf"^starte? {_DIE}{_NAME}$|^d[ée]marre {_DIE}(?P<name2>[\w][\w.-]*)$"),
    (
        "stop",
        rf"^(fahre?|schalte?) {_DIE}{_NAME} (herunter|runter|ab|aus)$"
        rf"|^(stoppe?|arr[êe]te) {_DIE}(?P<name2>[\w][\w.-]*)$",
    ),
    ("destroy", rf"^(destroy|delete|remove|wipe|erase|format|nuke|purge) {_THE}{_NAME}"),
    ("restart-container", rf"^(restart|bounce) (the )?(docker )?container {_NAME}"),
    ("restart-service", rf"^(restart|bounce) (the )?service {_NAME}"),
    ("restart-service", r"^(restart|bounce) (the )?(?P<name>pve\w+|[\w@-]+\.service)\b"),
    (
        "restart",
        rf"^(restart|reboot|bounce|power ?cycle|cycle|reset|neustart(e|en)?) {_THE}{_NAME}",
    ),
    ("kill", rf"^(force[- ]?stop|hard[- ]?stop|kill|cut|pull the plug (on|of)) {_THE}{_NAME}"),
    ("stop", rf"^(stop|shut ?down|turn off|power off|halt|switch off) {_THE}{_NAME}"),
    ("stop", rf"^(shut|turn|switch|power) {_THE}{_NAME} (down|off)\b"),
    ("wake", rf"^(wake|wake up) {_THE}{_NAME}"),
    ("resume", rf"^(resume|unpause|continue) {_THE}{_NAME}"),
    ("start", rf"^(start|boot|turn on|power on|switch on|bring up|spin up|launch) {_THE}{_NAME}"),
    ("migrate", rf"^(migrate|move) {_THE}{_NAME} (?:over )?to (?P<to>[\w-]+)"),
    ("backup", rf"^(back ?up|make a backup of|take a backup of) {_THE}{_NAME}"),
    ("snapshot", rf"^(snapshot|take a snapshot of|make a snapshot of) {_THE}{_NAME}"),
    ("upgrade", rf"^(upgrade|update|patch) {_THE}{_NAME}"),
    # What is only read.
    (
        "address",
        r"\b(ips?|mac|address(es)?|adresse)\b.*?\b(of|does|do|has|hat|is|for) "
        rf"(?!an? ){_THE}{_NAME}"
        r"|(?P<name2>\w[\w-]*)'s (ips?|mac|address(es)?)\b",
    ),
    ("ping", rf"\bping {_NAME}"),
    ("ping", rf"\bis {_NAME} (reachable|answering)\b"),
    (
        "hot",
        r"\b(hot|heat|warm|temperatures?|temps?|thermal|fans?|cooling|degrees|hei(ß|ss)|chaud"
        r"|temp[ée]ratures?)\b",
    ),
    ("no-backup", r"^(did|have|has|were|was)\b.*\bback(ed)? ?ups?\b"),
    ("no-backup", r"\b(missing|without|no|not|lack\w*|failed|fail)\b.*\bback(ed)? ?ups?\b"),
    (
        "no-backup",
        r"\bback(ed)? ?ups?\b.*\b(missing|failed|fail|lack\w*|not|covered|complete|all)\b",
    ),
    ("backups", r"\bback(ed)? ?ups?\b"),
    ("snapshots", r"\bsnapshots?\b"),
    ("updates", r"\b(updates?|upgrades?|patches|outdated|up to date)\b"),
    (
        "disk-health",
        r"\b(disks?|ssds?|hdds?)\b.*\b(die|dying|dead|fail\w*|health\w*|worn|wear\w*)\b",
    ),
    (
        "disk-health",
        r"(?<![\w-])(smart|drive health|disk health|zfs|pool health|scrub|wear(ing)?|drives?)\b",
    ),
    (
        "disk",
        r"\b(disks?|storages?|space|full|filling|fills|capacity|local-zfs|local-lvm|nas)\b",
    ),
    ("containers", r"\b(docker|containers?|compose)\b"),
    ("guests", rf"\b(what|who|was) (runs|is running|lives|läuft) (on|in|auf) {_DIE}{_NAME}"),
    ("journal", r"\b(journal|syslog|logs?|dmesg|errors?|fehler|journaux)\b"),
    ("tasks", r"\btasks?\b|\bwhat is running\b|\bjobs?\b"),
    (
        "events",
        r"\bevents?\b|\bwhat (has )?(happened|changed)\b|\blast night\b|\bovernight\b"
        r"|\brecent(ly)?\b|\bwhat did i miss\b|\banything new\b|\bnews\b",
    ),
    (
        "down",
        r"\b(down|stopped|offline|crashed|dead|broken|not running|unreachable|failing|failed)\b",
    ),
    ("ha", r"\b(ha|high availability|quorum|quorate|fencing)\b"),
    ("replication", r"\breplicat\w+\b"),
    ("network", r"\b(network|bridges?|interfaces?|vlans? on)\b"),
    ("services", r"\bservices?\b|\bunits?\b"),
    ("thing", r"\b(cpu|memory|ram)\b.*\b(free|left|available|frei)\b"),
    (
        "top",
        r"\b(most|top|eating|hungry|hungriest|using|uses|hog\w*|heaviest|busiest)\b.*"
        r"\b(cpu|memory|ram|processor|load|resources?)\b",
    ),
    ("top", r"\b(cpu|memory|ram|processor|load|resources?)\b"),
    ("guests", r"\b(list|all|which|what|how many)\b.*\b(guests?|vms?|machines|containers)\b"),
    ("nodes", r"\b(list|all|which|what|how many)\b.*\bnodes?\b"),
    (
        "status",
        r"\b(cluster|homelab|lab|house|everything|all well|status|state of|overview|report|health"
        r"|all right|alright|all ok|all okay)\b",
    ),
    ("and", rf"^(and|what about|how about|same for|also|und|et)(?: on| for)? {_THE}{_NAME}$"),
    ("and", rf"^{_NAME} (too|as well|also)$"),
    ("thing", rf"^(how is|how'?s|how are|is|what about|check( on)?|look at) {_THE}{_NAME}"),
    ("thing", rf"^(läuft|wie geht es|ist) {_DIE}{_NAME}|\b(?P<name2>[\w.-]+) tourne\b"),
    ("thing", r"^((vm|ct|guest) )?(?P<name>\d{3,9})$"),
    ("thing", r"\b(running|up|online|alive|uptime|doing|slow)\b"),
)
_COMPILED: Final = tuple((intent, re.compile(rule, re.IGNORECASE)) for intent, rule in _RULES)

_AND_DO: Final = re.compile(
    r"^(and|then|so|und|et)( then| now)? (?=(re)?(start|boot|stop|shut|turn|wake|back|snapshot"
    r"|migrate|move|kill|resume)\w* )",
    re.IGNORECASE,
)
"""`and stop it again`: an order like any other."""
_QUESTION: Final = re.compile(
    r"^(what|who|when|where|how|why|explain|define|describe|tell me about|difference)\b.*"
    r"\b(is|are|was|were|does|do|did|between|mean|means|works?|for|an?|the difference)\b"
    r"|^(is|are|does|do|can) (an? )?[\w-]+ (an?|the same|better|safe|replace)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was wanted, and of whom."""

    intent: str
    """The name of a rule; empty where none fits."""
    ask: str
    name: str = ""
    """As it was written; empty where no name was used."""
    to: str = ""
    """Of a move: where to."""
    things: tuple[Thing, ...] = ()
    """The names in it that are known."""

    @property
    def thing(self) -> Thing | None:
        """Whom it is about: a name that is known, else the word at the name's place."""
        if self.name:
            for thing in self.things:
                if self.name.lower() in (thing.name.lower(), str(thing.vmid)):
                    return thing
            if self.intent in CHANGES:
                return Thing("name", self.name)  # nobody else is touched in its place
        if self.things:
            return self.things[0]
        return Thing("name", self.name) if self.name else None


def clean(ask: str) -> str:
    """The words that carry: without courtesy, and without the marks at the end."""
    words = _POLITE.sub(" ", ask.replace("’", "'"))
    return " ".join(words.split()).strip(" .!?,;:-")


def hear(ask: str, names: Names) -> Heard:
    """What that means."""
    words = clean(ask)
    if _AND_DO.match(words):
        words = _AND_DO.sub("", words)
    if not words and re.match(r"\s*(hey |hi |hello )?jarvis\b", ask, re.IGNORECASE):
        return Heard("greeting", ask)
    things = tuple(names.find(words))
    for intent, rule in _COMPILED:
        found = rule.search(words)
        if found is None:
            continue
        groups = found.groupdict()
        name = groups.get("name") or groups.get("name2") or ""
        return Heard(intent, words, name, groups.get("to") or "", things)
    return Heard("thing" if things else "", words, things=things)


def is_question(ask: str) -> bool:
    """Whether it asks for an explanation, as of a word in a book."""
    return bool(_QUESTION.search(clean(ask)))
