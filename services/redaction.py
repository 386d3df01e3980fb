"""Takes secrets out of what leaves the process as text: by type, by key, by pattern, by value."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import SecretBytes, SecretStr

MASK = "***"

TEXT_LIMIT_CHARS = 2_000
"""Longest text kept of one value."""
TRACE_LIMIT_CHARS = 16_000
"""Longest text kept of a traceback; its middle goes, both ends stay."""
ITEMS_LIMIT = 50
"""Most items kept of one collection."""
DEPTH_LIMIT = 6
"""Levels of nesting that are walked; what lies deeper is shown by its repr."""

_READ_LIMIT_CHARS = 200_000
_CUT_MARGIN_CHARS = 4_000
_SHORTEST_SECRET_CHARS = 6

_TELLTALE = (
    r"(?:password|passwd|passphrase|passkey|secret|credential|private[_-]?key|api[_-]?key"
    r"|control[_-]?key|pre-?shared[_-]?key|access[_-]?key|encryption[_-]?key|client[_-]?key"
    r"|authorization|cookie|csrf\w{0,30})"
)
_VARIABLE = (
    r"(?<![A-Za-z0-9_])(?-i:(?:[A-Z0-9_]{0,60}_)?"
    r"(?:PASS|PASSWD|PASSWORD|PASSPHRASE|TOKEN|SECRET|PSK|(?<=_)(?:PWD|PW|KEY|AUTH|DSN|SALT))"
    r"(?:_\d{1,3})?)"
)
"""Names of variables as a container's environment has them; `PWD` alone is a folder."""
_SECRET_KEY = re.compile(
    rf"{_TELLTALE}|(?:^|[_-])(?:pwd|psk|ticket|otp|totp|pin)$|[_-]pass$|^(?:\w+_)?token$"
    r"|(?-i:[A-Z0-9]_(?:KEY|AUTH|DSN|SALT))$",
    re.IGNORECASE,
)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SHOWN_IN_QUOTES = r"(?P<quote>['\"])(?:\\.|(?!(?P=quote))[^\\])*(?P=quote)?"

