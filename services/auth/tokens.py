"""Random tokens, and the digests under which they are kept."""

import hashlib
import secrets

_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def make_token() -> str:
    """256 random bits as text for a cookie or an address."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 in hex: what is stored, so that the database opens no door."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_setup_code() -> str:
    """A code for a person to copy from the log: 60 bits, without letters that look alike."""
    letters = [secrets.choice(_CODE_LETTERS) for _ in range(12)]
    return "-".join("".join(letters[n : n + 4]) for n in range(0, 12, 4))


def same_code(given: str, wanted: str) -> bool:
    """Whether a typed code is the one wanted; case, spaces and hyphens do not matter."""
    typed = "".join(letter for letter in given.upper() if letter.isalnum())
    return secrets.compare_digest(typed.encode(), wanted.replace("-", "").encode())
