"""Parameters of many runs in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import ArgumentLoader
from domain.ids import RunID
from domain.parameters import Parameter
from store.parameters import fetch_parameters

Names: TypeAlias = "tuple[str, ...] | None"


class ParametersLoader(ArgumentLoader[RunID, Names, list[Parameter]]):
    """Parameters by run, all or those of some keys, in the order of their keys."""

    async def fetch(
        self, conn: AsyncConnection, keys: Sequence[RunID], arguments: Names
    ) -> Mapping[RunID, list[Parameter]]:
        return await fetch_parameters(conn, self.workspace, list(keys), None if arguments is None else list(arguments))

    def absent(self) -> list[Parameter]:
        return []
