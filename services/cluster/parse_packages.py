"""`/nodes/{node}/apt/update`, package by package."""

from dataclasses import dataclass

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReading:
    """One package that waits to be installed."""

    name: str
    installed: str | None
    """The version in use; None for a package that would be new."""
    available: str | None
    origin: str | None
    title: str | None

    @property
    def security(self) -> bool:
        """Whether its origin says that it mends a hole."""
        return "security" in (self.origin or "").lower()


def parse_packages(payload: object) -> tuple[PackageReading, ...] | None:
    """Read `/nodes/{node}/apt/update`, sorted by name; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    found: dict[str, PackageReading] = {}
    for row in wire.rows(payload):
        name = wire.text(row.get("Package"))
        if name is not None:
            found[name] = PackageReading(
                name=name,
                installed=wire.text(row.get("OldVersion")),
                available=wire.text(row.get("Version")),
                origin=wire.text(row.get("Origin")),
                title=wire.text(row.get("Title")),
            )
    return tuple(found[name] for name in sorted(found))
