"""What the learned layer sees of a message: its words, its shape, and what the rules found.

Names are seen by their plainness and never as themselves, so that what was learned in one house
holds in another.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

from services.llm.routing.inventory import Inventory, Plainness
from services.llm.routing.text import Token
from services.llm.routing.values import Evidence
from services.llm.routing.words import parts as p
from services.llm.routing.words.vocabulary import COMMON_WORDS

HEAD_TOKENS = 48
TAIL_TOKENS = 16
"""What is looked at of a long message."""
FAR = "far"
"""No word of the homelab is in it."""
AMBIENT = "ambient"
"""Only such words of the homelab are in it as belong to everyday life too."""
CORE = "core"
"""Words of the homelab are in it that are nothing else."""
STEM = 5
"""So many letters of a word stand for all its forms."""
OPENING = 3
"""So many words tell an order from a question, and one question from another."""

_LITERAL = p.FUNCTION | p.NOW | p.PAST
"""These words carry the shape of a sentence and stand for themselves."""
_OF_THE_HOUSE = p.THING | p.METRIC | p.EVENT | p.ACTION
_CLASSES = (
    (p.EVERYDAY, "everyday"),
    (p.MONEY, "money"),
    (p.METRIC, "metric"),
    (p.EVENT, "event"),
    (p.THING, "thing"),
    (p.FAILURE, "failure"),
    (p.STATE, "state"),
    (p.ACTION, "action"),
    (p.HANDLING, "handling"),
    (p.LOOKING, "looking"),
    (p.HAPPENING, "happening"),
    (p.TECHNOLOGY, "technology"),
    (p.WRITING, "writing"),
    (p.WRITTEN, "written"),
    (p.TEACHING, "teaching"),
    (p.LEARNING, "learning"),
    (p.JUDGING, "judging"),
    (p.SELF, "self"),
    (p.UNIT, "unit"),
    (p.NEUTRAL, "neutral"),
    (p.MOTION, "motion"),
    (p.SOCIAL, "social"),
)
"""The first that a word can play is what it counts as."""
_CLASS_BY_PARTS: dict[int, str] = {}


def _class_of(token: Token, inventory: Inventory, *, named: bool) -> str:
    """What a token counts as: `<own>` for a name, itself, or the part it plays."""
    if token.named is not None and _is_name(token, named=named):
        return f"<{token.named.plainness}>"
    if token.number is not None:
        return "<vmid>" if token.number in inventory.vmids else "<number>"
    parts = token.parts
    if parts & _LITERAL:
        return token.text
    if parts == 0:
        return "<word>" if token.text in COMMON_WORDS else "<unknown>"
    found = _CLASS_BY_PARTS.get(parts)
    if found is None:
        found = next((name for part, name in _CLASSES if parts & part), "<other>")
        # Bounded by the word tables: as many entries as there are combinations in them.
        _CLASS_BY_PARTS[parts] = found
    return found


def _is_name(token: Token, *, named: bool) -> bool:
    """Whether a token counts as a name: a common word does where the message means one by it."""
    return token.named is not None and (named or token.named.plainness in _ALWAYS_NAMES)


_ALWAYS_NAMES = (Plainness.OWN, Plainness.KNOWN)
_NAMED = ("name.", "vmid")
"""How the evidence begins by which something is called by its name."""


def find_features(
    tokens: Sequence[Token], evidence: Sequence[Evidence], inventory: Inventory
) -> Mapping[str, float]:
    """Everything the learned layer weighs, by a stable name."""
    if len(tokens) > HEAD_TOKENS + TAIL_TOKENS:
        tokens = (*tokens[:HEAD_TOKENS], *tokens[-TAIL_TOKENS:])
    found: dict[str, float] = {f"e:{one.name}": 1.0 for one in evidence}
    named = any(one.name.startswith(_NAMED) for one in evidence)
    shapes = [_class_of(token, inventory, named=named) for token in tokens]
    words = [
        shape if token.number is not None or _is_name(token, named=named) else token.text
        for token, shape in zip(tokens, shapes, strict=True)
    ]
    ours, core = _counted(tokens, named=named)
    nearness = CORE if core else AMBIENT if ours else FAR
    for word, shape in zip(words, shapes, strict=True):
        found[f"w:{word}"] = 1.0
        found[f"n:{nearness} {word}"] = 1.0
        if shape != word:
            found[f"c:{shape}"] = 1.0
            if len(word) > STEM:
                found[f"s:{word[:STEM]}"] = 1.0
    both = [("^", "^"), *zip(words, shapes, strict=True), ("$", "$")]
    for (before, shape_before), (word, shape) in pairwise(both):
        found[f"v:{before} {word}"] = 1.0
        if shape != word:
            found[f"b:{before} {shape}"] = 1.0
        if shape_before != before:
            found[f"a:{shape_before} {word}"] = 1.0
    found[f"o:{' '.join(words[:OPENING])}"] = 1.0
    for one, other in combinations(sorted({one.name for one in evidence} - {"prior"}), 2):
        found[f"p:{one} {other}"] = 1.0
    found["ours"] = min(3, ours) / 2
    found[nearness] = 1.0
    found[f"long:{min(6, len(tokens) // 3)}"] = 1.0
    return found


def _counted(tokens: Sequence[Token], *, named: bool) -> tuple[int, int]:
    """How many words of the homelab there are, and how many that are nothing else."""
    ours = core = 0
    for token in tokens:
        is_name = _is_name(token, named=named)
        if is_name or token.parts & _OF_THE_HOUSE:
            ours += 1
            core += is_name or not token.parts & p.AMBIENT
    return ours, core
