"""What a shell command acts upon, so that nothing protected is reached through a command line.

It is read as the classifier reads it, and then by what it names: every command in it, however deep,
behind every wrapper. What cannot be told before it runs counts as touching whatever it could, so
a command that is not followed is refused wherever something is protected; a person has the terminal
for such. A command that only reads touches nothing.
"""

import posixpath
import re
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final

from services.cluster.model import ClusterSnapshot
from services.safety.classifier import LONGEST_CHARS, classify
from services.safety.commands.table import COMMANDS
from services.safety.ground import Ground
from services.safety.options import Refused, judge_words
from services.safety.protection import ANY
from services.safety.protection_guests import numbered
from services.safety.protection_touches import (
    any_guest,
    guest,
    on_node,
    power,
    touches_of_file,
)
from services.safety.protection_verbs import VERBS
from services.safety.protection_within import leaves
from services.safety.shell_tree import Found, read_tree
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.safety.words import BRACKET, QUERY, STAR, UNKNOWN, as_written, is_known, name_set
from services.safety.wrappers import SHELLS, is_assignment, refuses_assignment, unwrap

_DEEPEST: Final = 6
_BIN: Final = frozenset(("", "/bin", "/sbin", "/usr/bin", "/usr/sbin"))
_ONLY_READS: Final = name_set(
    "ls stat du wc echo basename dirname readlink realpath cat tac head tail grep egrep fgrep"
    " zgrep zcat md5sum sha256sum cut tr seq date df free uptime lsblk ping which test nproc"
)
"""Readers that change nothing whatever words are added to them."""
_MARKS: Final = str.maketrans({UNKNOWN: "x", STAR: "x", QUERY: "x", BRACKET: "x"})
_QUOTING: Final = str.maketrans("", "", "'\"\\`")
_SSH_TAKES: Final = frozenset("bcDeEFIiJLlmOopQRSWw")
_CONTAINERS: Final = re.compile(r"docker|podman|nerdctl|containerd|ctr\b")
_MOVES: Final = frozenset(("cd", "pushd"))
"""What stands after them is meant from there on."""
_FIND_RUNS: Final = ("-exec", "-execdir", "-ok", "-okdir")
_FIND_FILES: Final = ("-fprint", "-fprint0", "-fprintf", "-fls")
_FILLED: Final = re.compile(r"\$\{[\w@*!#]+(?:\[[^\]]*\])?:?[-=+?]")
"""A variable with words for when it is unset: which of the two bash takes is not known."""
_BRACES: Final = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
"""Bash may make several words of it."""
_LOOPS: Final = re.compile(r"\b(?:for|select|mapfile|readarray|getopts)\b[^;|&\n]*")
_SWAYS: Final = re.compile(r"\w*[A-Z]\w*|\w*proxy")
"""Variables that other programs may heed: those of the environment are written so."""


