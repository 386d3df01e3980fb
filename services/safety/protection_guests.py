"""Which guests a command names, and what it gives them of their node."""

import re
from typing import Final

from services.safety.protection import ANY
from services.safety.protection_touches import (
    Touches,
    Words,
    any_guest,
    guest,
    operands,
    touches_of_file,
)
from services.safety.words import is_known

_VMID: Final = re.compile(r"\d+")


def numbered(node: str, words: Words, *, ends: bool) -> Touches:
    """Every guest that is named by number; any where a word is not known, or none is named."""
    if not all(map(is_known, words)):
        return [any_guest()]
    found = [guest(node, word.lstrip("0"), ends=ends) for word in words if _VMID.fullmatch(word)]
    return found or [guest(node, ANY, ends=ends)]


_RUNS_FOR_GUESTS: Final = re.compile(r"-*(?:hookscript|args|lxc\W|script)(?:[ =].*)?")
"""Settings of a guest that the node carries out as its own."""


def touches_of_qm(node: str, words: Words) -> Touches:
    sub = next(iter(operands(words)), "")
    found = numbered(node, words, ends=sub not in ("start", "resume", "snapshot"))
    return found + given_to_guest(node, words)


def given_to_guest(node: str, words: Words) -> Touches:
    """What a guest is given of its node: scripts, drives, folders."""
    if any(map(_RUNS_FOR_GUESTS.fullmatch, words)):
        return [any_guest()]
    places = (part for word in words for part in re.split(r"[=,:\s]", word) if part[:1] == "/")
    return [touch for place in places for touch in touches_of_file(node, place)]


def touches_of_vzdump(node: str, words: Words) -> Touches:
    if any(word.lstrip("-").startswith(_WHOLE_BACKUPS) for word in words):
        return [any_guest()]
    return numbered(node, words, ends=False) + given_to_guest(node, words)


_WHOLE_BACKUPS: Final = ("all", "pool", "stop", "excl", "script", "job")
