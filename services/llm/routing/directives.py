"""What a message says about who shall answer it: `@claude` and its like, and “think harder”; pure.

“Think harder” is an order only as an imperative: at the start of a clause, or as the last words of
the message. “Do you think hard drives are slow?” speaks of drives.
"""

import re
from dataclasses import dataclass

from services.llm.claude.config import ModelRole
from services.llm.messages import ProviderName


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = "claude|local|direct|opus|hard|harder"
_MENTION = re.compile(
    rf"^\s*@({_NAMES})\b[\s,:.!-]*|(?:[\s,]|(?<=[;:?!]))@({_NAMES})\s*[.!?]*\s*$", re.IGNORECASE
)
_MUCH = r"(?:much |even |a bit |a little |a lot |extra |again |way )?"
_ABOUT = r"(?:about (?:it|this|that) )?"
_ASKED = re.compile(
    "|".join(
        (
            rf"\b(?P<hardest>think {_ABOUT}"
            r"(?:hardest|as hard as you can|(?:really|very) hard))\b",
            rf"\b(?:think|reason) {_ABOUT}{_MUCH}"
            r"(?:long and hard|hard|harder|deeper|deeply|more carefully|longer|step by step)\b",
            r"\btry (?:much |even |a bit |a little |a lot |really |very )?(?:hard|harder)\b",
            r"\bdenke? (?:bitte |mal |doch |noch ?mal ){0,2}"
            r"(?:genauer|gründlicher|länger|schärfer|scharf|genau)\b",
            r"\br[ée]fl[ée]chi(?:s|ssez) (?:mieux|plus|bien)\b",
        )
    ),
    re.IGNORECASE,
)
_CLAUSE_STARTS = re.compile(
    r"(?:^|[.,;:!?\n()\[\]—–…]|\s-\s)\s*"
    r"(?:(?:please|pls|okay|ok|now|so|and|but|then|hey|jarvis|just|no|yes|well|also|again|sir"
    r"|this time|next time|(?:can|could|would|will) you|you (?:should|must|need to|have to)"
    r"|i (?:need|want) you to|i['’]d like you to|let['’]?s|try to"
    r"|bitte|jetzt|dann|und|alors|maintenant|et)\s+)*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:^|[.;!?\n])\s*(\w+)[^.;!?\n]*\s$")
_JOINED = re.compile(r"\s(?:and|then|but|und|et)\s+$", re.IGNORECASE)
_TELLERS = _words("i we they he she people one ich wir sie je nous il elle")
_ASKERS = _words("who what why when where how is are was were do does did should must may")
"""A sentence that begins so tells or asks, and so does what an “and” joins to it."""
_CLAUSE_GOES_ON = re.compile(
    r"\s*(?:$|[.,;:!?\n()\[\]—–…]|\s-\s)"
    r"|\s+(?:about|on|over|before|and|then|please|pls|here|now|again|why|how|what|which|whether|if"
    r"|when|where|who|is|are|was|were|does|did|do|can|could|this|next|for me|to|jarvis|sir|than"
    r"|nach|darüber|drüber|über|bitte|warum|wieso|und|bevor"
    r"|à|a|au|aux|avant|pour|sur|et|longtemps|fort|pourquoi)\b",
    re.IGNORECASE,
)
_THE_END = re.compile(r"(?:\s+(?:please|pls|nach|bitte|jarvis|sir))?\s*[.!]*\s*$", re.IGNORECASE)
_LAST_WORD = re.compile(r"([\w'’]+)\s+$")
_SUBJECTS = _words(
    "i you we they he she it who people everyone users admins me him her us them to not never "
    "always often don't don’t doesn't doesn’t didn't didn’t dont should could can must will would "
    "shall may might do does did make makes let lets by of or the a that which ich du er sie wir "
    "je tu ne"
)
"""Whoever stands right before “think” thinks, or it is not said to Jarvis."""
_LOOKED_AT = 400
"""Only the first and the last of a message can hold a directive."""
_LEFT_OUT = " \0 "
"""Stands for the middle of a long message; no clause begins or ends at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """What a message says about who shall answer it."""

    provider: ProviderName | None = None
    role: ModelRole | None = None
    words: str = ""


def find_directive(message: str) -> Directive | None:
    """`@local …`, `… think harder`; None when the message leaves it to the router."""
    ends = (
        message
        if len(message) <= 2 * _LOOKED_AT
        else f"{message[:_LOOKED_AT]}{_LEFT_OUT}{message[-_LOOKED_AT:]}"
    )
    role = _role_of(strip_mention(ends))
    if (found := _MENTION.search(ends)) is not None:
        who = (found.group(1) or found.group(2)).lower()
        match who:
            case "local":
                return Directive(provider=ProviderName.LOCAL, words="@local")
            case "direct":
                return Directive(provider=ProviderName.DIRECT, words="@direct")
            case "opus":
                return Directive(role=ModelRole.ESCALATION, words="@opus")
            case "hard" | "harder":
                return Directive(role=ModelRole.HARD, words=f"@{who}")
            case _:
                return Directive(provider=ProviderName.CLAUDE, role=role, words="@claude")
    if role is not None:
        return Directive(role=role, words="“think harder”")
    return None


def strip_mention(message: str) -> str:
    """The message as a model shall read it, without `@claude` and its like."""
    return _MENTION.sub("", message).strip()


def _role_of(text: str) -> ModelRole | None:
    asked = [found for found in _ASKED.finditer(text) if _is_order(text, found)]
    if any(found["hardest"] for found in asked):
        return ModelRole.ESCALATION
    return ModelRole.HARD if asked else None


def _is_order(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    if _CLAUSE_STARTS.search(before) or _is_joined(before):
        return _CLAUSE_GOES_ON.match(after) is not None
    if not _THE_END.match(after):
        return False
    last = _LAST_WORD.search(before)
    return last is not None and last[1].lower() not in _SUBJECTS and not _begins(before, _TELLERS)


def _is_joined(before: str) -> bool:
    """Whether an “and” joins it to a sentence that may be an order itself."""
    return bool(_JOINED.search(before)) and not _begins(before, _TELLERS | _ASKERS)


def _begins(before: str, words: frozenset[str]) -> bool:
    """Whether the sentence in which these words are the last begins with one of those."""
    found = _SENTENCE.search(before)
    return found is not None and found[1].lower() in words
