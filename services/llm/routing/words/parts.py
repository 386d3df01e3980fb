"""The parts a word can play; a word may play several, so they are bits of one number."""

from collections.abc import Iterable, Mapping

BE = 1 << 0
DO = 1 << 1
HAVE = 1 << 2
MODAL = 1 << 3
NEGATION = 1 << 4
WH = 1 << 5
PREPOSITION = 1 << 6
CONJUNCTION = 1 << 7
THE = 1 << 8
MINE = 1 << 9
"""my, our: what follows is a thing of the house."""
YOURS = 1 << 10
A = 1 << 11
"""a, an: what follows is any thing of its kind."""
ALL = 1 << 12
ANY = 1 << 13
POINTING = 1 << 14
"""it, that, them: what it stands for was said before."""
ME = 1 << 15
YOU = 1 << 16
ANYONE = 1 << 17
"""one, people: nobody in particular."""
ANYTHING = 1 << 18
"""everything, anything, something: the house as a whole."""

GREETING = 1 << 19
THANKS = 1 << 20
ASSENT = 1 << 21
REFUSAL = 1 << 22
FILLER = 1 << 23
"""please, ok, well: noise that may stand anywhere."""

THING = 1 << 24
"""cluster, vm, disk: what a homelab is made of."""
METRIC = 1 << 25
"""cpu, load, temperature, space: what is measured of it."""
EVENT = 1 << 26
"""backup, update, incident, log: what happens to it and is recorded."""
STATE = 1 << 27
"""up, full, hot, slow: how a thing of the house can be."""
HAPPENING = 1 << 28
"""run, crash, respond, fill: what a thing of the house does by itself."""
ACTION = 1 << 29
"""restart, migrate, snapshot: what is done to machines and hardly to anything else."""
HANDLING = 1 << 30
"""start, move, delete: what is done to machines and to everything else."""
LOOKING = 1 << 31
"""show, check, list."""
NOW = 1 << 32
PAST = 1 << 33
"""yesterday, ago, last: a moment of this house's own history."""

TECHNOLOGY = 1 << 34
"""zfs, docker, grafana: known by that name everywhere."""
LEARNING = 1 << 35
"""difference, purpose, tutorial: what is asked about knowledge."""
TEACHING = 1 << 36
"""explain, describe, define."""
JUDGING = 1 << 37
"""better, worth, necessary: an opinion is wanted."""
WRITING = 1 << 38
"""write, translate, summarise."""
WRITTEN = 1 << 39
"""script, poem, e-mail."""
EVERYDAY = 1 << 40
"""bank, flight, recipe: another world than the homelab's."""
UNIT = 1 << 41
"""What makes the number before it a quantity."""
MOTION = 1 << 42
"""go, come, get: with it, `home` is where one lives."""
NEUTRAL = 1 << 43
"""Light words that belong to no subject."""
MONEY = 1 << 44
SELF = 1 << 45
"""What Jarvis is, feels and is called: small talk when asked of him."""
VOCATIVE = 1 << 46
AMBIENT = 1 << 47
"""network, alarm, address: of the homelab's trade, and of everyday life as much."""
FAILURE = 1 << 48
"""down, slow, stuck: a state nobody reports of what works."""
WEAK = 1 << 49
"""go, take, use: a happening only beside something of the house."""
SHELL = 1 << 51
"""A command of the shell where the message begins with it."""
PARTICLE = 1 << 50
"""up, on, left: a state only where nothing follows that it belongs to."""

FUNCTION = (
    BE | DO | HAVE | MODAL | NEGATION | WH | PREPOSITION | CONJUNCTION | THE | MINE | YOURS | A
    | ALL | ANY | POINTING | ME | YOU | ANYONE | ANYTHING
)  # fmt: skip
"""Words that carry the sentence and no subject."""

SOCIAL = GREETING | THANKS | ASSENT | REFUSAL | FILLER | VOCATIVE

Table = Mapping[int, str]
"""By part (or parts), the words that play it, separated by spaces."""


def merge(tables: Iterable[Table]) -> dict[str, int]:
    """One vocabulary of all tables: word to its parts."""
    parts: dict[str, int] = {}
    for table in tables:
        for part, words in table.items():
            for word in words.split():
                parts[word] = parts.get(word, 0) | part
    return parts


def word_set(words: str) -> frozenset[str]:
    """The words of a text, to be looked up."""
    return frozenset(words.split())
