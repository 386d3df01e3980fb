"""A refusal as the API words it."""

from typing import Any


class Refused(Exception):
    """The request is answered with this status and error."""

    def __init__(
        self, status: int, kind: str, message: str, *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = headers or {}

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON of the answer."""
        error = {"type": self.kind, "message": self.message}
        return {"type": "error", "error": error, "request_id": request_id}


def invalid(message: str) -> Refused:
    """400: something in the request is wrong."""
    return Refused(400, "invalid_request_error", message)


def missing(message: str) -> Refused:
    """404: what was asked for does not exist."""
    return Refused(404, "not_found_error", message)
