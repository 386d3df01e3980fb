"""What asking models costs: today and the month against their budgets, and where it goes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from nicegui import App
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from db.rows_talk import ConversationCost
from pages.costs_draw import draw_costs, draw_file_form
from pages.paper import draw_paper
from pages.security import current_session
from services.llm.claude.config import ModelRole
from services.llm.models.models import Models
from services.llm.talk import Talk
from services.llm.talk_errors import NoSuchConversation

BEGINNING, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Nothing was counted before, and nothing will be after."""
_DAYS = ("since", "until")


def register(app: App, *, models: Models, talk: Talk) -> None:
    """Add `/costs` and `/costs.csv` to `app`."""

    @app.get("/costs")
    async def show_costs(request: Request) -> Response:
        session = current_session(request)
        report = await models.costs.report()
        titles = await _find_titles(talk, report.by_conversation, session.user_name)
        body = draw_costs(
            report,
            titles=titles,
            everyday=models.model_for(ModelRole.ROUTINE),
            asked=_asked(request),
        )
        return draw_paper(title="Costs", at="/costs", body=body)

    @app.get("/costs.csv")
    async def send_costs(request: Request) -> Response:
        current_session(request)
        asked = _asked(request)
        span = parse_span(asked)
        if isinstance(span, str):
            form = f'<section class="sheet">{draw_file_form(asked, span)}</section>'
            return draw_paper(title="Costs", at="/costs", body=form, status=400)
        since, until = span
        return StreamingResponse(
            models.costs.export(since=since, until=until),
            media_type="text/csv; charset=utf-8",
            headers={
                "content-disposition": 'attachment; filename="jarvis-costs.csv"',
                "cache-control": "no-store",
            },
        )


def parse_span(asked: dict[str, str]) -> tuple[datetime, datetime] | str:
    """From the first moment of a day to the last of another, UTC; or what is wrong with them.

    Days that are not named are the first and the last there can be.
    """
    moments = {"since": BEGINNING, "until": END}
    for name in _DAYS:
        text = asked[name].strip()
        if not text:
            continue
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            moments[name] = (
                max(day, BEGINNING)
                if name == "since"
                else min(day, END - timedelta(days=1)) + timedelta(days=1)
            )
        except ValueError:
            return f"{'From' if name == 'since' else 'To'} is no day; write it as 2026-11-27."
    if moments["since"] >= moments["until"]:
        return "To is before From; exchange them."
    return moments["since"], moments["until"]


def _asked(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "")[:40] for name in _DAYS}


async def _find_titles(
    talk: Talk, conversations: Sequence[ConversationCost], user: str
) -> dict[str, str]:
    """The titles of those that are the user's, by id."""
    titles: dict[str, str] = {}
    for one in conversations:
        try:
            titles[one.conversation] = (await talk.find_conversation(one.conversation, user)).title
        except NoSuchConversation:
            continue
    return titles
