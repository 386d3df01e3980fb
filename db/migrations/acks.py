"""Which events of the journal somebody has taken note of."""

import sqlite3


def create_acks(connection: sqlite3.Connection) -> None:
    """One row an event; it goes with its event."""
    connection.execute(
        """
        CREATE TABLE event_acks (
            event INTEGER NOT NULL PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,
            acknowledged_at TEXT NOT NULL,
            acknowledged_by TEXT NOT NULL
        )
        """
    )
