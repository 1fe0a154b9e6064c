"""The driver's failures as ours: what waiting may help is `Unavailable`, whatever else escapes is a bug."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from elasticsearch import ApiError, ConnectionTimeout, TransportError, UnsupportedProductError

from domain.errors import Unavailable

BUSY = frozenset({408, 429, 502, 503, 504})
"""Statuses of a server that is full, starting, electing, or without a shard."""

REFUSED = frozenset({401, 403})
"""A user, a password or a key that the server does not take: somebody mends that while we wait."""

BLOCKED = "cluster_block_exception"
"""An index that takes no writes: a disk is full, or somebody closed it."""

EXPIRED = "search_context_missing_exception"
"""A point in time that was kept no longer."""

CONFLICT = "version_conflict_engine_exception"
"""An older state than the stored one, or the same: what was to be written is there."""

MISSING = "index_not_found_exception"
CLOSED = "index_closed_exception"


@asynccontextmanager
async def driver_errors() -> AsyncIterator[None]:
    """Translate what the driver raises."""
    try:
        yield
    except ConnectionTimeout as exc:
        raise Unavailable("the search index did not answer in time") from exc
    except UnsupportedProductError as exc:
        raise Unavailable("what answers at the address of the search index is no Elasticsearch") from exc
    except ApiError as exc:
        if is_waiting(exc.status_code, name_cause(exc)):
            raise Unavailable(f"the search index cannot answer now: {name_cause(exc) or exc.status_code}") from exc
        raise
    except TransportError as exc:
        raise Unavailable("the search index did not answer") from exc


def is_waiting(status: int, cause: str) -> bool:
    """Say whether the same request may succeed later, without anything in it being changed."""
    return status in BUSY or status in REFUSED or cause in (BLOCKED, MISSING, CLOSED) or (status >= 500 and cause != "")


def name_cause(error: ApiError) -> str:
    """Return the type of the innermost cause that the server names."""
    body = error.body
    return find_cause(body.get("error") if isinstance(body, Mapping) else None)


def find_cause(error: Any) -> str:
    """Return the type that an error in an answer names; that of the first shard where the whole says nothing."""
    if not isinstance(error, Mapping):
        return str(error or "")
    for shard in error.get("failed_shards") or ():
        if cause := find_cause(shard.get("reason")):
            return cause
    for cause in error.get("root_cause") or ():
        if isinstance(cause, Mapping) and cause.get("type"):
            return str(cause["type"])
    return str(error.get("type") or "")
