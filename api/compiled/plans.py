"""Plans: the selected fields of one object type as a function, and the columns that it takes beside the object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.compiled.columns import Column, gather_all

if TYPE_CHECKING:
    from api.compiled.executor import CompiledExecutor
    from api.compiled.shapes import Shape


@dataclass(frozen=True, slots=True)
class Plan:
    """How objects of one type are answered."""

    build: Callable[..., dict[str, Any]]
    """Makes the answer of an object and its value in each column."""
    columns: tuple[Column, ...]

    async def complete(self, executor: CompiledExecutor, objects: Sequence[Any]) -> list[Any]:
        """Return the answers of objects, level by level: what all of them need is loaded together."""
        if not self.columns:
            return list(map(self.build, objects))
        if not objects:
            return []
        if len(self.columns) == 1:
            return list(map(self.build, objects, await self.columns[0].complete(executor, objects)))
        columns = await gather_all(column.complete(executor, objects) for column in self.columns)
        return list(map(self.build, objects, *columns))


@dataclass(slots=True)
class Plans:
    """What was compiled for one document, by type and selected nodes; None where graphql-core has to do it."""

    shapes: dict[tuple[int, ...], Shape | None] = field(default_factory=dict)
