"""What a person does on the page: acts, decides, overrides, stands Jarvis down; all by the gate.

Each answer goes to the page that asked, told under `act`:
`{ask, ok, outcome, because, remedy, text, approval}`, where `ask` is the number the page gave.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from components.live.asking import ActionHandler, Args, Teller, read_asked
from services.safety.actors import Actor
from services.safety.errors import GateError
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.gate.gate import Gate

SAID_CHARS = 400
"""As much of a reason as is taken."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    ask: int = Field(0, ge=0)


class AskedAct(_Asked):
    """A tool, with what it is asked for."""

    tool: str = Field(min_length=1, max_length=60)
    arguments: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field("", max_length=SAID_CHARS)


class AskedDecision(_Asked):
    """An answer to a question."""

    id: str = Field(pattern=r"^[0-9a-f]{16,64}$")
    because: str = Field("", max_length=SAID_CHARS)


class AskedOverride(_Asked):
    """The passkey, and for how long."""

    passkey: SecretStr
    minutes: int


class AskedWord(_Asked):
    """Why something is done; may be empty."""

    because: str = Field("", max_length=SAID_CHARS)


class Acts:
    """One page's hands; `actor` is the person signed in on it."""

    def __init__(self, live: Teller, gate: Gate, actor: Actor) -> None:
        self._live = live
        self._gate = gate
        self._actor = actor
        for name, model, act in (
            ("act", AskedAct, self._act),
            ("proceed", AskedDecision, self._proceed),
            ("refuse", AskedDecision, self._refuse),
            ("open-override", AskedOverride, self._open_override),
            ("close-override", AskedWord, self._close_override),
            ("stand-down", AskedWord, self._stand_down),
            ("lift-stand-down", AskedWord, self._lift),
        ):
            live.on_action(name, self._checked(name, model, act))

    def _checked(
        self, name: str, model: type[_Asked], act: Callable[[Any], Awaitable[Mapping[str, Any]]]
    ) -> ActionHandler:
        async def run(args: Args) -> None:
            if (asked := read_asked(model, args, name)) is None:
                return
            try:
                answer = await act(asked)
            except GateError as error:
                answer = {"ok": False, "because": error.because, "remedy": error.remedy}
            self._live.tell("act", {"ask": asked.ask, **answer})

        return run

    async def _act(self, asked: AskedAct) -> Mapping[str, Any]:
        call = ToolCall(
            id=f"page-{secrets.token_hex(8)}",
            tool=asked.tool,
            arguments=asked.arguments,
            reason=asked.reason,
        )
        return _told(await self._gate.execute(call, self._actor))

    async def _proceed(self, asked: AskedDecision) -> Mapping[str, Any]:
        return _told(await self._gate.proceed(asked.id, self._actor))

    async def _refuse(self, asked: AskedDecision) -> Mapping[str, Any]:
        await self._gate.refuse(asked.id, self._actor, asked.because)
        return {"ok": True}

    async def _open_override(self, asked: AskedOverride) -> Mapping[str, Any]:
        await self._gate.open_override(asked.passkey, asked.minutes, self._actor)
        return {"ok": True}

    async def _close_override(self, asked: AskedWord) -> Mapping[str, Any]:
        await self._gate.close_override(self._actor, asked.because or "closed on the page")
        return {"ok": True}

    async def _stand_down(self, asked: AskedWord) -> Mapping[str, Any]:
        await self._gate.stand_down(self._actor, asked.because)
        return {"ok": True}

    async def _lift(self, asked: AskedWord) -> Mapping[str, Any]:
        await self._gate.lift_stand_down(self._actor)
        return {"ok": True}


def _told(result: ToolResult) -> Mapping[str, Any]:
    return {
        "ok": result.outcome in (Outcome.DONE, Outcome.EMPTY, Outcome.WAITING),
        "outcome": result.outcome.value,
        "because": result.because,
        "text": result.text,
        "approval": result.approval_id,
    }
