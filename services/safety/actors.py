"""Who asks for an action, and how far each kind may go by itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.safety.tiers import Tier


class ActorKind(StrEnum):
    """The kinds of asker there are."""

    PERSON = "person"
    """Signed in at the page, or at a shell of the machine Jarvis runs on."""
    MODEL = "model"
    """A language model, in the conversation of a person."""
    MONITOR = "monitor"
    """Jarvis itself, on a finding of its own."""
    API = "api"
    """A program with an API token."""
    MCP = "mcp"
    """Another assistant, over the Model Context Protocol."""


HIGHEST_ASKED: Final = {
    ActorKind.PERSON: Tier.BLACK,
    ActorKind.MODEL: Tier.RED,
    ActorKind.MONITOR: Tier.RED,
    ActorKind.API: Tier.RED,
    ActorKind.MCP: Tier.RED,
}
"""The ceiling of each kind: what is above it is refused, whatever anyone approves."""

RULES: Final = "rules"
"""The name, in a model's place, of Jarvis's own rules, which answer where no model does."""

RUNS_ALONE: Final = Tier.YELLOW
"""What runs without a person's word; RED waits for one, BLACK for an override as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks, and in whose session."""

    kind: ActorKind
    name: str
    """`owner`, `claude-haiku-5-5`, `monitor`, a token's name."""
    session: str | None = None
    """The key of the signed-in session it asks in; an approval is bound to it."""
    user: str | None = None
    """The person it acts for; for a person, themselves."""

    @classmethod
    def of_person(cls, user: str, *, session: str | None) -> "Actor":
        """A signed-in person; without a session they cannot decide on anything."""
        return cls(kind=ActorKind.PERSON, name=user, session=session, user=user)

    @property
    def id(self) -> str:
        """`person/owner`, as the audit names it."""
        return f"{self.kind.value}/{self.name}"

    @property
    def ceiling(self) -> Tier:
        """The most dangerous tier it may ask for."""
        return HIGHEST_ASKED[self.kind]

    @property
    def is_person(self) -> bool:
        """Whether it may decide on approvals, open an override, and lift a stand-down."""
        return self.kind is ActorKind.PERSON
