"""Signing in and out: plain HTML and real forms, so that no page is built for a stranger."""

from nicegui import App
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pages.cookies import give_token, take_token
from pages.door import draw_door, draw_field, draw_told, read_form
from pages.security import current_session, entrance, told
from services.auth.admissions import Admission
from services.auth.errors import AuthError, LinkSpent, SessionEnded, SignInBusy, SignInRefused
from services.auth.service import Auth
from services.clock import as_stored


def register(app: App, *, auth: Auth) -> None:
    """Add `/login`, `/logout`, `/logout-everywhere`, `/enter/{token}` and `/session` to `app`.

    Whoever's session ends between the wall and a page's own look at it is sent to `/login` too.
    """

    @app.exception_handler(SessionEnded)
    async def send_to_door(request: Request, ended: SessionEnded) -> Response:
        return _go("/login")

    @app.get("/login")
    async def show_login(request: Request) -> Response:
        if auth.needs_setup:
            return _go("/setup")
        if entrance(request).session is not None:
            return _go("/")
        return _draw_login(name="", fault=None)

    @app.post("/login")
    async def sign_in(request: Request) -> Response:
        found = entrance(request)
        form = await read_form(request)
        name = form.get("name", "")[:64]
        try:
            admission = await auth.sign_in(
                name, form.get("password", ""), found.seen.visitor, replaces=found.token
            )
        except (SignInRefused, SignInBusy) as fault:
            return _draw_login(name=name, fault=fault)
        return let_in(request, auth, admission)

    @app.get("/enter/{token}")
    async def enter(request: Request, token: str) -> Response:
        purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
        if "prefetch" in purpose or "preview" in purpose:
            return Response(status_code=204)
        found = entrance(request)
        try:
            admission = await auth.enter(token[:128], found.seen.visitor, replaces=found.token)
        except (LinkSpent, SignInRefused) as fault:
            if found.session is not None:
                return _go("/")
            return _draw_login(name="", fault=fault, status=410)
        return let_in(request, auth, admission)

    @app.post("/logout")
    async def sign_out(request: Request) -> Response:
        found = entrance(request)
        try:
            await auth.sign_out(current_session(request).key, found.seen.visitor)
        except SessionEnded:
            return _leave(request)
        return _leave(request)

    @app.post("/logout-everywhere")
    async def sign_out_everywhere(request: Request) -> Response:
        found = entrance(request)
        await auth.sign_out_everywhere(current_session(request).key, found.seen.visitor)
        return _leave(request)

    @app.get("/session")
    async def show_session(request: Request) -> Response:
        try:
            session = current_session(request)
        except SessionEnded as fault:
            return told(401, "session_ended", str(fault))
        return JSONResponse(
            {"user": session.user_name, "expires_at": as_stored(session.expires_at)}
        )


def let_in(request: Request, auth: Auth, admission: Admission) -> Response:
    """Send someone to the page with their new session."""
    response = _go("/")
    give_token(
        response,
        admission.token,
        scheme=entrance(request).seen.scheme,
        lifetime_s=round(auth.guard.lifetime.total_seconds()),
    )
    return response


def _leave(request: Request) -> Response:
    response = _go("/login")
    take_token(response, scheme=entrance(request).seen.scheme)
    return response


def _go(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303)


def _draw_login(*, name: str, fault: AuthError | None, status: int = 401) -> Response:
    retry_s = fault.retry_s if isinstance(fault, SignInRefused) else 0
    wrong = isinstance(fault, SignInRefused)
    body = (
        '<form method="post" action="/login">'
        + draw_field(
            "name", "Name", value=name, autocomplete="username", focus=not name, wrong=wrong
        )
        + draw_field(
            "password",
            "Password",
            kind="password",
            autocomplete="current-password",
            focus=bool(name),
            wrong=wrong,
        )
        + '<button data-busy="Checking">Sign in</button></form>'
        + (draw_told(str(fault), retry_s=retry_s) if fault else "")
    )
    if fault is None:
        status = 200
    elif isinstance(fault, SignInBusy):
        status, retry_s = 503, 5
    headers = {"retry-after": str(retry_s)} if retry_s else {}
    return draw_door(title="Sign in", body=body, status=status, headers=headers)
