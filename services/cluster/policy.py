"""By which lines and patience a reading is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The owner's lines, and how long a doubt is allowed to last before it is news."""

    storage_warning_fraction: float = 0.85
    storage_critical_fraction: float = 0.95
    storage_hysteresis_fraction: float = 0.05
    """How far below a line use must fall before the line counts as left."""
    protected_vmids: frozenset[int] = frozenset()
    protected_tag: str = "jarvis-protected"
    probes_to_down: int = 3
    """Probes in a row a node may miss before it is called down."""
    probe_interval_s: float = 12.0
    """The critical tier's interval: what is read sooner after a probe is not another one."""
    settling_s: float = 300.0
    """For so long after a node's return its storages are not judged, nor are its guests, unless it
    was up all the while."""
    moving_s: float = 120.0
    """For so long after a move a guest is not judged."""


DEFAULT_POLICY = Policy()


class PolicySettingsGiven(Protocol):
    """What is taken of the settings, which have checked it."""

    @property
    def storage_warning_percent(self) -> float: ...
    @property
    def storage_critical_percent(self) -> float: ...
    @property
    def jarvis_protected_vmids(self) -> Sequence[int]: ...
    @property
    def jarvis_vmid(self) -> int | None: ...
    @property
    def poll_critical_s(self) -> float: ...


def policy_of(settings: PolicySettingsGiven) -> Policy:
    """The owner's lines; the guest that Jarvis lives in is protected as well."""
    own = [settings.jarvis_vmid] if settings.jarvis_vmid is not None else []
    return Policy(
        storage_warning_fraction=settings.storage_warning_percent / 100,
        storage_critical_fraction=settings.storage_critical_percent / 100,
        protected_vmids=frozenset({*settings.jarvis_protected_vmids, *own}),
        probe_interval_s=settings.poll_critical_s,
    )
