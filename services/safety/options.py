"""Holds the words of one command against its spec."""

import re
from collections.abc import Sequence
from typing import Final

from services.safety.ground import Ground
from services.safety.secrets import refuses_naming
from services.safety.specs import Call, Spec, Style, Takes
from services.safety.tiers import Tier, Verdict
from services.safety.words import BRACKET, as_written, has_glob, is_known

_NUMERIC = re.compile(r"-\d+")
_SIGNED = re.compile(r"[-+]\d+[A-Za-z]{0,5}")
_ONE_LETTER = re.compile(rf"{BRACKET}[A-Za-z0-9]\]\w")
_MOST_SUB_WORDS: Final = 4
_ASKED_FOR_HELP: Final = (("--help",), ("--version",), ("-V",), ("help",))


class Refused(ValueError):
    """Something is not on the list; the message says what, as a clause."""


def judge_words(name: str, spec: Spec, words: Sequence[str], ground: Ground) -> Verdict:
    """The tier of `name words...`: the spec's where everything fits, else RED (or BLACK)."""
    if tuple(words) in _ASKED_FOR_HELP[:2]:
        return Verdict(Tier.GREEN, f"{name} only tells about itself")
    try:
        if spec.subs:
            return _judge_tool(name, spec, words, ground)
        reading = _Reading(spec, words, ground)
        operands = reading.operands()
        call = Call(options=reading.met, operands=operands, ground=ground)
        _check_needs(spec, call)
        _check_operands(spec, call)
        if spec.check and (why := spec.check(call)):
            raise Refused(why)
    except Refused as refused:
        return Verdict(Tier.RED, f"{name}: {refused}")
    return Verdict(spec.tier, f"{name} {spec.because}")


def ruin_of(spec: Spec, words: Sequence[str]) -> str | None:
    """Why a subcommand among the words destroys; options that are not known are looked past."""
    bare = [word for word in words if not word.startswith("-")][:_MOST_SUB_WORDS]
    for name, why in spec.ruins.items():
        parts = name.split()
        for place in range(len(bare) - len(parts) + 1):
            if bare[place : place + len(parts)] == parts and (place == 0 or _odd(spec, words)):
                return why
    return None


def _odd(spec: Spec, words: Sequence[str]) -> bool:
    """Whether options stand before the subcommand, so that its place is not certain."""
    return bool(words) and words[0].startswith("-")


def _judge_tool(name: str, spec: Spec, words: Sequence[str], ground: Ground) -> Verdict:
    reading = _Reading(spec, words, ground)
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] != "-":
        if (taken := reading.option(place)) is None:
            if "" in spec.subs:
                return judge_words(name, spec.subs[""], words, ground)
            raise Refused(f"the option {as_written(words[place])} is not on the list")
        place += taken
    bare = list(words[place:])
    for count in range(min(_MOST_SUB_WORDS, len(bare)), 0, -1):
        sub = spec.subs.get(" ".join(bare[:count]))
        if sub is not None:
            full = f"{name} {' '.join(bare[:count])}"
            shared = () if spec.apart or sub.subs else words[:place]
            return judge_words(full, sub, [*shared, *bare[count:]], ground)
    if "" in spec.subs and not bare:
        return judge_words(name, spec.subs[""], words, ground)
    what = as_written(bare[0]) if bare else "a call without a subcommand"
    raise Refused(f"{what} is not on the list")


def read_leading(
    spec: Spec, words: Sequence[str], ground: Ground, met: dict[str, str] | None = None
) -> list[str]:
    """What follows the options and operands of a wrapper; `met` takes the values of its options.

    Raises Refused where one is not on the list.
    """
    reading = _Reading(spec, words, ground)
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        taken = reading.option(place)
        if taken is None:
            raise Refused(f"the option {as_written(words[place])} is not on the list")
        if met is not None:
            name, value = _value_of(spec, words[place])
            met[name] = words[place + 1] if taken == 2 else value
        place += taken
    if words[place : place + 1] == ["--"] or words[place : place + 1] == ("--",):
        place += 1
    for rule in spec.operands:
        if place >= len(words):
            raise Refused("it wants an operand")
        if why := rule(words[place], ground):
            raise Refused(why)
        place += 1
    return list(words[place:])


def _value_of(spec: Spec, word: str) -> tuple[str, str]:
    """The option of a word that has a value, the last of a bundle perhaps, and what is attached."""
    if word.startswith("--"):
        name, _, value = word.partition("=")
        return name, value
    for at, letter in enumerate(word[1:], 1):
        if spec.options.get(f"-{letter}") is not Takes.NOTHING:
            return f"-{letter}", word[at + 1 :]
    return word, ""


