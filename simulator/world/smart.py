"""What SMART knows of a disk, and the text that smartctl prints for an NVMe one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import Disk, Node
from .noise import key_of

if TYPE_CHECKING:
    from .world import World


def disk_temp_c(world: "World", node: Node, disk: Disk) -> int:
    """A disk follows its node: cooler than the processor, and slower to move; °C."""
    figures = world.node_figures(node)
    processor = figures.temp_c if figures else 24.0
    share = 0.55 if disk.kind == "hdd" else 0.75
    return round(24 + (processor - 24) * share)


def power_on_hours(world: "World", node: Node, disk: Disk) -> int:
    """Hours since the disk was new; they go on counting."""
    age_h = 4_000 + key_of(node.key, disk.serial) % 21_000
    return age_h + int((world.now - world.began) / 3600)


@dataclass(frozen=True, slots=True)
class AtaAttribute:
    """One row of the table that a SATA disk keeps of itself."""

    number: int
    name: str
    flags: str
    value: int
    threshold: int
    raw: str


def ata_attributes(world: "World", node: Node, disk: Disk) -> tuple[AtaAttribute, ...]:
    hours, temp = power_on_hours(world, node, disk), disk_temp_c(world, node, disk)
    span = f"(Min/Max {min(temp, 19)}/{max(temp, 46)})"
    return tuple(
        AtaAttribute(*row)
        for row in (
            (1, "Raw_Read_Error_Rate", "POSR-K", 200, 51, "0"),
            (3, "Spin_Up_Time", "POS--K", 204, 21, "4758"),
            (4, "Start_Stop_Count", "-O--CK", 100, 0, "143"),
            (5, "Reallocated_Sector_Ct", "PO--CK", 200, 140, "0"),
            (9, "Power_On_Hours", "-O--CK", max(1, 100 - hours // 730), 0, str(hours)),
            (12, "Power_Cycle_Count", "-O--CK", 100, 0, "68"),
            (194, "Temperature_Celsius", "-O---K", 150 - temp, 0, f"{temp} {span}"),
            (197, "Current_Pending_Sector", "-O--CK", 200, 0, "0"),
            (198, "Offline_Uncorrectable", "----CK", 200, 0, "0"),
            (199, "UDMA_CRC_Error_Count", "-O--CK", 200, 0, "0"),
        )
    )


def nvme_text(*, temp_c: int, used_percent: int, hours: int, failed: bool) -> str:
    """Health information as `smartctl -H -A` writes it: °C, percent, hours."""
    read_units = hours * 2_150
    written_units = hours * 1_480
    lines = (
        ("Critical Warning", "0x04" if failed else "0x00"),
        ("Temperature", f"{temp_c} Celsius"),
        ("Available Spare", "100%"),
        ("Available Spare Threshold", "10%"),
        ("Percentage Used", f"{used_percent}%"),
        ("Data Units Read", _units(read_units)),
        ("Data Units Written", _units(written_units)),
        ("Host Read Commands", f"{hours * 61_200:,}"),
        ("Host Write Commands", f"{hours * 48_900:,}"),
        ("Controller Busy Time", f"{hours // 9:,}"),
        ("Power Cycles", "52"),
        ("Power On Hours", f"{hours:,}"),
        ("Unsafe Shutdowns", "11"),
        ("Media and Data Integrity Errors", "0"),
        ("Error Information Log Entries", "0"),
        ("Warning  Comp. Temperature Time", "0"),
        ("Critical Comp. Temperature Time", "0"),
        ("Temperature Sensor 1", f"{temp_c} Celsius"),
        ("Temperature Sensor 2", f"{temp_c + 6} Celsius"),
    )
    body = "\n".join(f"{name + ':':<36}{value}" for name, value in lines)
    return f"\nSMART/Health Information (NVMe Log 0x02, NSID 0xffffffff)\n{body}\n\n"


def _units(units: int) -> str:
    """A data unit is 1,000 blocks of 512 bytes."""
    return f"{units:,} [{units * 512_000 / 1e12:.2f} TB]"
