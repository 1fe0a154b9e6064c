"""Whence's side of the comparison: the same works through GraphQL."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from typing import Any

import msgspec

from benchmarks import work
from benchmarks.http_load import Connection, encode, send_all
from benchmarks.ingest import make_run
from benchmarks.points import LOG_METRICS, LOG_WIDE
from benchmarks.run_table_data import fill_runs
from benchmarks.servers import Service
from benchmarks.work import Figure

CREATE = """
mutation Create($input: CreateRunInput!) {
  createRun(input: $input) { ... on CreateRunPayload { run { id } } ... on Problem { code message } }
}"""
FINISH = """
mutation Finish($input: FinishRunInput!) {
  finishRun(input: $input) { ... on FinishRunPayload { run { id status } } ... on Problem { code message } }
}"""
PAGE = """
query Page($experiment: String!) {
  runs(
    where: {and: [
      {experiment: {eq: $experiment}}
      {metric: {key: "m0", of: LAST, is: {lt: 0.5}}}
      {param: {key: "p1", is: {eq: 1}}}
    ]}
    orderBy: [{metric: {key: "m1", of: LAST}, direction: ASC}]
    first: 100
  ) {
    nodes {
      id name status startedAt endedAt
      params { key value type }
      metrics(keys: $keys) { key count last { step value } min { step value } }
      tags { key value }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""
CURVE = """
query Curve($run: ID!) {
  metricSeries(run: $run, keys: ["curve"], points: 100000) { key exact count steps values timesMs }
}
"""
ACCEPTED = b'"accepted"'


async def measure(service: Service, database_url: str) -> dict[str, Figure]:
    """Do every work once and return its figure."""
    return {
        work.CREATE: await measure_create(service, runs=1600),
        work.NARROW: await measure_log(service, keys=1, steps=1, requests=8_000),
        work.BATCH: await measure_log(service, keys=10, steps=100, requests=1_600),
        work.WIDE: await measure_wide(service, requests=400),
        work.PAGE: await measure_pages(service, database_url),
        work.HISTORY: await measure_history(service),
    }


async def connect(service: Service) -> list[Connection]:
    return [await Connection(service.host, service.port, service.path).open() for _ in range(work.CLIENTS)]


async def measure_create(service: Service, *, runs: int) -> Figure:
    """Return runs a second: create with ten params, log one point, finish."""
    connections = await connect(service)
    left = iter(range(runs))
    params = {f"p{i}": i for i in range(10)}

    async def client(connection: Connection) -> None:
        for number in left:
            created = await connection.graphql(
                CREATE, {"input": {"experiment": "created", "name": f"run {number}", "params": params}}
            )
            run = created["createRun"]["run"]["id"]
            point: list[dict[str, Any]] = [{"key": "loss", "steps": [0], "values": [1.5], "timesMs": [1]}]
            await connection.graphql(LOG_METRICS, {"run": run, "series": point})
            finished = await connection.graphql(FINISH, {"input": {"run": run, "status": "FINISHED"}})
            if finished["finishRun"]["run"]["status"] != "FINISHED":
                raise RuntimeError(str(finished))

    began = time.perf_counter()
    await asyncio.gather(*(client(connection) for connection in connections))
    return Figure(runs / (time.perf_counter() - began), "runs/s")


async def measure_log(service: Service, *, keys: int, steps: int, requests: int) -> Figure:
    """Return points a second of requests of `keys` x `steps`, one run a client."""
    connections = await connect(service)
    runs = [await make_run(connections[0], f"{keys} x {steps} client {n}") for n in range(work.CLIENTS)]
    bodies = []
    for number, run in zip(range(requests), itertools.cycle(runs), strict=False):
        first = number // work.CLIENTS * steps
        at = list(range(first, first + steps))
        times = [1_790_000_000_000 + step for step in at]
        series = [
            {"key": f"k{key}", "steps": at, "values": [step / (key + 1) for step in at], "timesMs": times}
            for key in range(keys)
        ]
        bodies.append(encode(LOG_METRICS, {"run": run, "series": series}))
    load = await send_all(connections, bodies, expect=ACCEPTED)
    return Figure(load.rate(requests * keys * steps), "points/s")


async def measure_wide(service: Service, *, requests: int) -> Figure:
    """Return points a second of requests of a thousand keys at one step, one run a client."""
    connections = await connect(service)
    runs = [await make_run(connections[0], f"wide client {n}") for n in range(work.CLIENTS)]
    names = [f"k{key}" for key in range(1000)]
    index = list(range(1000))
    bodies = []
    for number, run in zip(range(requests), itertools.cycle(runs), strict=False):
        step = number // work.CLIENTS
        values = [step / (key + 1) for key in index]
        times = [1_790_000_000_000 + step] * 1000
        wide = {"keys": names, "keyIndex": index, "steps": [step] * 1000, "values": values, "timesMs": times}
        bodies.append(encode(LOG_WIDE, {"input": {"run": run, **wide}}))
    load = await send_all(connections, bodies, expect=ACCEPTED)
    return Figure(load.rate(requests * 1000), "points/s")


async def measure_pages(service: Service, database_url: str) -> Figure:
    """Return the median time of a page of 100 among 10,000 runs with all their params, metrics and tags."""
    experiment = await fill_runs(database_url, runs=work.RUNS, params=work.PARAMS, metrics=work.METRICS)
    connection = (await connect(service))[0]
    query = PAGE.replace("$keys", msgspec.json.encode([f"m{n}" for n in range(work.METRICS)]).decode())
    load = await send_all([connection], [encode(query, {"experiment": experiment})] * 50, expect=b'"m19"')
    return Figure(statistics.median(load.each), "s")


async def measure_history(service: Service) -> Figure:
    """Return the time to read every point of one metric in one answer, the median of five."""
    connection = (await connect(service))[0]
    run = await make_run(connection, "history")
    steps = list(range(work.HISTORY_POINTS))
    values = [1 / (step + 1) for step in steps]
    series = [{"key": "curve", "steps": steps, "values": values, "timesMs": [1_790_000_000_000 + n for n in steps]}]
    await connection.graphql(LOG_METRICS, {"run": run, "series": series})
    body = encode(CURVE, {"run": run})
    load = await send_all([connection], [body] * 5, expect=b'"exact":true')
    return Figure(statistics.median(load.each), "s")
