"""The two switches of the gate, kept, told and on record: the stand-down and the override."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog
from pydantic import SecretStr

from db import Database
from db.queries.gate import find_state, record_state
from db.rows import NewAudit
from services.auth.passwords import Passwords
from services.clock import Clock, as_stored, from_stored
from services.events import Bus
from services.safety.actors import Actor, ActorKind
from services.safety.errors import (
    GateError,
    NotWhileStoodDown,
    PasskeyRefused,
    PasskeyTriedTooOften,
)
from services.safety.override import Override, OverrideState, check_minutes, person
from services.safety.stand_down import STANDING, StandDownState
from services.tools.gate import events
from services.tools.gate.audit import GateAudit
from services.tools.gate.config import GateConfig
from services.tools.gate.secrets import Hidden

log = structlog.get_logger("gate")

HIMSELF: Final = Actor(kind=ActorKind.MONITOR, name="gate")
"""Who ends things when their time is over."""
_STAND_DOWN: Final = "stand-down"
_PASSKEY: Final = "passkey"
_OVERRIDE: Final = "override"


class Switches:
    """What a person can throw; each leaves an entry in the audit and an event."""

    def __init__(
        self,
        database: Database,
        audit: GateAudit,
        hidden: Hidden,
        *,
        bus: Bus,
        clock: Clock,
        config: GateConfig,
        passwords: Passwords,
    ) -> None:
        self._database = database
        self._audit = audit
        self._hidden = hidden
        self._bus = bus
        self._clock = clock
        self._override = Override(clock, passwords, config.override_hash)
        self._stand_down = STANDING

    async def start(self) -> None:
        """Take up a stand-down and a passkey; an override of the last run is over."""
        if kept := await self._database.run(find_state, _STAND_DOWN):
            self._stand_down = _stand_down_from(kept)
        if kept := await self._database.run(find_state, _PASSKEY):
            self._override.take_hash(SecretStr(json.loads(kept)["hash"]))
        if kept := await self._database.run(find_state, _OVERRIDE):
            user = str(json.loads(kept)["user"])
            await self._note_closed(HIMSELF, user, "Jarvis was started anew")

    @property
    def stand_down_state(self) -> StandDownState:
        return self._stand_down

    @property
    def override(self) -> OverrideState | None:
        return self._override.state

    @property
    def has_passkey(self) -> bool:
        return self._override.has_passkey

    @property
    def passkey_is_given(self) -> bool:
        return self._override.is_given

    async def is_passkey(self, text: str) -> bool:
        """Whether a text is the passkey; nothing is counted."""
        return await self._override.is_passkey(text)

    async def set_passkey(
        self, passkey: SecretStr, by: Actor, *, current: SecretStr | None = None
    ) -> None:
        """Make the first passkey, or another one for somebody who knows the present one.

        Raises GateError.
        """
        user = person(by, "set the passkey")
        if self._override.is_given:
            raise GateError(
                "the passkey is set by JARVIS_OVERRIDE_HASH",
                "Change it there and start Jarvis anew",
            )
        if self._override.has_passkey:
            await self._compare(current or SecretStr(""), by)
        made = await self._override.hash_new(passkey, name=user)
        kept = json.dumps({"hash": made.get_secret_value()})
        entry = self._audit.entry(by, "passkey.set", "gate", "done")
        await self._keep(_PASSKEY, kept, entry)
        self._override.take_hash(made)
        self._hidden.forget_strangers()
        self._changed()

    async def open_override(self, passkey: SecretStr, minutes: int, by: Actor) -> OverrideState:
        """Open an override. Raises GateError."""
        user = person(by, "open an override")
        check_minutes(minutes)
        if self._stand_down.active:
            raise NotWhileStoodDown("an override")
        await self._compare(passkey, by)
        self._hidden.learn(passkey)
        kept = json.dumps({"user": user, "minutes": minutes})
        entry = self._audit.entry(
            by, "override.open", "gate", "done", detail={"minutes": minutes, "session": by.session}
        )
        await self._keep(_OVERRIDE, kept, entry)
        if self._stand_down.active:  # thrown while this was being written
            await self.close_override(by, "Jarvis was stood down")
            raise NotWhileStoodDown("an override")
        state = self._override.begin(minutes, by)
        self._bus.publish(events.OverrideOpened(at=self._clock.now(), by=by.id, minutes=minutes))
        self._changed()
        return state

    async def close_override(self, by: Actor, because: str) -> None:
        """End the override, should one be open."""
        ended = self._override.end()
        if ended is not None:
            await self._note_closed(by, ended.user, because)

    async def close_of_sessions(self, keys: frozenset[str], because: str) -> None:
        """End the override when its session is among those that have ended."""
        state = self._override.state
        if state is not None and state.session in keys:
            await self.close_override(HIMSELF, f"its session has ended: {because}")

    async def close_lapsed(self) -> None:
        """Tell that the override's time is over, once."""
        if self._override.lapsed is not None:
            await self.close_override(HIMSELF, "its time is over")

    async def stand_down(
        self, by: Actor, because: str, cancel: Callable[[str], Awaitable[int]]
    ) -> None:
        """Throw the kill switch; `cancel` ends what runs and what waits, and counts it.

        From the first line on nothing that is not a person's passes, whatever the disk says.
        """
        now = self._clock.now()
        if not self._stand_down.active:
            self._stand_down = StandDownState(active=True, since=now, by=by.id, because=because)
        cancelled = 0
        try:
            cancelled = await cancel(f"{by.name} stood Jarvis down")
        except Exception:
            log.exception("a question could not be cancelled")
        try:
            entry = self._audit.entry(by, "stand-down", "gate", "done", because=because)
            await self._keep(_STAND_DOWN, _stand_down_json(self._stand_down), entry)
            await self.close_override(by, "Jarvis was stood down")
        except Exception:
            self._override.end()
            log.exception("the stand-down holds, but could not be kept for the next start")
        self._bus.publish(events.StoodDown(at=now, by=by.id, because=because, cancelled=cancelled))
        self._changed()

    async def lift(self, by: Actor) -> None:
        """Let Jarvis act again. Raises PersonWanted."""
        person(by, "lift a stand-down")
        if not self._stand_down.active:
            return
        entry = self._audit.entry(by, "stand-down.lift", "gate", "done")
        await self._keep(_STAND_DOWN, None, entry)
        self._stand_down = STANDING
        self._bus.publish(events.StandDownLifted(at=self._clock.now(), by=by.id))
        self._changed()

    async def _compare(self, passkey: SecretStr, by: Actor) -> None:
        try:
            await self._override.check(passkey, by)
        except PasskeyTriedTooOften:
            raise
        except PasskeyRefused as refused:
            attempts = self._override.attempts(by.user or "")
            await self._audit.record(
                by, "passkey", "gate", "refused", because=f"wrong, attempt {attempts}"
            )
            self._bus.publish(
                events.OverrideDenied(
                    at=self._clock.now(), by=by.id, attempts=attempts, retry_s=refused.retry_s
                )
            )
            raise

    async def _note_closed(self, by: Actor, user: str, because: str) -> None:
        told = f"person/{user}"
        self._bus.publish(events.OverrideClosed(at=self._clock.now(), by=told, because=because))
        self._changed()
        entry = self._audit.entry(
            by, "override.close", "gate", "done", because=because, detail={"user": user}
        )
        await self._keep(_OVERRIDE, None, entry)

    async def _keep(self, name: str, value_json: str | None, entry: NewAudit) -> None:
        await self._database.run(record_state, name, value_json, at=self._clock.now(), audit=entry)

    def _changed(self) -> None:
        self._bus.publish(events.GateChanged(at=self._clock.now()))


def _stand_down_json(state: StandDownState) -> str:
    since = as_stored(state.since) if state.since else None
    return json.dumps({"since": since, "by": state.by, "because": state.because})


def _stand_down_from(kept: str) -> StandDownState:
    """What cannot be read still means that Jarvis was stood down."""
    try:
        told = json.loads(kept)
        since: datetime | None = from_stored(told["since"]) if told["since"] else None
        return StandDownState(active=True, since=since, by=told["by"], because=told["because"])
    except (ValueError, KeyError, TypeError):
        return StandDownState(active=True, because="what was kept of it cannot be read")
