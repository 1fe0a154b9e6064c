"""Parameters of many runs in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import ArgumentLoader
from api.context import Context
from api.nodes.types import Node
from domain.ids import RunID
from store.parameter_rows import ParameterRow, fetch_parameter_rows

Names: TypeAlias = "tuple[str, ...] | None"


class ParametersLoader(ArgumentLoader[RunID, Names, list[ParameterRow]]):
    """Parameters by run, all or those of some keys, in the order of their keys."""

    async def fetch(
        self, conn: AsyncConnection, keys: Sequence[RunID], arguments: Names
    ) -> Mapping[RunID, list[ParameterRow]]:
        return await fetch_parameter_rows(conn, self.workspace, keys, arguments)

    def absent(self) -> list[ParameterRow]:
        return []


async def load_params(
    context: Context, runs: Sequence[Node], keys: Sequence[str] | None = None
) -> Sequence[list[ParameterRow]]:
    """Return the parameters of each run, all or those of some keys."""
    names = None if keys is None else tuple(keys)
    return await context.loaders.parameters.load_many([(RunID(run.uuid), names) for run in runs])
