"""Says of a shell command, before it runs, which tier it belongs to.

GREEN and YELLOW are earned: the text must be plain to two readers that agree on every word, and
each command in it must be on the list with each of its options. All else is RED, and BLACK where
something that destroys is found in it. The function is pure, and raises nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.safety.commands.table import COMMANDS
from services.safety.ground import Ground
from services.safety.hunt import find_ruin
from services.safety.options import Refused, judge_words
from services.safety.plain import NotPlain, Segment, read_plain
from services.safety.secrets import is_open, tidy_path
from services.safety.shell_tree import read_tree
from services.safety.tiers import Tier, Verdict, worst
from services.safety.words import as_written, name_set
from services.safety.wrappers import is_assignment, refuses_assignment, unwrap

LONGEST_CHARS: Final = 4_096
"""A longer command is asked about; its two ends are searched for what destroys."""
_MOST_SEGMENTS: Final = 24
_DEEPEST: Final = 4
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_FOREIGN = re.compile(r"[^\t\x20-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]")
_NAME = re.compile(r"(?:/usr(?:/local)?/s?bin/|/s?bin/)?([A-Za-z0-9][\w.+\-]*|:)")
_FILE_READERS: Final = name_set(
    "cat tac head tail nl rev grep egrep fgrep rg awk gawk mawk sed cut sort uniq strings xxd od"
    " hexdump base64 zcat xzcat bzcat zgrep diff cmp comm paste join jq"
)
_FEEDABLE: Final = name_set(
    "ls stat echo basename dirname readlink realpath cat tac head tail grep egrep fgrep zgrep"
    " zcat md5sum sha256sum"
)
"""Commands none of whose options writes or runs anything, so that unknown words may be added."""
_MARKABLE: Final = _FEEDABLE | name_set("docker podman qm pct zfs")
"""Those into which one unknown word may be put: it is no subcommand there, and has no value."""
_IDENTIFIED: Final = _FEEDABLE | name_set("docker podman")
_OLD_TAR = re.compile(r"[tvzjJ]*f?[tvzjJ]*")
_UNMOVED: Final = name_set("docker docker-compose ls stat du df pwd tree find")
"""Commands that tell no content of the folder they stand in."""
_WHERE: Final = "cd: it is not certain in which folder the rest would run"
_LONGEST_REASON: Final = 200


def classify(command: str) -> Verdict:
    """The tier of a command line as bash would read it, and the reason in one clause."""
    text = command.strip(" \t\n")
    verdict = _judge_text(text, Ground(), 0)
    if verdict.tier is Tier.RED:
        ends = (
            [text] if len(text) <= LONGEST_CHARS else [text[:LONGEST_CHARS], text[-LONGEST_CHARS:]]
        )
        ruin = next((why for end in ends if (why := find_ruin(end))), None)
        if ruin:
            verdict = Verdict(Tier.BLACK, ruin)
    reason = verdict.reason.encode("utf-8", "backslashreplace").decode("utf-8")
    return Verdict(verdict.tier, as_written(reason)[:_LONGEST_REASON])


def _judge_text(text: str, ground: Ground, depth: int) -> Verdict:
    if why := _refuses_text(text):
        return Verdict(Tier.RED, why)
    try:
        segments = read_plain(text)
    except NotPlain as met:
        return Verdict(Tier.RED, str(met))
    if len(segments) > _MOST_SEGMENTS:
        return Verdict(Tier.RED, f"it holds more than {_MOST_SEGMENTS} commands")
    tree = read_tree(text)
    if tree.broken or not tree.plain:
        return Verdict(Tier.RED, "it could not be parsed")
    if [segment.words for segment in segments] != [found.words for found in tree.commands]:
        return Verdict(Tier.RED, "it can be read in two ways")
    try:
        folder = _folder_of(segments)
    except NotPlain as met:
        return Verdict(Tier.RED, str(met))
    leads = segments[0].words[0] == "cd" and not segments[0].disguised
    verdicts = [judge_words("cd", COMMANDS["cd"], segments[0].words[1:], ground)] if leads else []
    there = replace(ground, folder=folder) if folder else ground
    for at, segment in enumerate(segments[leads:], leads):
        before = segments[at - 1].words if segment.piped else ()
        verdicts.append(_judge_segment(segment, before, there, depth))
    return worst(verdicts)


def _folder_of(segments: Sequence[Segment]) -> str | None:
    """The folder that a `cd` leads the rest of a line to; None where none does.

    Raises NotPlain unless it is certain that the rest stands there, or does not run at all.
    """
    moves = [segment for segment in segments if segment.words[0] == "cd"]
    if not moves or len(segments) == 1:
        return None
    target = next((word for word in segments[0].words[1:] if word not in ("-L", "-P")), "")
    if moves != [segments[0]] or any(one.joined not in ("&&", "|") for one in segments[1:]):
        raise NotPlain(_WHERE)
    if segments[1].joined != "&&" or not target.startswith("/") or ".." in target:
        raise NotPlain(_WHERE)
    names_only = all(one.words[0] in _UNMOVED for one in segments[1:])
    if not (is_open(target) or tidy_path(target) in ("/etc", "/etc/pve") or names_only):
        raise NotPlain(f"cd: what is in {as_written(target)} is not open to all")
    return target


def _refuses_text(text: str) -> str | None:
    if not text:
        return "there is no command"
    if len(text) > LONGEST_CHARS:
        return f"it is longer than {LONGEST_CHARS} characters"
    if found := _CONTROL.search(text):
        return "it holds more than one line" if found[0] == "\n" else "it holds control characters"
    return "it holds characters that pass for others" if _FOREIGN.search(text) else None


def _tells_files(words: Sequence[str]) -> bool:
    """Whether a command that prints the content of files is among the words."""
    return any(word.rpartition("/")[2] in _FILE_READERS for word in words)


def _judge_segment(segment: Segment, before: Sequence[str], ground: Ground, depth: int) -> Verdict:
    if segment.disguised:
        return Verdict(Tier.RED, "the name of the command is disguised by quotes")
    return _judge_command(segment.words, tuple(before), ground, depth)


def _judge_command(
    words: Sequence[str], before: tuple[str, ...], ground: Ground, depth: int
) -> Verdict:
    if depth > _DEEPEST:
        return Verdict(Tier.RED, "it is wrapped too deeply")
    while words and is_assignment(words[0]):
        if why := refuses_assignment(words[0]):
            return Verdict(Tier.RED, why)
        words = words[1:]
    if not words:
        return Verdict(Tier.RED, "it only sets variables")
    found = _NAME.fullmatch(words[0])
    if not found or words[0].startswith("/usr/local/"):
        return Verdict(Tier.RED, f"{as_written(words[0])} is not on the list")
    name, rest = found[1], words[1:]
    try:
        inner = unwrap(name, rest, before, ground)
    except Refused as refused:
        return Verdict(Tier.RED, f"{name}: {refused}")
    if inner is not None:
        if inner.script is not None:
            verdict = _judge_text(inner.script.strip(" \t"), ground, depth + 1)
        else:
            verdict = _judge_command(inner.words, before, ground, depth + 1)
        if inner.lifted and _tells_files(inner.words):
            return Verdict(Tier.RED, "sudo: it opens files that the account may not read")
        takes = _MARKABLE if inner.marked else _IDENTIFIED if inner.ids else _FEEDABLE
        if inner.fed and inner.words[0].rpartition("/")[2] not in takes:
            verdict = worst((verdict, Verdict(Tier.RED, f"{name}: it may be fed options")))
        if inner.fed and verdict.tier is Tier.YELLOW:
            return Verdict(Tier.RED, f"{name}: it is not known on what it acts")
        raised = Verdict(Tier.RED, f"{name}: {inner.raises}") if inner.raises else verdict
        return worst((verdict, raised))
    if name == "cd":
        return Verdict(Tier.RED, _WHERE)
    spec = COMMANDS.get(name)
    if spec is None:
        return Verdict(Tier.RED, f"{name} is not on the list")
    if name == "tar" and rest and not rest[0].startswith("-"):
        if not _OLD_TAR.fullmatch(rest[0]):
            return Verdict(Tier.RED, f"tar: {as_written(rest[0])} may run a program")
        # Without its dash a bundle takes its values from the words after it, not from itself.
        rest = (f"-{rest[0].replace('f', '')}{'f' * ('f' in rest[0])}", *rest[1:])
    return judge_words(name, spec, rest, ground)
