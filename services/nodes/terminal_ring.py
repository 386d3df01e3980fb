"""The last part of a terminal's output, from which its screen is drawn again; pure.

Places in the output are counted in bytes from its very beginning, so that a page can say what it
has seen and go on from there.
"""

from dataclasses import dataclass

from services.nodes.terminal_modes import Modes

RING_BYTES = 512 * 1024
"""How much of the output is kept: some thousand lines. What is older goes, and is counted."""
LINE_SOUGHT_BYTES = 8 * 1024
"""How far from the cut a beginning of a line is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What brings a fresh screen to where the terminal is."""

    first: bytes
    """Said before the output: the modes that were switched on in what is no longer kept."""
    at: int
    """Where in the output to begin."""
    cut: bool
    """Whether what was before is no longer kept."""
    alternate: bool
    """Whether a full-screen programme has the screen by the end; it should draw itself again."""


class Ring:
    """Keeps the newest bytes; the oldest give way."""

    def __init__(self, limit_bytes: int = RING_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._kept = bytearray()
        self._start = 0
        self._before = Modes()

    @property
    def start(self) -> int:
        """The place of the oldest byte that is kept."""
        return self._start

    @property
    def end(self) -> int:
        """The place after the newest byte: how much there has been altogether."""
        return self._start + len(self._kept)

    def append(self, output: bytes) -> None:
        """Take the next bytes."""
        self._kept += output
        surplus = len(self._kept) - self._limit_bytes
        if surplus > 0:
            self._before.follow(bytes(self._kept[:surplus]))
            del self._kept[:surplus]
            self._start += surplus

    def read(self, at: int, most_bytes: int) -> bytes:
        """Up to so many bytes from `at` on, which must still be kept."""
        if not self._start <= at <= self.end:
            raise ValueError(f"byte {at} is not kept: only {self._start} to {self.end} are")
        begin = at - self._start
        return bytes(self._kept[begin : begin + most_bytes])

    def replay(self) -> Replay:
        """How to draw the screen again, begun where no character and no sequence is cut."""
        cut = self._start > 0
        begin = self._sane_begin() if cut else 0
        modes = self._before.copy()
        modes.follow(bytes(self._kept[:begin]))
        first = modes.spoken()
        modes.follow(bytes(self._kept[begin:]))
        return Replay(first=first, at=self._start + begin, cut=cut, alternate=modes.alternate)

    def _sane_begin(self) -> int:
        line = self._kept.find(b"\n", 0, LINE_SOUGHT_BYTES)
        if line >= 0:
            return line + 1
        sequence = self._kept.find(b"\x1b", 0, LINE_SOUGHT_BYTES)
        if sequence >= 0:
            return sequence
        begin = 0
        while begin < min(4, len(self._kept)) and 0x80 <= self._kept[begin] < 0xC0:
            begin += 1
        return begin
