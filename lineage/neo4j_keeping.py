"""What a projection needs of Neo4j beside writing states: its mark, and a look at what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from neo4j import AsyncDriver

from domain.ids import WorkspaceID
from lineage.graph import NodeState
from lineage.neo4j_connection import neo4j_errors, read_row, write
from lineage.neo4j_statements import label_of
from lineage.neo4j_values import read_key
from lineage.neo4j_writing import WALKABLE

MARK_CONSTRAINT = "CREATE CONSTRAINT LineageMark_name IF NOT EXISTS FOR (m:LineageMark) REQUIRE m.name IS UNIQUE"
ORPHANS = """
SHOW INDEXES YIELD name, owningConstraint WHERE owningConstraint IS NULL AND name IN $names
RETURN collect(name) AS names
"""
WRITE_MARK = """
MERGE (m:LineageMark {name: $name})
WITH m WHERE m.order IS NULL OR m.order < $order SET m.order = $order, m.nonce = $nonce
"""
READ_MARK = """
OPTIONAL MATCH (m:LineageMark {name: $name}) RETURN m.nonce AS nonce, m.order AS order
"""
NODES = """
MATCH (n:{label}) WHERE {condition}
RETURN collect(n.uid) AS uids, collect(n.kind) AS kinds, collect(n.revision) AS revisions,
       collect(coalesce(n.gone, false)) AS gone
"""
EDGES = """
MATCH (a:{label})-[e]->(b) WHERE right(split(e.key, ':')[1], 2) IN $buckets
RETURN collect([e.key, type(e), a.uid, b.uid, properties(e)]) AS found
"""
EDGES_BY_KEY = """
UNWIND $prefixes AS prefix MATCH (a)-[e:{kind}]->(b) WHERE e.key STARTS WITH prefix
RETURN collect([e.key, type(e), a.uid, b.uid, properties(e)]) AS found
"""


GraphDriver: TypeAlias = AsyncDriver
"""For those above, who know no driver."""


@dataclass(frozen=True, slots=True)
class KeptInterval:
    """A relationship as it is stored: of which edge, which interval, and all that is in it."""

    workspace: WorkspaceID
    edge: str
    n: int
    retracted: int
    content: Mapping[str, Any]


async def drop_orphans(driver: AsyncDriver, generation: int) -> None:
    """Remove the indexes of constraints that a server was killed over: they keep the constraints from being made."""
    names = [f"{label_of(generation)}_uid", *(f"{kind.name}_key" for kind in WALKABLE)]
    row = await read_row(driver, ORPHANS, names=names)
    async with neo4j_errors(), driver.session() as session:
        for name in row["names"]:
            await (await session.run(f"DROP INDEX {name} IF EXISTS")).consume()


async def prepare_mark(driver: AsyncDriver) -> None:
    """Let there be one mark of a name."""
    async with neo4j_errors(), driver.session() as session:
        await (await session.run(MARK_CONSTRAINT)).consume()


async def write_mark(driver: AsyncDriver, name: str, *, nonce: int, order: int) -> None:
    """Keep a mark, unless one of greater order is kept."""
    await write(driver, [(WRITE_MARK, {"name": name, "nonce": nonce, "order": order})])


async def read_mark(driver: AsyncDriver, name: str) -> tuple[int, int] | None:
    """Return nonce and order of the mark that is kept."""
    row = await read_row(driver, READ_MARK, name=name)
    return None if row["order"] is None else (row["nonce"], row["order"])


async def fetch_kept_nodes(
    driver: AsyncDriver, generation: int, *, uids: Sequence[str] | None = None, buckets: Sequence[int] = ()
) -> list[NodeState]:
    """Return nodes by uid, or all of some buckets."""
    condition = "n.uid IN $uids" if uids is not None else "right(n.uid, 2) IN $buckets"
    row = await read_row(
        driver,
        NODES.format(label=label_of(generation), condition=condition),
        uids=uids,
        buckets=[f"{bucket:02x}" for bucket in buckets],
    )
    columns = zip(row["uids"], row["kinds"], row["revisions"], row["gone"], strict=True)
    return [
        NodeState(_read_workspace(uid), read_key(uid, kind), revision, gone) for uid, kind, revision, gone in columns
    ]


async def fetch_kept_intervals(
    driver: AsyncDriver, generation: int, *, edges: Sequence[str] | None = None, buckets: Sequence[int] = ()
) -> list[KeptInterval]:
    """Return the intervals of edges by id, or of all edges of some buckets."""
    if edges is None:
        hexes = [f"{bucket:02x}" for bucket in buckets]
        row = await read_row(driver, EDGES.format(label=label_of(generation)), buckets=hexes)
        return [_read_interval(one) for one in row["found"]]
    prefixes = [f"{generation}:{edge}:" for edge in edges]
    found: list[KeptInterval] = []
    for kind in WALKABLE if edges else ():
        row = await read_row(driver, EDGES_BY_KEY.format(kind=kind.name), prefixes=prefixes)
        found += [_read_interval(one) for one in row["found"]]
    return found


def _read_interval(found: Sequence[Any]) -> KeptInterval:
    key, kind, source, target, properties = found
    _, edge, number = key.split(":")
    fixed = {name: value for name, value in properties.items() if name not in ("key", "retracted")}
    content = {"kind": kind, "source": source, "target": target, "fixed": fixed}
    return KeptInterval(_read_workspace(source), edge, int(number), properties["retracted"], content)


def _read_workspace(uid: str) -> WorkspaceID:
    return WorkspaceID(UUID(hex=uid[:32]))
