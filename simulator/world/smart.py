"""The text that smartctl prints for an NVMe disk."""


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
