"""/sys: sensors as the kernel tells them, and network interfaces."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.ssh.figures import read_figures
from simulator.ssh.sensors import Chip, read_chips

from .proc import interfaces
from .tree import Content

if TYPE_CHECKING:
    from simulator.ssh.computer import Computer

_SCALE = {"temp": 1000, "fan": 1, "in": 1000}


def grow_sys(machine: "Computer") -> Iterable[tuple[str, Content]]:
    """Every file below /sys that is kept here."""
    for number, chip in enumerate(read_chips(machine)):
        folder = f"/sys/class/hwmon/hwmon{number}"
        yield f"{folder}/name", f"{chip.driver}\n"
        for feature in chip.features:
            stem = f"{folder}/{feature.kind}{feature.number}"
            if feature.label not in ("temp1", "fan1", "fan2"):
                yield f"{stem}_label", f"{feature.label}\n"
            for what in ("input", *(name for name, _ in feature.limits)):
                yield f"{stem}_{what}", _reader(machine, number, stem, what)
    if machine.is_node:
        yield "/sys/class/thermal/thermal_zone0/type", "acpitz\n"
        yield "/sys/class/thermal/thermal_zone0/temp", "27800\n"
    for name in interfaces(machine):
        folder = f"/sys/class/net/{name}"
        yield f"{folder}/operstate", "unknown\n" if name == "lo" else "up\n"
        yield f"{folder}/mtu", "65536\n" if name == "lo" else "1500\n"
        yield f"{folder}/address", "00:00:00:00:00:00\n" if name == "lo" else f"{machine.mac}\n"
        if name != "lo":
            yield f"{folder}/statistics/rx_bytes", lambda: f"{read_figures(machine).rx_bytes}\n"
            yield f"{folder}/statistics/tx_bytes", lambda: f"{read_figures(machine).tx_bytes}\n"


def _reader(machine: "Computer", number: int, stem: str, what: str) -> Content:
    """One figure as it is when it is read."""

    def read() -> str:
        chip: Chip = read_chips(machine)[number]
        for feature in chip.features:
            if stem.endswith(f"/{feature.kind}{feature.number}"):
                figures = {"input": feature.value, **dict(feature.limits)}
                return f"{round(figures[what] * _SCALE[feature.kind])}\n"
        return ""

    return read
