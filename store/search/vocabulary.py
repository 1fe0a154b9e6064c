"""The words in use, learned from the outbox a moment after they were written: for typos and suggestions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import Database
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

EVERYTHING = "SELECT DISTINCT workspace, subject AS uid FROM texts UNION SELECT workspace, subject FROM tags"
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
    """Learn what was written since the last time, in short transactions; return how many words were new.

    A record that was never learned, or of which outbox rows are gone, is read whole. Another process at it means
    that there is nothing to do.
    """
    learned = 0
    while True:
        async with database.write() as tx:
            if not await tx.conn.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LEARNERS_LOCK))):
                return learned
            row = (await tx.conn.execute(NEXT, {"batch": BATCH})).one()
            new = await _fetch_new(tx.conn, row)
            await _insert(tx.conn, new)
            if row.is_more or row.is_behind or row.until - row.since > IDLE:
                await tx.conn.execute(sa.text("UPDATE learned SET position = :until"), {"until": row.until})
        learned += len(new)
        if not row.is_more or row.is_behind:
            return learned


async def _fetch_new(conn: AsyncConnection, row: Any) -> list[Any]:
    statement = NEW.format(changed=EVERYTHING if row.is_behind else CHANGED, names=NAMES, longest=LONGEST)
    values = {} if row.is_behind else {"since": row.since, "until": row.until}
    return list(await conn.execute(sa.text(statement), values))


async def _insert(conn: AsyncConnection, rows: list[Any]) -> None:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        columns = {
            "workspaces": [row.workspace for row in batch],
            "kinds": [row.kind for row in batch],
            "texts": [row.text for row in batch],
            "tokens": [write_grams(row.text) for row in batch],
        }
        await conn.execute(INSERT, columns)
