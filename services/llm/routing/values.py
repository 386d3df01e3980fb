"""What goes into a routing decision and what comes out of it: frozen values."""

from dataclasses import dataclass
from enum import StrEnum

from services.llm.claude.config import ModelRole
from services.llm.messages import ProviderName


class Picked(StrEnum):
    """What the picker beside the input is set to."""

    AUTO = "auto"
    CLAUDE = "claude"
    LOCAL = "local"
    DIRECT = "direct"
    HARDER = "harder"
    """Claude's model for hard reasoning."""
    HARDEST = "hardest"
    """Claude's best model."""


class Kind(StrEnum):
    """What a message is about, as far as routing cares."""

    CLUSTER = "cluster"
    """The live state of the house, or something to be done in it."""
    SMALLTALK = "small talk"
    KNOWLEDGE = "knowledge"
    WRITING = "writing"
    """A text or program is wanted."""
    EVERYDAY = "everyday"
    """The world outside the homelab."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Whether money for Claude is left."""

    spent: bool = False
    because: str = ""
    """Which budget, and until when, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The little that routing needs of what was said before this message."""

    last_provider: ProviderName | None = None
    last_needed_tools: bool | None = None
    """Of the message before; None where this one is the first."""
    pending_approval: bool = False
    """A call of this conversation waits for a person."""
    offered_action: str = ""
    """What Jarvis has just offered to do, in his words; empty for nothing."""
    override: bool = False
    picker: Picked = Picked.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing a message shows, and how much it weighs."""

    name: str
    """Stable, for reports: `name.common`, `shape.how-to`."""
    weight: float
    """Above zero speaks for tools, below zero against; about the logarithm of odds."""
    words: str
    """For a person, completing “it …”: `names the guest media`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a message asks for, before anyone is chosen to answer it."""

    needs_tools: bool
    ambiguous: bool
    """Too close to call: `needs_tools` is the careful answer, and a model may be asked."""
    kind: Kind
    score: float
    because: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who answers, with what, and because of what."""

    provider: ProviderName
    model_role: ModelRole
    needs_tools: bool
    because: str
    """For a person, shown below the answer."""
    step: str
    """The rule that decided: `forced`, `pending approval`, `override`, `no key`, `offline`,
    `budget`, `tools`, `too long`, `small talk`, `knowledge`, `default`."""
    ambiguous: bool
    kind: Kind
    score: float
    features: tuple[Evidence, ...]
    """Everything that was weighed, heaviest first."""
