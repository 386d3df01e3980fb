"""When a terminal's output is held back so that nothing piles up; pure.

Output is read only as fast as a page shows it: the page tells what it has drawn, and past the high
mark the programme on the node has to wait, as it would for any slow terminal.
"""

from collections.abc import Sequence

UNSEEN_HIGH_WATER = 256 * 1024
"""Bytes the quickest page may have left to draw before the node is read no further."""
UNSEEN_LOW_WATER = 64 * 1024
"""Bytes left to draw below which the node is read again."""
ALONE_HIGH_WATER = 4 * 1024 * 1024
"""Bytes a programme may write while no page looks; then it waits until one does.

A build or an upgrade goes on over a reload or a lost network, and `yes` does not keep a processor
busy for nobody.
"""
FRAME_BYTES = 64 * 1024
"""The most that one message to a page holds."""


def decide_hold(held: bool, unseen: Sequence[int], written_alone: int) -> bool:
    """Whether the node's output is held back now.

    `unseen` has, for each page that looks, the bytes it has not drawn yet; while there is none,
    `written_alone` is what has come since the last one left. The quickest page sets the pace: one
    that is slower is given a fresh screen later.
    """
    if not unseen:
        return written_alone > ALONE_HIGH_WATER
    mark = UNSEEN_LOW_WATER if held else UNSEEN_HIGH_WATER
    return min(unseen) > mark
