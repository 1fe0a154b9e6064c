"""Writes the graph in Neo4j: generations with their constraints, nodes and relationships by key, each fenced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from neo4j import AsyncDriver

from domain.errors import Unavailable
from domain.ids import NodeKey, WorkspaceID
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from lineage.graph import NodeState
from lineage.neo4j_connection import neo4j_errors, read_row, write
from lineage.neo4j_statements import KINDS, label_of
from lineage.neo4j_values import make_row, make_uid

T = TypeVar("T")

BATCH = 1000
TRIES = 5
WALKABLE = [kind for kind in EdgeKind if kind is not EdgeKind.VERSION_OF]
"""Kinds that are relationships: a version's own row names its name."""


async def prepare(driver: AsyncDriver, generation: int) -> None:
    """Make the constraints of a generation, those that are not there; relationships of all generations share theirs."""
    async with neo4j_errors(), driver.session() as session:
        for statement in _constraints(generation).values():
            await (await session.run(statement)).consume()
        await (await session.run("CALL db.awaitIndexes(120)")).consume()


async def check_constraints(driver: AsyncDriver, generation: int) -> None:
    """Raise `Unavailable` unless every constraint of the generation is there: without one, writes would double."""
    missing = sorted(_constraints(generation).keys() - await _fetch_constraints(driver))
    if missing:
        raise Unavailable(f"the lineage graph has lost its constraints: {', '.join(missing)}")


async def is_prepared(driver: AsyncDriver, generation: int) -> bool:
    """Say whether the generation's own constraint is there, which is made before anything is written."""
    return f"{label_of(generation)}_uid" in await _fetch_constraints(driver)


async def _fetch_constraints(driver: AsyncDriver) -> set[str]:
    row = await read_row(driver, "SHOW CONSTRAINTS YIELD name RETURN collect(name) AS names")
    return set(row["names"])


async def drop(driver: AsyncDriver, generation: int) -> None:
    """Remove a generation with all it holds; one that is not there is no failure."""
    label = label_of(generation)
    async with neo4j_errors(), driver.session() as session:
        for statement in (
            f"MATCH (n:{label}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF {BATCH} ROWS",
            f"DROP CONSTRAINT {label}_uid IF EXISTS",
        ):
            await (await session.run(statement)).consume()


async def apply_states(
    driver: AsyncDriver, generation: int, nodes: Sequence[NodeState], intervals: Sequence[Interval]
) -> None:
    """Write nodes, then relationships; the ends of these are made where nobody wrote them yet."""
    ends = {(each.edge.workspace, end) for each in intervals for end in (each.edge.source, each.edge.target)}
    written = {(node.workspace, node.key) for node in nodes}
    await write_nodes(driver, generation, [*nodes, *_make_bare(ends - written)])
    by_kind: dict[EdgeKind, list[dict[str, Any]]] = {}
    for each in intervals:
        by_kind.setdefault(each.edge.kind, []).append(make_row(each, generation))
    for kind, rows in by_kind.items():
        rows.sort(key=lambda row: (row["source"], row["target"], row["key"]))
        for batch in _cut(rows):
            await _write_patiently(driver, _write_edges(kind, generation), batch)


async def write_nodes(driver: AsyncDriver, generation: int, nodes: Sequence[NodeState]) -> None:
    """Write nodes whole, in batches sorted by key so that all writers lock in one order."""
    by_label: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        row = {"uid": make_uid(node.workspace, node.key.uuid), "kind": node.key.kind.value, "revision": node.revision}
        by_label.setdefault(KINDS[node.key.kind], []).append(row)
    for label, rows in sorted(by_label.items()):
        rows.sort(key=lambda row: (row["uid"], row["revision"]))
        for batch in _cut(rows):
            await _write_patiently(driver, _write_nodes(label, generation), batch)


async def _write_patiently(driver: AsyncDriver, statement: str, rows: list[dict[str, Any]]) -> None:
    """Write a batch, again when another writer made the same at the same time: the second try finds it there."""
    for number in range(TRIES):
        try:
            return await write(driver, statement, rows=rows)
        except Unavailable as exc:
            doubled = "ConstraintValidationFailed" in str(getattr(exc.__cause__, "code", ""))
            if not doubled or number == TRIES - 1:
                raise
    return None


def _make_bare(ends: Iterable[tuple[WorkspaceID, NodeKey]]) -> list[NodeState]:
    return [NodeState(workspace, key, 0) for workspace, key in ends]


def _write_nodes(label: str, generation: int) -> str:
    return (
        f"UNWIND $rows AS row MERGE (n:{label_of(generation)} {{uid: row.uid}}) "
        f"ON CREATE SET n:{label}, n.kind = row.kind, n.revision = row.revision "
        "WITH n, row WHERE n.revision < row.revision SET n.revision = row.revision"
    )


def _write_edges(kind: EdgeKind, generation: int) -> str:
    label = label_of(generation)
    return (
        f"UNWIND $rows AS row MATCH (a:{label} {{uid: row.source}}) MATCH (b:{label} {{uid: row.target}}) "
        f"MERGE (a)-[e:{kind.name} {{key: row.key}}]->(b) "
        "ON CREATE SET e += row.fixed, e.retracted = row.retracted "
        "WITH e, row WHERE e.retracted > row.retracted SET e.retracted = row.retracted"
    )


def _constraints(generation: int) -> dict[str, str]:
    label = label_of(generation)
    found = {f"{label}_uid": f"FOR (n:{label}) REQUIRE n.uid IS UNIQUE"}
    found |= {f"{kind.name}_key": f"FOR ()-[e:{kind.name}]-() REQUIRE e.key IS UNIQUE" for kind in WALKABLE}
    return {name: f"CREATE CONSTRAINT {name} IF NOT EXISTS {what}" for name, what in found.items()}


def _cut(rows: Sequence[T]) -> Iterator[list[T]]:
    for begin in range(0, len(rows), BATCH):
        yield list(rows[begin : begin + BATCH])
