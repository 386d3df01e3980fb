"""The session's cookie: its name, its manners, and how it is read."""

from starlette.requests import cookie_parser
from starlette.responses import Response

from pages.origins import Scope, header

PLAIN_NAME = "jarvis_session"
TLS_NAME = "__Host-jarvis_session"
"""The prefix makes browsers refuse it from anything but this very host under TLS."""


def cookie_name(scheme: str) -> str:
    """What the cookie is called under `http` or `https`."""
    return TLS_NAME if scheme == "https" else PLAIN_NAME


def read_token(scope: Scope, scheme: str) -> str | None:
    """The token the browser brought, or None.

    A host's services share its cookies whatever their ports: what others wrote may be no cookie.
    """
    return cookie_parser(header(scope, "cookie") or "").get(cookie_name(scheme))


def give_token(response: Response, token: str, *, scheme: str, lifetime_s: int) -> None:
    """Let the browser keep the session's token."""
    response.set_cookie(
        cookie_name(scheme),
        token,
        max_age=lifetime_s,
        path="/",
        secure=scheme == "https",
        httponly=True,
        samesite="lax",
    )


def take_token(response: Response, *, scheme: str) -> None:
    """Make the browser forget the session's token."""
    response.delete_cookie(
        cookie_name(scheme), path="/", secure=scheme == "https", httponly=True, samesite="lax"
    )
