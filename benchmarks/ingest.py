"""Durable ingest through GraphQL at several request sizes, beside COPY of the same points in the same run."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.copy_limit import Copied, measure_copy
from benchmarks.figures import count, print_table
from benchmarks.http_load import Connection, send_all
from benchmarks.points import make_narrow_bodies, make_wide_bodies
from benchmarks.servers import Service, whence
from store.embedded import EmbeddedPostgres

COPIED = 2_000_000
CREATE_RUN = """
mutation CreateRun($input: CreateRunInput!) {
  createRun(input: $input) { ... on CreateRunPayload { run { id } } ... on Problem { code message path } }
}"""


@dataclass(frozen=True, slots=True)
class Case:
    """One way of sending points."""

    name: str
    points: int
    """Points in a request."""
    total: int
    clients: int
    make_bodies: Callable[[str, int], Iterator[bytes]]


def make_narrow(per_request: int, total: int, clients: int) -> Case:
    """Return the case of requests that carry `per_request` points over ten keys."""
    return Case(
        f"{per_request:,} a request",
        per_request,
        total,
        clients,
        lambda run, share: make_narrow_bodies(run, total=share, per_request=per_request),
    )


CASES = (
    make_narrow(1, 8_000, 8),
    make_narrow(100, 400_000, 8),
    make_narrow(1_000, 2_000_000, 4),
    make_narrow(10_000, 6_000_000, 4),
    Case(
        "1,000 keys x 1 step",
        1_000,
        400_000,
        4,
        lambda run, share: make_wide_bodies(run, keys=1000, steps=share // 1000),
    ),
)


async def make_run(connection: Connection, name: str) -> str:
    """Create a run and return its id."""
    data = await connection.graphql(CREATE_RUN, {"input": {"experiment": "bench", "name": name}})
    run: str = data["createRun"]["run"]["id"]
    return run


async def measure_case(service: Service, case: Case) -> tuple[float, float, float]:
    """Return points a second, and CPU microseconds a point of the service and of Postgres."""
    connections = [await Connection(service.host, service.port, service.path).open() for _ in range(case.clients)]
    runs = [await make_run(connections[0], f"{case.name} {n}") for n in range(case.clients)]
    streams = [list(case.make_bodies(run, case.total // case.clients)) for run in runs]
    bodies = [body for body in itertools.chain(*itertools.zip_longest(*streams)) if body is not None]
    await send_all(connections, bodies[: 2 * case.clients], expect=b'"accepted"')
    before = service.cpu_seconds()
    load = await send_all(connections, bodies[2 * case.clients :], expect=b'"accepted"')
    after = service.cpu_seconds()
    points = (len(bodies) - 2 * case.clients) * case.points
    for connection in connections:
        connection.close()
    return points / load.seconds, (after[0] - before[0]) / points * 1e6, (after[1] - before[1]) / points * 1e6


def show(case: Case, rate: float, own: float, record: float, copied: Copied) -> tuple[str, ...]:
    """Return a row. The last figure is the ratio that a core of its own for each process would give."""
    rates = (case.name, str(case.clients), count(rate), count(copied.rate), f"{rate / copied.rate:.2f}")
    return *rates, f"{own:.2f}", f"{record:.2f}", f"{copied.cpu:.2f}", f"{copied.cpu / own:.2f}"


async def measure() -> None:
    """Print one row a case: the rate, its ratio to COPY measured just before it, CPU a point."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        async with EmbeddedPostgres(folder) as postgres:
            with whence(postgres=postgres) as service:
                for case in CASES:
                    copied = await measure_copy(postgres.url, postgres.process or 0, total=COPIED)
                    rate, own, record = await measure_case(service, case)
                    rows.append(show(case, rate, own, record, copied))
                peak = service.peak_memory_mb()
    head = (
        *("points", "clients", "points/s", "COPY points/s", "ratio"),
        *("CPU us a point: service", "its Postgres", "COPY, both sides", "COPY / service"),
    )
    print_table("Durable ingest through GraphQL", head, rows)
    print(f"\nMost memory the service had: {peak:.0f} MB")


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
