"""Edges in the record: intervals opened and closed in the caller's transaction, and read by edge or by end.

What others may rely on:

- A row of `edges` is one interval. Rows are inserted and, once, closed (`retracted`); nothing else ever changes one.
  Of an edge at most one interval is open, and `n` counts its intervals from 1 without gaps.
- Each edge whose intervals a transaction touched has one outbox row: kind `NodeKind.EDGE`, uid the edge's id,
  `Changed.GRAPH`. Its revision counts what happened to the edge (`make_revision`) and only rises. Whoever projects
  reads all intervals of the edge by that uid (`fetch_intervals`) and writes each; a relationship's key is
  `Interval.id`, its fence `retracted`: the smaller wins.
- The ends of an edge stand in the record before it does. A new node has an outbox row of its own; an Evaluation's is of
  kind `NodeKind.EVALUATION`. An edge raises the `graph_revision` of neither end.
- An interval's `recorded` and `retracted` are positions of the transactions that wrote them. They are final for readers
  at positions below the snapshot's xmin.
- CALLED and REVISION_OF are rows like all others; VERSION_OF is none: the version's own row names its name.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Unavailable
from domain.ids import NodeKey, NodeKind, RunID, WorkspaceID
from domain.lineage.edges import NEVER, Edge, Held, Interval, replace
from domain.lineage.kinds import EdgeKind, Origin, WriteMode
from domain.lineage.roles import Role
from domain.positions import Position
from store import tables
from store.outbox import Changed
from store.transactions import Transaction

edges = tables.edges

Claims: TypeAlias = Mapping[Edge, Held]

ROUNDS = 5
"""How often a writer looks again when others wrote the same edges meanwhile."""

LOCK = """
SELECT * FROM edges WHERE workspace = $1 AND id = ANY($2::uuid[]) AND retracted = 9223372036854775807
ORDER BY id FOR UPDATE
"""
NEWEST = """
SELECT e.* FROM unnest($2::uuid[]) AS asked (id)
CROSS JOIN LATERAL (SELECT * FROM edges WHERE workspace = $1 AND id = asked.id ORDER BY n DESC LIMIT 1) AS e
"""
CLOSE = """
UPDATE edges AS e SET retracted = $4
FROM unnest($2::uuid[], $3::int[]) AS row (id, n)
WHERE e.workspace = $1 AND e.id = row.id AND e.n = row.n AND e.retracted = 9223372036854775807
RETURNING e.id
"""
COLUMNS = {
    "id": "uuid", "n": "int", "kind": "smallint", "source_kind": "smallint", "source": "uuid",
    "target_kind": "smallint", "target": "uuid", "role": "smallint", "of_run": "uuid", "subset": "text",
    "origin": "smallint", "producer": "text", "held_from": "timestamptz", "held_to": "timestamptz",
    "own_time": "boolean", "range": "jsonb", "step": "bigint", "mode": "smallint", "path": "text",
    "entry_point": "text", "evidence": "text", "own_role": "boolean", "choice": "boolean", "overlapping": "boolean",
    "unbound": "uuid",
}  # fmt: skip
INTERVAL = (
    *("workspace", "id", "n", "kind", "source_kind", "source", "target_kind", "target", "role", "of_run", "subset"),
    *("origin", "producer", "held_from", "held_to", "own_time", "own_role", "range", "step", "mode", "path"),
    *("entry_point", "evidence", "choice", "overlapping", "unbound", "recorded", "retracted"),
)
"""The columns of an interval, in the order in which `make_interval_of` takes them."""

_KINDS = {kind.value: kind for kind in EdgeKind}
_NODES = {kind.value: kind for kind in NodeKind}
_ROLES = {role.value: role for role in Role}
_ORIGINS = {origin.value: origin for origin in Origin}

INSERT = f"""
INSERT INTO edges (workspace, recorded, {", ".join(COLUMNS)})
SELECT $1, $2, row.*
FROM unnest({", ".join(f"${place}::{type_}[]" for place, type_ in enumerate(COLUMNS.values(), 3))}) AS row
ON CONFLICT (workspace, id, n) DO NOTHING RETURNING id
"""


def make_revision(interval: Interval) -> int:
    """Return how often an edge was opened and closed, as seen from its newest interval."""
    return 2 * interval.n - interval.is_open


async def record_edges(tx: Transaction, workspace: WorkspaceID, claims: Claims) -> None:
    """Record edges with what is held of them: what stands so already stays, what stands otherwise is closed first.

    Locks the edges in the order of their ids. The ends must stand in the record.
    """
    left = {edge.id: (edge, held) for edge, held in claims.items()}
    for _ in range(ROUNDS):
        if not left:
            return
        newest = await _lock_newest(tx, workspace, left)
        due = {id_: claim for id_, claim in left.items() if not _stands(newest.get(id_), claim[1])}
        closing = [newest[id_] for id_ in sorted(due) if id_ in newest and newest[id_].is_open]
        await _close(tx, workspace, closing)
        opening = [
            Interval(edge=edge, n=1 + (newest[id_].n if id_ in newest else 0), held=held, recorded=tx.token.position)
            for id_, (edge, held) in sorted(due.items())
        ]
        opened = await _open(tx, workspace, opening)
        left = {id_: claim for id_, claim in due.items() if id_ not in opened}
    raise Unavailable("others write the same edges; send this again")


async def retract_edges(tx: Transaction, workspace: WorkspaceID, ids: Collection[UUID]) -> list[Interval]:
    """Close the open intervals of edges; return those that there were, as they stood."""
    if not ids:
        return []
    rows = await tx.driver.fetch(LOCK, workspace, sorted(ids))
    opened = [make_interval(row) for row in rows]
    await _close(tx, workspace, opened)
    return opened


async def fetch_intervals(
    conn: AsyncConnection, workspace: WorkspaceID, ids: Collection[UUID]
) -> dict[UUID, list[Interval]]:
    """Return all intervals of edges, each edge's in order; one query."""
    rows = await conn.execute(
        sa.select(edges).where(edges.c.workspace == workspace, edges.c.id.in_(ids)).order_by(edges.c.id, edges.c.n)
    )
    found: dict[UUID, list[Interval]] = {}
    for row in rows.mappings():
        found.setdefault(row["id"], []).append(make_interval(row))
    return found


