"""What keeps the database sound: backups, retention, looking for damage, the chained audit."""

from datetime import timedelta
from pathlib import Path

import pytest

import db.queries.audit
from db import Database
from db.entities import Entities
from db.errors import DatabaseDamaged
from db.maintenance import (
    Gone,
    back_up,
    check_integrity,
    checkpoint,
    delete_expired_rows,
    give_back_space,
    measure_sizes,
)
from db.queries.audit import find_audit, find_broken_audit, record_audit
from db.queries.events import find_events, record_events
from db.queries.snapshots import find_latest_snapshot, record_snapshot
from db.rows import NewAudit
from tests.support.stored_events import event
from tests.support.turned_clock import NOON


async def test_a_backup_is_a_whole_database(database: Database, tmp_path: Path) -> None:
    await database.run(record_events, [event(n) for n in range(100)])

    target = await back_up(database, tmp_path / "backups" / "jarvis-2026-11-20.db")

    await database.run(record_events, [event(101)])
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_mode & 0o077 == 0
    folder = tmp_path / "restored"
    folder.mkdir()
    (folder / "jarvis.db").write_bytes(target.read_bytes())
    restored = Database(folder, slow_query_ms=10_000)
    restored.open()
    try:
        await check_integrity(restored)
        assert len(await restored.run(find_events, limit=500)) == 100
    finally:
        restored.close()


async def test_retention_deletes_the_old_and_gives_space_back(database: Database) -> None:
    await database.run(record_events, [event(n) for n in range(6_000)])
    for day in range(3):
        await database.run(
            record_snapshot,
            taken_at=NOON + timedelta(days=day),
            nodes_count=4,
            guests_count=20,
            payload=bytes(200_000),
        )
    await checkpoint(database)
    before = measure_sizes(database)

    gone = await delete_expired_rows(
        database,
        events_before=NOON + timedelta(seconds=5_000),
        snapshots_before=NOON + timedelta(days=2),
    )
    given_back = await give_back_space(database)
    await checkpoint(database)

    assert gone == Gone(events=5_000, snapshots=2, routes=0)
    assert len(await database.run(find_events, limit=500)) == 500
    latest = await database.run(find_latest_snapshot)
    assert latest is not None
    assert latest.taken_at == NOON + timedelta(days=2)
    assert latest.payload == bytes(200_000)
    assert await database.run(find_latest_snapshot, before=NOON + timedelta(days=2)) is None
    assert given_back > 400_000
    assert measure_sizes(database).file_bytes < before.file_bytes
    await check_integrity(database)


async def test_a_damaged_file_is_told_with_what_was_found(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=10_000)
    database.open()
    await database.run(record_events, [event(n) for n in range(5_000)])
    database.close()
    with database.path.open("r+b") as file:
        file.seek(database.path.stat().st_size // 2)
        file.write(b"\xff" * 20_000)

    database.open()
    try:
        with pytest.raises(DatabaseDamaged, match="backup"):
            await check_integrity(database)
    finally:
        database.close()


@pytest.mark.parametrize("damage", ["a page", "all of it"])
async def test_of_a_damaged_database_no_backup_is_made_and_nothing_is_left(
    tmp_path: Path, damage: str
) -> None:
    database = Database(tmp_path / "data", slow_query_ms=10_000)
    database.open()
    await database.run(record_events, [event(n) for n in range(2_000)])
    database.close()
    with database.path.open("r+b") as file:
        file.seek(40_000 if damage == "a page" else 0)
        file.write(b"\xff" * 20_000)
    target = tmp_path / "backups" / "jarvis.db"

    with pytest.raises(DatabaseDamaged, match="newest backup"):
        await back_up(database, target)

    assert list(target.parent.iterdir()) == []


async def test_the_audit_is_a_chain_that_shows_a_broken_link(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.queries.audit, "VERIFY_PAGE", 2)
    for n in range(3):
        await database.run(
            record_audit,
            NewAudit(at=NOON, actor="user/owner", action="sign-in", outcome="done", target=str(n)),
        )
    assert await database.run(find_broken_audit) is None

    def forge(entities: Entities) -> None:
        entities.db.execute("DROP TRIGGER audit_is_not_changed")
        entities.db.execute("UPDATE audit SET outcome = 'refused' WHERE id = 2")

    await database.run(forge)

    assert await database.run(find_broken_audit) == 2
    assert [row.id for row in await database.run(find_audit, before_id=3, limit=5)] == [2, 1]


@pytest.mark.parametrize("statement", ["UPDATE audit SET outcome = 'x'", "DELETE FROM audit"])
async def test_the_audit_can_only_be_appended_to(database: Database, statement: str) -> None:
    await database.run(
        record_audit, NewAudit(at=NOON, actor="system", action="start", outcome="done")
    )

    def change(entities: Entities) -> None:
        entities.db.execute(statement)

    with pytest.raises(Exception, match="only ever appended"):
        await database.run(change)

    assert len(await database.run(find_audit, limit=5)) == 1
    assert await database.run(find_broken_audit) is None
