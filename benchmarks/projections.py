"""What follows the record: from a write to its being visible, rates of rebuilds, writes of a run that logs often."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.figures import count, millis, print_table
from benchmarks.lineage_data import Graph, copy_edges
from benchmarks.search_data import fill_notes
from benchmarks.servers import Service, whence
from store.database import Database
from store.embedded import EmbeddedPostgres
from tests.servers.java_servers import ElasticsearchServer, Neo4jServer
from tests.store.making import DEFAULT

DOCUMENTS = 5_000
EDGES = 5_000
WRITES = 60
WRITERS = 4
LOGS = 100
LOGS_A_SECOND = 10
LOOK_S = 0.01
JVM = ["-Xms1g", "-Xmx1g", "-XX:+UseSerialGC"]

CREATE = """mutation($input: CreateRunInput!) { createRun(input: $input) {
  ... on CreateRunPayload { run { uuid } token } ... on Problem { message } } }"""
USE = """mutation($input: RecordLineageInput!) { recordLineage(input: $input) {
  ... on RecordLineagePayload { token } ... on Problem { message } } }"""
NOTE = """mutation($input: AddNoteInput!) { addNote(input: $input) {
  ... on AddNotePayload { token } ... on Problem { message } } }"""
LOG = """mutation($input: LogMetricsInput!) { logMetrics(input: $input) {
  ... on LogMetricsPayload { accepted } ... on Problem { message } } }"""
GRAPH = """query($of: [NodeRef!]!, $token: String) {
  found: lineage(of: $of, direction: DOWNSTREAM, atLeast: $token, waitMs: 20000, fallback: NONE) {
    nodes(first: 0) { totalCount { value } } } }"""
INDEX = """query($text: String!, $token: String) {
  found: search(text: $text, kinds: [NOTE], first: 0, atLeast: $token, waitMs: 20000, fallback: NONE) {
    totalCount { value } } }"""
REBUILD = """mutation($of: ProjectionName!) {
  startProjectionTask(input: { projection: $of, kind: REBUILD, dropAnyway: true }) {
  ... on StartProjectionTaskPayload { task { id } } ... on Problem { message } } }"""
TASK = "query($id: ID!) { projectionTask(id: $id) { startedAt finishedAt error result } }"
STAND = """{ projections { name generation trusted lagRows pending
  generations { number startedAt servingAt verifiedAt } } }"""


@dataclass(frozen=True, slots=True)
class Bench:
    """The service with both servers behind it, and how to ask it and them."""

    service: Service
    postgres: EmbeddedPostgres
    elasticsearch: str
    http: httpx.AsyncClient

    async def ask(self, document: str, variables: dict[str, Any] | None = None, *, path: str = "/graphql") -> Any:
        answer = (await self.http.post(path, json={"query": document, "variables": variables or {}})).json()
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"])[:500])
        return answer["data"]

    async def settle(self) -> None:
        """Wait until both projections serve and have everything."""

        async def is_even() -> bool:
            found = (await self.ask(STAND))["projections"]
            return len(found) == 2 and not any(map(_is_behind, found))

        await wait_until(is_even)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.projections", description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="notes beside the demo, for the rebuild")
    parser.add_argument("--edges", type=int, default=EDGES, help="edges beside the demo, for the rebuild")
    parser.add_argument("--writes", type=int, default=WRITES, help="writes of each kind whose way is measured")
    given, _ = parser.parse_known_args()
    asyncio.run(measure(documents=given.documents, edges=given.edges, writes=given.writes))


async def measure(*, documents: int, edges: int, writes: int) -> None:
    """Print four tables."""
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        async with open_bench(Path(folder)) as bench:
            await import_demo(bench, Path(folder))
            await bench.settle()
            await show_visibility(bench, writes=writes)
            head = ("requests", "seconds", "writes of its document", "requests a write")
            print_table(f"A run that logs {LOGS_A_SECOND} times a second", head, [await amplify(bench)])
            await show_rebuild(bench, "Rebuild of the demo")
            await fill(bench, documents=documents, edges=edges)
            await show_rebuild(bench, f"Rebuild with {count(documents)} notes and {count(edges)} edges more")


async def show_visibility(bench: Bench, *, writes: int) -> None:
    head = ("", "asked", "idle p50 / p95 / p99", f"{WRITERS} writers beside it: p50 / p95 / p99")
    print_table(
        f"From the answer to a write to its being visible, {writes} writes", head, await see(bench, writes=writes)
    )


async def show_rebuild(bench: Bench, title: str) -> None:
    head = ("", "copied", "seconds", "a second", "verified in", "CPU of the service")
    print_table(title, head, [await rebuild(bench, name) for name in ("GRAPH", "INDEX")])


@asynccontextmanager
async def open_bench(folder: Path) -> AsyncIterator[Bench]:
    """Start everything, as a user does: by settings."""
    async with (
        EmbeddedPostgres(folder / "postgres") as postgres,
        Neo4jServer(folder / "neo4j", jvm=JVM) as neo4j,
        ElasticsearchServer(folder / "elasticsearch", jvm=JVM) as elasticsearch,
    ):
        settings = {"WHENCE_NEO4J_URL": neo4j.url, "WHENCE_ELASTICSEARCH_URL": elasticsearch.url}
        with whence(folder / "data", postgres=postgres, settings=settings) as service:
            url = f"http://{service.host}:{service.port}"
            async with httpx.AsyncClient(base_url=url, timeout=60) as http:
                bench = Bench(service, postgres, elasticsearch.url, http)
                await bench.settle()
                yield bench


async def import_demo(bench: Bench, folder: Path) -> None:
    lines = folder / "demo.jsonl"
    with lines.open("wb") as file:
        await run_python("-m", "demo", stdout=file.fileno())
    given = ["--url", str(bench.http.base_url), "--workspace", "demo", "--create-workspace", str(lines)]
    await run_python("-m", "whence.command_line", "import", *given, stdout=asyncio.subprocess.DEVNULL)


async def run_python(*arguments: str, stdout: int) -> None:
    """Run Python in a process of its own. Raises `RuntimeError` if it fails."""
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=stdout)
    if await process.wait():
        raise RuntimeError(f"{' '.join(arguments)} failed")


async def see(bench: Bench, *, writes: int) -> list[tuple[str, ...]]:
    """Measure how long writes take to be visible, with their token and without."""
    ways: list[tuple[str, str, Callable[..., Awaitable[float]], bool]] = [
        ("lineage", "with the write's token", see_edge, True),
        ("lineage", "without", see_edge, False),
        ("search", "with the write's token", see_note, True),
        ("search", "without", see_note, False),
    ]
    idle = [[await look(bench, with_token=token) for _ in range(writes)] for _, _, look, token in ways]
    stopped = asyncio.Event()
    writers = [asyncio.create_task(write_on(bench, stopped)) for _ in range(WRITERS)]
    busy = [[await look(bench, with_token=token) for _ in range(writes)] for _, _, look, token in ways]
    stopped.set()
    await asyncio.gather(*writers)
    await bench.settle()
    return [
        (name, how, _describe(at_rest), _describe(loaded))
        for (name, how, _, _), at_rest, loaded in zip(ways, idle, busy, strict=True)
    ]


async def see_edge(bench: Bench, *, with_token: bool) -> float:
    """Record that a run used a new dataset; return the seconds until the graph answers with it."""
    run = (await bench.ask(CREATE, {"input": {"experiment": "seen"}}))["createRun"]["run"]["uuid"]
    data = {"dataset": {"namespace": "seen", "name": str(uuid4()), "version": "1"}}
    edge = {"kind": "USED", "source": data, "target": {"run": run}}
    done = (await bench.ask(USE, {"input": {"edges": [edge]}}))["recordLineage"]

    async def is_there() -> bool:
        asked = {"of": [data], "token": done["token"] if with_token else None}
        return int((await bench.ask(GRAPH, asked))["found"]["nodes"]["totalCount"]["value"]) == 2

    return await measure_wait(is_there)


async def see_note(bench: Bench, *, with_token: bool) -> float:
    """Write a note with a word of its own; return the seconds until the index finds it."""
    run = (await bench.ask(CREATE, {"input": {"experiment": "seen"}}))["createRun"]["run"]["uuid"]
    word = f"w{uuid4().hex}"
    done = (await bench.ask(NOTE, {"input": {"on": {"run": run}, "text": f"{word} learns"}}))["addNote"]

    async def is_there() -> bool:
        asked = {"text": word, "token": done["token"] if with_token else None}
        return int((await bench.ask(INDEX, asked))["found"]["totalCount"]["value"]) == 1

    return await measure_wait(is_there)


async def measure_wait(is_there: Callable[[], Awaitable[bool]]) -> float:
    """Return the seconds until something holds."""
    began = time.perf_counter()
    await wait_until(is_there)
    return time.perf_counter() - began


async def wait_until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110  # what is waited for happens in another process
        await asyncio.sleep(LOOK_S)


async def write_on(bench: Bench, stopped: asyncio.Event) -> None:
    """Write runs with an edge and a note until told to stop."""
    data = {"dataset": {"namespace": "seen", "name": str(uuid4()), "version": "1"}}
    while not stopped.is_set():
        run = (await bench.ask(CREATE, {"input": {"experiment": "load", "params": {"lr": 0.1}}}))["createRun"]["run"]
        edge = {"kind": "USED", "source": data, "target": {"run": run["uuid"]}}
        await bench.ask(USE, {"input": {"edges": [edge]}})
        await bench.ask(NOTE, {"input": {"on": {"run": run["uuid"]}, "text": "one of many"}})


async def amplify(bench: Bench) -> tuple[str, ...]:
    """Log points at an even pace; return how often the run's document was written meanwhile."""
    run = (await bench.ask(CREATE, {"input": {"experiment": "hot"}}))["createRun"]["run"]["uuid"]
    await bench.settle()
    before, began = await count_writes(bench), time.perf_counter()
    for step in range(LOGS):
        await asyncio.sleep(max(0.0, began + step / LOGS_A_SECOND - time.perf_counter()))
        series = {"key": "loss", "steps": [step], "values": [1 / (step + 1)]}
        await bench.ask(LOG, {"input": {"run": run, "series": [series]}})
    took = time.perf_counter() - began
    await bench.settle()
    written = await count_writes(bench) - before
    return count(LOGS), f"{took:.1f}", count(written), f"{LOGS / max(written, 1):.1f}"


