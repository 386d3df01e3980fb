"""The gate: the one way by which anything is done, whoever asks for it."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from db import Database
from services.clock import Clock
from services.events import Bus
from services.safety.actors import Actor
from services.safety.override import OverrideState
from services.safety.stand_down import STANDING, StandDownState
from services.tasks import Tasks
from services.tools.calls import ToolCall, ToolResult
from services.tools.gate_approvals import Approval
from services.tools.gate_config import GateConfig
from services.tools.hands import Hands
from services.tools.spec import Tool


class Gate:
    """Every call passes here: the model's, the monitor's, a program's, and a person's."""

    def __init__(
        self,
        registry: Mapping[str, Tool[Any]],
        hands: Hands,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        config: GateConfig,
    ) -> None:
        self.registry = registry
        self._hands = hands
        self._database = database
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._config = config

    async def start(self) -> None:
        """Take up what the last run left: questions, a stand-down, calls that were cut off."""
        raise NotImplementedError

    async def stop(self, because: str) -> None:
        """Cancel what runs and write how it ended; call it before the database closes."""
        raise NotImplementedError

    async def execute(self, call: ToolCall, actor: Actor) -> ToolResult:
        """Do it, ask a person about it, or refuse it; never raises for what a call brings about.

        RED is answered at once with Outcome.WAITING and an `approval_id`.
        """
        raise NotImplementedError

    async def proceed(self, approval_id: str, by: Actor) -> ToolResult:
        """A person's yes: the call is checked anew and run once; a second yes gets its result."""
        raise NotImplementedError

    async def refuse(self, approval_id: str, by: Actor, because: str) -> None:
        """A person's no. Raises GateError."""
        raise NotImplementedError

    async def settled(self, approval_id: str) -> ToolResult:
        """Wait until it was decided and run, refused, cancelled, or has lapsed."""
        raise NotImplementedError

    @property
    def pending(self) -> tuple[Approval, ...]:
        """The questions that wait, oldest first."""
        raise NotImplementedError

    async def find_approvals(self, limit: int, before_id: str | None = None) -> list[Approval]:
        """Approvals of every state, newest first; those asked before `before_id` when given."""
        raise NotImplementedError

    @property
    def override(self) -> OverrideState | None:
        """The override that is open now."""
        return None

    async def open_override(self, passkey: SecretStr, minutes: int, by: Actor) -> OverrideState:
        """Open an override for 1 to 30 minutes. Raises GateError."""
        raise NotImplementedError

    async def close_override(self, by: Actor, because: str) -> None:
        """End the override, should one be open. Raises PersonWanted."""
        raise NotImplementedError

    @property
    def stand_down_state(self) -> StandDownState:
        """Whether Jarvis is stood down."""
        return STANDING

    async def stand_down(self, by: Actor, because: str) -> None:
        """Stop all that acts on its own: cancel questions and running calls, end the override."""
        raise NotImplementedError

    async def lift_stand_down(self, by: Actor) -> None:
        """Let Jarvis act again. Raises PersonWanted."""
        raise NotImplementedError
