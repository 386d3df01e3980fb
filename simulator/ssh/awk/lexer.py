"""Reads an awk program into its marks."""

import re
from dataclasses import dataclass

from .values import AwkError

_MARK = re.compile(
    r"(?P<blank>[ \t\r]+|\\\n|#[^\n]*)|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*)'
    r"|(?P<mark>\+\+|--|\+=|-=|\*=|/=|%=|\^=|==|<=|>=|!=|!~|&&|\|\||[-+*/%^!<>~?:=,;{}()\[\]$\n|])",
    re.DOTALL,
)
_PATTERN = re.compile(r"/((?:[^/\\\n]|\\.)*)/")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "/": "/"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, string, pattern, name, mark or end."""

    kind: str
    text: str
    adjacent: bool = False
    """An opening bracket stands right behind it: a name is a function's."""


def read_tokens(program: str) -> list[Token]:
    """All of them, with an end behind. Raises AwkError."""
    tokens: list[Token] = []
    at = 0
    while at < len(program):
        if program[at] == "/" and _may_begin_pattern(tokens):
            found = _PATTERN.match(program, at)
            if found is None:
                raise AwkError("unterminated regexp")
            tokens.append(Token("pattern", found.group(1).replace("\\/", "/")))
            at = found.end()
            continue
        match = _MARK.match(program, at)
        if match is None:
            raise AwkError(f"syntax error at source line 1: {program[at : at + 12]!r}")
        kind, at = match.lastgroup or "", match.end()
        if kind == "string":
            tokens.append(Token(kind, unescape(match.group()[1:-1])))
        elif kind == "name":
            tokens.append(Token(kind, match.group(), program[at : at + 1] == "("))
        elif kind != "blank":
            tokens.append(Token(kind, match.group()))
    return [*tokens, Token("end", "")]


def _may_begin_pattern(tokens: list[Token]) -> bool:
    """A slash divides behind a value, and opens a pattern elsewhere."""
    if not tokens:
        return True
    last = tokens[-1]
    return last.kind == "mark" and last.text not in (")", "]", "$", "++", "--")


def unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group()), text)
