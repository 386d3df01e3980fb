"""The steps themselves. Append to the list; never edit, renumber or remove one that was released.

Times are text, UTC, ending in `Z`; a size or span has its unit in its column's name.
"""

import sqlite3

from db.migrations.acks import create_acks
from db.migrations.answers import add_answers
from db.migrations.apply import Migration
from db.migrations.conversations import create_conversations
from db.migrations.gate import create_gate
from db.migrations.nodes import create_host_keys
from db.migrations.talk import create_talk


def _run(connection: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.execute(statement)


def _journal(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        (
            """
            CREATE TABLE events (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                at TEXT NOT NULL,
                kind TEXT NOT NULL,
                severity TEXT NOT NULL CHECK (severity IN ('info', 'good', 'warning', 'alarm')),
                node TEXT,
                subject TEXT NOT NULL,
                text TEXT NOT NULL,
                detail_json TEXT NOT NULL DEFAULT '{}'
            )
            """,
            "CREATE INDEX events_by_severity ON events (severity, id)",
            "CREATE INDEX events_by_node ON events (node, severity, id)",
            "CREATE INDEX events_by_time ON events (at)",
            """
            CREATE TABLE snapshots (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                taken_at TEXT NOT NULL,
                nodes_count INTEGER NOT NULL,
                guests_count INTEGER NOT NULL,
                payload BLOB NOT NULL
            )
            """,
            "CREATE INDEX snapshots_by_time ON snapshots (taken_at)",
        ),
    )


def _accounts(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        (
            """
            CREATE TABLE users (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                name TEXT NOT NULL UNIQUE,
                password_hash TEXT,
                created_at TEXT NOT NULL,
                password_changed_at TEXT
            )
            """,
            """
            CREATE TABLE sessions (
                key TEXT NOT NULL PRIMARY KEY,
                user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                created_at TEXT NOT NULL,
                last_seen_at TEXT NOT NULL,
                expires_at TEXT NOT NULL,
                address TEXT NOT NULL,
                agent TEXT NOT NULL
            )
            """,
            "CREATE INDEX sessions_by_user ON sessions (user)",
            "CREATE INDEX sessions_by_expiry ON sessions (expires_at)",
            """
            CREATE TABLE links (
                key TEXT NOT NULL PRIMARY KEY,
                user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                expires_at TEXT NOT NULL
            )
            """,
            "CREATE INDEX links_by_user ON links (user)",
            """
            CREATE TABLE preferences (
                user INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
                values_json TEXT NOT NULL,
                changed_at TEXT NOT NULL
            )
            """,
        ),
    )


def _audit(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        (
            """
            CREATE TABLE audit (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                at TEXT NOT NULL,
                actor TEXT NOT NULL,
                action TEXT NOT NULL,
                target TEXT NOT NULL,
                outcome TEXT NOT NULL,
                because TEXT NOT NULL,
                detail_json TEXT NOT NULL,
                prev_hash TEXT NOT NULL,
                hash TEXT NOT NULL UNIQUE
            )
            """,
            "CREATE INDEX audit_by_time ON audit (at)",
            # sqlite-only: triggers are written anew for another database
            """
            CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit is only ever appended to'); END
            """,
            """
            CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit is only ever appended to'); END
            """,
        ),
    )


MIGRATIONS: tuple[Migration, ...] = (
    Migration(number=1, name="journal", apply=_journal),
    Migration(number=2, name="accounts", apply=_accounts),
    Migration(number=3, name="audit", apply=_audit),
    Migration(number=4, name="gate", apply=create_gate),
    Migration(number=5, name="host keys", apply=create_host_keys),
    Migration(number=6, name="talk", apply=create_talk),
    Migration(number=7, name="acknowledged events", apply=create_acks),
    Migration(number=8, name="conversations", apply=create_conversations),
    Migration(number=9, name="answers", apply=add_answers),
)
