"""The shape of the allow-lists: a command, its options, its operands, its subcommands."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Enum

from services.safety.ground import Ground
from services.safety.rules import Rule
from services.safety.tiers import Tier


class Style(Enum):
    """How a command reads its options."""

    GNU = "gnu"
    """`-ab`, `-n5`, `--long`, `--long=value`."""
    WHOLE = "whole"
    """Each word is an option of its own, as in `find -name`."""
    PVE = "pve"
    """`-long` and `--long` are the same, as in Proxmox's tools."""


class Takes(Enum):
    """Whether an option has a value."""

    NOTHING = ""
    MAYBE = "?"
    """One that is attached to it, or none."""
    VALUE = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The words of a command, told apart by its spec, and what they stand on."""

    options: Set[str]
    """Names of the options met."""
    operands: Sequence[str]
    ground: Ground


Check = Callable[[Call], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What of one command, or of one of its subcommands, is on the list."""

    tier: Tier = Tier.GREEN
    because: str = "reads only"
    style: Style = Style.GNU
    options: Mapping[str, Takes] = field(default_factory=dict)
    values: Mapping[str, Rule] = field(default_factory=dict)
    """Rules for the values of single options; the others must be plain and name no secret."""
    operands: tuple[Rule, ...] = ()
    """A rule for each operand in turn."""
    rest: Rule | None = None
    """The rule of all operands after those; None where there may be none."""
    least: int = 0
    """Fewest operands."""
    needs: tuple[frozenset[str], ...] = ()
    """Of each group one option must be there."""
    numeric: bool = False
    """Whether `-5` is an option."""
    globs: bool = False
    """Whether a word may begin with `*`: no file name can become an option that does harm."""
    dashed: bool = False
    """Whether an operand may look like an option, since the command takes any text."""
    check: Check | None = None
    """Says what is wrong with the options and the operands together."""
    subs: Mapping[str, "Spec"] = field(default_factory=dict)
    apart: bool = False
    """Whether the tool's own options stand before the subcommand alone."""
    ruins: Mapping[str, str] = field(default_factory=dict)
    """Subcommands that are BLACK, each with its reason."""


def parse_options(written: str) -> dict[str, Takes]:
    """`"-ab -n: --long --width: --color?"`: a bundle of letters, a value, an attached value."""
    options: dict[str, Takes] = {}
    for token in written.split():
        bare = token.rstrip(":?")
        takes = Takes(token[len(bare) :])
        bundle = not bare.startswith("--") and len(bare) > 2
        if bundle and takes is not Takes.NOTHING:
            raise ValueError(f"a bundle such as {bare} has no value")
        for name in [f"-{letter}" for letter in bare[1:]] if bundle else [bare]:
            if options.setdefault(name, takes) is not takes:
                raise ValueError(f"{name} is written twice, with and without a value")
    return options


def parse_whole(written: str) -> dict[str, Takes]:
    """The same where `-name` is one option."""
    return {
        token.rstrip(":?"): Takes(token[len(token.rstrip(":?")) :]) for token in written.split()
    }


def spec(
    options: str = "",
    *operands: Rule,
    rest: Rule | None = None,
    least: int = 0,
    needs: str = "",
    style: Style = Style.GNU,
    tier: Tier = Tier.GREEN,
    because: str = "reads only",
    values: Mapping[str, Rule] | None = None,
    numeric: bool = False,
    globs: bool = False,
    dashed: bool = False,
    check: Check | None = None,
) -> Spec:
    """A command without subcommands. `needs`: groups parted by blanks, choices by `|`."""
    parse = parse_options if style is Style.GNU else parse_whole
    return Spec(
        tier=tier,
        because=because,
        style=style,
        options=parse(options),
        values=values or {},
        operands=operands,
        rest=rest,
        least=least,
        needs=tuple(frozenset(group.split("|")) for group in needs.split()),
        numeric=numeric,
        globs=globs,
        dashed=dashed,
        check=check,
    )


def tool(
    options: str = "",
    *,
    subs: Mapping[str, Spec],
    ruins: Mapping[str, str] | None = None,
    values: Mapping[str, Rule] | None = None,
    style: Style = Style.GNU,
    apart: bool = False,
) -> Spec:
    """A command with subcommands; `"a|b"` gives two the same spec, `""` is the bare command.

    Its own options may stand before the subcommand, and after it unless they are set apart.
    The bare command takes no operands: a word after it would be a subcommand that is not known.
    """
    shared = parse_options(options) if style is Style.GNU else parse_whole(options)
    return Spec(
        style=style,
        options=shared,
        values=values or {},
        apart=apart,
        subs={
            name: replace(
                sub,
                style=style,
                options=sub.options if apart or sub.subs else _joined(shared, sub.options),
                operands=sub.operands if name else (),
                rest=sub.rest if name else None,
            )
            for names, sub in subs.items()
            for name in names.split("|")
        },
        ruins={name: why for names, why in (ruins or {}).items() for name in names.split("|")},
    )


def _joined(shared: Mapping[str, Takes], own: Mapping[str, Takes]) -> dict[str, Takes]:
    if clash := [name for name in shared if own.get(name, shared[name]) is not shared[name]]:
        raise ValueError(f"{clash[0]} has a value in one place and none in the other")
    return {**shared, **own}


def each(names: str, one: Spec) -> dict[str, Spec]:
    """The same spec under several names."""
    return dict.fromkeys(names.split(), one)