def touches_of_command(node: str, command: str, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    """What the command would act upon if bash ran it on that node, as root; never raises.

    Guests that it merely names, by number or, where they are protected, by name, are among them.
    """
    if classify(command).tier is Tier.GREEN:
        return ()
    reading = _Reading()
    reading.read(command, node, 0)
    mentioned = _mentioned(command, reading.words, snapshot)
    own = Touch(kind=TouchKind.NODE, id=node, node=node)
    return tuple(dict.fromkeys((own, *reading.touches, *mentioned)))


def _mentioned(command: str, words: Sequence[str], snapshot: ClusterSnapshot) -> list[Touch]:
    text = "\n".join((command, command.translate(_QUOTING), *map(as_written, words)))
    numbers = {number.lstrip("0") for number in re.findall(r"\d+", text)}
    names = {part.casefold() for part in re.split(r"[^\w.-]+", text)}
    own = [part for part in names if part.startswith("jarvis") and _CONTAINERS.search(text)]
    return [
        *(Touch(kind=TouchKind.DOCKER, id=part, ends=True) for part in sorted(own)),
    ] + [
        guest(one.node, str(one.vmid), ends=False)
        for one in snapshot.guests.values()
        if str(one.vmid) in numbers or (one.protected and one.name and one.name.casefold() in names)
    ]


class _Reading:
    """One command line, read to its depths."""

    def __init__(self) -> None:
        self.touches: list[Touch] = []
        self.words: list[str] = []

    def read(self, text: str, node: str, depth: int) -> None:
        """A text as the shell of that node would read it."""
        if depth > _DEEPEST or len(text) > LONGEST_CHARS or UNKNOWN in text:
            self._opaque()
            return
        if _FILLED.search(text) or any(_SWAYS.search(loop[0]) for loop in _LOOPS.finditer(text)):
            self._opaque()
        tree = read_tree(text)
        if tree.broken or not tree.commands:
            self._opaque()
        for found in tree.commands:
            self._found(found, node, depth)

    def _opaque(self) -> None:
        """It may do anything to anything: to every guest, and to every node."""
        self.touches += (any_guest(), power(ANY))

    def _found(self, found: Found, node: str, depth: int) -> None:
        self.words += found.words
        for place in found.writes:
            self.touches += touches_of_file(node, place)
        before = found.feeds[-1] if found.feeds else ()
        self._command(found.words, before, node, depth)
        if found.words and posixpath.basename(found.words[0]) in SHELLS:
            for text in found.inner:
                self.read(text, node, depth + 1)

    def _command(self, words: Sequence[str], before: Sequence[str], node: str, depth: int) -> None:
        if depth > _DEEPEST:
            self._opaque()
            return
        while words and is_assignment(words[0]):
            if len(words) > 1 and refuses_assignment(words[0]):
                self._opaque()
            self.sets(words[:1], node, depth)
            words = words[1:]
        if not words:
            return
        folder, name = posixpath.split(words[0])
        rest = list(words[1:])
        if folder == "/etc/init.d":
            name, rest = "service", [name, *rest]
        elif not is_known(words[0]) or folder not in _BIN:
            self._opaque()
            return
        if only_reads(name, rest) and name not in _MOVES:
            return
        rest = [UNKNOWN if _BRACES.search(word) else word for word in rest]
        if special := _SPECIAL.get(name):
            special(self, rest, node, depth)
            return
        self._wrapped(name, rest, before, node, depth)

    def _wrapped(
        self, name: str, rest: list[str], before: Sequence[str], node: str, depth: int
    ) -> None:
        try:
            inner = unwrap(name, rest, before, Ground())
        except Refused:
            self._opaque()
            return
        if inner is None:
            reads = VERBS.get(name.partition(".")[0] if name.startswith("mkfs.") else name)
            if reads is None:
                self._opaque()
            else:
                self.touches += reads(node, rest)
        elif inner.script is not None:
            self.words += inner.words
            self.read(inner.script, node, depth + 1)
        else:
            self.words += inner.words
            self._command(inner.words, before, node, depth + 1)

    def ssh(self, words: list[str], node: str, depth: int) -> None:
        """`ssh host command`: the command runs there, as whoever."""
        place = 0
        while place < len(words) and words[place].startswith("-"):
            option = words[place]
            if option.startswith(("-o", "-F", "-J", "-W", "-w", "-L", "-R", "-D", "-S", "-E")):
                self._opaque()
                return
            place += 2 if len(option) == 2 and option[1] in _SSH_TAKES else 1
        if place >= len(words) - 1 or not is_known(words[place]):
            self._opaque()
            return
        host = words[place].rpartition("@")[2]
        self.words += words
        self.touches.append(on_node(host, ends=False))
        self.read(" ".join(words[place + 1 :]), host, depth + 1)

    def entered(self, words: list[str], node: str, depth: int) -> None:
        """`pct exec`, `qm guest exec` and all else of the two: what is within stays within."""
        named = [word for word in words if not word.startswith("-")]
        within = named[:1] in (["exec"], ["enter"]) or named[:2] == ["guest", "exec"]
        if not within:
            self.touches += VERBS["qm"](node, words)
            return
        at = 2 if named[0] == "guest" else 1
        self.touches += numbered(node, named[at : at + 1], ends=True)
        self._within(words)

    def docker(self, words: list[str], node: str, depth: int) -> None:
        """`docker exec` runs a command in a container, all else acts on containers."""
        self.touches += VERBS["docker"](node, words)
        if "exec" in words:
            self._within(words)

    def _within(self, words: list[str]) -> None:
        if leaves(words):
            self._opaque()

    def printf(self, words: list[str], node: str, depth: int) -> None:
        """`printf -v NAME` sets it; all else only writes."""
        if words[:1] and (words[0].startswith("-v") or not is_known(words[0])):
            self.sets([words[0].removeprefix("-v"), *words[1:2]], node, depth)

    def sets(self, words: Sequence[str], node: str, depth: int) -> None:
        """`export NAME=value`, `read NAME`: what follows may heed it."""
        for word in words:
            name = word.partition("=")[0].rstrip("+")
            if not is_known(name) or (_SWAYS.fullmatch(name) and refuses_assignment(word)):
                self._opaque()
                return

    def find(self, words: list[str], node: str, depth: int) -> None:
        """`find … -exec command ;` runs it; the rest of find deletes or writes files."""
        starts = list(takewhile(lambda word: word[:1] not in ("(", "!"), words))
        self.touches += VERBS["rm"](node, starts or ["."])
        at = 0
        while at < len(words):
            if words[at] in _FIND_RUNS:
                ends = [i for i in range(at, len(words)) if words[i] in (";", "+", "\\;")]
                inner = words[at + 1 : ends[0] if ends else len(words)]
                found = [UNKNOWN if word == "{}" else word for word in inner]
                self.words += inner
                self._command(found, (), node, depth + 1)
            elif words[at] in _FIND_FILES:
                self.touches += VERBS["rm"](node, words[at + 1 : at + 2])
            at += 1


def only_reads(name: str, words: Sequence[str]) -> bool:
    """Whether this one command is GREEN, whatever stands where words are not known yet."""
    spec = COMMANDS.get(name)
    if spec is None:
        return False
    if name not in _ONLY_READS and not all(map(is_known, words)):
        return False
    plain = [word.translate(_MARKS) for word in words]
    return judge_words(name, spec, plain, Ground(effects_only=True)).tier is Tier.GREEN


_SPECIAL: Final[dict[str, Callable[[_Reading, list[str], str, int], None]]] = {
    "ssh": _Reading.ssh,
    "qm": _Reading.entered,
    "pct": _Reading.entered,
    "find": _Reading.find,
    **dict.fromkeys(("docker", "podman", "nerdctl"), _Reading.docker),
    **dict.fromkeys(name_set("export declare typeset readonly local read"), _Reading.sets),
    "printf": _Reading.printf,
}