async def fetch_open(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    *,
    sources: Iterable[UUID] | None = None,
    targets: Iterable[UUID] | None = None,
    kinds: Collection[EdgeKind] | None = None,
) -> list[Interval]:
    """Return the open intervals that leave `sources` and enter `targets`, those of the two that are given."""
    statement = sa.select(edges).where(edges.c.workspace == workspace, edges.c.retracted == NEVER)
    for column, given in ((edges.c.source, sources), (edges.c.target, targets)):
        if given is not None:
            statement = statement.where(column == sa.func.any(sa.cast(list(given), sa.ARRAY(sa.Uuid))))
    if kinds is not None:
        statement = statement.where(edges.c.kind.in_([kind.value for kind in kinds]))
    rows = await conn.execute(statement.order_by(edges.c.id))
    return [make_interval(row) for row in rows.mappings()]


def make_interval(row: Any) -> Interval:
    """Return the interval of a row of `edges`, as SQLAlchemy or the driver gives it."""
    return make_interval_of([row[name] for name in INTERVAL])


def make_interval_of(row: Sequence[Any]) -> Interval:
    """Return the interval of the columns `INTERVAL`. A walk makes a hundred thousand of them."""
    workspace, id_, n, kind, source_kind, source, target_kind, target, role, of_run, subset, *more = row
    origin, producer, held_from, held_to, own_time, own_role, range_, step, mode, path, *rest = more
    entry_point, evidence, choice, overlapping, unbound, recorded, retracted = rest
    edge = Edge(
        workspace=WorkspaceID(workspace),
        kind=_KINDS[kind],
        source=NodeKey(_NODES[source_kind], source),
        target=NodeKey(_NODES[target_kind], target),
        role=None if role is None else _ROLES[role],
        run=None if of_run is None else RunID(of_run),
        subset=subset,
        origin=_ORIGINS[origin],
        producer=producer,
        known_id=id_,
    )
    held = Held(
        held_from=held_from,
        held_to=held_to,
        own_time=own_time,
        own_role=own_role,
        range=json.loads(range_) if isinstance(range_, str) else range_,
        step=step,
        mode=None if mode is None else WriteMode(mode),
        path=path,
        entry_point=entry_point,
        evidence=evidence,
        choice=choice,
        overlapping=overlapping,
        unbound=unbound,
    )
    return Interval(edge=edge, n=n, held=held, recorded=Position(recorded), retracted=Position(retracted))


async def _lock_newest(tx: Transaction, workspace: WorkspaceID, ids: Iterable[UUID]) -> dict[UUID, Interval]:
    asked = sorted(ids)
    await tx.driver.execute(LOCK, workspace, asked)
    return {row["id"]: make_interval(row) for row in await tx.driver.fetch(NEWEST, workspace, asked)}


def _stands(newest: Interval | None, held: Held) -> bool:
    return newest is not None and newest.is_open and newest.held == held


async def _close(tx: Transaction, workspace: WorkspaceID, closing: Sequence[Interval]) -> set[UUID]:
    if not closing:
        return set()
    ids, numbers = [one.edge.id for one in closing], [one.n for one in closing]
    rows = await tx.driver.fetch(CLOSE, workspace, ids, numbers, tx.position)
    closed = {row["id"] for row in rows}
    for one in closing:
        if one.edge.id in closed:
            _tell(tx, workspace, replace(one, retracted=tx.position))
    return closed


async def _open(tx: Transaction, workspace: WorkspaceID, opening: Sequence[Interval]) -> set[UUID]:
    if not opening:
        return set()
    columns = zip(*map(_row, opening), strict=True)
    rows = await tx.driver.fetch(INSERT, workspace, tx.position, *map(list, columns))
    opened = {row["id"] for row in rows}
    for one in opening:
        if one.edge.id in opened:
            _tell(tx, workspace, one)
    return opened


def _tell(tx: Transaction, workspace: WorkspaceID, interval: Interval) -> None:
    key = NodeKey(NodeKind.EDGE, interval.edge.id)
    tx.changed(workspace, key, make_revision(interval), Changed.GRAPH)


def _row(interval: Interval) -> tuple[Any, ...]:
    """Return the values of `COLUMNS`."""
    edge, held = interval.edge, interval.held
    return (
        *(edge.id, interval.n, edge.kind.value, edge.source.kind.value, edge.source.uuid),
        *(edge.target.kind.value, edge.target.uuid, None if edge.role is None else edge.role.value, edge.run),
        *(edge.subset, edge.origin.value, edge.producer, held.held_from, held.held_to, held.own_time),
        *(None if held.range is None else json.dumps(dict(held.range)), held.step),
        *(None if held.mode is None else held.mode.value, held.path, held.entry_point, held.evidence),
        *(held.own_role, held.choice, held.overlapping, held.unbound),
    )
