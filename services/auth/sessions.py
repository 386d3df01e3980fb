"""The sessions that live now, in memory: checking one costs a look into a dictionary."""

from dataclasses import replace
from datetime import datetime, timedelta

from db.rows import SessionRow
from services.auth.errors import SessionEnded
from services.auth.tokens import digest
from services.clock import Clock

Session = SessionRow
"""A signed-in browser. Its `key` is no secret: the token it stands for cannot be had from it."""

SEEN_EVERY = timedelta(minutes=1)
"""How often being seen is noted."""
SESSIONS_HIGH_WATER = 100
"""Sessions of one account; past it the one not seen for longest ends."""


class SessionGuard:
    """Asked by every handler that does something: is this session still good?"""

    def __init__(self, clock: Clock, *, lifetime: timedelta) -> None:
        self._clock = clock
        self.lifetime = lifetime
        self._sessions: dict[str, Session] = {}
        self._seen: dict[str, tuple[datetime, datetime]] = {}

    def check(self, key: str) -> Session:
        """The session, its life prolonged. Raises SessionEnded when it is over."""
        session = self._sessions.get(key)
        now = self._clock.now()
        if session is None or session.expires_at <= now:
            raise SessionEnded
        if now - session.last_seen_at >= SEEN_EVERY:
            session = replace(session, last_seen_at=now, expires_at=now + self.lifetime)
            self._sessions[key] = session
            self._seen[key] = (session.last_seen_at, session.expires_at)
        return session

    def find(self, token: str | None) -> Session | None:
        """The session a cookie's token stands for, or None."""
        if not token or len(token) > 128:
            return None
        try:
            return self.check(digest(token))
        except SessionEnded:
            return None

    def add(self, session: Session) -> list[str]:
        """Begin a session; hands back the keys of those that must end for it."""
        self._sessions[session.key] = session
        of_user = sorted(
            (other for other in self._sessions.values() if other.user_id == session.user_id),
            key=lambda other: other.last_seen_at,
        )
        return [other.key for other in of_user[: max(0, len(of_user) - SESSIONS_HIGH_WATER)]]

    def remove(self, keys: list[str]) -> frozenset[str]:
        """End sessions; hands back the keys that were alive."""
        ended = frozenset(key for key in keys if self._sessions.pop(key, None))
        for key in keys:
            self._seen.pop(key, None)
        return ended

    def of_user(self, user_id: int) -> list[Session]:
        """The account's sessions, the latest seen first."""
        own = [session for session in self._sessions.values() if session.user_id == user_id]
        return sorted(own, key=lambda session: session.last_seen_at, reverse=True)

    def expired(self) -> list[str]:
        """The keys of sessions whose time is over."""
        now = self._clock.now()
        return [key for key, session in self._sessions.items() if session.expires_at <= now]

    def take_seen(self) -> dict[str, tuple[datetime, datetime]]:
        """When sessions were last seen and now expire, where that is not yet in the database."""
        seen, self._seen = self._seen, {}
        return seen