# Every pattern runs in linear time: a start is anchored, a repeat is bounded or cannot overlap.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), shown)
    for pattern, shown in (
        (
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
            "[private key]",
        ),
        (r"\$argon2(?:id|i|d)\$[\w$=,+/.-]+", "[argon2 hash]"),
        (r"\$(?:1|2[abxy]?|5|6|7|g?y|apr1|sha1)\$[\w$=,+/.-]{12,}", "[password hash]"),
        (r"grub\.pbkdf2\.sha512\.[\w.]+|\{(?:SSHA\d{0,3}|CRYPT)\}[\w$=+/.-]+", "[password hash]"),
        (rf"({_VARIABLE}=)(?:{_SHOWN_IN_QUOTES}|[^\s'\"]+)", rf"\1{MASK}"),
        (
            rf"((?:(?m:^)[ \t-]{{0,40}}|['\"]){_VARIABLE}['\"]?[ \t]{{0,3}}:[ \t]{{0,40}})"
            rf"(?:{_SHOWN_IN_QUOTES}|[^\s'\"]+)",
            rf"\1{MASK}",
        ),
        (
            rf"(\bname['\"]?[ \t]{{0,3}}:[ \t]{{0,9}}['\"]?{_VARIABLE}['\"]?,?\s{{1,40}}"
            rf"['\"]?value['\"]?[ \t]{{0,3}}:[ \t]{{0,9}})(?:{_SHOWN_IN_QUOTES}|[^\s'\"]+)",
            rf"\1{MASK}",
        ),
        (
            r"(['\"](?:[\w-]{0,40}token|[\w-]{0,40}[_-](?:pass|pwd)|auth|pass|pwd|psk)['\"]"
            rf"[ \t]{{0,3}}:[ \t]{{0,9}}){_SHOWN_IN_QUOTES}",
            rf"\1{MASK}",
        ),
        (r"(\b[a-z0-9_]{0,40}_(?:pass|pwd|psk|token)=)(?![\d.]+\b)[^\s,;'\"&)}\]]+", rf"\1{MASK}"),
        (
            r"((?m:^)[ \t-]{0,40}[\w.-]{0,40}(?:token|[_-]pass|[_-]pwd|psk):[ \t]{1,9}['\"]?)"
            r"[^\s'\"]{6,}",
            rf"\1{MASK}",
        ),
        (
            r"(\bwpa[-_](?:psk|passphrase|password)\s{1,3}|\bpsk\s{0,3}=\s{0,3})"
            rf"(?:{_SHOWN_IN_QUOTES}|[^\s]+)",
            rf"\1{MASK}",
        ),
        (r"(@[\w.-]{1,64}![\w.-]{1,64}(?:=|:|%3D))[^\s'\",;]+", rf"\1{MASK}"),
        (r"(PVE(?:Auth|\w{0,16})Cookie(?:=|%3D))[^\s'\",;]+", rf"\1{MASK}"),
        (
            r"PVE[A-Z]{0,10}(?::|%3A)[^\s:'\"]{1,128}(?::|%3A)[0-9A-F]{8}(?:::|%3A%3A)[^\s'\",;]+",
            MASK,
        ),
        (
            r"((?:authorization|cookie)['\"]?\s{0,3}[:=,]\s{0,3}b?)"
            rf"(?:{_SHOWN_IN_QUOTES}|[^\r\n]+)",
            rf"\1{MASK}",
        ),
        (r"(CSRFPreventionToken['\"]?\s{0,3}[:=,]\s{0,3}b?['\"]?)[^\s'\",;]+", rf"\1{MASK}"),
        (r"(\bbearer\s{1,3})[\w.~+/=-]{12,}", rf"\1{MASK}"),
        (r"(://[^/\s:@]*:)[^\s/]+@", rf"\1{MASK}@"),
        (
            r"([?&](?:[\w-]{0,30}(?:token|key|ticket|secret)|pass\w{0,8}|pwd|otp)=)[^&\s'\"#]+",
            rf"\1{MASK}",
        ),
        (
            rf"({_TELLTALE}['\"]?\s{{0,3}}[:=]\s{{0,3}}b?)(?:{_SHOWN_IN_QUOTES}|[^\s,;'\"&)}}\]]+)",
            rf"\1{MASK}",
        ),
        (rf"(=\s{{0,3}}b?['\"]?){_UUID}", rf"\1{MASK}"),
        (r"(/enter/)[^\s?'\"]+", rf"\1{MASK}"),
        (r"\bsk-[\w-]{12,}", MASK),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", MASK),
    )
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What is left after redaction: values that JSON knows, and nothing that could hold a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactor:
    """Turns any value into plain data without secrets; pure, and safe to share by threads.

    `known` are secrets known by value, which are found wherever and however they are written;
    those shorter than six characters are left to the other means, lest ordinary text vanish.
    """

    known: tuple[str, ...] = ()

    @classmethod
    def knowing(cls, secrets: Iterable[SecretStr | str | None]) -> "Redactor":
        """A redactor that also finds these very secrets, plain, quoted or escaped."""
        forms: set[str] = set()
        for secret in secrets:
            plain = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
            if plain and len(plain) >= _SHORTEST_SECRET_CHARS:
                forms |= {plain, repr(plain)[1:-1], json.dumps(plain)[1:-1], quote(plain, safe="")}
        return cls(known=tuple(sorted(forms, key=len, reverse=True)))

    def text(self, text: str, *, limit_chars: int = TEXT_LIMIT_CHARS) -> str:
        """The text without secrets and control characters, cut to `limit_chars` from its end."""
        clean = self._clean(text)
        if len(clean) <= limit_chars:
            return clean
        return f"{clean[:limit_chars]}… ({len(text) - limit_chars} more characters)"

    def trace(self, text: str) -> str:
        """A traceback without secrets; where it is too long its middle is left out."""
        clean = self._clean(text)
        if len(clean) <= TRACE_LIMIT_CHARS:
            return clean
        half = TRACE_LIMIT_CHARS // 2
        return f"{clean[:half]}\n… ({len(clean) - 2 * half} characters left out) …\n{clean[-half:]}"

    def value(self, value: object, *, depth: int = 0) -> Plain:
        """`value` as plain data: collections are walked, all else is shown by its repr."""
        match value:
            case None | bool() | int():
                return value
            case float():
                return value if math.isfinite(value) else str(value)
            case SecretStr() | SecretBytes():
                return MASK
            case str():
                return self.text(str(value))
            case Mapping() if depth < DEPTH_LIMIT:
                return self._mapping(value, depth)
            case list() | tuple() | Set() if depth < DEPTH_LIMIT:
                return self._sequence(value, depth)
            case _:
                return self.text(_shown(value))

    def _mapping(self, value: Mapping[object, object], depth: int) -> dict[str, Plain]:
        plain: dict[str, Plain] = {}
        for index, (key, item) in enumerate(value.items()):
            if index == ITEMS_LIMIT:
                plain["…"] = f"{len(value) - ITEMS_LIMIT} more"
                break
            plain[self.text(_named(key))] = self.under(_named(key), item, depth=depth)
        return plain

    def _sequence(
        self, value: list[object] | tuple[object, ...] | Set[object], depth: int
    ) -> list[Plain]:
        items = list(value)
        # A pair such as a header's: the first says what the second is.
        if len(items) == 2 and isinstance(items[0], str | bytes) and not isinstance(value, Set):
            name = _named(items[0])
            return [self.text(name), self.under(name, items[1], depth=depth)]
        plain = [self.value(item, depth=depth + 1) for item in items[:ITEMS_LIMIT]]
        if len(items) > ITEMS_LIMIT:
            plain.append(f"… {len(items) - ITEMS_LIMIT} more")
        return plain

    def under(self, key: str, item: object, *, depth: int = 0) -> Plain:
        """What may be shown of `item` when it is called `key`."""
        if _SECRET_KEY.search(key) and not (item is None or isinstance(item, bool)):
            return MASK
        return self.value(item, depth=depth + 1)

    def _clean(self, text: str) -> str:
        whole = len(text) <= _READ_LIMIT_CHARS
        clean = text if whole else text[:_READ_LIMIT_CHARS]
        for secret in self.known:
            clean = clean.replace(secret, MASK)
        for pattern, shown in _PATTERNS:
            clean = pattern.sub(shown, clean)
        # A secret may have been cut in two, and half of one matches nothing.
        clean = clean if whole else clean[:-_CUT_MARGIN_CHARS]
        return _CONTROL.sub(_escaped, clean)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _named(key: object) -> str:
    if isinstance(key, bytes):
        return key.decode("utf-8", "replace")
    return key if isinstance(key, str) else _shown(key)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 -- whatever a foreign repr raises, the line goes on
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"
