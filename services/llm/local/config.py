"""What the local model's provider needs to know, taken from the settings once."""

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalConfig:
    """Where llama-server is, and how a request is fitted into its window."""

    base_url: str
    key: SecretStr | None = None
    loopback_only: bool = False
    connect_timeout_s: float = 3.0
    silence_timeout_s: float = 120.0
    """How long not a byte may come; a slow machine reads a full window for a minute or more."""
    look_timeout_s: float = 3.0
    """For questions that need no model: health, properties, counting."""
    history_most: int = 6
    """Messages before the present one that are shown at most."""
    history_least: int = 4
    """Messages that are shortened rather than left out, as long as that helps."""
    answer_share: float = 0.25
    """The least share of the window that is kept for the answer."""
