"""What is left of a purged thing, as a node of answers: ways still lead through it."""

from __future__ import annotations

from typing import Self

import strawberry

from api.lineage.answer_enums import LineageNodeKind, show_kind
from api.nodes.types import Node, make_id
from api.scalars import DateTime
from domain.ids import WorkspaceID
from domain.lineage import nodes


@strawberry.type(
    description="What is left of a thing that was purged: nothing of it but that it was there, and its links. Only "
    "answers of lineage have it."
)
class Purged(Node):
    kind: LineageNodeKind = strawberry.field(description="What it was.")
    purged_at: DateTime = strawberry.field(description="When it was purged.")

    @classmethod
    def of(cls, node: nodes.Purged, workspace: WorkspaceID) -> Self:
        return cls(
            id=make_id(node.key.kind, workspace, node.key.uuid),
            uuid=node.key.uuid,
            kind=show_kind(node.key.kind),
            purged_at=node.purged_at,
        )
