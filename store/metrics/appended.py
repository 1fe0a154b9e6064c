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
from domain.points import Ints
from store.driver import fetch_driver
from store.keys import fetch_key_ids, fetch_key_names
from store.metrics.chunks import SeriesColumns, fetch_chunks
from store.metrics.headers import fetch_headers, fetch_sealed, fetch_tails
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
) -> Appended:
    """Return the points that came after a cursor, of some keys or of all; superseded ones too. One snapshot."""
    driver = await _begin(conn)
    reset = not await _stands(driver, workspace, run, since)
    after = START if reset else since
    newest = await _fetch_newest(driver, workspace, run)
    if newest is None or newest.order <= after.order:
        return Appended(after, reset, {})
    wanted = None if names is None else (await fetch_key_ids(conn, workspace, names)).values()
    parts = await _fetch_parts(driver, workspace, run, wanted, after.order)
    known = await fetch_key_names(conn, workspace, list(parts))
    return Appended(newest, reset, {known[key]: points for key, points in sorted(parts.items())})


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


async def _fetch_parts(
    driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, wanted: Collection[int] | None, after: int
) -> dict[int, SeriesColumns]:
    keys = sorted(wanted) if wanted is not None else await _fetch_chunk_keys(driver, workspace, run, after)
    headers = await fetch_headers(driver, workspace, [run], keys, after_order=after)
    opened = await fetch_chunks(driver, workspace, headers.ids())
    parts: dict[int, list[SeriesColumns]] = {}
    for key, number in zip(headers.ints("key").tolist(), headers.ints("number").tolist(), strict=True):
        points = opened[run, number]
        parts.setdefault(key, []).append(points.take(points.orders > after))
    rows = (await fetch_tails(driver, workspace, [run], after_order=after))[run]
    sealed = (await fetch_sealed(driver, workspace, [run])).get(run)
    some: Ints | None = None if wanted is None else np.array(keys, np.int64)
    for (key, _), points in read_tail(rows, some, sealed).split().items():
        parts.setdefault(key, []).append(points)
    return {key: _by_arrival(those) for key, those in parts.items()}


async def _fetch_chunk_keys(driver: asyncpg.Connection, workspace: WorkspaceID, run: RunID, after: int) -> list[int]:
    return [row["key"] for row in await driver.fetch(FETCH_ALL_KEYS, workspace, run, after)]


def _by_arrival(parts: list[SeriesColumns]) -> SeriesColumns:
    together = SeriesColumns.concatenate(parts)
    return together.take(np.argsort(together.orders, kind="stable"))
