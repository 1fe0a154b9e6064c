"""Runs by the hundred thousand, with parameters, metric summaries and tags, written by Postgres itself."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import WorkspaceID, make_uuid7
from store.database import Database
from store.keys import INSERT as INTERN
from store.keys import fetch_key_ids, make_key_row
from store.transactions import Transaction

EXPERIMENT = "many runs"
TAGS = 5

# The ties to `runs` hold by construction; checking them row by row would take most of the time.
UNCHECKED = "SET LOCAL session_replication_role = replica"
PLACE = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, CAST(:workspace AS uuid) AS workspace, CAST(:experiment AS uuid) AS experiment,
  CAST(lpad(to_hex(1780000000000 + n * 1000), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
    || substr(md5(n::text), 4, 15) AS uuid) AS id,
  timestamptz '2026-05-28 20:26:40+00' + n * interval '1 second' AS created_at
FROM generate_series(1, :runs) AS n
"""
RUNS = """
INSERT INTO runs (workspace, id, experiment, number, name, kind, status, created_by, started_at, ended_at, created_at)
SELECT workspace, id, experiment, n, 'run ' || n, 'TRAIN',
  CASE n % 10 WHEN 0 THEN 'RUNNING' WHEN 1 THEN 'FAILED' ELSE 'FINISHED' END,
  (ARRAY['ana', 'ben', 'cem', 'dora'])[1 + n % 4], created_at,
  CASE WHEN n % 10 <> 0 THEN created_at + n % 7000 * interval '1 second' END, created_at
FROM made
"""
COUNTERS = "INSERT INTO run_counters (workspace, run) SELECT workspace, id FROM made"
COMPACTION = "INSERT INTO compaction (workspace, run) SELECT workspace, id FROM made"
# Every fifth key is text, every seventh boolean, the others numbers: half of them from few values, half from many.
PARAMETERS = """
INSERT INTO parameters (workspace, run, key, type, number, boolean, raw)
SELECT workspace, id, key, CASE kind WHEN 't' THEN 3 WHEN 'b' THEN 0 ELSE 2 END,
  CASE kind WHEN 'n' THEN value END, CASE kind WHEN 'b' THEN value > 0.5 END,
  CASE kind WHEN 't' THEN 'choice ' || floor(value * 8) WHEN 'b' THEN (value > 0.5)::text ELSE value::text END
FROM (
  SELECT workspace, id, key, kind,
    CASE WHEN kind = 'n' AND number % 2 = 1 THEN floor(drawn * 10) ELSE drawn END AS value
  FROM made CROSS JOIN (
    SELECT number - 1 AS number, key,
      CASE WHEN number % 5 = 0 THEN 't' WHEN number % 7 = 0 THEN 'b' ELSE 'n' END AS kind
    FROM unnest(CAST(:keys AS integer[])) WITH ORDINALITY AS named (key, number)
  ) AS named CROSS JOIN LATERAL (SELECT (hashint8(n * 1000 + number) & 1048575) / 1048576.0 AS drawn) AS draw
) AS valued
"""
# A few series are NaN at the end, as those of diverged runs are.
SUMMARIES = """
INSERT INTO metric_summaries (workspace, run, key, count, nans, infinities, first_step, first_time, first_value,
  first_rank, last_step, last_time, last_value, last_rank, min_step, min_time, min_value, max_step, max_time, max_value)
SELECT workspace, id, key, 100, 0, 0, 0, 0, 10 + drawn, 0, 100, 0, CASE WHEN n % 97 = 0 THEN 'NaN' ELSE drawn END, 0,
  99, 0, drawn * 0.9, 0, 0, 10 + drawn
FROM made CROSS JOIN unnest(CAST(:keys AS integer[])) WITH ORDINALITY AS named (key, number)
CROSS JOIN LATERAL (SELECT (hashint8(n * 2000 + number) & 1048575) / 1048576.0 AS drawn) AS draw
"""
TAGGED = """
INSERT INTO tags (workspace, subject, key, kind, value)
SELECT workspace, id, key, 3, 'v' || (hashint8(n * 3000 + number) & 65535) % (10 * number)
FROM made CROSS JOIN unnest(CAST(:keys AS integer[])) WITH ORDINALITY AS named (key, number)
"""
# Indexes are built in one go behind the rows: half the time.
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND starts_with(indexname, 'ix_')
AND tablename IN ('runs', 'parameters', 'metric_summaries', 'tags')
"""
FILLED = ("runs", "run_counters", "compaction", "parameters", "metric_summaries", "tags", "keys", "experiments")


async def fill_runs(url: str, *, runs: int, params: int, metrics: int, tags: int = TAGS) -> str:
    """Add runs to the default workspace of a database, under an experiment whose name is returned.

    Keys are `p0`, `m0`, `t0` and on. Needs a superuser, and nobody else at work: indexes are away meanwhile.
    """
    database = Database.connect(url, pool_size=1)
    try:
        async with database.read() as conn:
            workspace = (await conn.exec_driver_sql("SELECT id FROM workspaces WHERE name = 'default'")).scalar_one()
        async with database.write() as tx:
            await fill_workspace(tx, WorkspaceID(workspace), runs=runs, params=params, metrics=metrics, tags=tags)
        async with database.read() as conn:
            for table in FILLED:
                await conn.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
    finally:
        await database.close()
    return EXPERIMENT


async def fill_workspace(
    tx: Transaction, workspace: WorkspaceID, *, runs: int, params: int, metrics: int, tags: int
) -> None:
    """Add the runs in the caller's transaction; the caller has the tables analysed afterwards."""
    experiment = make_uuid7()
    conn = tx.conn
    await conn.exec_driver_sql(UNCHECKED)
    await conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
    await conn.execute(
        sa.text("INSERT INTO experiments (workspace, id, name, next_number) VALUES (:workspace, :id, :name, :next)"),
        {"workspace": workspace, "id": experiment, "name": EXPERIMENT, "next": runs + 1},
    )
    # Its types are given in the statement: a prepared one could not create a table with parameters.
    place = PLACE.replace(":workspace", f"'{workspace}'").replace(":experiment", f"'{experiment}'")
    await conn.exec_driver_sql(place.replace(":runs", str(runs)))
    await conn.exec_driver_sql("ANALYZE made")
    indexes = (await conn.exec_driver_sql(INDEXES)).all()
    await conn.exec_driver_sql("DROP INDEX " + ", ".join(index.indexname for index in indexes))
    for statement in (RUNS, COUNTERS, COMPACTION):
        await conn.exec_driver_sql(statement)
    for statement, prefix, count in ((PARAMETERS, "p", params), (SUMMARIES, "m", metrics), (TAGGED, "t", tags)):
        keys = await _intern(conn, workspace, [f"{prefix}{number}" for number in range(count)])
        await conn.execute(sa.text(statement), {"keys": keys})
    for index in indexes:
        await conn.exec_driver_sql(index.indexdef)


async def _intern(conn: AsyncConnection, workspace: WorkspaceID, names: list[str]) -> list[int]:
    await conn.execute(INTERN, make_key_row(workspace, names))
    found = await fetch_key_ids(conn, workspace, names)
    return [found[name] for name in names]
