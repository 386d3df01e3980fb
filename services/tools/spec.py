"""What a tool is: its arguments, its tier, what it touches, and the one function that does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from services.cluster.following import TaskEnd
from services.cluster.model import ClusterSnapshot
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch
from services.tools.calls import NOTHING, Outcome, Payload
from services.tools.hands import Hands


class Arguments(BaseModel):
    """The arguments of a tool; each field's description is the sentence a model reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a tool's function hands back; the gate makes a ToolResult of it."""

    outcome: Outcome = Outcome.DONE
    text: str = ""
    because: str = ""
    data: Payload = field(default_factory=lambda: NOTHING)
    verified: bool | None = None
    """Of a change: whether the read after it found it done. A change that leaves this None has
    not been verified, and the gate tells it as UNKNOWN."""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A change in whose middle Jarvis ended, as far as it is on record, and how its task ended."""

    end: TaskEnd
    begun_at: datetime
    targets: tuple[str, ...] = ()
    """What it was judged to act upon: `guest/104`."""

    @property
    def vmid(self) -> int | None:
        """The guest it acts upon, if it is one."""
        for target in self.targets:
            kind, _, id = target.partition("/")
            if kind == "guest" and id.isascii() and id.isdigit():
                return int(id)
        return None


def nothing_touched(_: Any, __: ClusterSnapshot) -> tuple[Touch, ...]:
    """Of a tool that only reads."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Generic[A]):
    """One thing Jarvis can do."""

    name: str
    summary: str
    """One sentence that tells a model and a person what it is for."""
    arguments: type[A]
    tier: Tier | Callable[[A], Verdict]
    """Fixed, or judged from the validated arguments; never from anybody's words."""
    timeout_s: float = 30.0
    reads: str = ""
    """What it reads, such as `GET /nodes/{node}/status`."""
    changes: str = ""
    """What it changes; empty for a tool that only reads."""
    verified_by: str = ""
    """How its effect is read back; empty for a tool that only reads."""
    touches: Callable[[A, ClusterSnapshot], tuple[Touch, ...]] = nothing_touched
    """What a call would act upon, so that the gate can protect it and tell the blast radius."""
    run: Callable[[A, Hands], Awaitable[Found]]
    look_back: Callable[[A, Hands, CutOff], Awaitable[Found]] | None = None
    """Reads whether a change is done in whose middle Jarvis ended, and changes nothing. None where
    Proxmox does it by no task, or SSH does it."""

    def judge(self, arguments: A) -> Verdict:
        """The tier of one call, and why."""
        if isinstance(self.tier, Tier):
            return Verdict(self.tier, self.summary)
        return self.tier(arguments)

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return bool(self.changes)

    @property
    def offered(self) -> bool:
        """Whether a model, a program or the monitor is told of it."""
        return self.tier is not Tier.BLACK
