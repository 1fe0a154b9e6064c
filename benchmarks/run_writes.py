"""Writing whole runs through GraphQL: create with ten parameters, log a point, finish; eight clients at once."""

from __future__ import annotations

import asyncio

from benchmarks import work
from benchmarks.figures import print_table
from benchmarks.servers import Service, whence
from benchmarks.whence_work import measure_create, measure_log
from benchmarks.work import Figure

RUNS = 1600
POINTS = 8000


async def measure(service: Service) -> list[tuple[str, ...]]:
    """Return a row for each work: its rate, and CPU microseconds of each."""
    await measure_create(service, runs=RUNS // 8)  # prepares statements, compiles plans
    rows: list[tuple[str, ...]] = []
    for name, many, unit in ((work.CREATE, RUNS, "run"), (work.NARROW, POINTS, "request")):
        before = service.cpu_seconds()
        figure = await _do(service, name, many)
        own, record = (after - was for after, was in zip(service.cpu_seconds(), before, strict=True))
        each = (f"{own / many * 1e6:,.0f} us", f"{record / many * 1e6:,.0f} us", f"{many / own:,.0f} {unit}s/s")
        rows.append((name, f"{figure.value:,.0f} {unit}s/s", *each))
    return rows


async def _do(service: Service, name: str, many: int) -> Figure:
    if name == work.CREATE:
        return await measure_create(service, runs=many)
    return await measure_log(service, keys=1, steps=1, requests=many)


def main() -> None:
    with whence() as service:
        rows = asyncio.run(measure(service))
    head = ("work", "rate", "CPU each: service", "its Postgres", "on one core of the service")
    print_table("Whole runs through GraphQL", head, rows)


if __name__ == "__main__":
    main()
