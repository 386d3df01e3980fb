"""The sensors of a node: the chips its processor, disks and board have, and what they read now."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.world.noise import grain
from simulator.world.smart import disk_temp_c

if TYPE_CHECKING:
    from .computer import Computer


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One figure of a chip: `kind` is temp, fan or in; `number` counts within its kind."""

    label: str
    kind: str
    number: int
    value: float
    limits: tuple[tuple[str, float], ...] = ()
    """(`max`, `crit`, …; figure), as the chip tells them, the absurd ones among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One chip: its name in hwmon, and the name lm-sensors gives it."""

    driver: str
    name: str
    adapter: str
    features: tuple[Feature, ...]


def read_chips(machine: "Computer") -> list[Chip]:
    """Every chip of a node, in the order of its hwmon folders; a guest has none."""
    node = machine.node
    figures = machine.world.node_figures(node) if node is not None else None
    if node is None or figures is None or not machine.is_node:
        return []
    at, temp = machine.world.now, figures.temp_c
    amd = node.cpu_model.startswith("AMD")
    chips = [_acpitz(), *_drives(machine)]
    if amd:
        chips.append(_k10temp(node.key, temp, at))
        chips.append(_board(node.key, temp, at))
    else:
        chips.append(_coretemp(node.key, node.cores, temp, at))
    return chips


def _acpitz() -> Chip:
    """The board's own zone, which says the same whatever happens, as many do."""
    return Chip(
        driver="acpitz",
        name="acpitz-acpi-0",
        adapter="ACPI interface",
        features=(Feature(label="temp1", kind="temp", number=1, value=27.8),),
    )


def _drives(machine: "Computer") -> list[Chip]:
    node = machine.node
    assert node is not None
    chips = []
    for number, disk in enumerate(node.disks):
        temp = float(disk_temp_c(machine.world, node, disk))
        if disk.kind == "nvme":
            absurd = (("max", 65261.85), ("min", -273.15))
            features = (
                Feature(
                    label="Composite",
                    kind="temp",
                    number=1,
                    value=temp - 0.15,
                    limits=(("max", 81.85), ("min", -273.15), ("crit", 84.85), ("alarm", 0.0)),
                ),
                Feature(label="Sensor 1", kind="temp", number=2, value=temp - 0.15, limits=absurd),
                Feature(label="Sensor 2", kind="temp", number=3, value=temp + 5.85, limits=absurd),
            )
            chips.append(
                Chip(
                    driver="nvme",
                    name=f"nvme-pci-0{number + 1}00",
                    adapter="PCI adapter",
                    features=features,
                )
            )
        else:
            limits = (("max", 60.0), ("min", 0.0), ("crit", 65.0), ("lcrit", -40.0))
            chips.append(
                Chip(
                    driver="drivetemp",
                    name=f"drivetemp-scsi-{number}-0",
                    adapter="SCSI adapter",
                    features=(
                        Feature(label="temp1", kind="temp", number=1, value=temp, limits=limits),
                    ),
                )
            )
    return chips


def _coretemp(key: int, cores: int, temp: float, at: float) -> Chip:
    limits = (("max", 80.0), ("crit", 100.0), ("crit_alarm", 0.0))
    features = [Feature(label="Package id 0", kind="temp", number=1, value=temp, limits=limits)]
    for core in range(cores):
        own = temp - 1.0 - 2.0 * abs(grain(key ^ core, int(at / 4)))
        features.append(
            Feature(
                label=f"Core {core}",
                kind="temp",
                number=core + 2,
                value=float(round(own)),
                limits=limits,
            )
        )
    return Chip(
        driver="coretemp",
        name="coretemp-isa-0000",
        adapter="ISA adapter",
        features=tuple(features),
    )


def _k10temp(key: int, temp: float, at: float) -> Chip:
    chiplet = temp - 3.5 - 1.5 * abs(grain(key ^ 11, int(at / 4)))
    return Chip(
        driver="k10temp",
        name="k10temp-pci-00c3",
        adapter="PCI adapter",
        features=(
            Feature(label="Tctl", kind="temp", number=1, value=round(temp * 8) / 8),
            Feature(label="Tccd1", kind="temp", number=3, value=round(chiplet * 4) / 4),
        ),
    )


def _board(key: int, temp: float, at: float) -> Chip:
    """The super I/O chip: fans that follow the heat, and a header with nothing on it."""
    cpu_fan = 620 + max(0.0, temp - 40) * 26 + 12 * grain(key ^ 13, int(at / 3))
    return Chip(
        driver="nct6775",
        name="nct6775-isa-0290",
        adapter="ISA adapter",
        features=(
            Feature(label="fan1", kind="fan", number=1, value=0.0, limits=(("min", 0.0),)),
            Feature(
                label="fan2",
                kind="fan",
                number=2,
                value=float(round(cpu_fan)),
                limits=(("min", 0.0), ("alarm", 0.0)),
            ),
            Feature(label="SYSTIN", kind="temp", number=1, value=33.0, limits=(("max", 80.0),)),
            Feature(label="AUXTIN0", kind="temp", number=3, value=-62.0),
        ),
    )
