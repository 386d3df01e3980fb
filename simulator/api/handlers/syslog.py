"""/nodes/{node}/syslog and journal: numbered lines, and plain ones."""

import datetime as dt

from simulator.api.errors import bad_parameter
from simulator.api.routes import Check, Listing, Param, Params, Request, node_of, route
from simulator.world.syslog import syslog_lines
from simulator.world.world import World

_SYSLOG = Check("/nodes/{node}", "Sys.Syslog")


@route(
    "GET",
    "/nodes/{node}/syslog",
    check=_SYSLOG,
    params=(
        Param("limit", "integer", low=0),
        Param("start", "integer", low=0),
        Param("service"),
        Param("since"),
        Param("until"),
    ),
)
def read_syslog(world: World, request: Request, params: Params) -> object:
    """Oldest first, 50 lines unless told otherwise; `total` counts them all."""
    since, until = _moment(params, "since"), _moment(params, "until")
    texts = [
        text
        for at, text in syslog_lines(world, node_of(world, params), params.get("service"))
        if (since is None or world.told(at) >= since) and (until is None or world.told(at) <= until)
    ]
    start = params.integer("start", 0)
    limit = params.integer("limit", 50) or 50
    rows = [
        {"n": number, "t": text}
        for number, text in enumerate(texts[start : start + limit], start + 1)
    ]
    return Listing(rows or [{"n": 1, "t": "no content"}], len(texts))


def _moment(params: Params, name: str) -> float | None:
    """A time as the API takes it: a date, with hours and minutes if wanted; UTC."""
    text = params.get(name)
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()
    except ValueError as error:
        raise bad_parameter(**{name: "value does not match the regex pattern"}) from error


@route(
    "GET",
    "/nodes/{node}/journal",
    check=_SYSLOG,
    params=(
        Param("lastentries", "integer", low=0),
        Param("since", "integer", low=0),
        Param("until", "integer", low=0),
        Param("startcursor"),
        Param("endcursor"),
    ),
)
def read_journal(world: World, request: Request, params: Params) -> object:
    """Plain lines between a first and a last one that hold the journal's cursors."""
    lines = [
        (at, text)
        for at, text in syslog_lines(world, node_of(world, params))
        if params.integer("since", 0) <= world.told(at) <= params.integer("until", 1 << 40)
    ]
    wanted = lines[-params.integer("lastentries", len(lines)) :] if lines else []
    ends = [f"s=0;i={int(at)}" for at, _ in (wanted[:1] + wanted[-1:])] or ["", ""]
    return [ends[0], *(text for _, text in wanted), ends[-1]]
