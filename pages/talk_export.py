"""A conversation to take away: as Markdown for a person, as JSON for a program."""

import re

from nicegui import App
from starlette.requests import Request
from starlette.responses import Response

from pages.paper import draw_paper
from pages.security import current_session
from services.llm.talk import Form, Talk
from services.llm.talk_errors import NoSuchConversation

NAME_CHARS = 60
_GONE = (
    '<section class="sheet"><p>There is no such conversation, or it is another person’s.</p>'
    '<p class="more"><a class="btn" href="/">Back to the page</a></p></section>'
)


def register(app: App, *, talk: Talk) -> None:
    """Add `/talk/{conversation_id}.md` and `/talk/{conversation_id}.json` to `app`."""

    def serve_form(ending: str, form: Form, kind: str) -> None:
        @app.get(f"/talk/{{conversation_id}}.{ending}")
        async def send_conversation(request: Request, conversation_id: str) -> Response:
            user = current_session(request).user_name
            try:
                row = await talk.find_conversation(conversation_id, user)
                text = await talk.export(conversation_id, user, form)
            except NoSuchConversation:
                return draw_paper(title="Not here", at="", body=_GONE, status=404)
            name = f"{file_name(row.title)}.{ending}"
            return Response(
                text,
                media_type=kind,
                headers={
                    "content-disposition": f'attachment; filename="{name}"',
                    "cache-control": "no-store",
                },
            )

    serve_form("md", "markdown", "text/markdown; charset=utf-8")
    serve_form("json", "json", "application/json")


def file_name(title: str) -> str:
    """A title as the name of a file: plain letters, digits and dashes."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(["jarvis", *words])[:NAME_CHARS].rstrip("-")
