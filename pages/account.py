"""The account: its password, its sessions, and the passkey of the override."""

from html import escape

from nicegui import App
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from pages.door import read_form
from pages.paper import draw_field, draw_paper, draw_said, draw_time
from pages.security import current_session, entrance
from services.auth.errors import AuthError
from services.auth.service import Auth
from services.auth.sessions import Session
from services.safety.actors import Actor
from services.safety.errors import GateError
from services.tools.gate.gate import Gate

DIFFER = "The two new ones differ; nothing was changed."
CHANGED = "It is changed; other sessions ended."


def register(app: App, *, auth: Auth, gate: Gate) -> None:
    """Add `/account`, `/account/password` and `/account/passkey` to `app`."""

    @app.get("/account")
    async def show_account(request: Request) -> Response:
        return _draw(auth, gate, current_session(request))

    @app.post("/account/password")
    async def change_password(request: Request) -> Response:
        session = current_session(request)
        form = await read_form(request)
        wanted = form.get("wanted", "")
        if wanted != form.get("again", ""):
            return _draw(auth, gate, session, password=DIFFER)
        try:
            await auth.change_password(
                session.key, form.get("present", ""), wanted, entrance(request).seen.visitor
            )
        except AuthError as fault:
            return _draw(auth, gate, session, password=str(fault))
        return _draw(auth, gate, session, password=CHANGED, good=True)

    @app.post("/account/passkey")
    async def change_passkey(request: Request) -> Response:
        session = current_session(request)
        form = await read_form(request)
        wanted = form.get("wanted", "")
        if wanted != form.get("again", ""):
            return _draw(auth, gate, session, passkey=DIFFER)
        person = Actor.of_person(session.user_name, session=session.key)
        present = form.get("present", "")
        try:
            await gate.set_passkey(
                SecretStr(wanted), person, current=SecretStr(present) if present else None
            )
        except GateError as fault:
            return _draw(auth, gate, session, passkey=_sentences(fault))
        return _draw(auth, gate, session, passkey="The passkey is set.", good=True)


def _sentences(fault: GateError) -> str:
    """Why not, and what can be done; names of settings keep their letters."""
    clauses = [clause.removesuffix(".") for clause in (fault.because, fault.remedy) if clause]
    return " ".join(f"{clause[:1].upper()}{clause[1:]}." for clause in clauses)


def _draw(
    auth: Auth,
    gate: Gate,
    session: Session,
    *,
    password: str = "",
    passkey: str = "",
    good: bool = False,
) -> Response:
    body = (
        _draw_password(password, good)
        + _draw_passkey(gate, passkey, good)
        + _draw_sessions(auth, session)
    )
    status = 200 if good or not (password or passkey) else 400
    return draw_paper(
        title=f"Account of {session.user_name}", at="/account", body=body, status=status
    )


def _draw_password(said: str, good: bool) -> str:
    return (
        '<section class="sheet"><h2>Password</h2>'
        '<form class="column" method="post" action="/account/password">'
        + draw_field(
            "present", "Present password", kind="password", autocomplete="current-password"
        )
        + draw_field(
            "wanted", "New password", kind="password", autocomplete="new-password", required=True
        )
        + draw_field(
            "again",
            "New password again",
            kind="password",
            autocomplete="new-password",
            required=True,
        )
        + '<button class="btn">Change the password</button></form>'
        + draw_said(said, good=good)
        + '<p class="narrow">Whoever came by a one-time link and has none yet leaves the first '
        "field empty. Changing it ends every other session.</p></section>"
    )


def _draw_passkey(gate: Gate, said: str, good: bool) -> str:
    if gate.passkey_is_given:
        return (
            '<section class="sheet"><h2>Passkey of the override</h2><p class="narrow">It is set by '
            "JARVIS_OVERRIDE_HASH; change it there and start Jarvis anew.</p></section>"
        )
    present = (
        draw_field("present", "Present passkey", kind="password", required=True)
        if gate.has_passkey
        else ""
    )
    verb = "Change" if gate.has_passkey else "Set"
    return (
        '<section class="sheet"><h2>Passkey of the override</h2>'
        '<p class="narrow">It opens an override for some minutes, in which you may ask for what '
        "destroys. It is not your password, and Jarvis keeps only its hash.</p>"
        '<form class="column" method="post" action="/account/passkey">'
        + present
        + draw_field(
            "wanted", "New passkey", kind="password", autocomplete="new-password", required=True
        )
        + draw_field(
            "again",
            "New passkey again",
            kind="password",
            autocomplete="new-password",
            required=True,
        )
        + f'<button class="btn">{verb} the passkey</button></form>'
        + draw_said(said, good=good)
        + "</section>"
    )


def _draw_sessions(auth: Auth, mine: Session) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.address)}</td><td>{draw_time(one.last_seen_at)}</td>"
        f"<td>{draw_time(one.expires_at)}</td>"
        f"<td>{'this one' if one.key == mine.key else ''}</td></tr>"
        for one in sorted(
            auth.guard.of_user(mine.user_id), key=lambda one: one.last_seen_at, reverse=True
        )
    )
    return (
        '<section class="sheet"><h2>Sessions</h2><div class="scroll"><table><thead><tr>'
        "<th>From</th><th>Last seen</th><th>Ends when unused</th><th></th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
        '<form method="post" action="/logout-everywhere">'
        '<button class="btn danger">Sign out everywhere</button></form></section>'
    )
