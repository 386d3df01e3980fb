"""Calls that answer a wish, or why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One call, with all its arguments."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The calls of a wish, or why there are none."""

    calls: tuple[Planned, ...] = ()
    told: str = ""
    """What is answered where nothing has to be looked up."""


def call(tool: str, **arguments: Any) -> Planned:
    """A call with these arguments."""
    return Planned(tool=tool, arguments=arguments)
