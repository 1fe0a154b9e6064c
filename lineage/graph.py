"""The port of the lineage graph: walking, and taking what the projection brings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import NodeKey, WorkspaceID
from domain.lineage.answers import Walk
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import NOW, AsOf, Question


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as the graph shows it; `revision` is its `graph_revision`, the fence: the greater stays.

    One that is `gone` is a tombstone: what was purged, and what the record does not know.
    """

    workspace: WorkspaceID
    key: NodeKey
    revision: int
    gone: bool = False


class LineageGraph(Protocol):
    """Answers questions about edges. All adapters give equal answers, cut ones included.

    A walk goes by levels. Level 0 are the starts, which are always passed, be they hubs or of a stop kind. The next
    level is what, not met before, all edges lead to that lead on from the passed nodes of a level and that the question
    lets through. A node of it is an *end* if its kind is in `stop_at`, else if `hub` edges or more lead on from it;
    ends are shown and never passed. `hubs` has the numbers of those that are no stops; any makes the reason HUB.

    The answer has the nodes of its levels with their distances, and every edge from one of its passed nodes to one of
    its nodes. Runs that called a run of it, and what its starts called, are joined afterwards (`parents`).

    A walk ends early, always between whole levels, at the first level d where

    - the edges that lead on from levels 0 to d are more than `most_edges`: EDGES. Those of level d are left out,
      its passed nodes are the frontier, and nothing is counted;
    - d is `max_depth`, and an edge leads to what was not met: DEPTH;
    - the passed nodes of levels 1 to d + 1 are more than `most_nodes`: NODES.

    In the last two cases what the edges lead to is left out and counted (there may be more behind it), and where they
    come from is the frontier. A first level that is too large by itself is cut by uuid: its ends and the first
    `most_nodes` of its passed nodes are in the answer, and not passed.

    `most_seconds` ends a walk with TIME, and what was found by then, which may differ from adapter to adapter.

    Raises `Unavailable` where what answers is away, slow beyond its own limits, or too busy.
    """

    async def walk(self, workspace: WorkspaceID, question: Question) -> Walk:
        """Return what a question finds. Edges never leave their workspace, so neither does a walk."""

    async def fetch_next_to(
        self,
        workspace: WorkspaceID,
        *,
        into: Iterable[NodeKey] = (),
        out_of: Iterable[NodeKey] = (),
        kinds: Collection[EdgeKind],
        as_of: AsOf = NOW,
    ) -> list[Interval]:
        """Return the edges of some kinds that lead into the ones or out of the others, by edge and number."""


class AppliedGraph(LineageGraph, Protocol):
    """A graph beside the record, which a projection fills: in any order, any number of times, with the same result."""

    async def apply(self, nodes: Sequence[NodeState], intervals: Sequence[Interval]) -> None:
        """Write nodes and intervals of edges whole. Of an interval the smaller `retracted` stays.

        An interval needs no node to be there before it. Durable once this returns.
        """
