"""What comes as lines of text: `/nodes/{node}/syslog` and `/nodes/{node}/journal`."""

from services.cluster import wire

LINE_LIMIT = 2_000
"""Characters of a line; what is longer is cut."""
_CURSOR = "s="


def parse_syslog(payload: object) -> tuple[str, ...] | None:
    """Read `/nodes/{node}/syslog`: the lines by their numbers, oldest first; None for no list."""
    if not isinstance(payload, list | tuple):
        return None
    lines: dict[int, str] = {}
    for row in wire.rows(payload):
        number, line = wire.whole(row.get("n")), row.get("t")
        if number is not None and isinstance(line, str):
            lines[number] = line_of(line)
    found = tuple(lines[number] for number in sorted(lines))
    # Proxmox says so in a line of its own.
    return () if found == ("no content",) else found


def parse_journal(payload: object) -> tuple[str, ...] | None:
    """Read `/nodes/{node}/journal`: its lines without the cursors that stand at both ends."""
    if not isinstance(payload, list | tuple):
        return None
    lines = [line for line in payload if isinstance(line, str)]
    if lines and (not lines[0] or lines[0].startswith(_CURSOR)):
        lines = lines[1:]
    if lines and (not lines[-1] or lines[-1].startswith(_CURSOR)):
        lines = lines[:-1]
    return tuple(line_of(line) for line in lines)


def line_of(text: str) -> str:
    """One line that is safe to show: control characters are blanks, and it has an end."""
    return "".join(char if char.isprintable() else " " for char in text[:LINE_LIMIT]).rstrip()
