"""Walks of deep, wide and hub graphs on the three graphs, beside the same Cypher sent by hand; rates of writing."""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.figures import count, millis, print_table, show_times, time_each
from benchmarks.lineage_data import BEGIN, Graph, Shape, copy_edges
from domain.ids import RunID, WorkspaceID, make_uuid7
from domain.lineage.answers import Walk
from domain.lineage.claims import Claim
from domain.lineage.kinds import EdgeKind
from domain.references import DatasetRef, RunRef, URIRef
from lineage.graph import LineageGraph
from lineage.memory_graph import MemoryLineageGraph
from lineage.neo4j_connection import connect
from lineage.neo4j_graph import Neo4jLineageGraph
from lineage.neo4j_keeping import GraphDriver
from lineage.neo4j_statements import make_parameters, write_walk
from lineage.neo4j_values import make_uid
from lineage.neo4j_writing import prepare
from lineage.postgres_graph import PostgresLineageGraph
from store.database import Database
from store.embedded import EmbeddedPostgres
from store.lineage.recording import record_claims
from store.migrations.runner import migrate
from tests.servers.java_servers import Neo4jServer

EDGES = 1_000_000
GENERATION = 1
TIMES = 15
BATCH = 2_000
SMALL = 6
SMALL_BATCHES = 60
"""What a run and its files are, as a projection writes them while it keeps up."""

JVM = ["-Xms1g", "-Xmx2g", "-XX:+UseSerialGC"]
READINGS = (1, 500, 1_000, 2_000, 4_000)


