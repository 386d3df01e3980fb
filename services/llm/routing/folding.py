"""Text as the router compares it: lower case, no accents, plain quotes and dashes."""

import unicodedata

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "‑": "-", "—": ";", "…": ".", "ß": "ss", "œ": "oe", "æ": "ae", "ø": "o",
        "\r": "\n", "\t": " ", "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None,
        "\u00ad": None, "？": "?", "！": "!", "，": ",", "。": ".",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Lower case without accents; what cannot be read as letters stays as it is."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).lower()
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
