"""The lineage graph in Neo4j as a target: nodes fenced by their graph revision, intervals of edges by `retracted`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import NodeKey, NodeKind, WorkspaceID
from domain.lineage.edges import NEVER, Interval
from domain.projections import Entity, ProjectionName
from lineage.graph import NodeState
from lineage.neo4j_keeping import (
    GraphDriver,
    KeptInterval,
    drop_orphans,
    fetch_kept_intervals,
    fetch_kept_nodes,
    prepare_mark,
    read_mark,
    write_mark,
)
from lineage.neo4j_values import make_row, make_uid
from lineage.neo4j_writing import apply_states, check_constraints, drop, is_prepared, prepare
from projection.buckets import BUCKETS, digest_found
from projection.targets import BucketDigest, Found, Mark, State, Written
from store.edges import make_revision
from store.outbox import Changed
from store.projections.graph_rows import (
    NODES,
    count_graph_entities,
    fetch_edge_intervals,
    fetch_graph_page,
    fetch_node_fences,
)

TOGETHER = 32
"""Buckets that are read together."""


class GraphTarget:
    """One installation's graph. `mark` names its mark, where several share a database."""

    name: str = ProjectionName.GRAPH.value
    kinds: frozenset[NodeKind] = frozenset({*NODES, NodeKind.EDGE})
    wants: Changed = Changed.GRAPH
    hot: Changed = Changed.NOTHING
    rewritten: frozenset[NodeKind] = frozenset({NodeKind.EDGE})

    def __init__(self, driver: GraphDriver, *, mark: str = "whence") -> None:
        self._driver = driver
        self._mark = mark

    async def fetch_states(self, conn: AsyncConnection, entities: Sequence[Entity]) -> list[State]:
        states = [
            State(entity=entity, fence=fence, content=_digest_node(entity), body=entity.key)
            for entity, fence in (await fetch_node_fences(conn, entities)).items()
        ]
        for entity, intervals in (await fetch_edge_intervals(conn, entities)).items():
            content = _digest_edge([_describe(interval) for interval in intervals])
            fence = make_revision(intervals[-1])
            states.append(State(entity=entity, fence=fence, content=content, body=intervals))
        return states

    async def fetch_entities(self, conn: AsyncConnection, after: Entity | None, *, limit: int) -> list[Entity]:
        return await fetch_graph_page(conn, after, limit=limit)

    async def count_entities(self, conn: AsyncConnection) -> int:
        return await count_graph_entities(conn)

    async def read_mark(self) -> Mark | None:
        await prepare_mark(self._driver)
        found = await read_mark(self._driver, self._mark)
        return None if found is None else Mark(*found)

    async def write_mark(self, mark: Mark) -> None:
        await write_mark(self._driver, self._mark, nonce=mark.nonce, order=mark.order)

    async def prepare(self, generation: int) -> bool:
        is_new = not await is_prepared(self._driver, generation)
        await drop_orphans(self._driver, generation)
        await prepare(self._driver, generation)
        await check_constraints(self._driver, generation)
        return is_new

    async def write(self, states: Sequence[State], generations: Sequence[int]) -> Written:
        nodes = [state for state in states if state.entity.key.kind is not NodeKind.EDGE]
        kept = [NodeState(one.entity.workspace, one.entity.key, one.fence, one.body is None) for one in nodes]
        edges = [state for state in states if state.entity.key.kind is NodeKind.EDGE]
        intervals: list[Interval] = [interval for state in edges for interval in state.body or ()]
        erased = [str(state.entity.key.uuid) for state in edges if state.body is None]
        return Written(bookmark=await apply_states(self._driver, generations, kept, intervals, erased=erased))

    async def refresh(self, generation: int) -> None:
        """Nothing is to be done: what is written is visible."""

    async def serve(self, generation: int) -> None:
        """Nothing is to be done: who asks names the generation."""

    async def drop(self, generation: int) -> None:
        await drop(self._driver, generation)

    async def fetch_digests(self, generation: int) -> dict[int, BucketDigest]:
        pages = [page async for page in self.list_found(generation, buckets=None, deep=False)]
        return digest_found(one for page in pages for one in page)

    async def list_found(
        self, generation: int, *, buckets: frozenset[int] | None, deep: bool
    ) -> AsyncIterator[list[Found]]:
        """Contents are always computed anew: nothing is noted of them."""
        wanted = sorted(range(BUCKETS) if buckets is None else buckets)
        for start in range(0, len(wanted), TOGETHER):
            together = wanted[start : start + TOGETHER]
            nodes = await fetch_kept_nodes(self._driver, generation, buckets=together)
            intervals = await fetch_kept_intervals(self._driver, generation, buckets=together)
            yield [*map(_found_node, nodes), *_found_edges(intervals)]

    async def fetch_found(self, generation: int, entities: Sequence[Entity], *, deep: bool) -> list[Found]:
        uids = [make_uid(one.workspace, one.key.uuid) for one in entities if one.key.kind is not NodeKind.EDGE]
        edges = [str(one.key.uuid) for one in entities if one.key.kind is NodeKind.EDGE]
        nodes = await fetch_kept_nodes(self._driver, generation, uids=uids) if uids else []
        return [
            *map(_found_node, nodes),
            *_found_edges(await fetch_kept_intervals(self._driver, generation, edges=edges)),
        ]

    async def erase(self, generation: int, entities: Sequence[Entity]) -> None:
        edges = [str(one.key.uuid) for one in entities if one.key.kind is NodeKind.EDGE]
        await apply_states(self._driver, [generation], [], [], erased=edges)


def _found_node(node: NodeState) -> Found:
    entity = Entity(node.workspace, node.key)
    return Found(entity=entity, fence=node.revision, content=_digest_node(entity), tombstone=node.gone)


def _found_edges(intervals: Iterable[KeptInterval]) -> list[Found]:
    by_edge: dict[Entity, list[KeptInterval]] = defaultdict(list)
    for one in intervals:
        by_edge[Entity(WorkspaceID(one.workspace), NodeKey(NodeKind.EDGE, UUID(one.edge)))].append(one)
    return [
        Found(
            entity=entity,
            fence=max(2 * one.n - (one.retracted == NEVER) for one in found),
            content=_digest_edge([{**one.content, "n": one.n, "retracted": one.retracted} for one in found]),
        )
        for entity, found in by_edge.items()
    ]


def _describe(interval: Interval) -> dict[str, Any]:
    row = make_row(interval, 0)
    fixed = {name: value for name, value in row["fixed"].items() if value is not None}
    return {
        "kind": interval.edge.kind.name,
        "source": row["source"],
        "target": row["target"],
        "fixed": fixed,
        "n": interval.n,
        "retracted": interval.retracted,
    }


def _digest_node(entity: Entity) -> int:
    return entity.key.kind.value


def _digest_edge(intervals: Sequence[Mapping[str, Any]]) -> int:
    """Return a digest of all intervals of an edge with everything in them."""
    ordered = sorted(intervals, key=lambda one: int(one["n"]))
    text = json.dumps(ordered, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest())
