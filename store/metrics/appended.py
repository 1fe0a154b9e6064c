"""What was appended to a run since a cursor: its segments by order, and chunks where they were compacted since."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Collection
from dataclasses import dataclass

import asyncpg
import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import InvalidInput
from domain.ids import RunID, WorkspaceID
from store.driver import fetch_driver
from store.keys import fetch_key_ids, fetch_key_names
from store.metrics.chunks import SeriesColumns, fetch_chunks
from store.metrics.headers import Headers, fetch_headers, fetch_sealed, fetch_tails
from store.metrics.tails import read_tail

_CURSOR = struct.Struct(">qq")

FETCH_NEWEST = """
SELECT "order", nonce FROM metric_segments WHERE workspace = $1 AND run = $2 ORDER BY "order" DESC LIMIT 1
"""
FETCH_NONCE = 'SELECT nonce FROM metric_segments WHERE workspace = $1 AND run = $2 AND "order" = $3'
FETCH_NONCES = """
SELECT first_order, nonces FROM metric_nonces WHERE workspace = $1 AND run = $2 AND first_order <= $3
ORDER BY first_order DESC LIMIT 1
"""
FETCH_ALL_KEYS = "SELECT DISTINCT key FROM metric_chunks WHERE workspace = $1 AND run = $2 AND highest_order > $3"
COUNT_TAIL = 'SELECT sum(points)::bigint FROM metric_segments WHERE workspace = $1 AND run = $2 AND "order" > $3'

MOST_BEHIND = 250_000
"""Points, about, that a reader may be behind: beyond, it reads the series anew, and nobody holds them all in memory."""

CHUNKS_AT_ONCE = 256
"""Chunks that are open at a time: 4,000 points each, of which only those after the cursor stay."""


@dataclass(frozen=True, slots=True)
class AppendCursor:
    """A place in a run's order, and the nonce of the segment there: a restored record has another."""

    order: int
    nonce: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(_CURSOR.pack(self.order, self.nonce)).decode("ascii")


START = AppendCursor(-1, 0)
"""The cursor before all points."""


def parse_append_cursor(text: str) -> AppendCursor:
    """Read a cursor. Raises `InvalidInput` for anything that Whence did not make."""
    try:
        return AppendCursor(*_CURSOR.unpack(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)))
    except (ValueError, binascii.Error, struct.error) as exc:
        raise InvalidInput(f"{text[:80]!r} is not a cursor", path=["since"]) from exc


@dataclass(frozen=True, slots=True, eq=False)
class Appended:
    """New points by key, each in the order of arrival; with `reset` the reader must forget what it has."""

    cursor: AppendCursor
    reset: bool
    series: dict[str, SeriesColumns]


async def fetch_cursor(conn: AsyncConnection, workspace: WorkspaceID, run: RunID) -> AppendCursor:
    """Return the cursor at the newest points of a run: where someone begins who wants only what comes."""
    driver = await _begin(conn)
    return await _fetch_newest(driver, workspace, run) or START


async def read_appended(
    conn: AsyncConnection,
    workspace: WorkspaceID,
    run: RunID,
    *,
    names: Collection[str] | None,
    since: AppendCursor,
    most: int = MOST_BEHIND,
) -> Appended:
    """Return the points that came after a cursor, of some keys or of all; superseded ones too. One snapshot.

    A cursor of another record, or one that about `most` points came after, is answered with a reset and no points.
    """
    driver = await _begin(conn)
    newest = await _fetch_newest(driver, workspace, run)
    if not await _stands(driver, workspace, run, since):
        return Appended(newest or START, True, {})
    if newest is None or newest.order <= since.order:
        return Appended(since, False, {})
    wanted = None if names is None else sorted((await fetch_key_ids(conn, workspace, names)).values())
    keys = await _fetch_chunk_keys(driver, workspace, run, since.order) if wanted is None else wanted
    headers = await fetch_headers(driver, workspace, [run], keys, after_order=since.order)
    # Of a few series the segments hold little, and the compactor keeps what there is of them small.
    tail = 0 if wanted is not None else await driver.fetchval(COUNT_TAIL, workspace, run, since.order) or 0
    if _count_after(headers, since.order) + tail > most:
        return Appended(newest, True, {})
    parts = await _read_chunks(driver, workspace, run, headers, since.order)
    for key, points in await _read_segments(driver, workspace, run, wanted, since.order):
        parts.setdefault(key, []).append(points)
    known = await fetch_key_names(conn, workspace, list(parts))
    return Appended(newest, False, {known[key]: _by_arrival(those) for key, those in sorted(parts.items())})


async def _begin(conn: AsyncConnection) -> asyncpg.Connection:
    await conn.exec_driver_sql("SELECT 1")  # the transaction begins with a statement: the driver shares it then
    return await fetch_driver(conn)


async def _fetch_newest(driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID) -> AppendCursor | None:
    row = await driver.fetchrow(FETCH_NEWEST, workspace, run)
    if row is not None:
        return AppendCursor(row["order"], row["nonce"])
    packed = await driver.fetchrow(FETCH_NONCES, workspace, run, 2**63 - 1)
    if packed is None:
        return None
    nonces = np.frombuffer(packed["nonces"], "<i8")
    return AppendCursor(packed["first_order"] + len(nonces) - 1, int(nonces[-1]))


async def _stands(driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, cursor: AppendCursor) -> bool:
    """Say whether the segment of a cursor is, or was, in this record."""
    if cursor.order < 0:
        return True
    nonce = await driver.fetchval(FETCH_NONCE, workspace, run, cursor.order)
    if nonce is not None:
        return bool(nonce == cursor.nonce)
    packed = await driver.fetchrow(FETCH_NONCES, workspace, run, cursor.order)
    if packed is None:
        return False
    nonces = np.frombuffer(packed["nonces"], "<i8")
    at = cursor.order - packed["first_order"]
    return at < len(nonces) and int(nonces[at]) == cursor.nonce


def _count_after(headers: Headers, after: int) -> float:
    """Return about how many points of the chunks came after an order, as if they had come evenly."""
    lowest, highest = headers.ints("lowest_order"), headers.ints("highest_order")
    share = (highest - np.maximum(lowest - 1, after)) / (highest - lowest + 1)
    return float((headers.ints("count") * share).sum())


async def _read_chunks(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, headers: Headers, after: int
) -> dict[int, list[SeriesColumns]]:
    parts: dict[int, list[SeriesColumns]] = {}
    for start in range(0, len(headers), CHUNKS_AT_ONCE):
        some = headers.take(slice(start, start + CHUNKS_AT_ONCE))
        opened = await fetch_chunks(driver, workspace, some.ids())
        for key, number in zip(some.ints("key").tolist(), some.ints("number").tolist(), strict=True):
            points = opened[run, number]
            parts.setdefault(key, []).append(points.take(points.orders > after))
    return parts


async def _read_segments(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, wanted: list[int] | None, after: int
) -> list[tuple[int, SeriesColumns]]:
    rows = (await fetch_tails(driver, workspace, [run], after_order=after))[run]
    sealed = (await fetch_sealed(driver, workspace, [run])).get(run)
    tail = read_tail(rows, None if wanted is None else np.array(wanted, np.int64), sealed)
    return [(key, points) for (key, _), points in tail.split().items()]


async def _fetch_chunk_keys(driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, after: int) -> list[int]:
    return [row["key"] for row in await driver.fetch(FETCH_ALL_KEYS, workspace, run, after)]


def _by_arrival(parts: list[SeriesColumns]) -> SeriesColumns:
    together = SeriesColumns.concatenate(parts)
    return together.take(np.argsort(together.orders, kind="stable"))
