"""The router's decisions: recorded with what was weighed, and what a person said of them."""

from datetime import datetime
from typing import Any

from pony import orm

from db.entities import Entities
from db.money import from_picousd
from db.rows_routes import NewRoute, RouteRow, RouteSum
from db.times import as_stored, from_stored

EXCERPT_SIGNS = 200
MAX_PAGE = 1_000


def record_route(entities: Entities, new: NewRoute) -> int:
    """Write one decision; hands back its number."""
    written = entities.Route(
        at=as_stored(new.at),
        conversation=new.conversation,
        message=new.message,
        excerpt=_excerpt(new.excerpt),
        provider=new.provider,
        model_role=new.model_role,
        needs_tools=new.needs_tools,
        step=new.step,
        kind=new.kind,
        score=new.score,
        took_ms=new.took_ms,
        because=new.because,
        features_json=new.features_json,
    )
    written.flush()
    return int(written.id)


def record_feedback(
    entities: Entities, route_id: int, should_have_been: str, *, at: datetime, by: str
) -> bool:
    """Keep what a person said it should have been; empty takes it back.

    Tells whether there is such a decision.
    """
    found = entities.Route.get(id=route_id)
    if found is None:
        return False
    found.should_have_been = should_have_been
    found.told_at = as_stored(at) if should_have_been else None
    found.told_by = by if should_have_been else ""
    return True


def find_route_of(entities: Entities, message: str) -> RouteRow | None:
    """The latest decision about a message."""
    rows = orm.select(row for row in entities.Route if row.message == message)
    found = rows.order_by(orm.desc(entities.Route.id)).first()
    return _row(found) if found else None


def find_misroutes(entities: Entities, *, since: datetime, limit: int) -> list[RouteRow]:
    """Decisions that a person called wrong, the latest first."""
    moment = as_stored(since)
    rows = orm.select(row for row in entities.Route if row.told_at is not None and row.at >= moment)
    found = rows.order_by(orm.desc(entities.Route.id)).limit(max(1, min(limit, MAX_PAGE)))
    return [_row(entity) for entity in found]


def sum_routes(entities: Entities, *, since: datetime) -> list[RouteSum]:
    """Decisions since a moment, by provider and rule, with what their answers cost."""
    rows = entities.db.execute(
        "SELECT r.provider, r.step, count(*), sum(r.told_at IS NOT NULL),"
        " coalesce(sum(m.requests), 0), coalesce(sum(m.cost), 0), coalesce(sum(m.always), 0)"
        " FROM routes AS r LEFT JOIN ("
        " SELECT message, count(*) AS requests, sum(cost_picousd) AS cost,"
        " sum(always_claude_picousd) AS always FROM model_requests"
        " WHERE at >= $since AND message IS NOT NULL GROUP BY message"
        ") AS m ON m.message = r.message"
        " WHERE r.at >= $since GROUP BY r.provider, r.step ORDER BY count(*) DESC",
        {},
        {"since": as_stored(since)},
    )
    return [
        RouteSum(
            provider=provider,
            step=step,
            routes=routes,
            misroutes=misroutes,
            requests=requests,
            cost_usd=from_picousd(cost),
            always_claude_usd=from_picousd(always),
        )
        for provider, step, routes, misroutes, requests, cost, always in rows
    ]


def delete_routes_before(entities: Entities, moment: datetime, *, batch: int) -> int:
    """Delete at most `batch` of the oldest decisions before `moment`; tells how many went."""
    cursor = entities.db.execute(
        "DELETE FROM routes WHERE id IN"
        " (SELECT id FROM routes WHERE at < $cut ORDER BY at LIMIT $batch)",
        {},
        {"cut": as_stored(moment), "batch": batch},
    )
    return int(cursor.rowcount)


def _excerpt(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= EXCERPT_SIGNS else f"{plain[: EXCERPT_SIGNS - 1]}…"


def _row(entity: Any) -> RouteRow:
    return RouteRow(
        id=entity.id,
        at=from_stored(entity.at),
        conversation=entity.conversation,
        message=entity.message,
        excerpt=entity.excerpt,
        provider=entity.provider,
        model_role=entity.model_role,
        needs_tools=entity.needs_tools,
        step=entity.step,
        kind=entity.kind,
        score=entity.score,
        took_ms=entity.took_ms,
        because=entity.because,
        features_json=entity.features_json,
        should_have_been=entity.should_have_been,
        told_at=from_stored(entity.told_at) if entity.told_at else None,
        told_by=entity.told_by,
    )
