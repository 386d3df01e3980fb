"""Whether a call runs, waits for a person, or is refused: pure, and the same for every asker."""

from dataclasses import dataclass
from enum import StrEnum

from services.safety.actors import RUNS_ALONE, Actor
from services.safety.override import OverrideState
from services.safety.tiers import Tier


class Verb(StrEnum):
    """What is done with a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a call, and why."""

    verb: Verb
    because: str


def refuses_ceiling(tier: Tier, actor: Actor) -> str | None:
    """Why this kind of asker may not even ask; None when it may."""
    if tier <= actor.ceiling:
        return None
    return f"it is {tier.name}, and {_told(actor)} may ask for {actor.ceiling.name} at most"


def refuses_stood_down(tier: Tier, actor: Actor, *, stood_down: bool) -> str | None:
    """Why a stand-down keeps it from being done: only people act then; reading goes on."""
    if not stood_down or actor.is_person or tier is Tier.GREEN:
        return None
    return "Jarvis is stood down: only a person acts until a person lifts it"


def decide(
    tier: Tier,
    actor: Actor,
    *,
    stood_down: bool,
    override: OverrideState | None,
    approved: bool,
    must_ask: str = "",
) -> Decision:
    """What is done with a call of that tier; `approved` is a person's yes to this very call.

    `must_ask` tells why even a YELLOW one waits for a person; it never makes anything easier.

    `override` is the one that is open now, whoever opened it. Protected resources are no matter of
    policy: what touches them is refused before.
    """
    if why := refuses_ceiling(tier, actor):
        return Decision(Verb.DENY, why)
    if why := refuses_stood_down(tier, actor, stood_down=stood_down):
        return Decision(Verb.DENY, why)
    if tier is Tier.BLACK and (why := _refuses_black(actor, override)):
        return Decision(Verb.DENY, why)
    if must_ask and tier is Tier.YELLOW and not approved:
        return Decision(Verb.ASK, f"it is {tier.name}, and {must_ask}: a person has to approve it")
    if tier <= RUNS_ALONE:
        return Decision(Verb.ALLOW, f"{tier.name} runs by itself")
    if approved:
        return Decision(Verb.ALLOW, "a person approved this very call")
    return Decision(Verb.ASK, f"it is {tier.name}: a person has to approve it")


def _refuses_black(actor: Actor, override: OverrideState | None) -> str | None:
    if override is None:
        return "it is BLACK: it runs only under an override, and none is open"
    if not actor.is_person or actor.user is None or actor.user != override.user:
        return f"it is BLACK, and the override that is open is {override.user}'s"
    return None


def _told(actor: Actor) -> str:
    return {
        "model": "a model",
        "monitor": "the monitor",
        "api": "a program",
        "mcp": "another assistant",
        "person": "a person",
    }[actor.kind.value]
