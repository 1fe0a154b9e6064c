"""Bytes a point on disk after compaction, on the demo's real trainings and on mixed series."""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from benchmarks.figures import count, print_table
from benchmarks.http_load import Connection, send_all
from benchmarks.ingest import make_run
from benchmarks.points import make_narrow_bodies
from benchmarks.servers import Service, whence
from store.embedded import EmbeddedPostgres

MIXED = 4_000_000
PATIENCE_S = 120
SIZES = """
SELECT (SELECT coalesce(sum(count), 0)::bigint FROM metric_summaries),
       pg_total_relation_size('metric_chunks') + pg_total_relation_size('metric_segments'),
       pg_total_relation_size('metric_summaries'), (SELECT coalesce(sum(points), 0)::bigint FROM metric_segments)
"""


async def measure_mixed(service: Service) -> None:
    """Send loss curves, schedules, counters and noise, a thousand points a request."""
    connections = [await Connection(service.host, service.port, service.path).open() for _ in range(4)]
    runs = [await make_run(connections[0], f"mixed {n}") for n in range(4)]
    streams = [make_narrow_bodies(run, total=MIXED // 4, per_request=1000) for run in runs]
    bodies = (body for body in itertools.chain.from_iterable(itertools.zip_longest(*streams)) if body is not None)
    await send_all(connections, bodies, expect=b'"accepted"')


async def import_demo(service: Service) -> None:
    """Import the demo's trainings as `whence serve --demo` does."""
    address = f"http://{service.host}:{service.port}"
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as lines:
        await run([sys.executable, "-m", "demo"], output=lines.fileno())
        command = Path(sys.executable).with_name("whence")
        await run([str(command), "--url", address, "--workspace", "demo", "import", "--create-workspace", lines.name])


async def run(command: list[str], *, output: int = asyncio.subprocess.DEVNULL) -> None:
    """Run a program to its end. Raises `RuntimeError` if it fails."""
    process = await asyncio.create_subprocess_exec(*command, stdout=output)
    if await process.wait():
        raise RuntimeError(f"{' '.join(command)} failed")


async def measure_case(name: str) -> tuple[str, ...]:
    """Fill a new record, wait for the compactor, and return what a point takes."""
    with tempfile.TemporaryDirectory(prefix="whence-bench-") as folder:
        async with EmbeddedPostgres(folder) as postgres:
            with whence(postgres=postgres) as service:
                await (import_demo(service) if name == "demo" else measure_mixed(service))
                conn = await asyncpg.connect(postgres.url)
                points, stored, summaries, tail = await settle(conn)
                await conn.close()
    return name, count(points), f"{stored / points:.2f}", f"{summaries / points:.2f}", f"{tail / points:.0%}"


async def settle(conn: asyncpg.Connection) -> tuple[int, int, int, int]:
    """Return the sizes once the compactor has nothing more to do, or patience ends."""
    until, before = time.monotonic() + PATIENCE_S, -1
    while True:
        await conn.execute("VACUUM (ANALYZE) metric_chunks, metric_segments")
        row = await conn.fetchrow(SIZES)
        if row[3] == before or time.monotonic() > until:
            await conn.execute("VACUUM (FULL, ANALYZE) metric_chunks, metric_segments, metric_summaries")
            return tuple(await conn.fetchrow(SIZES))
        before = row[3]
        await asyncio.sleep(5)


async def measure() -> None:
    rows = [await measure_case(name) for name in ("mixed", "demo")]
    head = ("data", "points", "chunks and segments, bytes a point", "summaries, bytes a point", "still in segments")
    print_table("Disk after compaction", head, rows)


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
