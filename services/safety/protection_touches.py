"""The touches that readers of commands hand back, and what a file's change may take along."""

from collections.abc import Sequence

from services.safety.protection import ANY
from services.safety.protection_paths import Reach, reach_of_path
from services.safety.touches import Touch, TouchKind

Words = Sequence[str]
Touches = list[Touch]


def at(node: str) -> str | None:
    """The node of a touch: None where it is not known."""
    return None if node == ANY else node


def guest(node: str, vmid: str, *, ends: bool = True) -> Touch:
    """One guest, or with `*` any on that node."""
    return Touch(kind=TouchKind.GUEST, id=vmid, node=at(node), ends=ends)


def any_guest() -> Touch:
    """Whichever guest of the cluster: for what cannot be told before it runs."""
    return Touch(kind=TouchKind.GUEST, id=ANY, ends=True)


def power(node: str) -> Touch:
    """The node goes down."""
    return Touch(kind=TouchKind.NODE_POWER, id=node, node=at(node), ends=True)


def on_node(node: str, *, ends: bool) -> Touch:
    """Something of the node; with `ends` it may take along what runs there."""
    return Touch(kind=TouchKind.NODE, id=node, node=at(node), ends=ends)


def operands(words: Words) -> list[str]:
    """The words that are no options."""
    return [word for word in words if not word.startswith("-")]


def touches_of_file(node: str, word: str) -> Touches:
    """What changing, moving or deleting a file of that node may take along."""
    match reach_of_path(word):
        case Reach.GUESTS:
            return [any_guest()]
        case Reach.POWER:
            return [power(node)]
        case Reach.NODE:
            return [on_node(node, ends=True)]
        case Reach.NOTHING:
            return []