async def count_writes(bench: Bench) -> int:
    """Return how many documents of things were written since the server was started."""
    async with httpx.AsyncClient(base_url=bench.elasticsearch, timeout=30) as http:
        found = (await http.get("/whence-things-*/_stats/indexing")).json()
    return int(found["_all"]["total"]["indexing"]["index_total"])


async def rebuild(bench: Bench, name: str) -> tuple[str, ...]:
    """Rebuild a projection; return what it took."""
    before = sum(bench.service.cpu_seconds()[:1])
    task = (await bench.ask(REBUILD, {"of": name}))["startProjectionTask"]["task"]["id"]
    found: dict[str, Any] = {}

    async def is_finished() -> bool:
        found.update((await bench.ask(TASK, {"id": task}))["projectionTask"])
        return bool(found["finishedAt"])

    await wait_until(is_finished)
    if found["error"]:
        raise RuntimeError(found["error"])
    cpu = sum(bench.service.cpu_seconds()[:1]) - before
    projections = (await bench.ask(STAND))["projections"]
    generations = next(one["generations"] for one in projections if one["name"] == name.lower())
    newest = max(generations, key=lambda one: int(one["number"]))
    took = _seconds(newest["startedAt"], newest["servingAt"])
    # Edges of the fill end at nodes that the record does not have: a verification names them, and notes no success.
    verified = f"{_seconds(newest['servingAt'], newest['verifiedAt']):.1f} s" if newest["verifiedAt"] else "differs"
    copied = int(found["result"]["copied"])
    what = "nodes and edges" if name == "GRAPH" else "documents"
    rate = count(copied / took)
    return what, count(copied), f"{took:.1f}", rate, verified, f"{cpu:.1f} s"


async def fill(bench: Bench, *, documents: int, edges: int) -> None:
    """Put notes and edges into the record past the outbox: only a rebuild finds them."""
    database = Database.connect(bench.postgres.url, pool_size=2)
    await fill_notes(database, DEFAULT, count=documents)
    await database.close()
    await copy_edges(bench.postgres.url, list(itertools.islice(Graph(DEFAULT, edges=edges).iterate(), edges)))


def _is_behind(found: dict[str, Any]) -> bool:
    return not found["generation"] or not found["trusted"] or bool(found["lagRows"] or found["pending"])


def _seconds(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _describe(seconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    return " / ".join(millis(cuts[at - 1]) for at in (50, 95, 99))


if __name__ == "__main__":
    main()
