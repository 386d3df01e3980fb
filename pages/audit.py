"""The audit: who did what, with filters, and as a file to take away."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import urlencode

from nicegui import App
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from db import Database
from db.queries.audit import find_broken_audit
from db.rows import AuditRow
from db.rows_gate import AuditSearch
from pages.paper import draw_choice, draw_field, draw_paper, draw_said, draw_time
from pages.security import current_session
from services.tools.gate.audit import GateAudit

PAGE_ROWS = 100
OUTCOMES = (
    "", "begun", "accepted", "done", "empty", "failed", "refused", "waiting", "timed out",
    "unknown",
)  # fmt: skip
ACTORS = (
    ("", "anyone"), ("person/", "people"), ("model/", "models"), ("monitor/", "the monitor"),
    ("api/", "programs"), ("mcp/", "assistants"), ("user/", "accounts"), ("system", "the system"),
)  # fmt: skip
_NAMES = ("actor", "action", "target", "outcome", "since", "until", "text")


def register(app: App, *, audit: GateAudit, database: Database) -> None:
    """Add `/audit`, `/audit.csv` and `/audit.json` to `app`."""

    @app.get("/audit")
    async def show_audit(request: Request) -> Response:
        current_session(request)
        asked = {name: request.query_params.get(name, "")[:200] for name in _NAMES}
        search, fault = parse_search(asked)
        before = request.query_params.get("before", "")
        before_id = (
            int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        )
        rows = [] if fault else await audit.search(search, before_id=before_id, limit=PAGE_ROWS)
        whole = ""
        if "verify" in request.query_params:
            broken = await database.run(find_broken_audit)
            whole = (
                draw_said("Every entry fits the one before it: the audit is whole.", good=True)
                if broken is None
                else draw_said(f"Entry {broken} does not fit the one before it.")
            )
        body = _draw_filters(asked) + draw_said(fault) + whole + _draw_rows(rows, asked)
        return draw_paper(title="Audit", at="/audit", body=body)

    def serve_file(
        path: str, kind: str, export: Callable[[AuditSearch], AsyncIterator[str]]
    ) -> None:
        @app.get(path)
        async def send_audit(request: Request) -> Response:
            current_session(request)
            asked = {name: request.query_params.get(name, "")[:200] for name in _NAMES}
            search, fault = parse_search(asked)
            if fault:
                return draw_paper(title="Audit", at="/audit", body=draw_said(fault), status=400)
            name = path.removeprefix("/")
            return StreamingResponse(
                export(search),
                media_type=kind,
                headers={"content-disposition": f'attachment; filename="jarvis-{name}"'},
            )

    serve_file("/audit.csv", "text/csv; charset=utf-8", audit.export_csv)
    serve_file("/audit.json", "application/json", audit.export_json)


def parse_search(asked: dict[str, str]) -> tuple[AuditSearch, str]:
    """The search that a form asks for, and what is wrong with it, if anything is."""
    moments: dict[str, datetime | None] = {}
    for name, added in (("since", timedelta()), ("until", timedelta(days=1))):
        text = asked[name].strip()
        try:
            moments[name] = (
                datetime.fromisoformat(text).replace(tzinfo=UTC) + added if text else None
            )
        except (ValueError, OverflowError):
            return AuditSearch(), f"{name.capitalize()} is no date; write it as 2026-11-27."
    return (
        AuditSearch(
            actor=asked["actor"] or None,
            action=asked["action"].strip() or None,
            target=asked["target"].strip() or None,
            outcome=asked["outcome"] or None,
            since=moments["since"],
            until=moments["until"],
            text=asked["text"].strip() or None,
        ),
        "",
    )


def _draw_filters(asked: dict[str, str]) -> str:
    kept = urlencode({name: value for name, value in asked.items() if value})
    tail = f"?{escape(kept)}" if kept else ""
    return (
        '<form class="sheet" method="get" action="/audit"><div class="fields">'
        + draw_choice("actor", "Who", ACTORS, asked["actor"])
        + draw_field("action", "Action", value=asked["action"], hint="stop_guest")
        + draw_field("target", "Target", value=asked["target"], hint="guest/104")
        + draw_choice(
            "outcome", "Outcome", [(one, one or "any") for one in OUTCOMES], asked["outcome"]
        )
        + draw_field("since", "From (UTC)", value=asked["since"], kind="date")
        + draw_field("until", "To (UTC)", value=asked["until"], kind="date")
        + draw_field("text", "Text", value=asked["text"], hint="anywhere")
        + '<button class="btn">Show</button></div><div class="more">'
        + f'<a class="btn quiet" href="/audit.csv{tail}">Save as CSV</a>'
        + f'<a class="btn quiet" href="/audit.json{tail}">Save as JSON</a>'
        + '<a class="btn quiet" href="/audit?verify=1">Verify the chain</a>'
        + '<a class="btn quiet" href="/audit">Clear the filters</a></div></form>'
    )


def _draw_rows(rows: list[AuditRow], asked: dict[str, str]) -> str:
    if not rows:
        return '<p class="narrow">No entry fits.</p>'
    lines = "".join(_draw_row(row) for row in rows)
    more = ""
    if len(rows) == PAGE_ROWS:
        query = {name: value for name, value in asked.items() if value} | {
            "before": str(rows[-1].id)
        }
        older = f"/audit?{escape(urlencode(query))}"
        more = f'<p class="more"><a class="btn" href="{older}">Older entries</a></p>'
    return (
        '<div class="sheet scroll"><table class="entries"><thead><tr><th>No</th>'
        "<th>When</th><th>Who</th><th>Action</th><th>Target</th><th>Outcome</th><th>Because</th></tr></thead>"
        f"<tbody>{lines}</tbody></table></div>{more}"
    )


def _draw_row(row: AuditRow) -> str:
    detail = json.dumps(json.loads(row.detail_json or "{}"), indent=1, ensure_ascii=False)
    unfolded = (
        f"<details><summary>{escape(row.because) or 'detail'}</summary>"
        f"<pre>{escape(detail)}</pre></details>"
        if detail != "{}"
        else escape(row.because)
    )
    tone = row.outcome.replace(" ", "-")
    return (
        f'<tr><td class="num">{row.id}</td><td>{draw_time(row.at)}</td><td>{escape(row.actor)}</td>'
        f'<td><span class="mono">{escape(row.action)}</span></td><td>{escape(row.target)}</td>'
        f'<td class="out-{escape(tone)}">{escape(row.outcome)}</td><td>{unfolded}</td></tr>'
    )
