"""Nodes of lineage that are no nouns of their own: the measuring side of a run, and what is left of a purged thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import NodeKey, NodeKind, RunID


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The measuring side of a run: it takes what is only measured on, and generates reports and predictions."""

    id: UUID
    run: RunID
    created_at: datetime

    @property
    def key(self) -> NodeKey:
        return NodeKey(NodeKind.EVALUATION, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What is left of a purged thing: its edges still lead through it."""

    key: NodeKey
    purged_at: datetime
