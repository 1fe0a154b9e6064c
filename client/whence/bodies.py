"""Bodies of GraphQL requests over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec


def encode_operation(document: str, variables: dict[str, Any] | None = None) -> bytes:
    """Return the body of a request for one operation."""
    return msgspec.json.encode({"query": document, "variables": variables or {}})
