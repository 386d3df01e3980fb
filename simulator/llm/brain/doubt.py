"""Whether a message is about the cluster: what a router asks a local model for."""

import re
from typing import Final

from simulator.llm.talk import Talk, Turn

from .hearing import SMALLTALK
from .knowledge import explain
from .scene import strip_frames
from .think import understand

_QUOTED: Final = re.compile(
    r"[“\"«](.{2,}?)[”\"»]|(?:message|text|user)\s*:\s*(.+)", re.DOTALL | re.IGNORECASE
)


def needs_tools(talk: Talk) -> bool:
    """Whether the message asked about needs the cluster to be read, as well as a script can tell.

    The message is what stands in quotation marks, or behind `Message:`, or else the whole turn.
    """
    if not talk.turns:
        return False
    asked = strip_frames(talk.turns[-1].text)
    quoted = _QUOTED.search(asked)
    words = (quoted[1] or quoted[2]).strip() if quoted else asked
    heard = understand(Talk(system=talk.system, turns=(Turn(role="user", text=words),)))
    if heard.intent in SMALLTALK or (not heard.things and explain(words)):
        return False
    return bool(heard.intent)
