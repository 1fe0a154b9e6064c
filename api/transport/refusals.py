"""A request turned away before GraphQL sees it, told in GraphQL's own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from domain.errors import Conflict, Denied, DomainError, Gone, InvalidInput, NotFound, TooLarge, Unavailable

INTERNAL_ERROR = "internal error"
STATUSES: dict[type[DomainError], int] = {
    InvalidInput: 400,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    Unavailable: 503,
}


class Refusal(Exception):
    """A failure with its HTTP status; `error` carries the code and message that clients branch on."""

    def __init__(
        self, error: DomainError, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.status = status or STATUSES.get(type(error), 500)
        self.headers = dict(headers or {})


def describe(error: DomainError) -> dict[str, Any]:
    """Return a failure as a GraphQL error."""
    return {
        "message": error.message,
        "extensions": {"code": error.code, "path": list(error.path), "retriable": error.retriable},
    }


def refuse(refusal: Refusal, *, media_type: str = "application/json") -> Response:
    """Return the answer to a request that was turned away."""
    body = msgspec.json.encode({"errors": [describe(refusal.error)]})
    return Response(body, status_code=refusal.status, media_type=media_type, headers=refusal.headers)


def mask() -> dict[str, Any]:
    """Return what a client may see of a failure nobody expected."""
    return {"message": INTERNAL_ERROR, "extensions": {"code": "INTERNAL", "path": [], "retriable": False}}
