"""How the API says no.

ApiError(status, reason)   the status line carries the reason; the body its shape by kind
"""

from collections.abc import Mapping


class ApiError(Exception):
    """An answer other than 200. The reason line is Proxmox's own channel for the text.

    `errors` makes it a parameter error; `empty` sends no body at all (401, 595, 596).
    """

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        errors: Mapping[str, str] | None = None,
        empty: bool = False,
    ) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.errors = dict(errors) if errors else None
        self.empty = empty


def bad_parameter(**errors: str) -> ApiError:
    """400 with a text for each parameter."""
    return ApiError(400, "Parameter verification failed.", errors=errors)
