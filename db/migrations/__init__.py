"""The numbered steps from an empty file to the present tables; a step is final once released."""

from db.migrations.apply import (
    APPLICATION_ID,
    Migration,
    apply_migrations,
    read_version,
    refuse_newer,
)
from db.migrations.steps import MIGRATIONS

__all__ = [
    "APPLICATION_ID",
    "MIGRATIONS",
    "Migration",
    "apply_migrations",
    "read_version",
    "refuse_newer",
]
