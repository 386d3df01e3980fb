"""The table of the nodes' room: the host keys a person has trusted."""

import sqlite3

STATEMENTS = (
    """
    CREATE TABLE host_keys (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        node TEXT NOT NULL,
        host TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        public_key TEXT NOT NULL,
        trusted_at TEXT NOT NULL,
        trusted_by TEXT NOT NULL,
        forgotten_at TEXT,
        forgotten_by TEXT
    )
    """,
    # sqlite-only: a node has one trusted key at a time, and any number of forgotten ones
    "CREATE UNIQUE INDEX host_keys_trusted ON host_keys (node) WHERE forgotten_at IS NULL",
    # sqlite-only: triggers are written anew for another database
    """
    CREATE TRIGGER host_keys_are_not_overwritten BEFORE UPDATE OF
        node, host, fingerprint, public_key, trusted_at, trusted_by ON host_keys
    BEGIN SELECT RAISE(ABORT, 'a trusted host key is forgotten, never overwritten'); END
    """,
    """
    CREATE TRIGGER host_keys_stay_forgotten BEFORE UPDATE ON host_keys
    WHEN OLD.forgotten_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a forgotten host key is trusted as a new one'); END
    """,
)


def create_host_keys(connection: sqlite3.Connection) -> None:
    """Step 5."""
    for statement in STATEMENTS:
        connection.execute(statement)
