"""What a command writes, kept up to a bound: the beginning and the end, and how much was left out.

However much is written, what is held in memory stays below twice the bound for each stream.
"""

from dataclasses import dataclass

KEPT_BYTES = 256 * 1024
"""Of standard output and standard error together."""
ERROR_SHARE_BYTES = 64 * 1024
"""What standard error may have of it where standard output wants all."""
TOLD_BYTES = 64
"""Room for the line that says what was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOutput:
    """Both streams as text, with a line in the place of what is missing."""

    stdout: str
    stderr: str
    cut_bytes: int


class Stream:
    """One stream as it comes in."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self.total_bytes = 0
        self._half = kept_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()

    def take(self, data: bytes) -> None:
        """Keep what belongs to the beginning, and the newest of the rest."""
        self.total_bytes += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._half :] if len(data) > self._half else data
        if len(self._tail) > 2 * self._half:
            del self._tail[: len(self._tail) - self._half]

    def text(self, most_bytes: int) -> tuple[str, int]:
        """The stream as text within `most_bytes`, and how many of its bytes are not in it."""
        tail = self._tail[-self._half :]
        if self.total_bytes == len(self._head) + len(tail) <= most_bytes:
            return (self._head + tail).decode("utf-8", "replace"), 0
        half = max(0, most_bytes - TOLD_BYTES) // 2
        head = _whole_end(bytes(self._head[:half]))
        end = _whole_start(bytes((self._head[half:] + tail)[-half:] if half else b""))
        cut_bytes = self.total_bytes - len(head) - len(end)
        told = f"\n[… {cut_bytes} bytes left out …]\n"
        return f"{head.decode('utf-8', 'replace')}{told}{end.decode('utf-8', 'replace')}", cut_bytes


def keep(stdout: Stream, stderr: Stream, kept_bytes: int = KEPT_BYTES) -> KeptOutput:
    """Share the bound: standard error has its part, and each has what the other leaves."""
    share = min(ERROR_SHARE_BYTES, kept_bytes // 2)
    error_bytes = min(stderr.total_bytes, max(share, kept_bytes - stdout.total_bytes))
    errors, errors_cut = stderr.text(error_bytes)
    text, cut = stdout.text(kept_bytes - error_bytes)
    return KeptOutput(stdout=text, stderr=errors, cut_bytes=cut + errors_cut)


def _whole_end(data: bytes) -> bytes:
    """Without the beginning of a character at its end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        length = 1 if byte < 0x80 else 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4
        return data[:-back] if length > back else data
    return data


def _whole_start(data: bytes) -> bytes:
    """Without the end of a character at its beginning."""
    skip = 0
    while skip < min(3, len(data)) and data[skip] & 0xC0 == 0x80:
        skip += 1
    return data[skip:]
