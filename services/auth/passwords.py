"""Passwords: argon2id, checked in threads, few at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.errors import PasswordTooWeak, SignInBusy

MIN_LENGTH = 10
MAX_LENGTH = 256
CHECKS_AT_ONCE = 2
"""Each takes 64 MiB and a core for some 50 ms."""
CHECKS_HIGH_WATER = 12
"""Checks that may run or wait; more are refused."""

_COMMON = frozenset(
    ("qwertyuiop", "1234567890", "0123456789", "password123", "letmein123", "proxmoxproxmox")
)


class Passwords:
    """Hashes and verifies; every call runs in a thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._asked = 0
        self._decoy: str | None = None

    @property
    def busy(self) -> bool:
        """Whether no further check is taken."""
        return self._asked >= CHECKS_HIGH_WATER

    async def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash.

        Without a hash it takes as long and answers no, so that time does not tell which names
        exist. Raises SignInBusy when too many checks wait.
        """
        if self.busy:
            raise SignInBusy
        self._asked += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(self._verify, password_hash, password)
        finally:
            self._asked -= 1

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return True

    def _verify(self, password_hash: str | None, password: str) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash("no account has this")
        try:
            matches = self._hasher.verify(password_hash or self._decoy, password[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
        return matches and password_hash is not None


def check_strength(password: str, *, name: str) -> None:
    """Raises PasswordTooWeak with the reason when a new password is not accepted."""
    if len(password) < MIN_LENGTH:
        raise PasswordTooWeak(
            f"The password has {len(password)} characters; {MIN_LENGTH} or more are wanted."
        )
    if len(password) > MAX_LENGTH:
        raise PasswordTooWeak(f"The password is longer than {MAX_LENGTH} characters.")
    bare = password.casefold().strip()
    if bare == name.casefold() or bare in _COMMON or len(set(bare)) < 4:
        raise PasswordTooWeak("The password is too easy to guess; a few unrelated words are good.")
