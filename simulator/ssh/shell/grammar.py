"""What a command line is made of, once it has been read.

Malformed       it cannot be read; the text is what bash would say
└── Unfinished  it ends too early: at a prompt, more lines may complete it
"""

from dataclasses import dataclass


class Malformed(Exception):
    """Bash's own words for what is wrong, without its name before them."""


class Unfinished(Malformed):
    """A quote, a bracket or a keyword waits for its other half."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself; unquoted, its `*`, `?` and `[` are patterns."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`, or `${name…}` with what follows the name."""

    name: str
    quoted: bool
    operator: str = ""
    """`:-`, `-`, `:+`, `+`, `:=`, `:?`, `#`, `##`, `%`, `%%`, `/`, `//`, `:`; or none."""
    operand: "Word" = ()
    length: bool = False
    """`${#name}`."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(…)`."""

    script: "Script"
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((…))`; variables in it are still names."""

    text: str
    quoted: bool


Part = Literal | Variable | Substitution | Arithmetic
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """`2> file`, `< file`, `2>&1`, `<<< word`, `<< END`."""

    fd: int
    operator: str
    """`>`, `>>`, `<`, `>&`, `&>`, `&>>`, or `<<<` for text given in place."""
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its words; without words its assignments stay."""

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, Word], ...] = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """`{ …; }`, or `( … )` in a shell of its own."""

    script: "Script"
    subshell: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple["Script", "Script"], ...]
    otherwise: "Script"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    condition: "Script"
    body: "Script"
    until: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    name: str
    words: tuple[Word, ...]
    body: "Script"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    word: Word
    arms: tuple[tuple[tuple[Word, ...], "Script"], ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """`[[ … ]]`: its words, operators among them; what follows `==` is a pattern."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """`name() { …; }`: known by its name from then on."""

    name: str
    body: Group
    redirects: tuple[Redirect, ...] = ()


Command = Simple | Group | If | While | For | Case | Condition | Function


@dataclass(frozen=True, slots=True)
class Pipeline:
    commands: tuple[Command, ...]
    negated: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines joined by `&&` and `||`; `background` where `&` ends it."""

    steps: tuple[tuple[str, Pipeline], ...]
    background: bool = False


Script = tuple[Chain, ...]
