"""`GET /v1/models`: the catalogue, a page at a time."""

from typing import Any, Final

from multidict import MultiMapping

from .catalogue import MODELS
from .errors import invalid

_STAGES: Final = ("active", "deprecated", "retired")


def list_models(query: MultiMapping[str]) -> dict[str, Any]:
    """The page a query asks for. Raises Refused."""
    asked = [value for name in ("lifecycle[]", "lifecycle") for value in query.getall(name, [])]
    for stage in asked:
        if stage not in _STAGES:
            raise invalid("lifecycle: Input should be 'active', 'deprecated' or 'retired'")
    stages = asked or ["active", "deprecated"]
    limit = _limit(query.get("limit", "20"))
    models = [model for model in MODELS.values() if model.lifecycle in stages]
    ids = [model.id for model in models]
    if (after := query.get("after_id")) is not None:
        models = models[_place(ids, after) + 1 :]
    elif (before := query.get("before_id")) is not None:
        models = models[max(0, _place(ids, before) - limit) : _place(ids, before)]
    page = models[:limit]
    return {
        "data": [model.describe() for model in page],
        "has_more": len(models) > len(page),
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _limit(told: str) -> int:
    if not told.isdigit() or not 1 <= int(told) <= 1000:
        raise invalid("limit: Input should be between 1 and 1000")
    return int(told)


def _place(ids: list[str], wanted: str) -> int:
    if wanted not in ids:
        raise invalid(f"no model {wanted} to page from")
    return ids.index(wanted)
