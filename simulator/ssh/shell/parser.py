"""Reads a command line into what it is made of."""

import re

from .grammar import (
    Case,
    Chain,
    Command,
    Condition,
    For,
    Function,
    Group,
    If,
    Literal,
    Malformed,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Unfinished,
    While,
    Word,
)
from .words import read_word

_REDIRECT = re.compile(r"(\d*)(<<<|<<-?|&>>|&>|>>|>&|<&|>\||<>|>|<)")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
_FUNCTION = re.compile(r"(?:function[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*\(\)")
_KEYWORDS = frozenset(
    (
        *("if", "then", "elif", "else", "fi", "while", "until", "for", "do", "done"),
        *("case", "esac", "in", "{", "}", "!", "function"),
    )
)
_CONDITION_ENDS = frozenset(" \t\n&|()<>")
DEEPEST = 50
"""Nested further than that, a line is refused: nobody types it."""


def parse(text: str) -> Script:
    """The whole of a line, or of several. Raises Malformed, and Unfinished when it ends early."""
    parser = Parser(text)
    script = parser.script()
    if parser.at < len(parser.text):
        raise parser.unexpected()
    return script


class Parser:
    """A place in a text."""

    def __init__(self, text: str, depth: int = 0) -> None:
        self.text = text
        self.at = 0
        self._depth = depth
        self._bodies: dict[int, int] = {}
        """Line ends behind which here-documents lie: where each line ends, where they end."""

    def another(self, text: str) -> "Parser":
        """A parser for a text within this one."""
        return Parser(text, self._depth + 1)

    def script(self, stops: tuple[str, ...] = ()) -> Script:
        """Chains up to the end, to a closing bracket, or to one of those keywords."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise Malformed("maximum depth of the command line exceeded")
        chains: list[Chain] = []
        while True:
            self._skip_blank_lines()
            if self.at >= len(self.text) or self.text[self.at] == ")" or self.peek() in stops:
                break
            chains.append(self._chain())
        self._depth -= 1
        return tuple(chains)

    def peek(self) -> str:
        """The plain word at this place, without moving; empty where none stands."""
        match = re.compile(r"(?:[^\s;&|()<>\\'\"$`]+|;;)").match(self.text, self.at)
        return match.group() if match else ""

    def take(self, mark: str) -> bool:
        """Move behind that mark, if it stands here."""
        self._skip_blanks()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def unexpected(self) -> Malformed:
        """The refusal of what stands here."""
        self._skip_blanks()
        if self.at >= len(self.text):
            return Unfinished("syntax error: unexpected end of file")
        match = re.compile(r"&&|\|\||;;|[;&|()<>\n]|[^\s;&|()<>]+").match(self.text, self.at)
        found = match.group() if match else self.text[self.at]
        shown = "newline" if found == "\n" else found
        return Malformed(f"syntax error near unexpected token `{shown}'")

    def _chain(self) -> Chain:
        steps = [("", self._pipeline())]
        while True:
            self._skip_blanks()
            operator = self.text[self.at : self.at + 2]
            if operator not in ("&&", "||"):
                break
            self.at += 2
            self._skip_blank_lines()
            steps.append((operator, self._pipeline()))
        self._skip_blanks()
        following = self.text[self.at : self.at + 1]
        background = following == "&"
        if following in ("&", ";") and not self.text.startswith(";;", self.at):
            self.at += 1
        elif following == "\n":
            self._end_line()
        return Chain(tuple(steps), background)

    def _pipeline(self) -> Pipeline:
        negated = timed = False
        while (word := self._keyword()) in ("!", "time"):
            self.at += len(word)
            negated, timed = negated != (word == "!"), timed or word == "time"
        commands = [self._command()]
        while True:
            self._skip_blanks()
            if not self.text.startswith("|", self.at) or self.text.startswith("||", self.at):
                return Pipeline(tuple(commands), negated, timed)
            self.at += 2 if self.text.startswith("|&", self.at) else 1
            self._skip_blank_lines()
            commands.append(self._command())

    def _keyword(self) -> str:
        self._skip_blanks()
        return self.peek()

    def _command(self) -> Command:
        word = self._keyword()
        if self.text.startswith("(", self.at):
            self.at += 1
            script = self.script()
            self._expect(")")
            return Group(script, subshell=True, redirects=self._redirects())
        match = _FUNCTION.match(self.text, self.at)
        if match is not None and match.group(1) not in _KEYWORDS:
            self.at = match.end()
            self._skip_blank_lines()
            body = self._command()
            if not isinstance(body, Group):
                raise self.unexpected()
            return Function(match.group(1), body)
        match word:
            case "{":
                self.at += 1
                script = self.script(("}",))
                self._expect("}")
                return Group(script, subshell=False, redirects=self._redirects())
            case "if":
                return self._if()
            case "while" | "until":
                self.at += len(word)
                condition = self.script(("do",))
                return While(condition, self._body(), word == "until", self._redirects())
            case "for":
                return self._for()
            case "case":
                return self._case()
            case "[[":
                return self._condition()
        if word in _KEYWORDS and word != "in":
            raise self.unexpected()
        return self._simple()

    def _if(self) -> If:
        branches: list[tuple[Script, Script]] = []
        otherwise: Script = ()
        self._expect("if")
        while True:
            condition = self.script(("then",))
            self._expect("then")
            branches.append((condition, self.script(("elif", "else", "fi"))))
            if self.peek() != "elif":
                break
            self._expect("elif")
        if self.peek() == "else":
            self._expect("else")
            otherwise = self.script(("fi",))
        self._expect("fi")
        return If(tuple(branches), otherwise, self._redirects())

    def _for(self) -> For:
        self._expect("for")
        name = self._keyword()
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise self.unexpected()
        self.at += len(name)
        words: list[Word] = []
        self._skip_blank_lines()
        if self.peek() == "in":
            self._expect("in")
            while (word := self._word()) is not None:
                words.append(word)
        self.take(";")
        return For(name, tuple(words), self._body(), self._redirects())

    def _case(self) -> Case:
        self._expect("case")
        word = self._word()
        if word is None:
            raise self.unexpected()
        self._skip_blank_lines()
        self._expect("in")
        arms: list[tuple[tuple[Word, ...], Script]] = []
        while True:
            self._skip_blank_lines()
            if self.peek() == "esac":
                break
            self.take("(")
            patterns: list[Word] = []
            while (pattern := self._word()) is not None:
                patterns.append(pattern)
                if not self.take("|"):
                    break
            self._expect(")")
            arms.append((tuple(patterns), self.script((";;", "esac"))))
            if not self.take(";;"):
                self._skip_blank_lines()
                if self.peek() != "esac":
                    raise self.unexpected()
        self._expect("esac")
        return Case(word, tuple(arms), self._redirects())

    def _condition(self) -> Condition:
        """Within `[[ … ]]` the operators are words, and nothing is parted."""
        self._expect("[[")
        words: list[Word] = []
        while True:
            self._skip_blank_lines()
            operator = re.compile(r"&&|\|\||[()<>]").match(self.text, self.at)
            if operator is not None:
                self.at = operator.end()
                words.append((Literal(operator.group(), quoted=True),))
                continue
            if self.peek() == "]]":
                self.at += 2
                return Condition(tuple(words), self._redirects())
            regex = bool(words) and words[-1] == (Literal("=~", quoted=False),)
            word = read_word(self, frozenset(" \t\n") if regex else _CONDITION_ENDS)
            if word is None:
                raise self.unexpected()
            words.append(word)

    def _body(self) -> Script:
        self._skip_blank_lines()
        self._expect("do")
        body = self.script(("done",))
        self._expect("done")
        return body

    def _simple(self) -> Simple:
        words: list[Word] = []
        assignments: list[tuple[str, Word]] = []
        redirects: list[Redirect] = []
        while True:
            self._skip_blanks()
            if self._redirect(redirects):
                continue
            match = None if words else _ASSIGNMENT.match(self.text, self.at)
            if match is not None:
                self.at = match.end()
                if self.text.startswith("(", self.at):
                    raise Malformed("arrays are not part of this simulated bash")
                assignments.append((match.group(1), read_word(self) or ()))
                continue
            word = self._word()
            if word is None:
                break
            words.append(word)
        if not words and not assignments and not redirects:
            raise self.unexpected()
        return Simple(tuple(words), tuple(assignments), tuple(redirects))

    def _word(self) -> Word | None:
        self._skip_blanks()
        return read_word(self)

    def _redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while self._redirect(found):
            pass
        return tuple(found)

    def _redirect(self, found: list[Redirect]) -> bool:
        """Read one, if one stands here."""
        self._skip_blanks()
        match = _REDIRECT.match(self.text, self.at)
        if match is None:
            return False
        self.at = match.end()
        operator = match.group(2)
        fd = int(match.group(1) or (0 if operator.startswith("<") else 1))
        target = self._word()
        if target is None:
            raise self.unexpected()
        if operator in ("<<", "<<-"):
            found.append(Redirect(fd, "<<", self._here_document(target)))
        else:
            found.append(Redirect(fd, {">|": ">", "<>": "<"}.get(operator, operator), target))
        return True

    def _here_document(self, mark_word: Word) -> Word:
        """The lines behind this one, up to the mark; as they are where the mark is quoted."""
        literals = [part for part in mark_word if isinstance(part, Literal)]
        mark = "".join(part.text for part in literals)
        line_end = self.text.find("\n", self.at)
        if line_end < 0:
            raise Unfinished(f"here-document delimited by end-of-file (wanted `{mark}')")
        at = self._bodies.get(line_end, line_end + 1)
        lines: list[str] = []
        while True:
            if at >= len(self.text):
                raise Unfinished(f"here-document delimited by end-of-file (wanted `{mark}')")
            line, _, _ = self.text[at:].partition("\n")
            at += len(line) + 1
            if line.strip("\t") == mark:
                break
            lines.append(f"{line}\n")
        self._bodies[line_end] = at
        text = "".join(lines)
        if any(part.quoted for part in literals):
            return (Literal(text, quoted=True),)
        escaped = text.replace('"', '\\"')
        return read_word(self.another(f'"{escaped}"')) or ()

    def _end_line(self) -> None:
        """Move behind the line's end, and behind the here-documents that follow it."""
        self.at = self._bodies.get(self.at, self.at + 1)

    def _expect(self, mark: str) -> None:
        self._skip_blank_lines()
        if not self.text.startswith(mark, self.at):
            raise self.unexpected()
        self.at += len(mark)

    def _skip_blanks(self) -> None:
        """Blanks, a line continued, and a comment up to its line's end."""
        while self.at < len(self.text):
            if self.text[self.at] in " \t\r":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif self.text[self.at] == "#" and (
                self.at == 0 or self.text[self.at - 1] in " \t\n;&|()"
            ):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _skip_blank_lines(self) -> None:
        self._skip_blanks()
        while self.text.startswith("\n", self.at):
            self._end_line()
            self._skip_blanks()
