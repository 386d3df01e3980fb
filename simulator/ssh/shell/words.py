"""Reads words: quotes, escapes, variables, substitutions."""

import re
from typing import Protocol

from .grammar import (
    Arithmetic,
    Literal,
    Malformed,
    Part,
    Script,
    Substitution,
    Unfinished,
    Variable,
    Word,
)

_NAME = re.compile(r"[A-Za-z_]\w*")
_SPECIAL = "?#@*$!-0123456789"
_OPERATORS = (":-", ":+", ":=", ":?", "##", "%%", "//", "-", "+", "=", "?", "#", "%", "/", ":")
_ENDS = frozenset(" \t\n;&|()<>")
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "b": "\b", "0": "\0"}


class Reader(Protocol):
    """A place in a text, from which whole scripts can be read where a word holds one."""

    text: str
    at: int

    def another(self, text: str) -> "Reader":
        """One for a text within this one."""

    def script(self, stops: tuple[str, ...] = ()) -> Script:
        """Chains up to the end, to a closing bracket, or to one of those keywords."""

    def take(self, mark: str) -> bool:
        """Move behind that mark, if it stands here."""


def read_word(parser: Reader, ends: frozenset[str] = _ENDS) -> Word | None:
    """The word at the parser's place; None where none begins."""
    parts: list[Part] = []
    begun = False
    while parser.at < len(parser.text):
        char = parser.text[parser.at]
        if char in ends:
            break
        begun = True
        if char == "\\":
            escaped = parser.text[parser.at + 1 : parser.at + 2]
            parser.at += 2
            if not escaped:
                raise Unfinished("syntax error: unexpected end of file")
            if escaped != "\n":
                parts.append(Literal(escaped, quoted=True))
        elif char == "'":
            parts.append(Literal(_until(parser, "'"), quoted=True))
        elif char == '"':
            parts += _double_quoted(parser)
        elif char == "$":
            parts += _dollar(parser, quoted=False)
        elif char == "`":
            parts.append(_backquoted(parser, quoted=False))
        else:
            start = parser.at
            while parser.at < len(parser.text) and parser.text[parser.at] not in ends | {
                *"\\'\"$`"
            }:
                parser.at += 1
            parts.append(Literal(parser.text[start : parser.at], quoted=False))
    return tuple(parts) if begun else None


def _until(parser: Reader, quote: str) -> str:
    """What stands between two quotes; the parser is left behind the second."""
    end = parser.text.find(quote, parser.at + 1)
    if end < 0:
        raise Unfinished(f"unexpected EOF while looking for matching `{quote}'")
    text = parser.text[parser.at + 1 : end]
    parser.at = end + 1
    return text


def _double_quoted(parser: Reader) -> list[Part]:
    parser.at += 1
    parts: list[Part] = [Literal("", quoted=True)]
    start = parser.at
    while parser.at < len(parser.text):
        char = parser.text[parser.at]
        if char not in '\\"$`':
            parser.at += 1
            continue
        parts.append(Literal(parser.text[start : parser.at], quoted=True))
        if char == '"':
            parser.at += 1
            return parts
        if char == "\\":
            escaped = parser.text[parser.at + 1 : parser.at + 2]
            kept = "" if escaped == "\n" else escaped if escaped in '$`"\\' else f"\\{escaped}"
            parts.append(Literal(kept, quoted=True))
            parser.at += 2
        elif char == "$":
            parts += _dollar(parser, quoted=True)
        else:
            parts.append(_backquoted(parser, quoted=True))
        start = parser.at
    raise Unfinished("unexpected EOF while looking for matching `\"'")


def _backquoted(parser: Reader, *, quoted: bool) -> Part:
    inside = _until(parser, "`").replace("\\$", "$").replace("\\\\", "\\")
    return Substitution(parser.another(inside).script(), quoted)


def _dollar(parser: Reader, *, quoted: bool) -> list[Part]:
    """`$…`; a lone dollar stands for itself."""
    text = parser.text
    following = text[parser.at + 1 : parser.at + 2]
    if text.startswith("$((", parser.at):
        return [Arithmetic(_balanced(parser, "$((", "))"), quoted)]
    if following == "(":
        parser.at += 2
        script = parser.script(stops=(")",))
        if not parser.take(")"):
            raise Unfinished("unexpected EOF while looking for matching `)'")
        return [Substitution(script, quoted)]
    if following == "{":
        parser.at += 2
        return [_braced(parser, quoted=quoted)]
    if following == "'" and not quoted:
        parser.at += 1
        return [Literal(_unescape(_until(parser, "'")), quoted=True)]
    if following in _SPECIAL and following:
        parser.at += 2
        return [Variable(following, quoted)]
    match = _NAME.match(text, parser.at + 1)
    if match is None:
        parser.at += 1
        return [Literal("$", quoted=True)]
    parser.at = match.end()
    return [Variable(match.group(), quoted)]


def _braced(parser: Reader, *, quoted: bool) -> Part:
    """What follows `${`, up to its closing brace."""
    length = parser.text.startswith("#", parser.at) and not parser.text.startswith("#}", parser.at)
    parser.at += int(length)
    match = _NAME.match(parser.text, parser.at) or re.compile(r"[?#@*$!]|\d+").match(
        parser.text, parser.at
    )
    if match is None:
        raise Malformed("${" + parser.text[parser.at : parser.at + 12] + ": bad substitution")
    parser.at = match.end()
    operator = next((one for one in _OPERATORS if parser.text.startswith(one, parser.at)), "")
    parser.at += len(operator)
    operand = read_word(parser, frozenset("}")) or ()
    if not parser.take("}"):
        raise Unfinished("unexpected EOF while looking for matching `}'")
    return Variable(match.group(), quoted, operator, operand, length)


def _balanced(parser: Reader, opening: str, closing: str) -> str:
    """The text between two marks, with brackets in it paired."""
    start = parser.at = parser.at + len(opening)
    depth = 0
    while parser.at < len(parser.text):
        if depth == 0 and parser.text.startswith(closing, parser.at):
            parser.at += len(closing)
            return parser.text[start : parser.at - len(closing)]
        depth += {"(": 1, ")": -1}.get(parser.text[parser.at], 0)
        parser.at += 1
    raise Unfinished("unexpected EOF while looking for matching `)'")


def _unescape(text: str) -> str:
    """The escapes of `$'…'`."""

    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code.startswith("x"):
            return chr(int(code[1:], 16))
        if code.isdigit():
            return chr(int(code, 8) % 256)
        return _ANSI.get(code, code)

    return re.sub(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", one, text, flags=re.DOTALL)
