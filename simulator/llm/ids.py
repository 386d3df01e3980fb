"""Names as the real services give them: a prefix and letters that never come twice."""

import secrets
import string

_LETTERS = string.ascii_letters + string.digits


def make_id(prefix: str, letters: int = 22) -> str:
    """Such as `msg_01` and 22 letters."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(letters))
