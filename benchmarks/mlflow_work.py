"""MLflow's side of the comparison: its REST API, as its client sends it."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
import urllib.request
from typing import Any

import asyncpg
import msgspec
import numpy as np

from benchmarks import work
from benchmarks.http_load import Connection, send_all
from benchmarks.work import Figure

API = "/api/2.0/mlflow/"
OK = b"{"


class Mlflow:
    """Calls of one server; a path has connections of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = await Connection("127.0.0.1", self.port, API + path).open()
        try:
            answer: dict[str, Any] = msgspec.json.decode(await connection.post(msgspec.json.encode(body)))
            return answer
        finally:
            connection.close()

    async def make_run(self) -> str:
        answer = await self.call("runs/create", {"experiment_id": "0", "start_time": 1})
        run: str = answer["run"]["info"]["run_id"]
        return run

    async def connections(self, path: str) -> list[Connection]:
        return [await Connection("127.0.0.1", self.port, API + path).open() for _ in range(work.CLIENTS)]


async def measure(port: int, database_url: str) -> dict[str, Figure]:
    """Do every work once and return its figure."""
    server = Mlflow(port)
    return {
        work.CREATE: await measure_create(server, runs=200),
        work.NARROW: await measure_log(server, keys=1, steps=1, requests=800, path="runs/log-batch"),
        work.BATCH: await measure_log(server, keys=10, steps=100, requests=64, path="runs/log-batch"),
        work.WIDE: await measure_log(server, keys=1000, steps=1, requests=24, path="runs/log-batch"),
        work.PAGE: await measure_pages(server, database_url),
        work.HISTORY: await measure_history(server, database_url),
    }


async def measure_create(server: Mlflow, *, runs: int) -> Figure:
    """Return runs a second: create, one log-batch with ten params and one point, finish."""
    create, log, finish = [await server.connections(path) for path in ("runs/create", "runs/log-batch", "runs/update")]
    left = iter(range(runs))

    async def client(n: int) -> None:
        for number in left:
            answer = msgspec.json.decode(
                await create[n].post(msgspec.json.encode({"experiment_id": "0", "start_time": number}))
            )
            run = answer["run"]["info"]["run_id"]
            params = [{"key": f"p{i}", "value": str(i)} for i in range(10)]
            point = [{"key": "loss", "value": 1.5, "timestamp": 1, "step": 0}]
            await log[n].post(msgspec.json.encode({"run_id": run, "params": params, "metrics": point}))
            await finish[n].post(msgspec.json.encode({"run_id": run, "status": "FINISHED", "end_time": number + 1}))

    began = time.perf_counter()
    await asyncio.gather(*(client(n) for n in range(work.CLIENTS)))
    return Figure(runs / (time.perf_counter() - began), "runs/s")


async def measure_log(server: Mlflow, *, keys: int, steps: int, requests: int, path: str) -> Figure:
    """Return points a second of log-batch requests of `keys` x `steps`, one run a client."""
    runs = [await server.make_run() for _ in range(work.CLIENTS)]
    bodies = []
    for number, run in zip(range(requests), itertools.cycle(runs), strict=False):
        first = number // work.CLIENTS * steps
        metrics = [
            {"key": f"k{key}", "value": float(step) / (key + 1), "timestamp": 1_790_000_000_000 + step, "step": step}
            for step in range(first, first + steps)
            for key in range(keys)
        ]
        bodies.append(msgspec.json.encode({"run_id": run, "metrics": metrics}))
    load = await send_all(await server.connections(path), bodies, expect=OK)
    return Figure(load.rate(requests * keys * steps), "points/s")


async def measure_pages(server: Mlflow, database_url: str) -> Figure:
    """Return the median time of a page of 100 among 10,000 runs, which are put into its tables as its store would."""
    answer = await server.call("experiments/create", {"name": "pages"})
    experiment = answer["experiment_id"]
    await fill_runs(database_url, int(experiment))
    body = {
        "experiment_ids": [experiment],
        "filter": "metrics.m0 < 0.5 and params.p1 = '1'",
        "order_by": ["metrics.m1 ASC"],
        "max_results": 100,
    }
    connection = await Connection("127.0.0.1", server.port, API + "runs/search").open()
    load = await send_all([connection], [msgspec.json.encode(body)] * 25, expect=b"run_uuid")
    return Figure(statistics.median(load.each), "s")


async def fill_runs(database_url: str, experiment: int) -> None:
    """Put runs with params and metrics into MLflow's tables: the same values that Whence gets."""
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute(
            """INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,
                                 start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
               SELECT md5(n::text), 'run ' || n, 'UNKNOWN', '', '', '', 'FINISHED', n, n + 1, '', 'active', '', $2
               FROM generate_series(1, $1::int) AS n""",
            work.RUNS,
            experiment,
        )
        await conn.execute(
            "INSERT INTO params (key, value, run_uuid) SELECT 'p' || p, (n * (p + 2) % 10)::text, md5(n::text) "
            "FROM generate_series(1, $1::int) AS n, generate_series(0, $2::int - 1) AS p",
            work.RUNS,
            work.PARAMS,
        )
        for table in ("metrics", "latest_metrics"):
            await conn.execute(
                f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) "
                "SELECT 'm' || m, (n * (m + 13) % 1009) / 1009.0, n, md5(n::text), 0, false "
                "FROM generate_series(1, $1::int) AS n, generate_series(0, $2::int - 1) AS m",
                work.RUNS,
                work.METRICS,
            )
        await conn.execute("ANALYZE")
    finally:
        await conn.close()


async def measure_history(server: Mlflow, database_url: str) -> Figure:
    """Return the time to read every point of one metric, in the pages that its client asks for."""
    run = await server.make_run()
    conn = await asyncpg.connect(database_url)
    values = np.random.default_rng(1).random(work.HISTORY_POINTS)
    rows = [("curve", float(value), 1_790_000_000_000 + n, run, n, False) for n, value in enumerate(values)]
    columns = ["key", "value", "timestamp", "run_uuid", "step", "is_nan"]
    await conn.copy_records_to_table("metrics", records=rows, columns=columns)
    await conn.close()
    began = time.perf_counter()
    read, token = 0, ""
    while True:
        path = f"metrics/get-history?run_id={run}&metric_key=curve&max_results=25000&page_token={token}"
        answer = await asyncio.to_thread(fetch, f"http://127.0.0.1:{server.port}{API}{path}")
        read += len(answer["metrics"])
        token = answer.get("next_page_token", "")
        if not token:
            break
    if read != work.HISTORY_POINTS:
        raise RuntimeError(f"MLflow gave {read} of {work.HISTORY_POINTS} points")
    return Figure(time.perf_counter() - began, "s")


def fetch(url: str) -> Any:
    """Return the JSON of a GET."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return msgspec.json.decode(answer.read())
