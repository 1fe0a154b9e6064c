"""The limit that ingest is held against: COPY of the same points into a plain table of the same Postgres."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import numpy as np

from benchmarks.points import KEYS, make_times, make_values
from benchmarks.servers import tree_cpu

HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
FIELDS = [("run", ">i8"), ("key", ">i4"), ("step", ">i8"), ("time", ">i8"), ("value", ">f8")]
ROW = np.dtype(
    [("count", ">i2"), *[item for name, type_ in FIELDS for item in ((f"{name}_size", ">i4"), (name, type_))]]
)


def encode_rows(start: int, stop: int) -> bytes:
    """Return the binary COPY stream of the steps of all keys."""
    steps = np.arange(start, stop)
    rows = np.empty(len(steps) * KEYS, ROW)
    rows["count"] = len(FIELDS)
    for name, type_ in FIELDS:
        rows[f"{name}_size"] = np.dtype(type_).itemsize
    rows["run"] = 1
    rows["key"] = np.tile(np.arange(KEYS), len(steps))
    rows["step"] = np.repeat(steps, KEYS)
    rows["time"] = np.repeat(make_times(stop)[start:], KEYS)
    rows["value"] = np.stack([make_values(stop, kind)[start:] for kind in range(KEYS)], axis=1).ravel()
    return HEADER + rows.tobytes() + b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Copied:
    """What COPY did: points a second, and microseconds of CPU a point, the client's and the server's."""

    rate: float
    cpu: float


async def measure_copy(dsn: str, server: int, *, total: int, batch: int = 10_000) -> Copied:
    """Copy by one connection, `batch` points a transaction, into a table without an index; `server`: its process."""
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("DROP TABLE IF EXISTS copied")
        await conn.execute(
            "CREATE TABLE copied (run bigint, key int, step bigint, time bigint, value double precision)"
        )
        block = encode_rows(0, batch // KEYS)
        rounds = total // batch
        began, used = time.perf_counter(), time.process_time() + tree_cpu(server)
        for _ in range(rounds):
            await conn.copy_to_table("copied", source=_once(block), format="binary")
        seconds, cpu = time.perf_counter() - began, time.process_time() + tree_cpu(server) - used
        return Copied(rate=rounds * batch / seconds, cpu=cpu / (rounds * batch) * 1e6)
    finally:
        await conn.execute("DROP TABLE IF EXISTS copied")
        await conn.close()


async def _once(block: bytes) -> AsyncIterator[bytes]:
    yield block
