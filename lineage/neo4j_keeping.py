"""What a projection needs of Neo4j beside writing: its mark, tombstones, and a look at what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from neo4j import AsyncDriver, AsyncManagedTransaction

from domain.ids import NodeKey, NodeKind, WorkspaceID
from lineage.neo4j_connection import neo4j_errors, read_row, write
from lineage.neo4j_statements import KINDS, label_of
from lineage.neo4j_values import make_uid, read_key
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
WRITE_NODES = """
UNWIND $rows AS row MERGE (n:{label} {{uid: row.uid}})
ON CREATE SET n:{kind}, n.kind = row.kind, n.revision = row.revision, n.gone = row.gone
WITH n, row WHERE n.revision < row.revision SET n.revision = row.revision, n.gone = row.gone
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
ERASE = "UNWIND $prefixes AS prefix MATCH ()-[e:{kind}]->() WHERE e.key STARTS WITH prefix DELETE e"


GraphDriver: TypeAlias = AsyncDriver
"""For those above, who know no driver."""


@dataclass(frozen=True, slots=True)
class KeptNode:
    """A node as it is stored; one that is `gone` is a tombstone."""

    workspace: WorkspaceID
    key: NodeKey
    revision: int
    gone: bool = False


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
    await write(driver, WRITE_MARK, name=name, nonce=nonce, order=order)


async def read_mark(driver: AsyncDriver, name: str) -> tuple[int, int] | None:
    """Return nonce and order of the mark that is kept."""
    row = await read_row(driver, READ_MARK, name=name)
    return None if row["order"] is None else (row["nonce"], row["order"])


async def write_kept_nodes(driver: AsyncDriver, generation: int, nodes: Iterable[KeptNode]) -> None:
    """Write nodes and tombstones, fenced; sorted by key so that all writers lock in one order."""
    by_kind: dict[NodeKind, list[dict[str, Any]]] = {}
    for node in nodes:
        uid = make_uid(node.workspace, node.key.uuid)
        row = {"uid": uid, "kind": node.key.kind.value, "revision": node.revision, "gone": node.gone}
        by_kind.setdefault(node.key.kind, []).append(row)
    for kind, rows in sorted(by_kind.items(), key=lambda each: each[0].value):
        rows.sort(key=lambda row: row["uid"])
        await write(driver, WRITE_NODES.format(label=label_of(generation), kind=KINDS[kind]), rows=rows)


async def fetch_kept_nodes(
    driver: AsyncDriver, generation: int, *, uids: Sequence[str] | None = None, buckets: Sequence[int] = ()
) -> list[KeptNode]:
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
        KeptNode(_read_workspace(uid), read_key(uid, kind), revision, gone) for uid, kind, revision, gone in columns
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


async def erase_edges(driver: AsyncDriver, generation: int, edges: Sequence[str]) -> None:
    """Delete the relationships of edges."""
    prefixes = [f"{generation}:{edge}:" for edge in sorted(edges)]
    for kind in WALKABLE if edges else ():
        await write(driver, ERASE.format(kind=kind.name), prefixes=prefixes)


async def write_bookmark(driver: AsyncDriver) -> str | None:
    """Return a bookmark after all that was written before, for a cluster's other members."""

    async def work(tx: AsyncManagedTransaction) -> None:
        await (await tx.run("RETURN 1")).consume()

    async with neo4j_errors(), driver.session(default_access_mode="WRITE") as session:
        await session.execute_write(work)
        return next(iter((await session.last_bookmarks()).raw_values), None)


def _read_interval(found: Sequence[Any]) -> KeptInterval:
    key, kind, source, target, properties = found
    _, edge, number = key.split(":")
    fixed = {name: value for name, value in properties.items() if name not in ("key", "retracted")}
    content = {"kind": kind, "source": source, "target": target, "fixed": fixed}
    return KeptInterval(_read_workspace(source), edge, int(number), properties["retracted"], content)


def _read_workspace(uid: str) -> WorkspaceID:
    return WorkspaceID(UUID(hex=uid[:32]))
