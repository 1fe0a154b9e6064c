"""Questions about lineage as walks understand them: everything is resolved, nothing is a word of a client."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import NodeKey, NodeKind
from domain.lineage.kinds import WALKED, EdgeKind
from domain.lineage.roles import Role
from domain.positions import Position


class Direction(Enum):
    """Which way a walk goes; edges point where data flows."""

    UPSTREAM = "UPSTREAM"
    DOWNSTREAM = "DOWNSTREAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """When. `at`: edges that held from then or before; `known`: what was known at that position. None: now."""

    at: datetime | None = None
    known: Position | None = None


NOW = AsOf()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One walk.

    `roles` and `subset` narrow edges that have a role; `node_kinds` what may be entered; `stop_at` is entered and not
    passed. `skip_choice` and `skip_reports` leave out edges of choice, and reports and logs that leave an Evaluation.
    `since` and `until` bound when edges began to hold. `hub`: a node with that many edges on is shown and not passed.
    """

    starts: tuple[NodeKey, ...]
    direction: Direction
    max_depth: int | None = None
    kinds: Set[EdgeKind] = WALKED
    roles: Set[Role] | None = None
    subset: str | None = None
    node_kinds: Set[NodeKind] | None = None
    stop_at: Set[NodeKind] = frozenset()
    inferred: bool = True
    follow_revisions: bool = False
    skip_choice: bool = False
    skip_reports: bool = False
    since: datetime | None = None
    until: datetime | None = None
    as_of: AsOf = NOW
    hub: int | None = None
    most_nodes: int = 50_000
    most_edges: int = 200_000
    most_seconds: float | None = None

    @property
    def followed(self) -> Set[EdgeKind]:
        """The kinds of edges that the walk follows."""
        return self.kinds | {EdgeKind.REVISION_OF} if self.follow_revisions else self.kinds
