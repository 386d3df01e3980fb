"""The secrets the gate knows by value, the passkey among them once it was used."""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from pydantic import SecretStr

from services.redaction import MASK, Redactor
from services.safety.override import LEAST_PASSKEY_CHARS, MOST_PASSKEY_CHARS

MOST_LOOKED_AT: Final = 12
"""Words of one message that are compared with the passkey, the likeliest first; each costs some
50 ms in a thread, once."""
_REMEMBERED: Final = 1_024
_WORD = re.compile(r"\S+")
_AROUND: Final = ".,;:!?\"'()[]{}<>`*_"


class Hidden:
    """Takes secrets out of text; learns the passkey when it is used, and forgets nothing."""

    def __init__(self, known: Iterable[SecretStr]) -> None:
        self._known = list(known)
        self._strangers: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self.redactor = Redactor.knowing(self._known)

    def learn(self, secret: SecretStr) -> None:
        """From now on this is found by value too."""
        if all(secret.get_secret_value() != one.get_secret_value() for one in self._known):
            self._known.append(secret)
            self.redactor = Redactor.knowing(self._known)

    def forget_strangers(self) -> None:
        """The passkey is another one now, so what it was not it may be."""
        self._strangers.clear()

    def holds(self, text: str) -> bool:
        """Whether a secret known by value stands in the text."""
        return any(secret in text for secret in self.redactor.known)

    def hides(self, text: str) -> str:
        """The text with the secrets that are known by value masked."""
        for secret in self.redactor.known:
            text = text.replace(secret, MASK)
        return text

    async def conceal(self, text: str, is_passkey: Callable[[str], Awaitable[bool]]) -> str:
        """As `hides`, and with a passkey that was never used here yet found and masked too."""
        text = self.hides(text)
        strange = [word for word in _candidates(text) if not self._is_stranger(word)]
        for word in sorted(strange, key=_likeness, reverse=True)[:MOST_LOOKED_AT]:
            if await is_passkey(word):
                self.learn(SecretStr(word))
                return self.hides(text)
            self._remember(word)
        return text

    def _mark(self, word: str) -> bytes:
        return hmac.digest(self._salt, word.encode("utf-8", "replace"), hashlib.sha256)

    def _is_stranger(self, word: str) -> bool:
        return self._mark(word) in self._strangers

    def _remember(self, word: str) -> None:
        self._strangers[self._mark(word)] = None
        while len(self._strangers) > _REMEMBERED:
            self._strangers.popitem(last=False)


def _candidates(text: str) -> list[str]:
    """The words that are long enough, with and without the punctuation around them."""
    words = (form for word in _WORD.findall(text) for form in (word, word.strip(_AROUND)))
    return [
        word
        for word in dict.fromkeys(words)
        if LEAST_PASSKEY_CHARS <= len(word) <= MOST_PASSKEY_CHARS
    ]


def _likeness(word: str) -> int:
    """How much a word looks like a passkey: by the kinds of characters in it."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
    return sum(any(kind(one) for one in word) for kind in kinds)
