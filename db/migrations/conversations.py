"""The tables of what was said, and of the calls in it that wait for a person."""

import sqlite3

_CONVERSATIONS = (
    """
    CREATE TABLE conversations (
        id TEXT NOT NULL PRIMARY KEY,
        user_name TEXT NOT NULL,
        title TEXT NOT NULL,
        title_words TEXT NOT NULL,
        is_pinned INTEGER NOT NULL DEFAULT 0,
        at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        open_turn TEXT,
        open_question TEXT
    )
    """,
    "CREATE INDEX conversations_by_user ON conversations (user_name, is_pinned DESC, last_at DESC)",
    "CREATE INDEX conversations_open ON conversations (open_turn) WHERE open_turn IS NOT NULL",
    """
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        turn TEXT NOT NULL,
        answers TEXT,
        role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'tool')),
        parts_json TEXT NOT NULL,
        words TEXT NOT NULL DEFAULT '',
        at TEXT NOT NULL,
        provider TEXT,
        model TEXT,
        usage_json TEXT,
        cost_picousd INTEGER,
        because TEXT NOT NULL DEFAULT '',
        ended_by TEXT NOT NULL DEFAULT '',
        is_cut INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX messages_by_conversation ON messages (conversation, is_cut, number)",
    # The words alone, so that a search reads neither parts nor what tools found.
    "CREATE INDEX messages_by_words ON messages (conversation, words)"
    " WHERE is_cut = 0 AND words <> ''",
    """
    CREATE TABLE waiting_calls (
        approval TEXT NOT NULL PRIMARY KEY,
        conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        turn TEXT NOT NULL,
        question TEXT NOT NULL,
        call TEXT NOT NULL,
        tool TEXT NOT NULL
    )
    """,
    "CREATE INDEX waiting_calls_by_conversation ON waiting_calls (conversation)",
)


def create_conversations(connection: sqlite3.Connection) -> None:
    """Create the tables of the conversations."""
    for statement in _CONVERSATIONS:
        connection.execute(statement)
