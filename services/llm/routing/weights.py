"""How much each kind of evidence weighs: above zero for tools, below against.

The figures are about logarithms of odds, set by hand and tried on the labelled messages of
`tests/data/routing`. What a clause weighs is their sum; a message needs tools when one of its
clauses does.
"""

from types import MappingProxyType

from services.llm.routing.values import Evidence

WEIGHTS = MappingProxyType(
    {
        "prior": -1.3,
        "name.own": 3.6,
        "name.known": 3.0,
        "name.common": 2.9,
        "name.word": 2.2,
        "name.perhaps": 1.0,
        "vmid": 3.2,
        "vmid.unknown": 2.4,
        "names.more": 0.3,
        "thing.ours": 2.2,
        "thing.all": 1.9,
        "thing.these": 1.5,
        "thing.some": 1.5,
        "thing.bare": 0.8,
        "thing.generic": -0.6,
        "thing.ambient": 0.4,
        "thing.trade": 0.8,
        "things.more": 0.4,
        "have": 1.8,
        "capacity": 2.2,
        "enumerates": 0.8,
        "state": 1.7,
        "happening": 1.1,
        "failing": 0.7,
        "command.line": 5.0,
        "command.machine": 2.4,
        "command.handling": 1.8,
        "command.look": 1.3,
        "count": 1.2,
        "scope": 3.0,
        "content": 1.5,
        "moment.now": 0.6,
        "moment.past": 0.8,
        "self": 3.8,
        "money": 2.6,
        "fragment": 1.6,
        "stranger": 3.2,
        "log": 2.4,
        "shape.how-to": -3.8,
        "shape.how-to.here": -2.2,
        "shape.definition": -3.8,
        "shape.mechanism": -3.4,
        "shape.comparison": -3.4,
        "shape.advice": -2.6,
        "shape.advice.here": -0.5,
        "shape.judging": -2.4,
        "shape.teach": -3.6,
        "shape.teach.here": -0.6,
        "shape.writing": -6.0,
        "shape.supposing": -3.0,
        "shape.topic": -3.2,
        "shape.generic-subject": -2.6,
        "shape.talk": -2.5,
        "foreign": -0.55,
        "foreign.named": -0.1,
        "everyday": -1.7,
        "everyday.named": -0.3,
        "technology": -0.9,
        "technology.place": -1.2,
        "elsewhere": -2.0,
    }
)

TOOLS_ABOVE = 0.0
AMBIGUOUS_WITHIN = 0.7
"""A score closer to the line than this is too close to call."""
MOST_FOREIGN = 3


def told(name: str, words: str) -> Evidence:
    """One piece of evidence with its usual weight."""
    return Evidence(name=name, weight=WEIGHTS[name], words=words)
