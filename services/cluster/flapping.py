"""Damping: what changes again and again is told once, and again when it is calm."""

from collections.abc import Sequence

from services.cluster.model import ClusterSnapshot
from services.events import Happening


class FlapDamper:
    """Holds the damping's memory between polls; call `damp` after every poll."""

    def damp(
        self, happenings: Sequence[Happening], snapshot: ClusterSnapshot
    ) -> tuple[Happening, ...]:
        """What of `happenings` is to be told; `snapshot` is the newest."""
        return tuple(happenings)
