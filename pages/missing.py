"""What a browser sees at an address where there is nothing."""

from fastapi.exception_handlers import http_exception_handler
from nicegui import App
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pages.paper import draw_paper

_NOTHING = (
    '<section class="sheet"><p>There is nothing at this address.</p>'
    '<p class="more"><a class="btn" href="/">Back to the page</a></p></section>'
)


def register(app: App) -> None:
    """Answer 404 of `app` as a page to who reads pages, and as JSON to everyone else."""

    @app.exception_handler(404)
    async def show_nothing(request: Request, error: HTTPException) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return draw_paper(title="Not here", at="", body=_NOTHING, status=404)
        return await http_exception_handler(request, error)
