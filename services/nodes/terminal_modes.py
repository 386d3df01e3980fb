"""Which modes a terminal is in, followed through its output; pure.

A screen is drawn again from the last part of its output. What was switched on before that part
(the alternate screen of an editor, bracketed paste, cursor keys of an application) would be lost,
so it is followed here and said first.
"""

import re
from dataclasses import dataclass, field

ALTERNATE_SCREENS = frozenset({47, 1047, 1049})
ON_FROM_THE_START = frozenset({7, 25})
"""Wrapping and a visible cursor: the only modes a fresh screen begins with."""
NEVER_REPEATED = frozenset({3, 12, 40, 1048, 2026})
"""Saving the cursor, a held-back drawing, blinking: a moment's affair, wrong when said later."""
MODES_KEPT = 64
"""More than any terminal has; past it the newest are not followed."""
CARRIED_BYTES = 32
"""The longest piece of a sequence that waits for its rest."""

_SEQUENCE = re.compile(rb"\x1b(?:\[\?([0-9;]{1,24})([hl])|\[!(p)|([c=>]))")
_BEGUN = re.compile(rb"\x1b(?:\[(?:[?!][0-9;]{0,24})?)?\Z")


@dataclass(slots=True, kw_only=True)
class Modes:
    """The DEC private modes that differ from a fresh screen's, and the keypad."""

    changed: dict[int, bool] = field(default_factory=dict)
    keypad: bool = False
    _carried: bytes = b""

    def follow(self, output: bytes) -> None:
        """Take the next piece of the output; sequences may be cut anywhere between two pieces."""
        text = self._carried + output if self._carried else output
        for found in _SEQUENCE.finditer(text):
            numbers, verb, soft_reset, plain = found.groups()
            if numbers is not None:
                for number in numbers.split(b";"):
                    self._switch(int(number or 0), verb == b"h")
            elif soft_reset or plain == b"c":
                self.changed.clear()
                self.keypad = False
            else:
                self.keypad = plain == b"="
        begun = _BEGUN.search(text, max(0, len(text) - CARRIED_BYTES))
        self._carried = begun.group() if begun else b""

    def copy(self) -> "Modes":
        """The same, to be followed further by itself."""
        return Modes(changed=dict(self.changed), keypad=self.keypad, _carried=self._carried)

    @property
    def alternate(self) -> bool:
        """Whether a full-screen programme has the screen."""
        return any(self.changed.get(mode) for mode in ALTERNATE_SCREENS)

    def spoken(self) -> bytes:
        """The sequences that bring a fresh screen into these modes, the alternate screen first."""
        first = sorted(self.changed.items(), key=lambda pair: pair[0] not in ALTERNATE_SCREENS)
        said = b"".join(b"\x1b[?%d%s" % (mode, b"h" if on else b"l") for mode, on in first)
        return said + (b"\x1b=" if self.keypad else b"")

    def _switch(self, mode: int, on: bool) -> None:
        if mode in NEVER_REPEATED:
            return
        if on == (mode in ON_FROM_THE_START):
            self.changed.pop(mode, None)
        elif mode in self.changed or len(self.changed) < MODES_KEPT:
            self.changed[mode] = on
