"""Looks for what destroys anywhere in a text: in pipes, loops, quotes, substitutions, and wrappers.

It never says that something is harmless. It is asked only about what is not GREEN already.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final

from services.safety.commands.table import COMMANDS
from services.safety.destruction import DESTROYS, destroys
from services.safety.options import ruin_of
from services.safety.places import ruins_by_writing, too_much_to_delete
from services.safety.secrets import is_credential
from services.safety.shell_tree import Found, Tree, Words, read_tree
from services.safety.words import UNKNOWN, as_written, name_set
from services.safety.wrappers import SHELLS, WRAPPERS, is_assignment

_DEEPEST: Final = 4
_MOST_WORDS: Final = 400
_MOST_INNER: Final = 60
_INTERPRETERS: Final = name_set(
    "python python2 python3 perl ruby node nodejs php lua tclsh awk gawk mawk nawk expect "
    "deno bun osascript"
)
_AWKS: Final = frozenset(("awk", "gawk", "mawk", "nawk"))
_FETCHERS: Final = name_set(
    "curl wget wget2 fetch aria2c nc ncat netcat socat lynx w3m links ftp tftp lftp http "
    "https scp sftp rclone GET telnet"
)
_SPEAKS_FOR_ITSELF: Final = SHELLS | _INTERPRETERS | _FETCHERS | frozenset(DESTROYS)
_DECODERS: Final = name_set(
    "base64 base32 xxd openssl gunzip zcat uudecode gpg rev tr xz bunzip2 unxz"
)
_SOURCERS: Final = frozenset(("eval", "source", "."))
_LAUNCHERS: Final = name_set(
    "find xargs env sudo doas su runuser ssh watch parallel flock script setsid at batch "
    "strace ltrace gdb chroot nsenter unshare systemd-run screen tmux lxc-attach"
) | frozenset(WRAPPERS)
_ENTERING: Final = {
    "docker": {"exec", "run"}, "podman": {"exec", "run"}, "pct": {"exec"}, "qm": {"guest"},
    "ip": {"netns"}, "kubectl": {"exec"}, "lxc": {"exec"}, "incus": {"exec"},
    "docker-compose": {"exec", "run"},
}  # fmt: skip
_TEXTUAL: Final = name_set("echo printf git logger man apropos whatis which type hash")
_FETCHING = re.compile(r"\b(?:curl|wget|nc|ncat|aria2c|fetch|lynx)\b")
_CODE_TEXT = re.compile(r"'([^'\n]{2,400})'|\"([^\"\n]{2,400})\"|`([^`\n]{2,400})`")
_CODE_DELETES = re.compile(
    r"(?:rmtree|rm_rf?|remove_dir_all|rimraf|rmSync|rmdirSync|remove_entry|removeSync|emptyDirSync)"
    r"\W{0,3}['\"]([^'\"]+)['\"]"
)
_FORKS = re.compile(r"fork\s+while|while.{0,40}\bfork\b|\bfork\(\).{0,20}while", re.DOTALL)
_BOMB = re.compile(
    r"(?<![\w:.])([\w:.]{1,40})\s{0,9}\(\)\s{0,9}\{[^}]{0,200}?(?<![\w:])\1\s{0,9}\|\s{0,9}&?\s{0,9}\1"
)
_ROUGH = re.compile(r"[\n;|&(){}`]+|\$\(|(?<!\w)-exec(?:dir)?(?!\w)")
_ROUGH_WORD = re.compile(r"""(?:[^\s"'\\<>]|\\.|"[^"]*"|'[^']*')+""")


def find_ruin(text: str, depth: int = 0) -> str | None:
    """Why the text is BLACK, as a clause; None where nothing that destroys was found."""
    if depth > _DEEPEST or not text.strip():
        return None
    tree = read_tree(text)
    if _BOMB.search(text) or _calls_itself(tree):
        return "it starts itself without end"
    shown = [*tree.commands]
    if tree.broken:
        shown += [Found(words=words) for words in _rough_words(text)]
    for found in shown:
        if why := _ruin_of_found(found, tree, depth):
            return why
    return "it fetches a program and runs it" if _fetches_then_runs(tree) else None


def _calls_itself(tree: Tree) -> bool:
    for name, body in tree.functions:
        inner = read_tree(body)
        if any(found.words[:1] == (name,) for found in inner.commands):
            return True
    return False


def _rough_words(text: str) -> Iterator[Words]:
    for part in _ROUGH.split(text)[:200]:
        words = [re.sub(r"[\"'\\]", "", word) for word in _ROUGH_WORD.findall(part)[:_MOST_WORDS]]
        if words:
            yield tuple(words)


def _ruin_of_found(found: Found, tree: Tree, depth: int) -> str | None:
    for place in found.writes:
        if why := ruins_by_writing(place):
            return why
    if any(is_credential(place) for place in found.reads):
        return "it reads credentials"
    if not found.words:
        return None
    if why := ruin_of_words(found.words, depth):
        return why
    name, _ = _effective(found.words)
    runs = name in SHELLS or name in _INTERPRETERS - _AWKS or name in _SOURCERS or name == UNKNOWN
    if not runs:
        return None
    if any(_FETCHING.search(text) for text in found.inner):
        return "it runs what it fetches"
    for text in found.inner:
        if why := find_ruin(text, depth + 1):
            return why
    if name in SHELLS and not found.feeds and not found.inner:
        for other in tree.commands:
            for text in other.inner:
                if why := find_ruin(text, depth + 1):
                    return why
    return _ruin_of_feeds(found, depth) if name not in _SOURCERS else None


def _ruin_of_feeds(found: Found, depth: int) -> str | None:
    for feed in found.feeds:
        name, rest = _effective(feed)
        if name in _FETCHERS:
            return "it runs what it fetches"
        if name in _DECODERS and _reads_input(found.words):
            return "it runs what it decodes, unseen"
        if name in ("echo", "printf") and _reads_input(found.words):
            told = as_written(" ".join(rest))
            why = find_ruin(told, depth + 1)
            if why:
                return why
    return None


def _reads_input(words: Words) -> bool:
    """Whether an interpreter is given no script of its own."""
    _, rest = _effective(words)
    return not any(not word.startswith("-") and word != "/dev/stdin" for word in rest)


def _effective(words: Words) -> tuple[str, Words]:
    """The command behind wrappers and assignments, and its words."""
    place = 0
    while place < len(words) and is_assignment(words[place]):
        place += 1
    if place >= len(words):
        return "", ()
    name = posixpath.basename(words[place])
    if name in _LAUNCHERS or (name not in COMMANDS and name not in _SPEAKS_FOR_ITSELF):
        for at in range(place + 1, min(len(words), place + 12)):
            inner = posixpath.basename(words[at])
            if inner in SHELLS or inner in _INTERPRETERS or inner in _FETCHERS:
                return inner, words[at + 1 :]
    return name, words[place + 1 :]


def ruin_of_words(words: Sequence[str], depth: int = 0) -> str | None:
    """Why one command is BLACK, with what it may run in its turn."""
    words = tuple(words[:_MOST_WORDS])
    while words and is_assignment(words[0]):
        words = words[1:]
    if not words:
        return None
    name, rest = posixpath.basename(words[0]), words[1:]
    if why := _ruin_by_name(name, rest):
        return why
    if name in _TEXTUAL:
        return None
    known = name in COMMANDS or name in DESTROYS
    enters = name in _ENTERING and not _ENTERING[name].isdisjoint(rest[:4])
    if known and name not in _LAUNCHERS and not enters and name not in _INTERPRETERS:
        return None
    return _ruin_inside(name, rest, depth)


def _ruin_by_name(name: str, rest: Words) -> str | None:
    if why := destroys(name, rest):
        return why
    one = COMMANDS.get(name)
    return ruin_of(one, rest) if one is not None and one.ruins else None


def _ruin_inside(name: str, rest: Words, depth: int) -> str | None:
    for at, word in enumerate(rest[:_MOST_INNER]):
        inner = posixpath.basename(word)
        if why := _ruin_by_name(inner, rest[at + 1 :]):
            return why
    code = name in _INTERPRETERS
    joined = name in ("eval", "watch", "ssh", "su", "parallel", "script")
    scripts = [word for word in rest if " " in word or "\n" in word or ">" in word or "$" in word]
    if joined and rest:
        scripts.append(" ".join(rest))
    for script in scripts:
        if why := _ruin_of_code(script, depth) if code else None:
            return why
        if not code and (why := find_ruin(as_written(script), depth + 1)):
            return why
        if not code and (why := _ruin_of_code(script, depth)) and _is_code(rest):
            return why
    return None


def _is_code(rest: Words) -> bool:
    return any(posixpath.basename(word) in _INTERPRETERS for word in rest)


def _ruin_of_code(script: str, depth: int) -> str | None:
    """A program in another language: what it deletes, and the commands among its strings."""
    if _FORKS.search(script):
        return "it starts itself without end"
    for found in _CODE_DELETES.finditer(script):
        if why := too_much_to_delete(found[1]):
            return why
    for at, found in enumerate(_CODE_TEXT.finditer(script)):
        if at > 20:
            break
        inner = found[1] or found[2] or found[3]
        if is_credential(inner):
            return "it reads credentials"
        if why := find_ruin(inner, depth + 1):
            return why
    return None


def _fetches_then_runs(tree: Tree) -> bool:
    fetched = False
    for found in tree.commands:
        name, rest = _effective(found.words)
        if name in ("curl", "wget", "aria2c", "fetch"):
            fetched = True
        elif fetched and found.words:
            first = found.words[0]
            operands = [word for word in rest if not word.startswith("-")]
            if (name in SHELLS or name in _INTERPRETERS or name in _SOURCERS) and operands:
                return True
            if first.startswith(("./", "/tmp/", "/var/tmp/", "/dev/shm/")):  # noqa: S108
                return True
    return False
