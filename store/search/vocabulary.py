"""The words in use, learned from the outbox a moment after they were written: for typos and suggestions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import Database
from store.driver import fetch_driver
from store.texts import write_grams

WORD, NAME, TAG_VALUE = 1, 2, 3
"""Kinds of words: of texts; of runs, experiments, datasets, models and deployments; values of tags."""

BATCH = 2000
IDLE = 1000
"""Positions that may pass without a word before it is noted that there was none."""

LONGEST = 128
LEARNERS_LOCK = 0x6C6561726E  # "learn": one process learns, the others leave it to it

# The next rows of the outbox that are safely behind, and the position that they end at. A batch ends at a
# transaction's end.
NEXT = sa.text(
    """
    WITH border AS (
        SELECT (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 AS position, trimmed_through
        FROM incarnation
    ), batch AS (
        SELECT max(position) AS position FROM (
            SELECT o.position FROM outbox o, border, learned
            WHERE o.position > learned.position AND o.position <= border.position
            ORDER BY o.position, o.sequence LIMIT :batch) AS next
    )
    SELECT learned.position AS since, COALESCE(batch.position, border.position) AS until,
           batch.position IS NOT NULL AS is_more,
           learned.position < border.trimmed_through OR learned.position = 0 AS is_behind
    FROM learned, border, batch
    """
)
CHANGED = """
SELECT DISTINCT workspace, uid FROM outbox WHERE position > :since AND position <= :until AND changed & 2 = 2
"""

# What has texts or tags, in the order of its key: the record is read whole in steps, each of them short.
STEP = """
SELECT DISTINCT workspace, subject AS uid FROM {table}
WHERE (workspace, subject) > (CAST(:workspace AS uuid), CAST(:after AS uuid)) ORDER BY workspace, subject LIMIT :batch
"""
LAST = "SELECT workspace, uid FROM ({step}) step ORDER BY workspace DESC, uid DESC LIMIT 1"
NEW = """
WITH changed AS MATERIALIZED ({changed}), said AS (
    SELECT t.workspace, 1::smallint AS kind, word AS text FROM changed c
    JOIN texts t ON t.workspace = c.workspace AND t.subject = c.uid, unnest(tsvector_to_array(t.tokens)) AS word
    WHERE left(word, 1) <> '=' AND length(word) BETWEEN 3 AND 64 AND word !~ '[0-9#]'
    UNION SELECT g.workspace, 3, left(g.value, {longest}) FROM changed c
    JOIN tags g ON g.workspace = c.workspace AND g.subject = c.uid WHERE g.value <> ''
    {names}
)
SELECT workspace, kind, text FROM said
WHERE NOT EXISTS (SELECT FROM vocabulary v WHERE (v.workspace, v.kind, v.text) = (said.workspace, said.kind, said.text))
"""
NAMES = " ".join(
    f"UNION SELECT n.workspace, 2, left(n.{column}, {LONGEST}) FROM changed c "
    f"JOIN {table} n ON n.workspace = c.workspace AND n.id = c.uid"
    for table, column in (
        ("runs", "name"),
        ("experiments", "name"),
        ("datasets", "name"),
        ("models", "name"),
        ("deployments", "endpoint"),
    )
)
INSERT = sa.text(
    """
    INSERT INTO vocabulary (workspace, kind, text, tokens)
    SELECT workspace, kind, text, CAST(tokens AS tsvector)
    FROM unnest(CAST(:workspaces AS uuid[]), CAST(:kinds AS smallint[]), CAST(:texts AS text[]),
                CAST(:tokens AS text[])) AS row (workspace, kind, text, tokens)
    ON CONFLICT DO NOTHING
    """
)


async def learn_words(database: Database) -> int:
    """Learn what was written since the last time; return how many words were new.

    A record that was never learned, or of which outbox rows are gone, is read whole. No transaction that writes is
    open while it reads: that would hold back every projection. Another process at it means that there is nothing to do.
    """
    async with database.read_primary() as conn:
        driver = await fetch_driver(conn)
        if not await driver.fetchval("SELECT pg_try_advisory_lock($1)", LEARNERS_LOCK):
            return 0
        try:
            learned = await _learn(database, conn)
        except BaseException:
            driver.terminate()  # the lock goes with it; no statement may be sent on a connection that was interrupted
            raise
        await driver.execute("SELECT pg_advisory_unlock($1)", LEARNERS_LOCK)
        return learned


async def _learn(database: Database, conn: AsyncConnection) -> int:
    learned = 0
    while True:
        row = (await conn.execute(NEXT, {"batch": BATCH})).one()
        if row.is_behind:
            learned += await _learn_whole(database, conn)
        else:
            learned += await _insert(database, await _fetch_new(conn, CHANGED, since=row.since, until=row.until))
        if row.is_more or row.is_behind or row.until - row.since > IDLE:
            async with database.write() as tx:
                await tx.conn.execute(sa.text("UPDATE learned SET position = :until"), {"until": row.until})
        if not row.is_more or row.is_behind:
            return learned


async def _learn_whole(database: Database, conn: AsyncConnection) -> int:
    learned = 0
    for table in ("texts", "tags"):
        step, place = STEP.format(table=table), {"workspace": UUID(int=0), "after": UUID(int=0)}
        while True:
            new = await _fetch_new(conn, step, batch=BATCH, **place)
            learned += await _insert(database, new)
            last = LAST.format(step=step)
            found = (await conn.execute(sa.text(last), {"batch": BATCH, **place})).one_or_none()
            if found is None:
                break
            place = {"workspace": found.workspace, "after": found.uid}
    return learned


async def _fetch_new(conn: AsyncConnection, changed: str, **values: Any) -> list[Any]:
    statement = NEW.format(changed=changed, names=NAMES, longest=LONGEST)
    return list(await conn.execute(sa.text(statement), values))


async def _insert(database: Database, rows: list[Any]) -> int:
    """Add words in short transactions; their trigrams are made before each begins."""
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        columns = {
            "workspaces": [row.workspace for row in batch],
            "kinds": [row.kind for row in batch],
            "texts": [row.text for row in batch],
            "tokens": [write_grams(row.text) for row in batch],
        }
        async with database.write() as tx:
            await tx.conn.execute(INSERT, columns)
    return len(rows)
