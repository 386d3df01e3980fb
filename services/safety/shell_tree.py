"""Reads any text as bash, by tree-sitter: every command in it, however deep, and what is around.

The plain reader decides what may be believed; this one finds what is dangerous in the rest, so it
looks into substitutions, loops, functions and heredocs, and into text it cannot fully parse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from services.safety.words import GLOBS, UNKNOWN, name_set

Words = tuple[str, ...]

_PARSER: Final = Parser(Language(tree_sitter_bash.language()))
_MOST_NODES: Final = 6_000
_MOST_FEEDS: Final = 30
_PLAIN_TYPES: Final = name_set(
    "program list pipeline command command_name word number concatenation raw_string "
    "string string_content redirected_statement file_redirect file_descriptor "
    "variable_assignment variable_name variable_assignments"
)
_REDIRECTS: Final = frozenset(("file_redirect", "heredoc_redirect", "herestring_redirect"))
_SUBSTITUTIONS: Final = frozenset(("command_substitution", "process_substitution"))
_ANSI = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_ANSI_LETTERS: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v",
}  # fmt: skip
_BEYOND_LATIN = re.compile(r"[^\x00-\xff]")
_IFS = re.compile(r"\$(?:IFS\b(?:\$9|\$@)?|\{IFS[^}]*\})")
_DEFAULT = re.compile(r"\$\{\w+:?[-=+](.*)\}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One command of the tree."""

    words: Words
    feeds: tuple[Words, ...] = ()
    """The commands whose output it reads, nearest last."""
    inner: tuple[str, ...] = ()
    """Text of the substitutions inside it, and of what a heredoc gives it to read."""
    writes: Words = ()
    """Where its output goes."""
    reads: Words = ()
    """Where its input comes from."""


@dataclass(slots=True, kw_only=True)
class Tree:
    """What was found, in the order of the text."""

    commands: list[Found] = field(default_factory=list)
    functions: list[tuple[str, str]] = field(default_factory=list)
    """Name and body of each function."""
    broken: bool = False
    plain: bool = True
    """Whether nothing but words, pipes and lists was met."""


def read_tree(text: str) -> Tree:
    """Never raises; a text that does not parse is `broken`, with what could be made out.

    Characters beyond Latin-1 are read as `¿`: the grammar's scanner asks C's `isalnum` about them,
    which ends the process for some (tree-sitter-bash, issue 337).
    """
    root = _PARSER.parse(_BEYOND_LATIN.sub("¿", text).encode()).root_node
    tree = Tree(broken=root.has_error)
    _Walk(tree).visit(root)
    return tree


class _Walk:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._left = _MOST_NODES

    def visit(self, top: Node) -> None:
        """Depth first, with a stack of its own, since text may nest deeper than Python may."""
        stack: list[tuple[Node, tuple[Words, ...], tuple[Node, ...]]] = [(top, (), ())]
        while stack:
            node, feeds, redirects = stack.pop()
            self._left -= 1
            if self._left < 0:
                self._tree.broken = True
                return
            kind = node.type
            if kind not in _PLAIN_TYPES and node.is_named:
                self._tree.plain = False
            if kind == "pipeline":
                stack += reversed(self._pipeline(node, redirects))
                continue
            if kind == "redirected_statement":
                around = tuple(part for part in node.named_children if part.type in _REDIRECTS)
                inside = [part for part in node.named_children if part.type not in _REDIRECTS]
                if not inside:
                    self._keep((), feeds, (), around)
                stack += [(part, feeds, (*around, *redirects)) for part in reversed(inside)]
                stack += [(part, (), ()) for part in around if part.type != "file_redirect"]
                continue
            if kind in ("command", "declaration_command", "unset_command", "test_command"):
                stack += [(part, (), ()) for part in self._command(node, feeds, redirects)]
                continue
            if kind == "function_definition" and node.named_children:
                name, body = node.named_children[0], node.named_children[-1]
                self._tree.functions.append((_raw(name), _raw(body)))
            if kind == "variable_assignment":
                self._tree.commands.append(Found(words=(_raw(node),)))
            stack += [(part, feeds, redirects) for part in reversed(node.named_children)]

    def _pipeline(
        self, node: Node, redirects: tuple[Node, ...]
    ) -> list[tuple[Node, tuple[Words, ...], tuple[Node, ...]]]:
        parts: list[tuple[Node, tuple[Words, ...], tuple[Node, ...]]] = []
        feeds: tuple[Words, ...] = ()
        for part in node.named_children:
            parts.append((part, feeds, redirects))
            feeds = (*feeds, *_commands_in(part))[-_MOST_FEEDS:]
        return parts

    def _command(
        self, node: Node, feeds: tuple[Words, ...], redirects: tuple[Node, ...]
    ) -> list[Node]:
        words: list[str] = []
        inner: list[Node] = []
        around = list(redirects)
        if node.type in ("declaration_command", "unset_command", "test_command"):
            words.append(_raw(node).split(None, 1)[0] if _raw(node) else node.type)
        for part in node.named_children:
            if part.type in _REDIRECTS:
                around.append(part)
                continue
            words += _words_of(part)
            inner += _substitutions(part)
            self._see_plainness(part)
        self._keep(tuple(words), feeds, tuple(inner), tuple(around))
        return inner

    def _see_plainness(self, node: Node) -> None:
        """Checks what lies below a word, which the walk itself does not visit."""
        below = [node]
        while below and self._tree.plain:
            part = below.pop()
            if part.is_named and part.type not in _PLAIN_TYPES:
                self._tree.plain = False
            below += part.named_children

    def _keep(
        self,
        words: Words,
        feeds: tuple[Words, ...],
        inner: tuple[Node, ...],
        redirects: tuple[Node, ...],
    ) -> None:
        texts = [_raw(node) for node in inner]
        writes: list[str] = []
        reads: list[str] = []
        for redirect in redirects:
            if redirect.type != "file_redirect":
                texts.append(_given(redirect))
                continue
            target = redirect.child_by_field_name("destination")
            if target is None:
                continue
            sign = next((part.type for part in redirect.children if not part.is_named), ">")
            (reads if sign.startswith("<") else writes).extend(_words_of(target))
            texts += [_raw(part) for part in _substitutions(target)]
        self._tree.commands.append(
            Found(
                words=words,
                feeds=feeds,
                inner=tuple(texts),
                writes=tuple(writes),
                reads=tuple(reads),
            )
        )


