"""The run table through GraphQL: 100 rows with 20 params and 20 metrics of 100,000 runs, eight filters and orders."""

from __future__ import annotations

import asyncio
import tempfile

from benchmarks.figures import millis, print_table
from benchmarks.http_load import Connection, encode, send_all
from benchmarks.run_table_data import fill_runs
from benchmarks.servers import Service, whence
from store.embedded import EmbeddedPostgres

RUNS = 100_000
PARAMS = 20
METRICS = 20
TIMES = 40

PAGE = """
query RunTable($where: Filter, $orderBy: [RunOrder!], $keys: [String!]!) {
  runs(where: $where, orderBy: $orderBy, first: 100) {
    nodes {
      id name status startedAt endedAt
      params { key value type }
      metrics(keys: $keys) { key count last { step value } min { step value } }
      tags { key value }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""
COUNTED = "query Count($where: Filter) { runs(where: $where, first: 1) { totalCount { value exact } } }"


def metric(key: str, of: str, **condition: object) -> dict[str, object]:
    return {"metric": {"key": key, "of": of, "is": condition}}


def param(key: str, **condition: object) -> dict[str, object]:
    return {"param": {"key": key, "is": condition}}


def tag(key: str, value: str) -> dict[str, object]:
    return {"tag": {"key": key, "is": {"eq": value}}}


def by_metric(key: str, of: str = "LAST", direction: str = "ASC") -> list[object]:
    return [{"metric": {"key": key, "of": of}, "direction": direction}]


NEWEST: list[object] = [{"field": "CREATED_AT", "direction": "DESC"}]
CASES: dict[str, tuple[object, list[object]]] = {
    "no filter, newest first": (None, NEWEST),
    "no filter, by a metric": (None, by_metric("m3", "MIN")),
    "metric range, by that metric": (metric("m0", "LAST", lt=0.1), by_metric("m0")),
    "metric range and param, by another metric": (
        {"and": [metric("m0", "LAST", lt=0.5), param("p1", eq=1)]},
        by_metric("m1", direction="DESC"),
    ),
    "param range and tag, newest first": ({"and": [param("p2", between=[0.2, 0.4]), tag("t1", "v3")]}, NEWEST),
    "two metrics or a tag, by a param": (
        {"or": [metric("m1", "MAX", gt=10.99), metric("m2", "MIN", lt=0.01), tag("t2", "v7")]},
        [{"param": "p2", "direction": "ASC"}],
    ),
    "not a tag, status, by start": (
        {"and": [{"not": tag("t0", "v0")}, {"status": {"eq": "FINISHED"}}]},
        [{"field": "STARTED_AT", "direction": "ASC"}],
    ),
    "eight leaves, three deep, by a metric": (
        {
            "and": [
                {"or": [metric("m4", "LAST", lt=0.5), {"and": [param("p1", gt=2), param("p3", lt=7)]}]},
                {"or": [tag("t3", "v5"), tag("t3", "v6"), tag("t4", "v9"), {"not": metric("m5", "LAST", gt=0.2)}]},
                {"not": {"status": {"eq": "FAILED"}}},
            ]
        },
        by_metric("m6", "MIN", "DESC"),
    ),
}


async def measure_case(service: Service, name: str) -> tuple[str, ...]:
    """Send one page's query again and again, and its count apart."""
    where, order = CASES[name]
    connection = await Connection(service.host, service.port, service.path).open()
    variables = {"where": where, "orderBy": order, "keys": [f"m{n}" for n in range(METRICS)]}
    body = encode(PAGE, variables)
    await send_all([connection], [body] * 3, expect=b'"nodes"')
    before = service.cpu_seconds()
    load = await send_all([connection], [body] * TIMES, expect=b'"nodes"')
    after = service.cpu_seconds()
    counted = await send_all([connection], [encode(COUNTED, {"where": where})] * 10, expect=b'"exact"')
    connection.close()
    return (
        name,
        millis(load.percentile(0.5)),
        millis(load.percentile(0.95)),
        millis((after[0] - before[0]) / TIMES),
        millis((after[1] - before[1]) / TIMES),
        millis(counted.percentile(0.5)),
    )


async def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        async with EmbeddedPostgres(folder) as postgres:
            with whence(postgres=postgres) as service:
                await fill_runs(postgres.url, runs=RUNS, params=PARAMS, metrics=METRICS)
                rows = [await measure_case(service, name) for name in CASES]
    head = ("filter and order", "p50", "p95", "CPU, service", "CPU, Postgres", "totalCount alone, p50")
    print_table(f"Run table, 100 x {PARAMS} x {METRICS} of {RUNS:,} runs, through GraphQL", head, rows)


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
