"""Events of the journal: written in batches, read in pages."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pony import orm

from db.entities import Entities
from db.rows import EventRow, NewEvent
from db.times import as_stored, from_stored

SEVERITIES = ("info", "good", "warning", "alarm")
MAX_PAGE = 500
MAX_NODES = 100
SEARCHED_ROWS = 100_000
ESCAPE = "!"
LARGEST_ID = 2**63 - 1
_COLUMNS = (
    "id, at, kind, severity, node, subject, text, detail_json,"
    " (SELECT acknowledged_at FROM event_acks WHERE event = events.id) AS acknowledged_at,"
    " (SELECT acknowledged_by FROM event_acks WHERE event = events.id) AS acknowledged_by"
)


def record_events(entities: Entities, events: Sequence[NewEvent]) -> list[EventRow]:
    """Write the events in their order, all or none."""
    written = [
        entities.Event(
            at=as_stored(event.at),
            kind=event.kind,
            severity=event.severity,
            node=event.node,
            subject=event.subject,
            text=event.text,
            detail_json=event.detail_json,
        )
        for event in events
    ]
    orm.flush()
    return [_row(entity) for entity in written]


def find_events(
    entities: Entities,
    *,
    before_id: int | None = None,
    limit: int = 50,
    severities: Iterable[str] | None = None,
    nodes: Iterable[str] | None = None,
) -> list[EventRow]:
    """The newest events, newest first, older than `before_id` when it is given.

    `severities` and `nodes` keep only events of one of theirs; None keeps all. Takes as long with
    a million events as with a hundred. Raises ValueError for more than 100 nodes or a severity
    that does not exist.
    """
    sql, values = feed_statement(
        before_id=before_id, limit=limit, severities=severities, nodes=nodes
    )
    if sql is None:
        return []
    return [_from_columns(row) for row in entities.db.select(sql, {}, values)]


def feed_statement(
    *,
    before_id: int | None,
    limit: int,
    severities: Iterable[str] | None,
    nodes: Iterable[str] | None,
) -> tuple[str | None, dict[str, Any]]:
    """The SQL of a feed page and its values; None when nothing can match.

    Each pair of severity and node walks its own stretch of an index from the end, and only the
    heads of these stretches are sorted. Only names of values are put into the text, never values.
    """
    kinds = _wanted(severities, SEVERITIES)
    places = None if nodes is None else sorted(set(nodes))
    if places is not None and len(places) > MAX_NODES:
        raise ValueError(f"{len(places)} nodes were asked for; at most {MAX_NODES} at once")
    values: dict[str, Any] = {"rows": max(1, min(limit, MAX_PAGE))}
    if before_id is not None:
        values["before"] = before_id
    older = "id < $before" if before_id is not None else "1 = 1"
    if kinds is None and places is None:
        plain = f"SELECT {_COLUMNS} FROM events WHERE {older} ORDER BY id DESC LIMIT $rows"  # noqa: S608
        return plain, values
    # The index by node begins with both columns, so a node without severities walks all of them.
    if places is not None and kinds is None:
        kinds = list(SEVERITIES)
    stretches = []
    for k, kind in enumerate(kinds or ()):
        values[f"kind{k}"] = kind
        for n, place in enumerate(places if places is not None else (None,)):
            at_node = ""
            if place is not None:
                values[f"node{n}"] = place
                at_node = f"node = $node{n} AND "
            stretches.append(
                "SELECT * FROM (SELECT id FROM events WHERE "  # noqa: S608
                f"{at_node}severity = $kind{k} AND {older} ORDER BY id DESC LIMIT $rows)"
            )
    if not stretches:
        return None, values
    return (
        f"SELECT {_COLUMNS} FROM events WHERE id IN ("  # noqa: S608
        f"SELECT id FROM ({' UNION ALL '.join(stretches)}) ORDER BY id DESC LIMIT $rows"
        ") ORDER BY id DESC",
        values,
    )


def search_events(
    entities: Entities, text: str, *, limit: int = 50, before_id: int | None = None
) -> list[EventRow]:
    """The newest events with `text` in their sentence, subject or kind, newest first.

    Letters of ASCII match in either case, and nothing in `text` is a wildcard. Only the newest
    SEARCHED_ROWS events are looked through, so that a million others cost nothing.
    """
    bare = text.lower()
    for sign in ESCAPE + "%_":
        bare = bare.replace(sign, ESCAPE + sign)
    values = {
        "wanted": f"%{bare}%",
        "sign": ESCAPE,
        "rows": max(1, min(limit, MAX_PAGE)),
        "before": before_id if before_id is not None else LARGEST_ID,
        "searched": SEARCHED_ROWS,
    }
    rows = entities.db.select(
        f"SELECT {_COLUMNS} FROM events"  # noqa: S608 - names of columns, no values
        " WHERE id < $before AND id > (SELECT coalesce(max(id), 0) FROM events) - $searched"
        " AND (lower(text) LIKE $wanted ESCAPE $sign OR lower(subject) LIKE $wanted ESCAPE $sign"
        " OR lower(kind) LIKE $wanted ESCAPE $sign)"
        " ORDER BY id DESC LIMIT $rows",
        {},
        values,
    )
    return [_from_columns(row) for row in rows]


def find_events_of_kinds(
    entities: Entities, kinds: Sequence[str], *, limit: int = MAX_PAGE
) -> list[EventRow]:
    """The newest events of these kinds, newest first, among the newest SEARCHED_ROWS."""
    names = {f"kind{n}": kind for n, kind in enumerate(kinds)}
    wanted = ", ".join(f"${name}" for name in names) or "NULL"
    rows = entities.db.select(
        f"SELECT {_COLUMNS} FROM events"  # noqa: S608 - names of columns and of values, no values
        " WHERE id > (SELECT coalesce(max(id), 0) FROM events) - $searched"
        f" AND kind IN ({wanted}) ORDER BY id DESC LIMIT $rows",
        {},
        {**names, "rows": max(1, min(limit, MAX_PAGE)), "searched": SEARCHED_ROWS},
    )
    return [_from_columns(row) for row in rows]


def find_event(entities: Entities, event_id: int) -> EventRow | None:
    """One event by its number."""
    rows = entities.db.select(
        f"SELECT {_COLUMNS} FROM events WHERE id = $event_id",  # noqa: S608 - names of columns
        {},
        {"event_id": event_id},
    )
    return _from_columns(rows[0]) if rows else None


def acknowledge_event(
    entities: Entities, event_id: int, *, at: datetime, by: str
) -> EventRow | None:
    """Note that somebody has taken note of an event; the first to do so stays on record.

    None where there is no such event.
    """
    if entities.Event.get(id=event_id) is None:
        return None
    if entities.EventAck.get(event=event_id) is None:
        entities.EventAck(event=event_id, acknowledged_at=as_stored(at), acknowledged_by=by)
        orm.flush()
    return find_event(entities, event_id)


def find_noted_events(
    entities: Entities, *, event_id: int | None = None, limit: int = 50
) -> list[EventRow]:
    """Acknowledged alarms and warnings that are the last of their kind about their subject.

    Newest first; with `event_id` that one alone, if it is one of them.
    """
    rows = entities.db.select(
        f"SELECT {_COLUMNS} FROM events"  # noqa: S608 - names of columns, no values
        " WHERE id IN (SELECT event FROM event_acks WHERE $one IS NULL OR event = $one"
        " ORDER BY event DESC LIMIT $rows) AND severity IN ('warning', 'alarm')"
        " AND NOT EXISTS (SELECT 1 FROM events AS later"
        " WHERE later.severity = events.severity AND later.id > events.id"
        " AND later.subject = events.subject AND later.kind = events.kind)"
        " ORDER BY id DESC",
        {},
        {"one": event_id, "rows": max(1, min(limit, MAX_PAGE))},
    )
    return [_from_columns(row) for row in rows]


def delete_events_before(entities: Entities, moment: datetime, *, batch: int) -> int:
    """Delete at most `batch` of the oldest events before `moment`; tells how many went."""
    cut = as_stored(moment)
    cursor = entities.db.execute(
        "DELETE FROM events WHERE id IN"
        " (SELECT id FROM events WHERE at < $cut ORDER BY at LIMIT $batch)",
        {},
        {"cut": cut, "batch": batch},
    )
    return int(cursor.rowcount)


def _wanted(asked: Iterable[str] | None, known: Sequence[str]) -> list[str] | None:
    if asked is None:
        return None
    wanted = set(asked)
    if strange := wanted.difference(known):
        raise ValueError(f"no such severity: {', '.join(sorted(strange))}; there are {known}")
    return None if wanted == set(known) else sorted(wanted)


def _from_columns(columns: Any) -> EventRow:
    id_, at, kind, severity, node, subject, text, detail_json, noted_at, noted_by = columns
    return EventRow(
        id=id_,
        at=from_stored(at),
        kind=kind,
        severity=severity,
        node=node,
        subject=subject,
        text=text,
        detail_json=detail_json,
        acknowledged_at=from_stored(noted_at) if noted_at else None,
        acknowledged_by=noted_by or "",
    )


def _row(entity: Any) -> EventRow:
    return EventRow(
        id=entity.id,
        at=from_stored(entity.at),
        kind=entity.kind,
        severity=entity.severity,
        node=entity.node,
        subject=entity.subject,
        text=entity.text,
        detail_json=entity.detail_json,
    )
