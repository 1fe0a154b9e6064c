"""The measuring side of a run, as a node of its own."""

from __future__ import annotations

from typing import Self

import strawberry

from api.info import Info
from api.nodes.types import Node, make_id
from api.runs.loaders import load_run
from api.runs.types import Run
from api.scalars import DateTime
from domain.errors import Gone
from domain.ids import NodeKind, RunID, WorkspaceID
from domain.lineage import nodes


@strawberry.type(
    description="The measuring side of a run: it takes what is only measured on, and makes reports and predictions."
)
class Evaluation(Node):
    of_run: strawberry.Private[RunID]
    created_at: DateTime = strawberry.field(description="When it was recorded: with its first edge.")

    @strawberry.field(description="The run whose side it is; null once it was purged.")
    async def run(self, info: Info) -> Run | None:
        try:
            return await load_run(info, self.of_run)
        except Gone:
            return None

    @classmethod
    def of(cls, node: nodes.Evaluation, workspace: WorkspaceID) -> Self:
        return cls(
            id=make_id(NodeKind.EVALUATION, workspace, node.id),
            uuid=node.id,
            of_run=node.run,
            created_at=node.created_at,
        )
