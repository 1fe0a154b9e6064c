"""Writes the graph in Neo4j: generations with their constraints, nodes and relationships by key, each fenced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from neo4j import AsyncDriver

from domain.errors import Unavailable
from domain.lineage.edges import Interval
from domain.lineage.kinds import EdgeKind
from lineage.graph import NodeState
from lineage.neo4j_connection import Statement, neo4j_errors, read_row, write
from lineage.neo4j_statements import KINDS, label_of
from lineage.neo4j_values import make_row, make_uid

T = TypeVar("T")

BATCH = 1000
"""Rows of a statement."""

TOGETHER = 40
"""Statements of a transaction: all of a projection's batch, in two generations."""

TRIES = 5
WALKABLE = [kind for kind in EdgeKind if kind is not EdgeKind.VERSION_OF]
"""Kinds that are relationships: a version's own row names its name."""

WRITE_NODES = """
UNWIND $rows AS row MERGE (n:{label} {{uid: row.uid}})
ON CREATE SET n:$(row.label), n.kind = row.kind, n.revision = row.revision, n.gone = row.gone
WITH n, row WHERE n.revision < row.revision SET n.revision = row.revision, n.gone = row.gone
"""
WRITE_EDGES = """
UNWIND $rows AS row MATCH (a:{label} {{uid: row.source}}) MATCH (b:{label} {{uid: row.target}})
MERGE (a)-[e:{kind} {{key: row.key}}]->(b)
ON CREATE SET e += row.fixed, e.retracted = row.retracted
WITH e, row WHERE e.retracted > row.retracted SET e.retracted = row.retracted
"""
ERASE = "UNWIND $prefixes AS prefix MATCH ()-[e:{kind}]->() WHERE e.key STARTS WITH prefix DELETE e"


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
    driver: AsyncDriver,
    generations: Sequence[int],
    nodes: Sequence[NodeState],
    intervals: Sequence[Interval],
    *,
    erased: Sequence[str] = (),
) -> str | None:
    """Write nodes, then relationships, then remove those of `erased` edges, in each generation, and return a bookmark.

    Ends that nobody wrote yet are made. All of it is one transaction, but for so much that a server could choke on it.
    """
    said = [one for generation in generations for one in _say(generation, nodes, intervals, erased)]
    bookmark = None
    for begin in range(0, len(said), TOGETHER):
        bookmark = await _write_patiently(driver, said[begin : begin + TOGETHER])
    return bookmark


def _say(
    generation: int, nodes: Sequence[NodeState], intervals: Sequence[Interval], erased: Sequence[str]
) -> Iterator[Statement]:
    """Return the statements that write one generation; rows are sorted so that all writers lock in one order."""
    ends = {(each.edge.workspace, end) for each in intervals for end in (each.edge.source, each.edge.target)}
    bare = ends - {(node.workspace, node.key) for node in nodes}
    rows = [_make_node_row(node) for node in (*nodes, *(NodeState(workspace, key, 0) for workspace, key in bare))]
    rows.sort(key=lambda row: (row["uid"], row["revision"]))
    for batch in _cut(rows):
        yield WRITE_NODES.format(label=label_of(generation)), {"rows": batch}
    by_kind: dict[EdgeKind, list[dict[str, Any]]] = {}
    for each in intervals:
        by_kind.setdefault(each.edge.kind, []).append(make_row(each, generation))
    for kind, edges in sorted(by_kind.items(), key=lambda item: item[0].value):
        edges.sort(key=lambda row: (row["source"], row["target"], row["key"]))
        for batch in _cut(edges):
            yield WRITE_EDGES.format(label=label_of(generation), kind=kind.name), {"rows": batch}
    prefixes = [f"{generation}:{edge}:" for edge in sorted(erased)]
    for kind in WALKABLE if prefixes else ():
        yield ERASE.format(kind=kind.name), {"prefixes": prefixes}


def _make_node_row(node: NodeState) -> dict[str, Any]:
    return {
        "uid": make_uid(node.workspace, node.key.uuid),
        "label": KINDS[node.key.kind],
        "kind": node.key.kind.value,
        "revision": node.revision,
        "gone": node.gone,
    }


async def _write_patiently(driver: AsyncDriver, statements: Sequence[Statement]) -> str | None:
    """Write together, again when another writer made the same at the same time: the second try finds it there."""
    for number in range(TRIES):
        try:
            return await write(driver, statements)
        except Unavailable as exc:
            doubled = "ConstraintValidationFailed" in str(getattr(exc.__cause__, "code", ""))
            if not doubled or number == TRIES - 1:
                raise
    return None


def _constraints(generation: int) -> dict[str, str]:
    label = label_of(generation)
    found = {f"{label}_uid": f"FOR (n:{label}) REQUIRE n.uid IS UNIQUE"}
    found |= {f"{kind.name}_key": f"FOR ()-[e:{kind.name}]-() REQUIRE e.key IS UNIQUE" for kind in WALKABLE}
    return {name: f"CREATE CONSTRAINT {name} IF NOT EXISTS {what}" for name, what in found.items()}


def _cut(rows: Sequence[T]) -> Iterator[list[T]]:
    for begin in range(0, len(rows), BATCH):
        yield list(rows[begin : begin + BATCH])
