"""Why a terminal is not there to be looked at.

    NodesError (services/nodes/errors.py)
    ├── TerminalRefused     it is not even asked for: no such place, or too many are open
    └── NoSuchTerminal      it is over and gone, or belongs to somebody else

What ends a terminal later is no error: it is the `because` of its facts.
"""

from services.nodes.errors import NodesError


class TerminalRefused(NodesError):
    """It is not even asked for: there is no such place, or too many are open."""


class NoSuchTerminal(NodesError):
    """It is over and gone, or belongs to somebody else; which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("That terminal is no longer there", "Open another one")
