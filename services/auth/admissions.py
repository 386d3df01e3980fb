"""Sessions begin and end: in memory, in the database and on the bus, in that care."""

from dataclasses import dataclass, field
from datetime import datetime

from db import Database
from db.queries import accounts
from db.rows import NewAudit, UserRow
from services.auth.happenings import SessionsEnded, SignedIn
from services.auth.sessions import Session, SessionGuard
from services.auth.tokens import digest, make_token
from services.auth.visitor import Visitor
from services.clock import Clock
from services.events import Bus


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Someone is in: the token goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    session: Session


class Admissions:
    """Lets people in and shows them out, once it is settled who they are."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, guard: SessionGuard) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._guard = guard

    async def take_up(self) -> None:
        """Go on with the sessions that lived when the process ended."""
        for session in await self._database.run(accounts.find_sessions, now=self._clock.now()):
            self._guard.add(session)

    async def admit(
        self, user: UserRow, visitor: Visitor, replaces: str | None, *, by_link: bool
    ) -> Admission:
        """Begin a session under a new token; the one of the token `replaces` ends."""
        token = make_token()
        now = self._clock.now()
        session = Session(
            key=digest(token),
            user_id=user.id,
            user_name=user.name,
            created_at=now,
            last_seen_at=now,
            expires_at=now + self._guard.lifetime,
            address=visitor.address[:64],
            agent=visitor.agent[:200],
        )
        old_key = digest(replaces) if replaces else None
        action = "enter-by-link" if by_link else "sign-in"
        await self._database.run(
            accounts.record_session,
            session,
            replaces=old_key,
            audit=audit_of(session, action, visitor, at=now),
        )
        if too_many := self._guard.add(session):
            await self.end(too_many, because="too many sessions", audit=None)
        if old_key:
            self._publish_ended(self._guard.remove([old_key]), because="signed in anew")
        self._bus.publish(
            SignedIn(at=now, user=user.name, address=visitor.address, by_link=by_link)
        )
        return Admission(token=token, session=session)

    async def end(self, keys: list[str], *, because: str, audit: NewAudit | None) -> None:
        """End sessions; whatever they have open closes."""
        # First in memory, so that nothing is let through while the rows are being deleted.
        self._publish_ended(self._guard.remove(keys), because=because)
        await self._database.run(accounts.delete_sessions, keys, audit=audit)

    async def write_seen(self) -> None:
        """Write when sessions were last seen."""
        if seen := self._guard.take_seen():
            await self._database.run(accounts.record_seen, seen)

    async def housekeep(self) -> None:
        """Write when sessions were seen, and end those whose time is over."""
        await self.write_seen()
        if expired := self._guard.expired():
            self._publish_ended(self._guard.remove(expired), because="expired")
        await self._database.run(accounts.delete_expired, now=self._clock.now())

    def _publish_ended(self, keys: frozenset[str], *, because: str) -> None:
        if keys:
            self._bus.publish(SessionsEnded(at=self._clock.now(), keys=keys, because=because))


def audit_of(session: Session, action: str, visitor: Visitor, *, at: datetime) -> NewAudit:
    """What a person with a session did to it, for the audit."""
    return NewAudit(
        at=at,
        actor=f"user/{session.user_name}",
        action=action,
        target=f"address/{visitor.address}",
        outcome="done",
    )
