"""What runs said before there was lineage becomes edges: their parents, and the data they were measured on."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from domain.ids import NodeKey, NodeKind, RunID, make_uuid7
from domain.lineage.edges import Edge
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role, make_evaluation_id
from store.database import Database, driver_url
from store.edges import fetch_open
from store.migrations import HEAD, runner
from tests.store.making import DEFAULT

EXPERIMENT = "INSERT INTO experiments (workspace, id, name) VALUES (:w, :e, 'track')"
RUN = """
INSERT INTO runs (workspace, id, experiment, number, name, kind, status, parent, started_at)
VALUES (:w, :id, :e, :number, 'run', :kind, 'FINISHED', :parent, '2026-11-01T12:00:00Z')
"""
CONTEXT = """
INSERT INTO metric_contexts (workspace, run, number, on_kind, on_node, subset)
VALUES (:w, :run, :number, 17, :node, :subset)
"""


def upgrade_to(connection: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(runner.HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def migrate_to(conn: AsyncConnection, revision: str) -> None:
    await asyncio.to_thread(__import__, "alembic.command")
    await conn.run_sync(upgrade_to, revision)
    await conn.commit()


async def test_parents_and_test_data_of_older_runs_become_edges(empty_database_url: str) -> None:
    database = Database.connect(empty_database_url, pool_size=2)
    experiment, dataset = uuid4(), uuid4()
    parent, child, judge = (RunID(make_uuid7()) for _ in range(3))
    engine = create_async_engine(driver_url(empty_database_url))
    async with engine.connect() as conn:
        await migrate_to(conn, "0001")
        at = {"w": DEFAULT, "e": experiment}
        await conn.execute(sa.text(EXPERIMENT), at)
        runs = [(parent, "SWEEP", None), (child, "TRAIN", parent), (judge, "SELECT", None)]
        for number, (run, kind, above) in enumerate(runs):
            await conn.execute(sa.text(RUN), {**at, "id": run, "number": number, "kind": kind, "parent": above})
        for number, (run, subset) in enumerate([(child, "test"), (child, None), (judge, None)]):
            values = {"w": DEFAULT, "run": run, "number": number, "node": dataset, "subset": subset}
            await conn.execute(sa.text(CONTEXT), values)
        await conn.commit()
        await migrate_to(conn, HEAD)
    await engine.dispose()
    async with database.read() as conn:
        sides = [parent, child, judge, make_evaluation_id(child), make_evaluation_id(judge)]
        found = {(_short(one.edge), one.held.choice) for one in await fetch_open(conn, DEFAULT, targets=sides)}
        kept = {tuple(row) for row in await conn.execute(sa.text("SELECT id, of_run FROM evaluations"))}
    await database.close()

    measured = make_evaluation_id(child)
    assert found == {
        ((EdgeKind.CALLED, parent, NodeKey(NodeKind.RUN, child), None, None), False),
        ((EdgeKind.USED, dataset, NodeKey(NodeKind.EVALUATION, measured), Role.TEST, "test"), False),
        ((EdgeKind.USED, dataset, NodeKey(NodeKind.EVALUATION, measured), Role.TEST, None), False),
        ((EdgeKind.MEASURED_IN, child, NodeKey(NodeKind.EVALUATION, measured), None, None), False),
        ((EdgeKind.USED, dataset, NodeKey(NodeKind.RUN, judge), Role.TEST, None), True),
    }
    assert kept == {(measured, child)}


def _short(edge: Edge) -> tuple[object, ...]:
    return edge.kind, edge.source.uuid, edge.target, edge.role, edge.subset
