"""The tables of the gate: what waits for a person, how the gate stands, which calls are open."""

import sqlite3

STATEMENTS = (
    """
    CREATE TABLE approvals (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        call_id TEXT NOT NULL,
        tool TEXT NOT NULL,
        arguments_json TEXT NOT NULL,
        digest TEXT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_name TEXT NOT NULL,
        actor_session TEXT,
        actor_user TEXT,
        reason TEXT NOT NULL,
        tier INTEGER NOT NULL,
        why TEXT NOT NULL,
        touches_json TEXT NOT NULL,
        blast_json TEXT NOT NULL,
        standing_json TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (
            state IN ('pending', 'approved', 'refused', 'lapsed', 'cancelled', 'spent')
        ),
        decided_by TEXT,
        decided_at TEXT,
        because TEXT NOT NULL,
        result_json TEXT
    )
    """,
    "CREATE INDEX approvals_by_state ON approvals (state, number)",
    # sqlite-only: triggers are written anew for another database
    """
    CREATE TRIGGER approvals_are_used_once BEFORE UPDATE ON approvals
    WHEN NOT (
        (OLD.state = 'pending' AND NEW.state IN ('approved', 'refused', 'lapsed', 'cancelled'))
        OR (OLD.state = 'approved' AND NEW.state IN ('spent', 'cancelled'))
    )
    BEGIN SELECT RAISE(ABORT, 'an approval is used once'); END
    """,
    """
    CREATE TRIGGER approvals_keep_their_call BEFORE UPDATE OF
        id, call_id, tool, digest, actor_kind, actor_name, actor_session, actor_user, tier,
        asked_at, expires_at ON approvals
    BEGIN SELECT RAISE(ABORT, 'an approval is for the call it was asked for'); END
    """,
    """
    CREATE TABLE gate_state (
        name TEXT NOT NULL PRIMARY KEY,
        value_json TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    "CREATE TABLE open_calls (audit INTEGER NOT NULL PRIMARY KEY REFERENCES audit (id))",
    "CREATE INDEX audit_by_actor ON audit (actor, id)",
    "CREATE INDEX audit_by_action ON audit (action, id)",
    "CREATE INDEX audit_by_target ON audit (target, id)",
    "CREATE INDEX audit_by_outcome ON audit (outcome, id)",
)


def create_gate(connection: sqlite3.Connection) -> None:
    """Bring the tables of the gate, and the audit's indexes for those who look through it."""
    for statement in STATEMENTS:
        connection.execute(statement)
