"""Every tool there is, by name; nothing else is ever run."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from services.tools.acting import guest_power
from services.tools.spec import Tool


def _by_name(tools: Iterable[Tool[Any]]) -> Mapping[str, Tool[Any]]:
    found: dict[str, Tool[Any]] = {}
    for tool in tools:
        if tool.name in found:
            raise ValueError(f"two tools are called {tool.name}")
        found[tool.name] = tool
    return MappingProxyType(found)


REGISTRY: Mapping[str, Tool[Any]] = _by_name((*guest_power.TOOLS,))