def _commands_in(node: Node) -> Iterator[Words]:
    below = [node]
    left = 200
    while below and left:
        left -= 1
        part = below.pop()
        if part.type == "command":
            yield tuple(
                word
                for child in part.named_children
                if child.type not in _REDIRECTS
                for word in _words_of(child)
            )
        else:
            below += reversed(part.named_children)


def _substitutions(node: Node) -> list[Node]:
    found: list[Node] = []
    below = [node]
    while below:
        part = below.pop()
        if part.type in _SUBSTITUTIONS:
            found.append(part)
        else:
            below += part.named_children
    return found


def _raw(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogateescape")


def _given(redirect: Node) -> str:
    """The text of a heredoc or a here-string."""
    bodies = [part for part in redirect.named_children if part.type == "heredoc_body"]
    if bodies or redirect.type == "heredoc_redirect":
        return "\n".join(_raw(body) for body in bodies)
    return " ".join(word for part in redirect.named_children for word in _words_of(part))


def _words_of(node: Node) -> list[str]:
    """The words the shell makes of a node; `$IFS` splits, which is what it is misused for."""
    if node.type == "command_name" and node.named_children:
        node = node.named_children[0]
    text = _text_of(node)
    return [word for word in text.split("\x00") if word] if "\x00" in text else [text]


def _text_of(node: Node, depth: int = 0) -> str:
    kind, raw = node.type, _raw(node)
    match kind:
        case "word" | "number" | "variable_name" | "test_operator":
            return _unescaped(raw)
        case "raw_string":
            return raw[1:-1]
        case "ansi_c_string":
            return _ANSI.sub(_ansi, raw[2:-1])
        case "string_content":
            return re.sub(r'\\(["\\$`])', r"\1", raw)
        case "simple_expansion" | "expansion":
            if _IFS.fullmatch(raw):
                return "\x00"
            default = _DEFAULT.fullmatch(raw)
            return default[1] if default else UNKNOWN
        case "command_substitution" | "process_substitution" | "arithmetic_expansion":
            return UNKNOWN
    if depth > 40:
        return UNKNOWN
    if kind in ("string", "translated_string"):
        return _joined(node, depth, quoted=True)
    return _joined(node, depth, quoted=False)


def _joined(node: Node, depth: int, *, quoted: bool) -> str:
    """The parts of a string or of a concatenation, and what the grammar leaves between them."""
    source, begin = node.text or b"", node.start_byte
    text: list[str] = []
    place = 1 if quoted else 0
    for part in node.named_children:
        gap = source[place : part.start_byte - begin].decode("utf-8", "surrogateescape")
        text += (re.sub(r'\\(["\\$`])', r"\1", gap) if quoted else _unescaped(gap),)
        text.append(_text_of(part, depth + 1))
        place = part.end_byte - begin
    end = len(source) - 1 if quoted else len(source)
    gap = source[place:end].decode("utf-8", "surrogateescape")
    text.append(gap if quoted else _unescaped(gap))
    return "".join(text)


def _unescaped(raw: str) -> str:
    raw = raw.replace("\\\n", "")
    if "\\" not in raw:
        return "".join(GLOBS.get(character, character) for character in raw)
    out: list[str] = []
    escaped = False
    for character in raw:
        if escaped:
            out.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            out.append(GLOBS.get(character, character))
    return "".join(out)


def _ansi(found: re.Match[str]) -> str:
    for base, digits in ((16, found[1] or found[2] or found[3]), (8, found[4])):
        if digits:
            number = int(digits, base)
            return chr(number) if number < 0xE000 else UNKNOWN
    if found[5]:
        return UNKNOWN
    return _ANSI_LETTERS.get(found[6], found[6])
