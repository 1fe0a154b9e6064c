"""The problem of a purge: live things descend from what is to go."""

from __future__ import annotations

import strawberry

from api.connections import TotalCount
from api.info import Info
from api.nodes.loaders import load_present
from api.nodes.types import Node
from api.problems import Problem, ProblemCode
from domain.ids import NodeKey
from domain.lineage import descendants

DESPITE = (
    "True purges it although live things descend from it: deployments, models, data that is to be had, runs, all that "
    "nobody deleted. Ways still lead through what is left of it; who did it is noted."
)


@strawberry.type(description="Live things descend from what was to be purged. Nothing was purged.")
class HasDescendants(Problem):
    count: TotalCount = strawberry.field(description="How many there are, anywhere below it.")
    keys: strawberry.Private[list[NodeKey]]

    @strawberry.field(
        description="Some of them, at most 10: what is deployed first, then models, then data, then runs."
    )
    async def some(self, info: Info) -> list[Node]:
        return [await load_present(info, key) for key in self.keys]

    @classmethod
    def of(cls, error: descendants.HasDescendants) -> HasDescendants:
        return cls(
            code=ProblemCode.CONFLICT,
            message=error.message,
            path=["input", *error.path],
            retriable=error.retriable,
            count=TotalCount(value=error.descendants.count, exact=True),
            keys=list(error.descendants.some),
        )
