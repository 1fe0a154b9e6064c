"""What points of a run were measured on, and of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from api.batching import BatchLoader
from api.info import Info
from api.nodes.loaders import load_present
from api.nodes.types import Node
from domain import metrics
from domain.ids import NodeKey, RunID
from store.metrics.contexts import fetch_contexts_of


@strawberry.type(description="What points were measured on, and of what.")
class MetricContext:
    measured_on: strawberry.Private[NodeKey | None]
    measured_of: strawberry.Private[NodeKey | None]
    subset: str | None = strawberry.field(description="The part of the data, where one was named.")

    @strawberry.field(description="The data, where somebody said so.")
    async def on(self, info: Info) -> Node | None:
        return None if self.measured_on is None else await load_present(info, self.measured_on)

    @strawberry.field(description="The checkpoint or model that was measured, where somebody said so.")
    async def of(self, info: Info) -> Node | None:
        return None if self.measured_of is None else await load_present(info, self.measured_of)

    @classmethod
    def make(cls, context: metrics.MetricContext) -> Self:
        return cls(measured_on=context.on, measured_of=context.of, subset=context.subset)


class ContextsLoader(BatchLoader[RunID, list[metrics.MetricContext]]):
    """Contexts by run, in the order of their numbers."""

    async def fetch(self, conn: AsyncConnection, keys: Sequence[RunID]) -> Mapping[RunID, list[metrics.MetricContext]]:
        return await fetch_contexts_of(conn, self.workspace, keys)

    def absent(self, key: RunID) -> list[metrics.MetricContext]:
        return []
