"""Where text comes to stand on a screen: the width of characters, and where lines wrap."""

import re
import unicodedata

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\a\x1b]*(?:\a|\x1b\\))")


def width_of(char: str) -> int:
    """Columns a character takes: none, one or two."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shown_width(text: str) -> int:
    """Columns of a text without line ends; what colours it takes none."""
    return sum(width_of(char) for char in without_escapes(text))


def without_escapes(text: str) -> str:
    return _ESCAPE.sub("", text)


def place_after(text: str, columns: int, start: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """(row, column) behind a text; a full row ends in the first column of the next."""
    row, column = start
    for char in without_escapes(text):
        if char == "\n":
            row, column = row + 1, 0
            continue
        width = width_of(char)
        if column + width > columns:
            row, column = row + 1, 0
        column += width
        if column == columns:
            row, column = row + 1, 0
    return row, column


def in_columns(names: list[str], columns: int) -> str:
    """Names down and across, as `ls` lays them out; ends with a newline unless there are none."""
    if not names:
        return ""
    widths = [shown_width(name) for name in names]
    for count in range(min(len(names), max(1, columns // 3)), 0, -1):
        rows = -(-len(names) // count)
        groups = [
            range(start, min(start + rows, len(names))) for start in range(0, len(names), rows)
        ]
        wide = [max(widths[index] for index in group) for group in groups]
        if sum(wide) + 2 * (len(wide) - 1) <= columns or count == 1:
            lines = []
            for row in range(rows):
                cells = [group[row] for group in groups if row < len(group)]
                line = "".join(
                    names[index] + " " * (wide[at] + 2 - widths[index])
                    for at, index in enumerate(cells[:-1])
                )
                lines.append(line + names[cells[-1]] + "\n")
            return "".join(lines)
    return ""
