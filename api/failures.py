"""Failures of queries as GraphQL errors that programs can branch on; bugs are logged once and masked."""

from __future__ import annotations

import re
from typing import Any

import structlog
from graphql import GraphQLError

from domain.errors import DomainError, InvalidInput, InvalidQuery

INTERNAL_ERROR = "internal error"

log = structlog.get_logger()

# How graphql-core says where in a variable or an argument something stands.
_WHERE = re.compile(r"(?:Variable '\$|Argument ')(?P<name>\w+)' has invalid (?:default )?value(?: at (?P<at>[^: ]+))?:")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def present(error: GraphQLError, *, operation: str | None = None) -> GraphQLError:
    """Return the error as clients see it. Saying it twice changes nothing: cached errors come here again."""
    if "code" in (error.extensions or {}):
        return error
    cause = find_cause(error)
    if isinstance(cause, RecursionError):
        cause = InvalidInput("the request is nested too deep")
    if isinstance(cause, DomainError):
        return _tell(error, cause.message, _describe(cause, list(cause.path)))
    if cause is None:
        return _tell(error, error.message, _describe(InvalidInput(error.message), find_path(error.message)))
    where = [str(step) for step in error.path or ()]
    log.error("operation_failed", operation=operation, field=".".join(where), exc_info=cause)
    return _tell(error, INTERNAL_ERROR, {"code": "INTERNAL", "path": [], "retriable": False})


def find_cause(error: GraphQLError) -> Exception | None:
    """Return what was raised at the bottom of a GraphQL error, or None where GraphQL itself found the fault."""
    cause: Exception | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def find_path(message: str) -> list[str]:
    """Return the variable or argument that a message of graphql-core names, and the steps below it."""
    found = _WHERE.match(message)
    if found is None:
        return []
    steps = _STEP.findall(found["at"] or "")
    return [found["name"], *(name or index for name, index in steps)]


def _describe(cause: DomainError, path: list[str]) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": cause.code, "path": path, "retriable": cause.retriable}
    if isinstance(cause, InvalidQuery):
        extensions |= {"line": cause.line, "column": cause.column, "expected": cause.expected}
    return extensions


def _tell(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    places = error.locations or []
    if places and "line" not in extensions:
        extensions = {**extensions, "line": places[0].line, "column": places[0].column}
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
