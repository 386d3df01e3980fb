"""First run: whoever set Jarvis up becomes its owner."""

from nicegui import App
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pages.door import draw_door, draw_field, draw_told, read_form
from pages.login import let_in
from pages.security import entrance
from services.auth.errors import (
    AuthError,
    PasswordTooWeak,
    SetupClosed,
    SetupCodeWrong,
    SignInRefused,
)
from services.auth.passwords import MIN_LENGTH
from services.auth.service import Auth


def register(app: App, *, auth: Auth) -> None:
    """Add `/setup` to `app`; it answers only while there is no account."""

    @app.get("/setup")
    async def show_setup(request: Request) -> Response:
        if not auth.needs_setup:
            return RedirectResponse("/login", status_code=303)
        code = request.query_params.get("code", "")[:64]
        return _draw_setup(name=auth.owner_name, code=code, fault=None)

    @app.post("/setup")
    async def set_up(request: Request) -> Response:
        found = entrance(request)
        form = await read_form(request)
        name = form.get("name", "")[:64]
        password = form.get("password", "")
        try:
            if auth.needs_setup and password != form.get("again", ""):
                raise PasswordTooWeak("The two passwords differ. Enter the same one twice.")
            admission = await auth.set_up(
                name,
                password,
                found.seen.visitor,
                code=form.get("code", "")[:64],
                replaces=found.token,
            )
        except SetupClosed:
            return RedirectResponse("/login", status_code=303)
        except (PasswordTooWeak, SetupCodeWrong, SignInRefused) as fault:
            return _draw_setup(name=name, code=form.get("code", "")[:64], fault=fault)
        return let_in(request, auth, admission)


def _draw_setup(*, name: str, code: str, fault: AuthError | None) -> Response:
    retry_s = fault.retry_s if isinstance(fault, (SetupCodeWrong, SignInRefused)) else 0
    weak = isinstance(fault, PasswordTooWeak)
    body = (
        '<p class="note">There is no account yet. The first one owns this house.</p>'
        '<form method="post" action="/setup">'
        + draw_field("name", "Name", value=name, autocomplete="username", focus=not name)
        + draw_field(
            "code",
            "Setup code",
            value="" if isinstance(fault, SetupCodeWrong) else code,
            hint="It stands in the log of Jarvis, printed when it started.",
            focus=bool(name) and not code,
            wrong=isinstance(fault, SetupCodeWrong),
        )
        + draw_field(
            "password",
            "Password",
            kind="password",
            autocomplete="new-password",
            hint=f"{MIN_LENGTH} characters or more.",
            focus=bool(name and code),
            wrong=weak,
        )
        + draw_field(
            "again", "Password again", kind="password", autocomplete="new-password", wrong=weak
        )
        + '<button data-busy="Setting up">Create the owner</button></form>'
        + (draw_told(str(fault), retry_s=retry_s) if fault else "")
    )
    headers = {"retry-after": str(retry_s)} if retry_s else {}
    status = 200 if fault is None else 422 if weak else 401
    return draw_door(title="First run", body=body, status=status, headers=headers)
