"""The override: for minutes, one person may do what nobody else ever may.

It lives in memory alone and ends with the process; the passkey is compared and forgotten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from services.auth.errors import PasswordTooWeak, SignInBusy
from services.auth.lockout import Delays, Lockout
from services.auth.passwords import MAX_LENGTH, MIN_LENGTH, Passwords, check_strength
from services.clock import Clock
from services.safety.actors import Actor
from services.safety.errors import (
    MinutesRefused,
    NoPasskey,
    PasskeyRefused,
    PasskeyTriedTooOften,
    PasskeyUnfit,
    PersonWanted,
)

MOST_MINUTES: Final = 30
LEAST_PASSKEY_CHARS: Final = MIN_LENGTH
MOST_PASSKEY_CHARS: Final = MAX_LENGTH
ATTEMPTS: Final = Delays(free=3, last_s=900.0)
"""Three slips are free; after that each wrong passkey doubles the wait, up to a quarter hour."""
_EVERYONE: Final = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideState:
    """An override that is open."""

    user: str
    session: str
    """It ends with this session."""
    opened_at: datetime
    until: datetime
    """Over from this very moment on."""


class Override:
    """Opens and closes; counts wrong passkeys, for each user and for all together."""

    def __init__(self, clock: Clock, passwords: Passwords, given_hash: SecretStr | None) -> None:
        self._clock = clock
        self._passwords = passwords
        self._given = given_hash
        self._made: SecretStr | None = None
        self._lockout = Lockout(clock)
        self._state: OverrideState | None = None
        self._until_s = 0.0

    @property
    def state(self) -> OverrideState | None:
        """The override that is open now; by the wall clock or the steady one, the sooner counts."""
        state = self._state
        if state is None or self._clock.now() >= state.until:
            return None
        return state if self._clock.monotonic_s() < self._until_s else None

    @property
    def lapsed(self) -> OverrideState | None:
        """An override whose time is over and which nobody has closed yet."""
        return self._state if self.state is None else None

    @property
    def is_given(self) -> bool:
        """Whether the settings hold the passkey's hash, so that the page cannot change it."""
        return self._given is not None

    @property
    def has_passkey(self) -> bool:
        """Whether there is a passkey at all."""
        return self._hash is not None

    @property
    def _hash(self) -> SecretStr | None:
        return self._given or self._made

    def take_hash(self, made: SecretStr | None) -> None:
        """Use a hash that was made on the page; the one of the settings goes before it."""
        self._made = made

    def attempts(self, user: str) -> int:
        """How often this user gave a wrong passkey of late."""
        return self._lockout.failures(f"{_EVERYONE}/{user}")

    async def check(self, passkey: SecretStr, by: Actor) -> None:
        """Compare a passkey that a person gave, counting each attempt before it is looked at.

        Raises NoPasskey, PasskeyRefused, PasskeyTriedTooOften.
        """
        user = person(by, "give the passkey")
        if self._hash is None:
            raise NoPasskey
        keys = {f"{_EVERYONE}/{user}": ATTEMPTS, _EVERYONE: ATTEMPTS}
        if wait_s := self._lockout.wait_s(keys):
            raise PasskeyTriedTooOften(retry_s=wait_s)
        retry_s = self._lockout.charge(keys)
        try:
            fits = await self._passwords.verify(
                self._hash.get_secret_value(), passkey.get_secret_value()
            )
        except SignInBusy:
            raise PasskeyTriedTooOften(retry_s=max(1, retry_s)) from None
        if not fits:
            raise PasskeyRefused(retry_s=retry_s)
        self._lockout.forgive(keys)

    async def is_passkey(self, text: str) -> bool:
        """Whether a text is the passkey, for what must not be shown; nothing is counted."""
        if self._hash is None or len(text) > MOST_PASSKEY_CHARS:
            return False
        return await self._passwords.verify(self._hash.get_secret_value(), text)

    def begin(self, minutes: int, by: Actor) -> OverrideState:
        """Let it be open from now on, in the place of one that was."""
        user, session = person(by, "open an override"), by.session
        assert session is not None
        now = self._clock.now()
        self._until_s = self._clock.monotonic_s() + minutes * 60
        self._state = OverrideState(
            user=user, session=session, opened_at=now, until=now + timedelta(minutes=minutes)
        )
        return self._state

    def end(self) -> OverrideState | None:
        """Let it be over; hands back the one that was open or had lapsed."""
        ended, self._state = self._state, None
        return ended

    async def hash_new(self, passkey: SecretStr, *, name: str) -> SecretStr:
        """The hash of a new passkey. Raises PasskeyUnfit."""
        text = passkey.get_secret_value()
        if text.split() != [text]:
            raise PasskeyUnfit(
                "a passkey holds no blanks: one that is typed in the chat by mistake is looked "
                "for word by word"
            )
        try:
            check_strength(text, name=name)
        except PasswordTooWeak as weak:
            raise PasskeyUnfit(str(weak).replace("password", "passkey")) from None
        return SecretStr(await self._passwords.hash(text))


def person(by: Actor, what: str) -> str:
    """The user, where it is a signed-in person. Raises PersonWanted."""
    if not by.is_person or not by.session or not by.user:
        raise PersonWanted(what)
    return by.user


def check_minutes(minutes: int) -> None:
    """Raises MinutesRefused for less than 1 or more than 30."""
    if isinstance(minutes, bool) or not 1 <= minutes <= MOST_MINUTES:
        raise MinutesRefused(minutes, most=MOST_MINUTES)
