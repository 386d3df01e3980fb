"""The source of the project as trees, each file read and walked once."""

import ast
from functools import cache
from pathlib import Path

from tests.support.house import ROOT


def told(path: Path) -> str:
    """A file's name within the project."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The module."""
    return ast.parse(path.read_text(), filename=told(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All that stands in it, in no order to rely on."""
    return tuple(ast.walk(tree(path)))
