"""The models the API knows: ids, limits and life, as far as a client meets them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Lifecycle = Literal["active", "deprecated", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model, with what decides how requests to it are judged."""

    id: str
    name: str
    line: str
    created: str
    max_input: int = 1_000_000
    max_output: int = 128_000
    min_cache: int = 512
    """Tokens below which nothing is cached, without a word."""
    lifecycle: Lifecycle = "active"
    deprecated: str | None = None
    retires: str | None = None
    thinks: bool = False
    """Whether answers begin with a thinking block unless that is switched off."""
    thinking: tuple[str, ...] = ("adaptive", "disabled", "between_tools")
    """Which `thinking.type` values it takes."""
    forced_tools: bool = True
    """Whether `tool_choice` may force a tool."""
    prefill: bool = False
    dense: float = 1.0
    """Tokens relative to the 5.5 family's for the same text."""

    def describe(self) -> dict[str, Any]:
        """As `GET /v1/models` tells of it."""
        yes, no = {"supported": True}, {"supported": False}

        def takes(kind: str) -> dict[str, bool]:
            return yes if kind in self.thinking else no

        return {
            "type": "model",
            "id": self.id,
            "display_name": self.name,
            "created_at": self.created,
            "lifecycle": self.lifecycle,
            "deprecated_at": self.deprecated,
            "retires_at": self.retires,
            "line": self.line,
            "max_input_tokens": self.max_input,
            "max_tokens": self.max_output,
            "capabilities": {
                "batch": yes,
                "citations": yes,
                "code_execution": yes,
                "context_management": {"supported": True},
                "effort": {"supported": True, "low": yes, "medium": yes, "high": yes, "max": yes},
                "image_input": yes,
                "pdf_input": yes,
                "server_tools": {"supported": True, "code_execution": yes, "web_search": yes},
                "structured_outputs": yes,
                "thinking": {
                    "supported": True,
                    "types": {
                        kind: takes(kind)
                        for kind in ("adaptive", "between_tools", "disabled", "enabled")
                    },
                },
            },
        }


_LISTED: Final = (
    Model(
        id="claude-haiku-5-5",
        name="Claude Haiku 5.5",
        line="haiku",
        created="2026-10-07T00:00:00Z",
    ),
    Model(
        id="claude-sonnet-5-5",
        name="Claude Sonnet 5.5",
        line="sonnet",
        created="2026-09-23T00:00:00Z",
        thinks=True,
        thinking=("adaptive", "between_tools"),
    ),
    Model(
        id="claude-opus-5-5",
        name="Claude Opus 5.5",
        line="opus",
        created="2026-09-09T00:00:00Z",
        thinks=True,
        thinking=("adaptive",),
        forced_tools=False,
    ),
    Model(
        id="claude-haiku-4-5-20251001",
        name="Claude Haiku 4.5",
        line="haiku",
        created="2025-10-15T00:00:00Z",
        max_input=200_000,
        max_output=64_000,
        min_cache=4_096,
        lifecycle="deprecated",
        deprecated="2026-10-15T00:00:00Z",
        retires="2027-04-15T00:00:00Z",
        thinking=("enabled", "disabled"),
        prefill=True,
        dense=1 / 1.3,
    ),
    Model(
        id="claude-3-5-haiku-20241022",
        name="Claude Haiku 3.5",
        line="haiku",
        created="2024-10-22T00:00:00Z",
        max_input=200_000,
        max_output=8_192,
        min_cache=2_048,
        lifecycle="retired",
        deprecated="2025-12-19T00:00:00Z",
        retires="2026-02-19T00:00:00Z",
        prefill=True,
        dense=1 / 1.3,
    ),
)
MODELS: Final[Mapping[str, Model]] = {model.id: model for model in _LISTED}
"""By id, the most recently released first."""
ALIASES: Final = {"claude-haiku-4-5": "claude-haiku-4-5-20251001"}


def find_model(name: str) -> Model | None:
    """The model of that id or alias, whatever its life."""
    return MODELS.get(ALIASES.get(name, name))
