"""What mutations of lineage answer."""

from __future__ import annotations

import strawberry

from api.lineage.edges import LineageEdge
from api.mutating import TOKEN
from api.nodes.types import Node

WARNINGS = (
    "What was recorded and should still be looked at, such as a new name that looks like a known one. At most one a "
    "name or edge."
)


@strawberry.type(description="Edges were recorded.")
class RecordLineagePayload:
    edges: list[LineageEdge] = strawberry.field(
        description="The edges as they stand, in the order given: two where a role stands on both sides of a run, "
        "those that follow where a name was bound; at most 2,000 and what was bound."
    )
    warnings: list[str] = strawberry.field(description=WARNINGS)
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="Edges were taken back.")
class RetractLineagePayload:
    retracted: int = strawberry.field(description="How many stood; others had been taken back before.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A source was declared, or is one no more.")
class DeclareSourcePayload:
    node: Node = strawberry.field(description="The version.")
    token: str = strawberry.field(description=TOKEN)


@strawberry.type(description="A node was described.")
class DescribeNodePayload:
    node: Node = strawberry.field(description="The node; of a file with another digest, the version that has it.")
    token: str = strawberry.field(description=TOKEN)