class _Reading:
    """The words of one command, told apart by its spec. Raises Refused where one is not allowed."""

    def __init__(self, spec: Spec, words: Sequence[str], ground: Ground) -> None:
        self._spec = spec
        self._words = words
        self._ground = ground
        self.met: set[str] = set()
        """Names of the options read so far."""

    def operands(self) -> list[str]:
        """What is left once every option is read."""
        spec, words = self._spec, self._words
        operands: list[str] = []
        place = 0
        while place < len(words):
            word = words[place]
            if word == "--" and spec.style is Style.GNU:
                operands += words[place + 1 :]
                break
            if not word.startswith("-") or word == "-":
                if has_glob(word[:1]) and not (spec.globs or _ONE_LETTER.match(word)):
                    raise Refused(f"{as_written(word)} may become an option")
                operands.append(word)
                place += 1
                continue
            if spec.dashed:
                operands.append(word)
                place += 1
                continue
            taken = self.option(place)
            if taken is None:
                raise Refused(f"the option {as_written(word)} is not on the list")
            place += taken
        if not spec.dashed and any(word.startswith("-") and word != "-" for word in operands):
            raise Refused("an operand looks like an option")
        return operands

    def option(self, place: int) -> int | None:
        """How many words the option at this place takes; None where it is not on the list."""
        spec, word = self._spec, self._words[place]
        if not is_known(word):
            raise Refused(f"{as_written(word)} is not known before it runs")
        if spec.numeric and _NUMERIC.fullmatch(word):
            return 1
        if spec.style is Style.PVE and len(word) > 2:
            word = f"--{word.lstrip('-')}"
        if word.startswith("--") or spec.style is not Style.GNU:
            return self._long(word, place)
        for at, letter in enumerate(word[1:], 1):
            name = f"-{letter}"
            takes = spec.options.get(name)
            if takes is None:
                return None
            self.met.add(name)
            if takes is Takes.NOTHING:
                continue
            attached = word[at + 1 :]
            if attached or takes is Takes.MAYBE:
                if attached:
                    self._check_value(name, attached)
                return 1
            return self._next(name, place)
        return 1

    def _long(self, word: str, place: int) -> int | None:
        name, equals, value = word.partition("=")
        takes = self._spec.options.get(name)
        if takes is None:
            return None
        self.met.add(name)
        if equals:
            if takes is Takes.NOTHING:
                return None
            self._check_value(name, value)
            return 1
        if takes is not Takes.VALUE:
            if takes is Takes.MAYBE and self._spec.style is Style.PVE:
                after = self._words[place + 1 : place + 2]
                return 2 if after and re.fullmatch(r"[01]|true|false|yes|no", after[0]) else 1
            return 1
        return self._next(name, place)

    def _next(self, name: str, place: int) -> int:
        """The words an option takes whose value is the word after it."""
        if place + 1 >= len(self._words):
            raise Refused(f"{name} wants a value")
        value = self._words[place + 1]
        dashed = value.startswith("-") and len(value) > 1 and not _SIGNED.fullmatch(value)
        if dashed and name not in self._spec.values:
            raise Refused(f"the value of {name} looks like an option")
        self._check_value(name, value)
        return 2

    def _check_value(self, name: str, value: str) -> None:
        if not is_known(value):
            raise Refused(f"the value of {name} is not known before it runs")
        rule = self._spec.values.get(name, refuses_naming)
        if why := rule(value, self._ground):
            raise Refused(f"{name}: {why}")


def _check_needs(spec: Spec, call: Call) -> None:
    for group in spec.needs:
        if group.isdisjoint(call.options):
            raise Refused(f"it wants {' or '.join(sorted(group))} to be a short reading")


def _check_operands(spec: Spec, call: Call) -> None:
    if len(call.operands) < spec.least:
        raise Refused(f"it wants {spec.least} operand{'s' if spec.least > 1 else ''}")
    for at, operand in enumerate(call.operands):
        rule = spec.operands[at] if at < len(spec.operands) else spec.rest
        if rule is None:
            raise Refused(f"{as_written(operand)} is not expected")
        if spec.rest is None and has_glob(operand):
            raise Refused(f"{as_written(operand)} may become several words")
        if why := rule(operand, call.ground):
            raise Refused(why)
