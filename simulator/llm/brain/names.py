"""Who is who: the guests, nodes and storages that anything said so far has told of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from .reading import Reading, Row, cell

_LABEL: Final = re.compile(r"\b([A-Za-z][A-Za-z0-9.-]{0,62})(?:\*\*)? \((\d{3,9})\)")


@dataclass(frozen=True, slots=True)
class Thing:
    """A guest, a node, a storage, or a name nobody knows."""

    kind: Literal["guest", "node", "storage", "name"]
    name: str
    vmid: int | None = None

    @property
    def label(self) -> str:
        """`media (104)`, or the name alone."""
        return f"{self.name} ({self.vmid})" if self.vmid is not None else self.name


@dataclass(slots=True)
class Names:
    """All names that were met, by their lower case."""

    things: dict[str, Thing] = field(default_factory=dict)

    def take(self, reading: Reading) -> None:
        """Learn the names in a result."""
        self.take_rows(reading.rows)
        self.take_text(reading.text)

    def take_rows(self, rows: Iterable[Row]) -> None:
        """Learn them from tables with the columns vmid and name, node, or storage."""
        for row in rows:
            name, vmid = row.get("name"), cell(row, "^vmid$", "^guest$")
            if name and vmid and vmid.isdigit():
                self._learn(Thing("guest", name, int(vmid)))
            if node := cell(row, "^node$"):
                self._learn(Thing("node", node))
            if storage := cell(row, "^storage$"):
                self._learn(Thing("storage", storage))

    def take_text(self, text: str) -> None:
        """Learn guests from words: `media (104)`."""
        for name, vmid in _LABEL.findall(text):
            self._learn(Thing("guest", name, int(vmid)))

    def find(self, text: str) -> list[Thing]:
        """Those that are named in a text, by name or number, in its order."""
        found: list[Thing] = []
        numbers = {str(thing.vmid): thing for thing in self.things.values() if thing.vmid}
        for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9.-]*", text.lower()):
            thing = self.things.get(word) or self.things.get(word.strip(".-")) or numbers.get(word)
            if thing is not None and thing not in found:
                found.append(thing)
        return found

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes."""
        return [thing.name for thing in self.things.values() if thing.kind == "node"]

    def _learn(self, thing: Thing) -> None:
        known = self.things.get(thing.name.lower())
        if known is None or (known.kind != "guest" and thing.kind == "guest"):
            self.things[thing.name.lower()] = thing
