"""What real nodes wrote about themselves, from the recordings beside the project."""

from pathlib import Path

import pytest

CMD = Path(__file__).parents[3] / "shared/fixtures/cmd"

needs_recordings = pytest.mark.skipif(not CMD.is_dir(), reason="the recordings are not at hand")


def recordings(*patterns: str) -> list[Path]:
    """The recorded outputs of these patterns, in order; none where they are not at hand."""
    return sorted(path for pattern in patterns for path in CMD.glob(pattern))


def named(path: Path) -> str:
    """The name of a recording, for the name of its test."""
    return path.relative_to(CMD).as_posix()
