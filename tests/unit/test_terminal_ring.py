"""The ring of a terminal's output, the modes it was in, and when its output is held back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.nodes.terminal_flow import (
    ALONE_HIGH_WATER,
    UNSEEN_HIGH_WATER,
    UNSEEN_LOW_WATER,
    decide_hold,
)
from services.nodes.terminal_modes import Modes
from services.nodes.terminal_ring import LINE_SOUGHT_BYTES, RING_BYTES, Ring

pieces = st.lists(st.binary(max_size=40), max_size=60)


def filled(*outputs: bytes, limit_bytes: int = 64) -> Ring:
    ring = Ring(limit_bytes)
    for output in outputs:
        ring.append(output)
    return ring


@given(pieces)
def test_the_ring_holds_the_end_of_what_was_written_and_no_more(outputs: list[bytes]) -> None:
    ring = filled(*outputs)
    written = b"".join(outputs)

    assert ring.end == len(written)
    assert ring.end - ring.start == min(64, len(written))
    assert ring.read(ring.start, 1_000) == written[ring.start :]


@given(pieces, st.integers(0, 3_000), st.integers(0, 100))
def test_what_is_read_at_a_place_is_what_was_written_there(
    outputs: list[bytes], at: int, most: int
) -> None:
    ring = filled(*outputs)
    written = b"".join(outputs)

    if ring.start <= at <= ring.end:
        assert ring.read(at, most) == written[at : at + most]
    else:
        with pytest.raises(ValueError, match="not kept"):
            ring.read(at, most)


@given(st.lists(st.text(alphabet="aé€😀 ", max_size=12), max_size=60))
def test_a_replay_cuts_no_character(lines: list[str]) -> None:
    ring = filled(*(line.encode() for line in lines))

    replay = ring.replay()

    ring.read(replay.at, 1_000).decode()
    assert ring.end - replay.at > 60 or not replay.cut


def test_a_replay_begins_at_the_beginning_of_a_line() -> None:
    ring = filled(b"first line that will be cut\n", b"second line\n" * 5)

    replay = ring.replay()

    assert replay.cut
    assert ring.read(replay.at, 1_000).startswith(b"second line\n")


def test_a_screen_without_lines_is_begun_at_a_sequence() -> None:
    ring = filled(b"x" * 50, b"\x1b[1;1Habc", b"y" * 50)

    assert ring.read(ring.replay().at, 4).startswith(b"\x1b[1;")


def test_what_is_whole_is_replayed_whole() -> None:
    replay = filled(b"\x1b[?1049h short").replay()

    assert (replay.at, replay.cut, replay.first) == (0, False, b"")
    assert replay.alternate


def test_the_modes_of_what_is_no_longer_kept_are_said_first() -> None:
    ring = filled(b"\x1b[?1h\x1b[?1049h\x1b[?2004h\x1b=\x1b[?25l", b"~" * 200)

    replay = ring.replay()

    assert replay.first == b"\x1b[?1049h\x1b[?1h\x1b[?2004h\x1b[?25l\x1b="
    assert replay.alternate


def test_a_mode_that_was_switched_off_again_is_not_said() -> None:
    ring = filled(b"\x1b[?1049h\x1b[?25l", b"~" * 200, b"\x1b[?1049l\x1b[?25h", b"~" * 200)

    assert ring.replay().first == b""
    assert not ring.replay().alternate


def test_a_reset_forgets_all_modes() -> None:
    for reset in (b"\x1bc", b"\x1b[!p"):
        modes = Modes()
        modes.follow(b"\x1b[?1;1000;2004h\x1b=" + reset)
        assert modes.spoken() == b""


def test_what_holds_for_a_moment_is_never_said_later() -> None:
    modes = Modes()
    modes.follow(b"\x1b[?2026h\x1b[?1048h\x1b[?12h")
    assert modes.spoken() == b""


SEQUENCES = [b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?1;25l", b"\x1b[?2004h", b"\x1b=", b"\x1bc"]
OTHERS = [b"text", b"\x1b[31m", b"\x1b]0;title\x07", b"\x1b[?", b"\xff\xfe", b"\x1b", b"[?5h"]


@given(st.lists(st.sampled_from(SEQUENCES + OTHERS), max_size=20), st.data())
def test_sequences_may_be_cut_anywhere(parts: list[bytes], data: st.DataObject) -> None:
    text = b"".join(parts)
    whole = Modes()
    whole.follow(text)

    cut = Modes()
    at = 0
    while at < len(text):
        step = data.draw(st.integers(1, 7))
        cut.follow(text[at : at + step])
        at += step

    assert cut.spoken() == whole.spoken()


def test_a_stream_of_odd_modes_is_not_remembered_without_end() -> None:
    modes = Modes()
    for number in range(5_000):
        modes.follow(b"\x1b[?%dh" % (3_000 + number))
    assert len(modes.changed) <= 64


def test_a_long_ring_looks_for_a_line_only_nearby() -> None:
    ring = Ring()
    ring.append(b"x" * (RING_BYTES + 10) + b"\nend")
    assert ring.replay().at - ring.start < LINE_SOUGHT_BYTES


levels = st.lists(st.integers(0, 2 * UNSEEN_HIGH_WATER), max_size=4)


@given(st.booleans(), levels, st.integers(0, 2 * ALONE_HIGH_WATER))
def test_output_is_held_only_when_every_page_is_behind(
    held: bool, unseen: list[int], alone: int
) -> None:
    decided = decide_hold(held, unseen, alone)

    if unseen and min(unseen) <= UNSEEN_LOW_WATER:
        assert not decided
    if unseen and min(unseen) > UNSEEN_HIGH_WATER:
        assert decided
    if not unseen:
        assert decided == (alone > ALONE_HIGH_WATER)


@given(st.lists(st.integers(-40_000, 40_000), max_size=200))
def test_what_is_unseen_stays_below_the_high_mark_and_one_packet(steps: list[int]) -> None:
    """A node writes 32 KiB packets, a page draws: the hold keeps the sum within bounds."""
    unseen, held, worst = 0, False, 0
    for step in steps:
        if step < 0:
            unseen = max(0, unseen + step)
        elif not held:
            unseen += step
        held = decide_hold(held, [unseen], 0)
        worst = max(worst, unseen)

    assert worst <= UNSEEN_HIGH_WATER + 40_000


def test_the_two_marks_keep_the_hold_from_fluttering() -> None:
    between = (UNSEEN_LOW_WATER + UNSEEN_HIGH_WATER) // 2
    assert decide_hold(True, [between], 0)
    assert not decide_hold(False, [between], 0)
