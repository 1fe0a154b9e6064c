"""Memory of the service: at rest, and while points come in for a long time (`--points`, 10^8 without)."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys

from benchmarks.figures import count, print_table
from benchmarks.http_load import Connection, send_all
from benchmarks.ingest import make_run
from benchmarks.points import make_narrow_bodies
from benchmarks.servers import Service, whence

PER_REQUEST = 10_000
CLIENTS = 4
ROUND = 10_000_000
POINTS = 100_000_000


async def send_round(service: Service, number: int) -> None:
    """Send one round of points into new runs, `CLIENTS` at a time."""
    connections = [await Connection(service.host, service.port, service.path).open() for _ in range(CLIENTS)]
    runs = [await make_run(connections[0], f"round {number} client {n}") for n in range(CLIENTS)]
    streams = [make_narrow_bodies(run, total=ROUND // CLIENTS, per_request=PER_REQUEST) for run in runs]
    bodies = (body for body in itertools.chain.from_iterable(itertools.zip_longest(*streams)) if body is not None)
    await send_all(connections, bodies, expect=b'"accepted"')
    for connection in connections:
        connection.close()


async def measure(points: int) -> None:
    """Print resident memory after each round: it must not grow."""
    rows = []
    with whence() as service:
        rows.append(("at rest", f"{service.memory_mb():.0f} MB", f"{service.peak_memory_mb():.0f} MB"))
        for number in range(points // ROUND):
            await send_round(service, number)
            sent = f"after {count((number + 1) * ROUND)} points"
            rows.append((sent, f"{service.memory_mb():.0f} MB", f"{service.peak_memory_mb():.0f} MB"))
            print(*rows[-1], file=sys.stderr, flush=True)
    print_table("Memory of the service's process", ("", "resident", "most so far"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=POINTS)
    known, _ = parser.parse_known_args()
    asyncio.run(measure(known.points))


if __name__ == "__main__":
    main()
