"""Reading a series of a million points through GraphQL: all of it, and its envelope of a thousand."""

from __future__ import annotations

import asyncio
import statistics

from benchmarks.figures import millis, print_table
from benchmarks.http_load import Connection, encode, send_all
from benchmarks.ingest import make_run
from benchmarks.points import LOG_METRICS, make_times, make_values
from benchmarks.servers import Service, whence

POINTS = 1_000_000
PER_REQUEST = 10_000
TIMES = 9
CURVE = """
query Curve($run: ID!, $points: Int!) {
  metricSeries(run: $run, keys: ["curve"], points: $points) { key exact count steps values timesMs }
}"""


async def fill(service: Service, connection: Connection) -> str:
    """Log a million points of one key and return the run."""
    run = await make_run(connection, "a million points")
    values, times = make_values(POINTS, 1), make_times(POINTS)
    for start in range(0, POINTS, PER_REQUEST):
        cut = slice(start, start + PER_REQUEST)
        steps = list(range(start, start + PER_REQUEST))
        series = [{"key": "curve", "steps": steps, "values": values[cut].tolist(), "timesMs": times[cut].tolist()}]
        await connection.post(encode(LOG_METRICS, {"run": run, "series": series}))
    return run


async def measure() -> None:
    rows = []
    with whence() as service:
        connection = await Connection(service.host, service.port, service.path).open()
        run = await fill(service, connection)
        await asyncio.sleep(5)
        for name, points in (("full, 1,000,000 points", POINTS), ("envelope, 1,000 points", 1000)):
            body = encode(CURVE, {"run": run, "points": points})
            before = sum(service.cpu_seconds())
            load = await send_all([connection], [body] * TIMES, expect=b'"curve"')
            cpu = (sum(service.cpu_seconds()) - before) / TIMES
            rows.append((name, millis(statistics.median(load.each)), millis(max(load.each)), millis(cpu)))
    print_table("A series of a million points through GraphQL", ("read", "median", "most", "CPU"), rows)


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
