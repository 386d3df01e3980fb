"""Which providers can be asked right now, and why the others cannot: what the router goes by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """One look at the providers; `direct` needs nothing and is always there."""

    claude: bool
    local: bool
    because_claude: str = ""
    """Why Claude cannot be asked, a sentence without a full stop; empty when it can."""
    because_local: str = ""
    """The same of the local model."""
    local_window_tokens: int | None = None
    """How much one request and its answer may hold; None while the server has not told."""
    online: bool = True
    """Whether Anthropic's address could be reached when it was last tried; True when it was not
    tried yet."""
