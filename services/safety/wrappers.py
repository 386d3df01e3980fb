"""Commands that run another: what they run is taken out and judged in their place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from services.safety.ground import Ground
from services.safety.options import Refused, read_leading
from services.safety.rules import matching, number, number_up_to
from services.safety.secrets import is_open
from services.safety.specs import Spec, spec
from services.safety.words import STAR, UNKNOWN, name_set

SHELLS: Final = name_set("sh bash dash ash zsh ksh mksh fish csh tcsh busybox")
_TOLD_SHELLS: Final = frozenset(("sh", "bash", "dash"))
_DURATION: Final = matching(r"\d+(?:\.\d+)?[smh]?", "is no duration")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_HARMLESS = re.compile(
    r"(?:LANG|LANGUAGE|LC_[A-Z]+|TZ|COLUMNS|LINES|NO_COLOR|SYSTEMD_COLORS|DEBIAN_FRONTEND)"
    r"=(?:[A-Za-z0-9_](?:(?!\.\.)[\w.@:/+\-])*)?|(?:SYSTEMD_PAGER|PAGER)=(?:cat)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """A command whose last words are a command themselves."""

    own: Spec
    """Its own options, and the operands that stand before the inner command."""
    raises: str | None = None
    """Why a person is asked however harmless the inner command is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """What a wrapper runs: words, or a script for the shell."""

    words: tuple[str, ...] = ()
    script: str | None = None
    lifted: bool = False
    """Whether it may then read files that the account may not."""
    fed: bool = False
    """Whether words that are not known are added to it."""
    marked: bool = False
    """Whether those stand in the place of a mark alone: one word each time."""
    ids: bool = False
    """Whether those are ids, so that none can be an option."""
    raises: str | None = None


_RISES: Final = {
    "nohup": "it may write nohup.out",
    "exec": "it replaces the shell",
    "setsid": "it leaves the session",
    "doas": "it changes the account",
    "chroot": "it runs in another root",
    "unbuffer": "it runs through expect",
    "busybox": "it runs busybox's own version",
    "toybox": "it runs toybox's own version",
    "catchsegv": "it traces what it runs",
    "caffeinate": "it runs what is not on this list",
}

WRAPPERS: Final[Mapping[str, Wrapper]] = {
    "sudo": Wrapper(own=spec("-nH -u: --non-interactive --user:", values=dict.fromkeys(
        ("-u", "--user"), matching("root", "is another account")))),
    "nice": Wrapper(own=spec("-n: --adjustment:", numeric=True, values=dict.fromkeys(
        ("-n", "--adjustment"), number))),
    "ionice": Wrapper(own=spec("-c: -n: -t --class: --classdata: --ignore")),
    "timeout": Wrapper(own=spec("-k: -s: -v --preserve-status --foreground --kill-after: --signal:"
                                " --verbose", _DURATION)),
    "time": Wrapper(own=spec("-p")),
    "stdbuf": Wrapper(own=spec("-i: -o: -e: --input: --output: --error:")),
    "command": Wrapper(own=spec("-p")),
    "builtin": Wrapper(own=spec("")),
    **{name: Wrapper(own=spec(""), raises=why) for name, why in _RISES.items()},
}  # fmt: skip
_XARGS: Final = spec(
    "-0rtx -n: -L: -P: -d: -I: -s: --null --no-run-if-empty --max-args: --max-lines: --max-procs:"
    " --delimiter: --verbose",
    values={
        "-n": number,
        "-P": number_up_to(16),
        "-I": matching(r"\{\}|[%@]", "is no mark"),
        "-d": matching(r".+", "is empty"),
    },
)
_CANCELS_MARK: Final = frozenset(("-n", "-L", "--max-args", "--max-lines"))
_FOLLOWS_OR_WRITES: Final = name_set("-L -H -P -follow -printf -fprintf -ls -fls -D -files0-from")
"""Options of `find` that lead out of its folders, or print what is no name of a file in them."""
_QUIET = re.compile(r"-a?qa?")
_ENV: Final = spec("-i -u: --ignore-environment --unset:")


def is_assignment(word: str) -> bool:
    """Whether a word before the command sets a variable."""
    return bool(_ASSIGNMENT.match(word))


def refuses_assignment(word: str) -> str | None:
    """Why a variable may change what the command does; None for language and the like."""
    name = word.partition("=")[0]
    return None if _HARMLESS.fullmatch(word) else f"the variable {name} may change what it does"


def unwrap(name: str, words: Sequence[str], before: Sequence[str], ground: Ground) -> Inner | None:
    """What `name words...` runs, where `before` feeds it; None if it is no wrapper.

    Raises Refused where its own options are not on the list.
    """
    if name in _TOLD_SHELLS:
        if len(words) == 2 and words[0] in ("-c", "-ec", "-xc", "-lc") and UNKNOWN not in words[1]:
            return Inner(script=words[1])
        raise Refused("it would run what is not told")
    if name == "env":
        return _env(words, ground)
    if name == "xargs":
        return _xargs(words, before, ground)
    if name == "watch":
        return Inner(script=" ".join(words), raises="it never ends")
    wrapper = WRAPPERS.get(name)
    if wrapper is None:
        return None
    if name == "command" and words[:1] and words[0] in ("-v", "-V"):
        return Inner(words=("which", *words[1:]))
    rest = read_leading(wrapper.own, words, ground)
    if not rest:
        raise Refused("it runs nothing")
    return Inner(words=tuple(rest), raises=wrapper.raises, lifted=name == "sudo")


def _env(words: Sequence[str], ground: Ground) -> Inner:
    rest = read_leading(_ENV, words, ground)
    while rest and is_assignment(rest[0]):
        if why := refuses_assignment(rest[0]):
            raise Refused(why)
        rest = rest[1:]
    if not rest:
        raise Refused("the environment may hold secrets")
    return Inner(words=tuple(rest))


def _xargs(words: Sequence[str], before: Sequence[str], ground: Ground) -> Inner:
    met: dict[str, str] = {}
    rest = read_leading(_XARGS, words, ground, met) or ["echo"]
    fed = _fed_by(before)
    mark = met.get("-I")
    if mark is None:
        return Inner(words=(*rest, fed), fed=True, ids=_gives_ids(before))
    if not _CANCELS_MARK.isdisjoint(met):
        raise Refused("what is put in the place of its mark would be added at the end too")
    if mark in rest[0]:
        raise Refused("what it runs is not known before it runs")
    return Inner(words=tuple(word.replace(mark, fed) for word in rest), fed=True, marked=True)


def _gives_ids(before: Sequence[str]) -> bool:
    """Whether what is fed are ids of containers, none of which can be an option."""
    quiet = before[2:] and all(_QUIET.fullmatch(word) for word in before[2:])
    return before[:1] in (("docker",), ("podman",)) and before[1:2] == ("ps",) and bool(quiet)


def _fed_by(before: Sequence[str]) -> str:
    """What stands for the words that come from `find` in a folder open to all, or from anywhere."""
    if before[:1] != ("find",) or not _FOLLOWS_OR_WRITES.isdisjoint(before):
        return UNKNOWN
    starts = list(takewhile(lambda word: word[:1] not in ("-", "(", "!"), before[1:]))
    if starts and all(start.startswith("/") and is_open(start) for start in starts):
        return f"{starts[0].rstrip('/')}/{STAR}"
    return UNKNOWN
