"""One document answered twice: by compiled plans, and by graphql-core alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from strawberry.schema.base import BaseSchema

from api.context import Context, Services
from api.settings import ServerSettings
from domain.ids import WorkspaceID, make_uuid7

Told = tuple[str, list[str | int] | None, tuple[tuple[int, int], ...], dict[str, Any]]
Answer = tuple[Any, list[Told]]
VARIABLES = {"yes": True, "no": False}


def make_context() -> Context:
    """Return a context for a schema that needs no record."""
    services = cast("Services", SimpleNamespace(settings=ServerSettings()))
    return Context(services=services, workspace=WorkspaceID(make_uuid7()), workspace_name="default")


async def answer(
    schema: BaseSchema,
    document: str,
    context: Context,
    *,
    compiled: bool,
    root: object = None,
    variables: dict[str, Any] | None = None,
) -> Answer:
    """Return data and errors as the settings `compile` on and off give them."""
    settings = context.services.settings.model_copy(update={"compile": "on" if compiled else "off"})
    services = context.services
    chosen = (
        replace(services, settings=settings)
        if isinstance(services, Services)
        else cast("Services", SimpleNamespace(settings=settings))
    )
    result = await schema.execute(
        document,
        variable_values={**VARIABLES, **(variables or {})},
        context_value=replace(context, services=chosen, _loaders=None, plans=None),
        root_value=root,
    )
    errors = [
        (
            error.message,
            error.path,
            tuple((place.line, place.column) for place in error.locations or ()),
            dict(error.extensions or {}),
        )
        for error in result.errors or ()
    ]
    return result.data, sorted(errors, key=lambda error: str(error[1]))


def is_same(one: Answer, other: Answer) -> bool:
    """Say whether two answers are one to a client: equal data, and the same errors at every place that they left null.

    Where several errors below one place would make it null, one of them does, and which of the others are told too
    hangs on which came first (GraphQL, Handling Execution Errors): of those, at least one must be told by both.
    """
    if one[0] != other[0] or bool(one[1]) != bool(other[1]):
        return False
    by_place: list[dict[str, list[Told]]] = []
    for data, errors in (one, other):
        places: dict[str, list[Told]] = {}
        for error in errors:
            places.setdefault(str(find_null(data, error[1])), []).append(error)
        by_place.append(places)
    if by_place[0].keys() != by_place[1].keys():
        return False
    return all(any(error in by_place[1][place] for error in those) for place, those in by_place[0].items())


def find_null(data: Any, path: list[str | int] | None) -> list[str | int] | None:
    """Return the place on an error's path that is null in the data."""
    place: list[str | int] = []
    for step in path or ():
        if data is None:
            break
        data = data[step]
        place.append(step)
    return place
