"""What was recorded before there was search is found as if it were written today."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from domain.ids import NodeKind
from store.database import Database, driver_url
from tests.lineage.test_lineage_migration import migrate_to
from tests.store.making import DEFAULT

BEFORE = """
INSERT INTO experiments (workspace, id, name, description) VALUES (:w, :e, 'track_1', 'short track');
INSERT INTO runs (workspace, id, experiment, number, name, kind, status, started_at)
SELECT :w, CAST(lpad(n::text, 32, '0') AS uuid), :e, n, 'run ' || n, 'TRAIN', 'FINISHED', now()
FROM generate_series(1, 4500) n;
INSERT INTO keys (workspace, name) VALUES (:w, 'optimizer'), (:w, 'learning_rate');
INSERT INTO parameters (workspace, run, key, type, number, raw)
SELECT :w, r.id, k.id, CASE k.name WHEN 'optimizer' THEN 3 ELSE 2 END, 0.5,
       CASE k.name WHEN 'optimizer' THEN 'Adam_W' ELSE '0.5' END FROM runs r, keys k;
INSERT INTO tags (workspace, subject, kind, key, value) SELECT :w, r.id, 3, k.id, 'a-b' FROM runs r, keys k
WHERE k.name = 'optimizer' AND r.number < 10;
INSERT INTO notes (workspace, id, subject_kind, subject, text)
SELECT :w, id, 3, id, repeat('loss ', number::integer) FROM runs WHERE number < 600;
INSERT INTO datasets (workspace, id, natural_key, namespace, name)
VALUES (:w, gen_random_uuid(), 'x', 's3://data', 'fineweb10B')
"""
COUNTS = """
SELECT (SELECT count(*) FROM texts WHERE kind = 3 AND tokens @@ '''run'''),
       (SELECT count(DISTINCT subject) FROM texts WHERE kind = 4 AND tokens @@ '''loss'''),
       (SELECT count(*) FROM texts WHERE kind = 4),
       (SELECT count(*) FROM texts WHERE kind = 2 AND tokens @@ '''=track1'' | ''short'''),
       (SELECT count(*) FROM texts WHERE kind = 16 AND tokens @@ '''fineweb'''),
       (SELECT count(*) FROM parameters WHERE tokens @@ '''=adamw'''),
       (SELECT count(*) FROM parameters WHERE tokens IS NULL),
       (SELECT count(*) FROM tags WHERE tokens @@ '''=ab'''),
       (SELECT count(*) FROM keys WHERE tokens @@ '''rate''')
"""


async def test_all_that_is_there_gets_its_tokens(empty_database_url: str) -> None:
    engine = create_async_engine(driver_url(empty_database_url))
    values: dict[str, Any] = {"w": DEFAULT, "e": UUID(int=7 << 64)}
    async with engine.connect() as conn:
        await migrate_to(conn, "0003")
        for statement in BEFORE.split(";\n"):
            named = {name: value for name, value in values.items() if f":{name}" in statement.replace("::", "")}
            await conn.execute(sa.text(statement.replace("::", "\\:\\:")), named)
        await conn.commit()
        await migrate_to(conn, "0004")
    await engine.dispose()
    database = Database.connect(empty_database_url, pool_size=1)
    async with database.read() as reader:
        row = (await reader.exec_driver_sql(COUNTS)).one()
    await database.close()

    # Of 599 notes, those of more than 255 words have two pieces, of more than 447 (255 + 192) three.
    assert NodeKind.RUN.value == 3
    assert tuple(row) == (4500, 599, 599 + 344 + 152, 2, 1, 4500, 4500, 9, 1)
