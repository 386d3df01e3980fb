"""A decision as a row, so that it can be looked at later."""

import json
from datetime import datetime

from db.rows_routes import NewRoute
from services.llm.routing.values import Route


def to_row(
    route: Route,
    *,
    at: datetime,
    took_ms: float,
    redacted: str,
    conversation: str | None = None,
    message: str | None = None,
) -> NewRoute:
    """What is kept of a decision; `redacted` is the message with its secrets taken out."""
    return NewRoute(
        at=at,
        conversation=conversation,
        message=message,
        excerpt=redacted,
        provider=route.provider.value,
        model_role=route.model_role.value,
        needs_tools=route.needs_tools,
        step=route.step,
        kind=route.kind.value,
        score=route.score,
        took_ms=took_ms,
        because=route.because,
        features_json=json.dumps(
            [[evidence.name, round(evidence.weight, 2)] for evidence in route.features]
        ),
    )
