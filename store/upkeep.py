"""What the record does in the background: samples of positions, and the outbox trimmed after seven days."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from store.database import Database

KEPT = timedelta(days=7)
BATCH = 5000

# Only where something was written since the last sample, so that an idle record does not grow.
SAMPLE = sa.text(
    """
    INSERT INTO position_samples (taken_at, position)
    SELECT clock_timestamp(), border.position
    FROM (SELECT (number << 48) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 AS position
          FROM incarnation) AS border
    WHERE EXISTS (SELECT FROM outbox
                  WHERE position <= border.position
                    AND position > COALESCE((SELECT max(s.position) FROM position_samples s), 0))
    """
)

# Rows at or below the newest sample that is old enough were all committed before it was taken; a projection that some
# process had in its settings since then keeps what it has not yet written. A batch ends at a transaction's end, and
# takes what it trims into `trimmed_through` in the same transaction.
TRIM = sa.text(
    """
    WITH border AS (
        SELECT LEAST(sampled.position, (
            SELECT min(checkpoint) FROM projections WHERE configured_at >= now() - CAST(:configured AS interval)
        )) AS position
        FROM (SELECT max(position) AS position FROM position_samples
              WHERE taken_at < now() - CAST(:kept AS interval)) AS sampled
        WHERE sampled.position IS NOT NULL
    ), batch AS (
        SELECT max(position) AS position FROM (
            SELECT o.position FROM outbox o, border WHERE o.position <= border.position
            ORDER BY o.position, o.sequence LIMIT :batch) AS oldest
    ), gone AS (
        DELETE FROM outbox USING batch WHERE outbox.position <= batch.position RETURNING outbox.position
    ), noted AS (
        UPDATE incarnation SET trimmed_through = GREATEST(trimmed_through, batch.position) FROM batch
        WHERE batch.position IS NOT NULL
    )
    SELECT count(*) FROM gone
    """
)


async def sample_position(database: Database) -> bool:
    """Note which position is safely behind now, if any was written since; say whether one was noted."""
    async with database.write() as tx:
        return (await tx.conn.execute(SAMPLE)).rowcount > 0


async def trim_outbox(database: Database, *, kept: timedelta = KEPT) -> int:
    """Delete outbox rows older than seven days, in short transactions; return how many."""
    trimmed = 0
    while True:
        async with database.write() as tx:
            done = (await tx.conn.execute(TRIM, {"kept": kept, "configured": KEPT, "batch": BATCH})).scalar_one()
        trimmed += done
        if done < BATCH:
            return int(trimmed)