def main() -> None:
    """Fill a private Postgres and a Neo4j of their own with the same graph, and ask each the same."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lineage")
    parser.add_argument("--edges", type=int, default=EDGES)
    given, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        asyncio.run(_measure(Path(folder), edges=given.edges))


async def _measure(folder: Path, *, edges: int) -> None:
    async with EmbeddedPostgres(folder / "data") as server, Neo4jServer(folder / "neo4j", jvm=JVM) as neo4j:
        await migrate(server.url)
        database = Database.connect(server.url, pool_size=2)
        async with connect(neo4j.url) as driver:
            await prepare(driver, GENERATION)
            graph = Graph(await _find_workspace(database), edges=edges)
            await _fill(server.url, driver, graph)
            await _walk(database, driver, graph, edges)
        await _write(database)
        await _bind(database)
        await database.close()


async def _find_workspace(database: Database) -> WorkspaceID:
    async with database.read() as conn:
        found = await conn.exec_driver_sql("SELECT id FROM workspaces WHERE name = 'default'")
        return WorkspaceID(found.scalar_one())


async def _fill(url: str, driver: GraphDriver, graph: Graph) -> None:
    """Load the same edges into both; Neo4j in batches through the adapter, once for new and a part again."""
    intervals = list(graph.iterate())
    began = time.perf_counter()
    await copy_edges(url, intervals)
    copied = time.perf_counter() - began
    adapter = Neo4jLineageGraph(driver, GENERATION)
    began = time.perf_counter()
    bulk, few = intervals[: -SMALL * SMALL_BATCHES], intervals[-SMALL * SMALL_BATCHES :]
    for number in range(0, len(bulk), BATCH):
        await adapter.apply([], bulk[number : number + BATCH])
    applied = time.perf_counter() - began
    again = intervals[: 10 * BATCH]
    began = time.perf_counter()
    for number in range(0, len(again), BATCH):
        await adapter.apply([], again[number : number + BATCH])
    repeated = time.perf_counter() - began
    rows = [
        ("Postgres, by COPY", count(len(intervals) / copied)),
        ("Neo4j, new, with their nodes", count(len(bulk) / applied)),
        ("Neo4j, the same again", count(len(again) / repeated)),
    ]
    print_table(f"Loading {count(len(intervals))} edges", ("into", "edges/s"), rows)
    batches = iter([few[number : number + SMALL] for number in range(0, len(few), SMALL)])
    times = await time_each(lambda: adapter.apply([], next(batches)), SMALL_BATCHES)
    print_table("One batch of Neo4j", ("edges, with their nodes", "took"), [(str(SMALL), show_times(times))])


async def _walk(database: Database, driver: GraphDriver, graph: Graph, edges: int) -> None:
    memory = MemoryLineageGraph()
    await memory.apply([], graph.shaped)
    gc.collect()
    gc.freeze()  # as the service does once it is started
    graphs: dict[str, LineageGraph] = {
        "Postgres": PostgresLineageGraph(database),
        "Neo4j": Neo4jLineageGraph(driver, GENERATION),
        "memory": memory,
    }
    rows = [await _ask(graphs, driver, graph.workspace, shape) for shape in graph.shapes]
    head = ("question", "nodes", "Postgres p50 / p95", "Neo4j p50 / p95", "Cypher by hand", "Neo4j / by hand", "memory")
    title = f"Walks among {count(edges)} edges, {TIMES} times (memory: without the {count(graph.noise)} of the noise)"
    print_table(title, head, rows)


async def _ask(
    graphs: dict[str, LineageGraph], driver: GraphDriver, workspace: WorkspaceID, shape: Shape
) -> tuple[str, ...]:
    times: dict[str, list[float]] = {}
    for name, graph in graphs.items():
        _check(name, shape, await _answer(graph, workspace, shape))
        rounds = TIMES if name != "memory" else 1
        times[name] = await time_each(lambda graph=graph: _answer(graph, workspace, shape), rounds)  # type: ignore[misc]
    times["hand"] = await time_each(lambda: _send_by_hand(driver, workspace, shape), TIMES)
    ratio = statistics.median(times["Neo4j"]) / statistics.median(times["hand"])
    return (
        shape.name,
        count(shape.nodes),
        show_times(times["Postgres"]),
        show_times(times["Neo4j"]),
        show_times(times["hand"]),
        f"{ratio:.2f}",
        millis(times["memory"][0]),
    )


async def _answer(graph: LineageGraph, workspace: WorkspaceID, shape: Shape) -> list[Walk]:
    walks = [await graph.walk(workspace, question) for question in shape.questions]
    shape.then(walks)
    return walks


async def _send_by_hand(driver: GraphDriver, workspace: WorkspaceID, shape: Shape) -> None:
    """Send the statement of each walk and take what comes as it comes: nothing is made of it."""
    for question in shape.questions:
        given: dict[str, Any] = {
            **make_parameters(question),
            "starts": [make_uid(workspace, node.uuid) for node in question.starts],
            "limit": question.most_nodes + 2,
            "edges": question.most_edges + 1,
        }
        async with driver.session(default_access_mode="READ") as session:
            await (await session.run(write_walk(question, GENERATION), given)).single(strict=True)


def _check(name: str, shape: Shape, walks: Sequence[Walk]) -> None:
    nodes = {node for walk in walks for node in walk.depths}
    if len(nodes) != shape.nodes:
        raise RuntimeError(f"{name} answers {shape.name!r} with {len(nodes)} nodes, there are {shape.nodes}")


async def _write(database: Database) -> None:
    """Record edges as `recordLineage` does: each request of an own run, its input and its files named in full."""
    workspace = await _find_workspace(database)
    rows = []
    for size in (2, 100, 1_000):
        requests = max(2_000 // size, 3)
        runs = await _make_runs(database, workspace, requests)
        began = time.perf_counter()
        for number, run in enumerate(runs):
            source = DatasetRef("s3://data", f"table {size}", str(number % 20))
            files = (URIRef(f"s3://out/{run}/{file}") for file in range(size - 1))
            claims = [
                Claim(kind=EdgeKind.USED, source=source, target=RunRef(run)),
                *(Claim(kind=EdgeKind.GENERATED, source=RunRef(run), target=file) for file in files),
            ]
            async with database.write() as tx:
                await record_claims(tx, workspace, claims)
        took = time.perf_counter() - began
        rows.append((str(size), count(requests * size / took), millis(took / requests)))
    print_table("Recording edges, one writer, one commit a request", ("edges a request", "edges/s", "a request"), rows)


async def _bind(database: Database) -> None:
    """Read one dataset, without a version, by ever more runs; then tell of its versions, a new and a late one."""
    workspace = await _find_workspace(database)
    source = DatasetRef("s3://data", "read by all")
    first, late = await _make_runs(database, workspace, 2, begin=BEGIN - timedelta(days=1))
    readers = await _make_runs(database, workspace, READINGS[-1] + 20, begin=BEGIN)
    (new,) = await _make_runs(database, workspace, 1, begin=BEGIN + timedelta(days=60))
    rows = [("the first version is told", await _say(database, workspace, _written(first, source)))]
    for before, upto in pairwise((0, *READINGS)):
        took = [await _say(database, workspace, _read(run, source)) for run in readers[before:upto]]
        rows.append((f"{count(upto)} runs read it: the last of them", statistics.median(took[-10:])))
    rows.append(("a version after all of them", await _say(database, workspace, _written(new, source))))
    rows.append(("a version before all of them, late", await _say(database, workspace, _written(late, source))))
    print_table(
        "Readings that name no version", ("what is told", "took"), [(what, millis(took)) for what, took in rows]
    )


def _written(run: RunID, dataset: DatasetRef) -> Claim:
    return Claim(kind=EdgeKind.GENERATED, source=RunRef(run), target=dataset)


def _read(run: RunID, dataset: DatasetRef) -> Claim:
    return Claim(kind=EdgeKind.USED, source=dataset, target=RunRef(run))


async def _say(database: Database, workspace: WorkspaceID, claim: Claim) -> float:
    began = time.perf_counter()
    async with database.write() as tx:
        await record_claims(tx, workspace, [claim])
    return time.perf_counter() - began


MAKE_RUNS = """
WITH made AS (
    INSERT INTO runs (workspace, id, experiment, number, name, kind, status, started_at, ended_at)
    SELECT $1, id, $2, n, 'run', 'TRAIN', 'FINISHED',
        $4::timestamptz + n * interval '1 minute', $4::timestamptz + (n + 0.5) * interval '1 minute'
    FROM unnest($3::uuid[]) WITH ORDINALITY AS row (id, n)
    RETURNING id)
INSERT INTO run_counters (workspace, run) SELECT $1, id FROM made
"""


async def _make_runs(
    database: Database, workspace: WorkspaceID, number: int, *, begin: datetime = BEGIN
) -> list[RunID]:
    """Make finished runs in the record, one a minute, by one statement."""
    experiment, made = make_uuid7(), [RunID(make_uuid7()) for _ in range(number)]
    async with database.write() as tx:
        insert = "INSERT INTO experiments (workspace, id, name) VALUES ($1, $2, $3)"
        await tx.driver.execute(insert, workspace, experiment, f"of {experiment}")
        await tx.driver.execute(MAKE_RUNS, workspace, experiment, made, begin)
    return made


if __name__ == "__main__":
    main()
