"""One clause on the scales: everything that speaks for tools, everything against, and the sum."""

from dataclasses import dataclass

from services.llm.routing.asking import ONLY_A_LOOK_TELLS
from services.llm.routing.clauses import Clause
from services.llm.routing.facts import Facts, find_facts
from services.llm.routing.house import ABOUT_THE_HOUSE
from services.llm.routing.inventory import Inventory
from services.llm.routing.shapes import AGAINST
from services.llm.routing.values import Evidence
from services.llm.routing.weights import MOST_FOREIGN, WEIGHTS, told
from services.llm.routing.words import parts as p
from services.llm.routing.words.general import PLACED


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A clause and what it weighs by itself, whatever was said before."""

    clause: Clause
    facts: Facts | None
    """None for a clause that is only social."""
    evidence: tuple[Evidence, ...]
    score: float

    @property
    def general(self) -> bool:
        """Whether it has the shape of a question of general knowledge, or supposes a case."""
        return any(
            one.name.startswith("shape.") and one.name != "shape.talk" and one.weight < -2
            for one in self.evidence
        )


PRIOR = Evidence(name="prior", weight=WEIGHTS["prior"], words="")


def weigh(clause: Clause, inventory: Inventory) -> Weighed:
    """Look at one clause."""
    if not clause.tokens:
        return Weighed(clause=clause, facts=None, evidence=(), score=WEIGHTS["prior"])
    facts = find_facts(clause, inventory)
    found = [PRIOR]
    for gather in (*ABOUT_THE_HOUSE, *ONLY_A_LOOK_TELLS):
        found.extend(gather(facts))
    found.extend(filter(None, (judge(facts) for judge in AGAINST)))
    found.extend(_other_worlds(facts, found))
    return Weighed(
        clause=clause,
        facts=facts,
        evidence=tuple(found),
        score=_sum(found),
    )


_STANDS = p.word_set(
    "prior name.own name.common name.word vmid vmid.unknown names.more self money log"
)
"""What a general question leaves standing: everything else could be said of any house."""


def _sum(found: list[Evidence]) -> float:
    """Shapes overlap: the heaviest against counts in full, the next a third."""
    shapes = sorted(one.weight for one in found if one.name.startswith("shape."))
    rest = [one for one in found if not one.name.startswith("shape.")]
    general = bool(shapes) and shapes[0] < -2
    score = sum(weight if n == 0 else weight / 3 for n, weight in enumerate(shapes[:2]))
    for one in rest:
        loses = general and one.weight > 0 and one.name not in _STANDS
        score += one.weight * GENERAL_LEAVES if loses else one.weight
    return score


GENERAL_LEAVES = 0.4


def _other_worlds(facts: Facts, so_far: list[Evidence]) -> list[Evidence]:
    found = []
    suffix = ".named" if facts.surely_named else ""
    if facts.foreign:
        found.append(
            Evidence(
                name=f"foreign{suffix}",
                weight=WEIGHTS[f"foreign{suffix}"] * min(facts.foreign, MOST_FOREIGN),
                words="speaks mostly of other things",
            )
        )
    ordered = any(evidence.name.startswith("command.") for evidence in so_far)
    if facts.elsewhere and not facts.surely_named and not (ordered and facts.core_words):
        found.append(told("elsewhere", f"is about something else ({facts.elsewhere})"))
    if facts.everyday:
        found.append(
            Evidence(
                name=f"everyday{suffix}",
                weight=WEIGHTS[f"everyday{suffix}"]
                * min(facts.everyday, 2)
                * (0.5 if facts.unmistakable else 1),
                words="speaks of the world outside the homelab",
            )
        )
    if PLACED.search(facts.clause.text) and not facts.surely_named:
        found.append(told("technology.place", "asks about a technology as such"))
    commanded = any(evidence.name == "command.handling" for evidence in so_far)
    if facts.technology and not facts.named and not commanded:
        stranger = facts.clause.parts & p.STATE
        found.append(
            Evidence(
                name="technology",
                weight=WEIGHTS["technology"] / (2 if stranger else 1),
                words="mentions a technology that is no name here",
            )
        )
    return found
