"""Who asks: API tokens, tickets and their CSRF token, with Proxmox's refusals."""

import base64
import hashlib
import hmac
import re
import time
import urllib.parse
from collections.abc import Mapping

from simulator.world.model import Who

from .errors import ApiError
from .secrets import Secrets

TICKET_LIFE_S = 7200
_TOKEN = re.compile(r"PVEAPIToken[= ](?P<user>[^!=]+@[^!=]+)!(?P<token>[^=:]+)[=:](?P<secret>.+)")


class Auth:
    """Checks credentials. `revoked` holds the ids of tokens that no longer exist."""

    def __init__(self, secrets: Secrets, major: int) -> None:
        self._secrets = secrets
        self._major = major
        self.revoked: set[str] = set()

    def identify(self, verb: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Who:
        """The caller, or a 401 without a body. A cookie wins over the header."""
        ticket = cookies.get("PVEAuthCookie")
        if ticket is not None:
            who = self._of_ticket(urllib.parse.unquote(ticket))
            if verb != "GET":
                self._check_csrf(who, headers.get("CSRFPreventionToken", ""))
            return who
        header = headers.get("Authorization", "")
        if not header:
            raise ApiError(401, "No ticket", empty=True)
        return self._of_token(header)

    def login(self, user: str, password: str) -> tuple[Who, str, str]:
        """Password, or an old ticket as the password; hands back a ticket and a CSRF token."""
        known = self._secrets.passwords.get(user)
        good = known is not None and hmac.compare_digest(known.encode(), password.encode())
        if not good and password.startswith("PVE:"):
            try:
                good = self._of_ticket(password).user == user
            except ApiError:
                good = False
        if not good:
            raise ApiError(401, "authentication failure")
        return Who(user=user), self._make_ticket(user), self._make_csrf(user)

    def _of_token(self, header: str) -> Who:
        match = _TOKEN.fullmatch(header)
        if match is None:
            raise ApiError(401, "No ticket", empty=True)
        name = f"{match['user']}!{match['token']}"
        secret = self._secrets.tokens.get(name)
        if secret is None or name in self.revoked:
            raise self._refusal(f"no such token '{match['token']}' for user '{match['user']}'")
        if not hmac.compare_digest(secret.encode(), match["secret"].encode()):
            raise self._refusal("invalid token value!")
        return Who(user=match["user"], tokenid=match["token"])

    def _of_ticket(self, ticket: str) -> Who:
        parts = ticket.split(":")
        if len(parts) == 5 and parts[0] == "PVE" and re.fullmatch("[0-9A-F]{8}", parts[2]):
            user, told = parts[1], parts[2]
            fresh = -300 < time.time() - int(told, 16) < TICKET_LIFE_S
            if fresh and hmac.compare_digest(parts[4], self._sign(f"PVE:{user}:{told}")):
                return Who(user=user)
        raise self._refusal("permission denied - invalid PVE ticket")

    def _check_csrf(self, who: Who, given: str) -> None:
        told, _, _ = given.partition(":")
        if not hmac.compare_digest(given.encode(), self._csrf_at(who.user, told).encode()):
            raise ApiError(401, "Permission denied - invalid csrf token", empty=True)

    def _refusal(self, older: str) -> ApiError:
        return ApiError(401, "Authentication failed!" if self._major >= 9 else older, empty=True)

    def _make_ticket(self, user: str) -> str:
        told = f"{int(time.time()):08X}"
        return f"PVE:{user}:{told}::{self._sign(f'PVE:{user}:{told}')}"

    def _make_csrf(self, user: str) -> str:
        return self._csrf_at(user, f"{int(time.time()):08X}")

    def _csrf_at(self, user: str, told: str) -> str:
        return f"{told}:{self._sign(f'{told}:{user}')}"

    def _sign(self, text: str) -> str:
        key = bytes.fromhex(self._secrets.ticket_key)
        digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode().rstrip("=")
