"""What Jarvis keeps: one SQLite file, its entities, queries, migrations and care."""

from db.database import Database

__all__ = ["Database"]
