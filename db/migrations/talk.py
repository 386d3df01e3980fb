"""The talk's tables: what each request to a model used and cost.

Money is whole picodollars (10⁻¹² USD), so that sums are exact. The two tables of sums are kept with
each request, in its transaction: the costs of a month are read from a few hundred rows, however
many requests there are.
"""

import sqlite3

_COSTS = (
    """
    CREATE TABLE model_requests (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        provider TEXT NOT NULL CHECK (provider IN ('claude', 'local', 'direct')),
        model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cache_read_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL,
        is_estimated INTEGER NOT NULL,
        cost_picousd INTEGER NOT NULL,
        always_claude_picousd INTEGER NOT NULL,
        first_token_ms REAL,
        total_ms REAL NOT NULL,
        because TEXT NOT NULL DEFAULT '',
        conversation TEXT,
        message TEXT,
        session TEXT,
        user_name TEXT,
        actor TEXT NOT NULL DEFAULT '',
        outcome TEXT NOT NULL CHECK (outcome IN ('done', 'stopped', 'failed', 'refused')),
        ended_because TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX model_requests_by_time ON model_requests (at)",
    "CREATE INDEX model_requests_by_conversation ON model_requests (conversation)",
    "CREATE INDEX model_requests_by_message ON model_requests (message)",
    """
    CREATE TABLE costs_by_hour (
        hour TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        requests INTEGER NOT NULL,
        estimated_requests INTEGER NOT NULL,
        failed_requests INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cache_read_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL,
        cost_picousd INTEGER NOT NULL,
        always_claude_picousd INTEGER NOT NULL,
        PRIMARY KEY (hour, provider, model)
    )
    """,
    """
    CREATE TABLE costs_by_conversation (
        conversation TEXT NOT NULL PRIMARY KEY,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        requests INTEGER NOT NULL,
        estimated_requests INTEGER NOT NULL,
        failed_requests INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cache_read_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL,
        cost_picousd INTEGER NOT NULL,
        always_claude_picousd INTEGER NOT NULL
    )
    """,
    "CREATE INDEX costs_by_conversation_by_time ON costs_by_conversation (last_at)",
)

_ROUTES = (
    """
    CREATE TABLE routes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        conversation TEXT,
        message TEXT,
        excerpt TEXT NOT NULL DEFAULT '',
        provider TEXT NOT NULL CHECK (provider IN ('claude', 'local', 'direct')),
        model_role TEXT NOT NULL,
        needs_tools INTEGER NOT NULL,
        step TEXT NOT NULL,
        kind TEXT NOT NULL,
        score REAL NOT NULL,
        took_ms REAL NOT NULL,
        because TEXT NOT NULL,
        features_json TEXT NOT NULL DEFAULT '[]',
        should_have_been TEXT NOT NULL DEFAULT '' CHECK (
            should_have_been IN ('', 'claude', 'local', 'direct', 'tools', 'no tools')
        ),
        told_at TEXT,
        told_by TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX routes_by_time ON routes (at)",
    "CREATE INDEX routes_by_message ON routes (message)",
    "CREATE INDEX routes_told ON routes (told_at) WHERE told_at IS NOT NULL",
)


def create_talk(connection: sqlite3.Connection) -> None:
    """Create the tables of the talk."""
    for statement in (*_COSTS, *_ROUTES):
        connection.execute(statement)
