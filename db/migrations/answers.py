"""How long each answer took, and what answers of others than Claude have spared."""

import sqlite3


def add_answers(connection: sqlite3.Connection) -> None:
    """A column that is unknown for older messages, and an index of the requests that spared one."""
    connection.execute("ALTER TABLE messages ADD COLUMN total_ms INTEGER")
    connection.execute(
        "CREATE INDEX model_requests_spared ON model_requests (at, always_claude_picousd)"
        " WHERE provider <> 'claude' AND outcome = 'done'"
    )
