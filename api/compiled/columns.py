"""Columns: the values of one field of many objects, loaded together."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, is_awaitable

from api.compiled.shapes import Shape

if TYPE_CHECKING:
    from api.compiled.executor import CompiledExecutor

Batch = Callable[..., Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(ABC):
    """A field of an object type that one expression cannot give."""

    shape: Shape

    async def complete(self, executor: CompiledExecutor, sources: Sequence[Any]) -> list[Any]:
        """Return the completed values of the field, one for each source."""
        return await self.shape.complete(executor, await self.load(executor, sources))

    @abstractmethod
    async def load(self, executor: CompiledExecutor, sources: Sequence[Any]) -> Sequence[Any]:
        """Return the field's values, one for each source. Raises what one of them raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn(Column):
    """Values that are there, below which something has to be loaded."""

    read: Callable[[Any], Any]

    async def load(self, executor: CompiledExecutor, sources: Sequence[Any]) -> Sequence[Any]:
        return list(map(self.read, sources))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchColumn(Column):
    """Values that a batch function loads for all sources at once."""

    field: GraphQLField
    node: FieldNode
    batch: Batch

    async def load(self, executor: CompiledExecutor, sources: Sequence[Any]) -> Sequence[Any]:
        return await self.batch(executor.context_value, sources, **find_arguments(executor, self.field, self.node))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverColumn(Column):
    """Values that the field's resolver gives, source by source."""

    name: str
    parent: GraphQLObjectType
    field: GraphQLField
    nodes: list[FieldNode]

    async def load(self, executor: CompiledExecutor, sources: Sequence[Any]) -> Sequence[Any]:
        # The path is that of the field alone: where in the answer it stands only an error has to know, and an error
        # is graphql-core's to find again.
        info = executor.build_resolve_info(self.field, self.nodes, self.parent, Path(None, self.name, self.parent.name))
        arguments = find_arguments(executor, self.field, self.nodes[0])
        resolve: Any = self.field.resolve
        values: list[Any] = []
        try:
            values.extend(resolve(source, info, **arguments) for source in sources)  # keeps those before a failure
        except BaseException:
            for value in values:
                if isinstance(value, Coroutine):
                    value.close()  # nobody will await it
            raise
        waiting = [place for place, value in enumerate(values) if is_awaitable(value)]
        for place, value in zip(waiting, await gather_all(values[place] for place in waiting), strict=True):
            values[place] = value
        return values


def find_arguments(executor: CompiledExecutor, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
    """Return the arguments of a field. Raises `GraphQLError`."""
    if not field.args:
        return {}
    return get_argument_values(field, node, executor.variable_values, None, executor.hide_suggestions)


async def gather_all(works: Iterable[Awaitable[Any]]) -> list[Any]:
    """Await all of them to the end, then raise what the first that failed raised."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
