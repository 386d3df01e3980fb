"""The door itself: signing in and out, first set-up, one-time links, preferences."""

from datetime import timedelta

import structlog

from db import Database
from db.queries import accounts
from db.queries.audit import record_audit
from db.rows import NewAudit, UserRow
from services.auth.admissions import Admission, Admissions, audit_of
from services.auth.errors import (
    LinkSpent,
    PasswordGiven,
    SetupClosed,
    SetupCodeWrong,
    SignInBusy,
    SignInRefused,
    TriedTooOften,
)
from services.auth.happenings import (
    OwnerCreated,
    PasswordChanged,
    SignedOut,
    SignedOutEverywhere,
    SignInFailed,
    SignInGuessed,
)
from services.auth.lockout import ACCOUNT, ADDRESS, Delays, Lockout
from services.auth.passwords import Passwords, check_strength
from services.auth.preferences import Preferences, parse_preferences
from services.auth.sessions import SessionGuard
from services.auth.tokens import digest, make_setup_code, make_token, same_code
from services.auth.visitor import Visitor
from services.clock import Clock
from services.events import Bus

log = structlog.get_logger("auth")

GUESSING_AT = 5
"""Failed attempts from which on someone seems to be guessing."""


class Auth:
    """Accounts and sessions of the house. Call `start` after the database is open."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        *,
        owner_name: str,
        password_hash: str | None,
        session_lifetime_h: int,
        passwords: Passwords | None = None,
    ) -> None:
        self.guard = SessionGuard(clock, lifetime=timedelta(hours=session_lifetime_h))
        self.owner_name = owner_name
        self._database = database
        self._bus = bus
        self._clock = clock
        self._given_hash = password_hash
        self._passwords = passwords or Passwords()
        self._admissions = Admissions(database, bus, clock, self.guard)
        self._lockout = Lockout(clock)
        self._setup_code: str | None = None

    async def start(self) -> None:
        """Take up the sessions that live, and the owner's password from the settings."""
        if self._given_hash is not None:
            await self._take_given_hash(self._given_hash)
        await self._admissions.take_up()
        if await self._database.run(accounts.count_users) == 0:
            self._setup_code = make_setup_code()

    @property
    def needs_setup(self) -> bool:
        """Whether there is no account yet."""
        return self._setup_code is not None

    @property
    def setup_code(self) -> str | None:
        """The code a visitor from elsewhere must give to set up the owner; print it in the log."""
        return self._setup_code

    async def sign_in(
        self, name: str, password: str, visitor: Visitor, *, replaces: str | None = None
    ) -> Admission:
        """Let someone in who knows the password; `replaces` is the token of the session before.

        Raises SignInRefused, TriedTooOften, SignInBusy.
        """
        user = await self._database.run(accounts.find_user, name)
        keys = _keys(f"account:{name.strip().casefold()[:64]}", visitor)
        self._refuse_while_waiting(keys)
        if self._passwords.busy:
            raise SignInBusy
        retry_s = self._lockout.charge(keys)
        stored = user.password_hash if user else None
        if not await self._passwords.verify(stored, password):
            await self._note_refusal(user, visitor, keys, retry_s)
            raise SignInRefused(retry_s=retry_s)
        assert user is not None
        self._lockout.forgive(keys)
        if stored and stored != self._given_hash and self._passwords.needs_rehash(stored):
            await self._database.run(
                accounts.record_password_hash,
                user_id=user.id,
                password_hash=await self._passwords.hash(password),
            )
        return await self._admissions.admit(user, visitor, replaces, by_link=False)

    async def set_up(
        self,
        name: str,
        password: str,
        visitor: Visitor,
        *,
        code: str,
        replaces: str | None = None,
    ) -> Admission:
        """Make the first account and let its owner in.

        Everyone must give the code from the log: behind a proxy on this machine, a visitor from
        anywhere looks like one who sits at it.
        Raises SetupClosed, SetupCodeWrong, TriedTooOften, PasswordTooWeak.
        """
        wanted = self._setup_code
        if wanted is None:
            raise SetupClosed
        keys = _keys("account:set-up", visitor)
        self._refuse_while_waiting(keys)
        retry_s = self._lockout.charge(keys)
        if not same_code(code, wanted):
            await self._note_refusal(None, visitor, keys, retry_s)
            raise SetupCodeWrong(retry_s=retry_s)
        self._lockout.forgive(keys)
        owner_name = name.strip()[:64] or self.owner_name
        check_strength(password, name=owner_name)
        made = await self._make_owner(
            owner_name, await self._passwords.hash(password), address=visitor.address
        )
        if made is None:
            raise SetupClosed
        return await self._admissions.admit(made, visitor, replaces, by_link=False)

    async def make_link(self, *, lifetime_s: float = 600.0) -> str:
        """A token that lets the owner in once, at `/enter/{token}`.

        Where there is no owner yet, one without a password is made.
        """
        owner = await self._database.run(accounts.find_owner)
        if owner is None:
            owner = await self._make_owner(self.owner_name, None, address="this machine")
            assert owner is not None
        token = make_token()
        now = self._clock.now()
        await self._database.run(
            accounts.record_link,
            key=digest(token),
            user_id=owner.id,
            expires_at=now + timedelta(seconds=lifetime_s),
            audit=NewAudit(at=now, actor="system", action="make-link", outcome="done"),
        )
        return token

    async def enter(
        self, token: str, visitor: Visitor, *, replaces: str | None = None
    ) -> Admission:
        """Let someone in with a one-time link, which is used up. Raises LinkSpent."""
        keys = {f"address:{visitor.network}": ADDRESS}
        self._refuse_while_waiting(keys)
        retry_s = self._lockout.charge(keys)
        user = await self._database.run(accounts.take_link, digest(token), now=self._clock.now())
        if user is None:
            await self._note_refusal(None, visitor, keys, retry_s)
            raise LinkSpent
        self._lockout.forgive(keys)
        return await self._admissions.admit(user, visitor, replaces, by_link=True)

    async def sign_out(self, key: str, visitor: Visitor) -> None:
        """End one session; what it has open closes. Raises SessionEnded."""
        session = self.guard.check(key)
        now = self._clock.now()
        await self._admissions.end(
            [key], because="signed out", audit=audit_of(session, "sign-out", visitor, at=now)
        )
        self._bus.publish(SignedOut(at=now, user=session.user_name, address=visitor.address))

    async def sign_out_everywhere(self, key: str, visitor: Visitor) -> int:
        """End all sessions of the account, this one too; tells how many. Raises SessionEnded."""
        session = self.guard.check(key)
        now = self._clock.now()
        keys = [other.key for other in self.guard.of_user(session.user_id)]
        await self._admissions.end(
            keys,
            because="signed out everywhere",
            audit=audit_of(session, "sign-out-everywhere", visitor, at=now),
        )
        self._bus.publish(
            SignedOutEverywhere(
                at=now, user=session.user_name, address=visitor.address, sessions=len(keys)
            )
        )
        return len(keys)

    async def change_password(self, key: str, present: str, wanted: str, visitor: Visitor) -> None:
        """Set another password and end the account's other sessions.

        Who came by a one-time link and has no password yet gives none as the present one.
        Raises SessionEnded, PasswordGiven, SignInRefused, TriedTooOften, SignInBusy,
        PasswordTooWeak.
        """
        session = self.guard.check(key)
        if self._given_hash is not None:
            raise PasswordGiven
        user = await self._database.run(accounts.find_user, session.user_name)
        assert user is not None
        if user.password_hash is not None:
            keys = _keys(f"account:{user.name.casefold()[:64]}", visitor)
            self._refuse_while_waiting(keys)
            if self._passwords.busy:
                raise SignInBusy
            retry_s = self._lockout.charge(keys)
            if not await self._passwords.verify(user.password_hash, present):
                await self._note_refusal(user, visitor, keys, retry_s)
                raise SignInRefused(retry_s=retry_s, what="The present password is wrong.")
            self._lockout.forgive(keys)
        check_strength(wanted, name=user.name)
        now = self._clock.now()
        await self._database.run(
            accounts.record_password_hash,
            user_id=user.id,
            password_hash=await self._passwords.hash(wanted),
            at=now,
            audit=audit_of(session, "change-password", visitor, at=now),
        )
        others = [one.key for one in self.guard.of_user(user.id) if one.key != key]
        await self._admissions.end(others, because="the password was changed", audit=None)
        self._bus.publish(
            PasswordChanged(at=now, user=user.name, address=visitor.address, sessions=len(others))
        )

    async def find_preferences(self, user_id: int) -> Preferences:
        """What the account has set, and the defaults for the rest."""
        return parse_preferences(await self._database.run(accounts.find_preferences, user_id))

    async def change_preferences(self, user_id: int, **changes: object) -> Preferences:
        """Set some and keep the rest. Raises pydantic.ValidationError for what is not known."""
        present = await self.find_preferences(user_id)
        changed = Preferences.model_validate({**present.model_dump(), **changes})
        await self._database.run(
            accounts.record_preferences,
            user_id=user_id,
            values_json=changed.model_dump_json(),
            at=self._clock.now(),
        )
        return changed

    async def record_action(
        self, *, actor: str, action: str, target: str, outcome: str, because: str = ""
    ) -> None:
        """Enter something a person did in the audit, such as a fault put on the simulation."""
        entry = NewAudit(
            at=self._clock.now(),
            actor=actor,
            action=action,
            target=target,
            outcome=outcome,
            because=because,
        )
        await self._database.run(record_audit, entry)

    async def housekeep(self) -> None:
        """Write when sessions were seen, and end those whose time is over."""
        await self._admissions.housekeep()

    async def stop(self, *, because: str) -> None:
        """Write what is only in memory; call it before the database closes."""
        await self._admissions.write_seen()
        log.debug("auth stopped", because=because)

    async def _make_owner(
        self, name: str, password_hash: str | None, *, address: str
    ) -> UserRow | None:
        now = self._clock.now()
        made = await self._database.run(
            accounts.record_first_user,
            name=name,
            password_hash=password_hash,
            at=now,
            audit=NewAudit(
                at=now,
                actor=f"user/{name}",
                action="set-up",
                target=f"address/{address}",
                outcome="done",
            ),
        )
        self._setup_code = None
        if made is not None:
            self._bus.publish(OwnerCreated(at=now, user=name, address=address))
        return made

    async def _take_given_hash(self, password_hash: str) -> None:
        owner = await self._database.run(accounts.find_owner)
        if owner is None:
            await self._make_owner(self.owner_name, password_hash, address="the settings")
            return
        if (owner.password_hash, owner.name) == (password_hash, self.owner_name):
            return
        now = self._clock.now()
        await self._database.run(
            accounts.record_password_hash,
            user_id=owner.id,
            password_hash=password_hash,
            name=self.owner_name,
            at=now,
            audit=NewAudit(
                at=now,
                actor="system",
                action="change-password",
                target=f"user/{self.owner_name}",
                outcome="done",
                because="the settings hold another one",
            ),
        )
        sessions = await self._database.run(accounts.find_sessions, now=now)
        keys = [session.key for session in sessions if session.user_id == owner.id]
        await self._database.run(accounts.delete_sessions, keys, audit=None)
        log.info("owner taken from the settings", user=self.owner_name, sessions_ended=len(keys))

    def _refuse_while_waiting(self, keys: dict[str, Delays]) -> None:
        if wait_s := self._lockout.wait_s(keys):
            raise TriedTooOften(retry_s=wait_s)

    async def _note_refusal(
        self, user: UserRow | None, visitor: Visitor, keys: dict[str, Delays], retry_s: int
    ) -> None:
        now = self._clock.now()
        attempts = max(self._lockout.failures(key) for key in keys)
        await self._database.run(
            record_audit,
            NewAudit(
                at=now,
                actor="anyone",
                action="sign-in",
                target=f"user/{user.name}" if user else "unknown",
                outcome="refused",
                because=f"attempt {attempts} from {visitor.address}",
            ),
        )
        kind = SignInGuessed if attempts >= GUESSING_AT else SignInFailed
        self._bus.publish(
            kind(
                at=now,
                user=user.name if user else None,
                address=visitor.address,
                attempts=attempts,
                retry_s=retry_s,
            )
        )


def _keys(account: str, visitor: Visitor) -> dict[str, Delays]:
    return {account: ACCOUNT, f"address:{visitor.network}": ADDRESS}
