"""What requests to models used and cost: recorded one by one, read as sums."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pony import orm

from db.entities import Entities
from db.money import from_picousd, to_picousd
from db.rows_talk import (
    ConversationCost,
    CostSum,
    HourCost,
    ModelCost,
    ModelRequestRow,
    NewModelRequest,
    SparedSum,
)
from db.times import as_stored, from_stored

MAX_PAGE = 5_000
_ADDED = (
    "requests",
    "estimated_requests",
    "failed_requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_picousd",
    "always_claude_picousd",
)
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in _ADDED)
_PLAIN = ", ".join(_ADDED)
_VALUES = ", ".join(f"${name}" for name in _ADDED)
_UPSERT = ", ".join(f"{name} = {name} + excluded.{name}" for name in _ADDED)
_COLUMNS = (
    "id, at, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,"
    " is_estimated, cost_picousd, always_claude_picousd, first_token_ms, total_ms, because,"
    " conversation, message, session, user_name, actor, outcome, ended_because"
)


def record_model_request(entities: Entities, new: NewModelRequest) -> int:
    """Write the request and add it to its sums, all or none; hands back its number."""
    written = entities.ModelRequest(
        at=as_stored(new.at),
        provider=new.provider,
        model=new.model,
        input_tokens=new.input_tokens,
        output_tokens=new.output_tokens,
        cache_read_tokens=new.cache_read_tokens,
        cache_write_tokens=new.cache_write_tokens,
        is_estimated=new.is_estimated,
        cost_picousd=to_picousd(new.cost_usd),
        always_claude_picousd=to_picousd(new.always_claude_usd),
        first_token_ms=new.first_token_ms,
        total_ms=new.total_ms,
        because=new.because,
        conversation=new.conversation,
        message=new.message,
        session=new.session,
        user_name=new.user,
        actor=new.actor,
        outcome=new.outcome,
        ended_because=new.ended_because,
    )
    orm.flush()
    added = {
        "requests": 1,
        "estimated_requests": int(new.is_estimated),
        "failed_requests": int(new.outcome == "failed"),
        **{name: getattr(written, name) for name in _ADDED[3:]},
    }
    entities.db.execute(
        f"INSERT INTO costs_by_hour (hour, provider, model, {_PLAIN})"  # noqa: S608
        f" VALUES ($hour, $provider, $model, {_VALUES})"
        f" ON CONFLICT (hour, provider, model) DO UPDATE SET {_UPSERT}",
        {},
        {"hour": _hour(new.at), "provider": new.provider, "model": new.model, **added},
    )
    if new.conversation is not None:
        entities.db.execute(
            f"INSERT INTO costs_by_conversation (conversation, first_at, last_at, {_PLAIN})"  # noqa: S608
            f" VALUES ($conversation, $at, $at, {_VALUES})"
            " ON CONFLICT (conversation) DO UPDATE SET"
            f" last_at = max(last_at, excluded.last_at), {_UPSERT}",
            {},
            {"conversation": new.conversation, "at": as_stored(new.at), **added},
        )
    return int(written.id)


def sum_costs(entities: Entities, *, since: datetime, until: datetime) -> CostSum:
    """The sum of the hours from `since` to before `until`; both at the full hour."""
    rows = entities.db.select(
        f"SELECT {_SUMS} FROM costs_by_hour WHERE hour >= $since AND hour < $until",  # noqa: S608
        {},
        {"since": _hour(since), "until": _hour(until)},
    )
    return _sum(rows[0])


def find_costs_by_model(entities: Entities, *, since: datetime, until: datetime) -> list[ModelCost]:
    """A sum for each model, the dearest first."""
    rows = entities.db.select(
        f"SELECT provider, model, {_SUMS} FROM costs_by_hour"  # noqa: S608
        " WHERE hour >= $since AND hour < $until"
        " GROUP BY provider, model ORDER BY sum(cost_picousd) DESC, sum(requests) DESC",
        {},
        {"since": _hour(since), "until": _hour(until)},
    )
    return [ModelCost(provider=row[0], model=row[1], sum=_sum(row[2:])) for row in rows]


def sum_spared(entities: Entities, *, since: datetime, until: datetime) -> SparedSum:
    """What others than Claude have answered; one that failed or was stopped has spared nothing."""
    rows = entities.db.select(
        "SELECT count(*), coalesce(sum(always_claude_picousd), 0) FROM model_requests"
        " WHERE provider <> 'claude' AND outcome = 'done' AND at >= $since AND at < $until",
        {},
        {"since": as_stored(since), "until": as_stored(until)},
    )
    requests, always = rows[0]
    return SparedSum(requests=requests, always_claude_usd=from_picousd(always))


def find_costs_by_hour(entities: Entities, *, since: datetime, until: datetime) -> list[HourCost]:
    """A sum for each hour in which there was a request, oldest first."""
    rows = entities.db.select(
        f"SELECT hour, {_SUMS} FROM costs_by_hour"  # noqa: S608
        " WHERE hour >= $since AND hour < $until GROUP BY hour ORDER BY hour",
        {},
        {"since": _hour(since), "until": _hour(until)},
    )
    return [HourCost(hour=from_stored(f"{row[0]}:00:00.000Z"), sum=_sum(row[1:])) for row in rows]


def find_costs_by_conversation(
    entities: Entities, *, since: datetime, until: datetime, limit: int = 50
) -> list[ConversationCost]:
    """The conversations whose last request is in that time, each with its whole sum, newest
    first."""
    rows = entities.db.select(
        f"SELECT conversation, first_at, last_at, {_PLAIN} FROM costs_by_conversation"  # noqa: S608
        " WHERE last_at >= $since AND last_at < $until ORDER BY last_at DESC LIMIT $rows",
        {},
        {"since": as_stored(since), "until": as_stored(until), "rows": _page(limit)},
    )
    return [_conversation(row) for row in rows]


def find_conversation_cost(entities: Entities, conversation: str) -> ConversationCost | None:
    """The sum of one conversation; None when no model was asked in it."""
    rows = entities.db.select(
        f"SELECT conversation, first_at, last_at, {_PLAIN} FROM costs_by_conversation"  # noqa: S608
        " WHERE conversation = $conversation",
        {},
        {"conversation": conversation},
    )
    return _conversation(rows[0]) if rows else None


def find_message_requests(entities: Entities, message: str) -> list[ModelRequestRow]:
    """The requests that were made to answer one message, oldest first."""
    rows = entities.db.select(
        f"SELECT {_COLUMNS} FROM model_requests WHERE message = $message ORDER BY id",  # noqa: S608
        {},
        {"message": message},
    )
    return [_row(row) for row in rows]


def find_model_requests(
    entities: Entities,
    *,
    since: datetime,
    until: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int = 1_000,
) -> list[ModelRequestRow]:
    """A page of requests, oldest first; `after` is time and number of the last one of the page
    before."""
    at, id_ = after if after is not None else (since - timedelta(milliseconds=1), 0)
    rows = entities.db.select(
        f"SELECT {_COLUMNS} FROM model_requests"  # noqa: S608
        " WHERE (at, id) > ($at, $id) AND at >= $since AND at < $until"
        " ORDER BY at, id LIMIT $rows",
        {},
        {
            "at": as_stored(at),
            "id": id_,
            "since": as_stored(since),
            "until": as_stored(until),
            "rows": _page(limit),
        },
    )
    return [_row(row) for row in rows]


def _page(limit: int) -> int:
    return max(1, min(limit, MAX_PAGE))


def _hour(moment: datetime) -> str:
    """`2026-11-20T14`."""
    return as_stored(moment.astimezone(UTC))[:13]


def _sum(columns: Any) -> CostSum:
    *counts, cost, always = columns
    return CostSum(
        **dict(zip(_ADDED[:7], counts, strict=True)),
        cost_usd=from_picousd(cost),
        always_claude_usd=from_picousd(always),
    )


def _conversation(columns: Any) -> ConversationCost:
    return ConversationCost(
        conversation=columns[0],
        first_at=from_stored(columns[1]),
        last_at=from_stored(columns[2]),
        sum=_sum(columns[3:]),
    )


def _row(columns: Any) -> ModelRequestRow:
    return ModelRequestRow(
        id=columns[0],
        at=from_stored(columns[1]),
        provider=columns[2],
        model=columns[3],
        input_tokens=columns[4],
        output_tokens=columns[5],
        cache_read_tokens=columns[6],
        cache_write_tokens=columns[7],
        is_estimated=bool(columns[8]),
        cost_usd=from_picousd(columns[9]),
        always_claude_usd=from_picousd(columns[10]),
        first_token_ms=columns[11],
        total_ms=columns[12],
        because=columns[13],
        conversation=columns[14],
        message=columns[15],
        session=columns[16],
        user=columns[17],
        actor=columns[18],
        outcome=columns[19],
        ended_because=columns[20],
    )
