"""The migrations make the tables that the code knows, and the tables are ready to be split by workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from domain.runs import RunStatus
from store import tables
from store.database import Database, driver_url
from store.migrations import HEAD, runner
from store.migrations.scripts import read_statements
from store.run_edits import finish_run
from tests.store.making import DEFAULT, make_run, read_run

OF_NO_WORKSPACE = {
    *("workspaces", "incarnation", "position_samples", "learned"),
    *("projections", "projection_generations", "projection_marks", "projection_tasks"),
}

CATALOGUE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage::text,
               a.attidentity::text, co.collname, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
          AND NOT a.attisdropped AND c.relname <> 'alembic_version'""",
    "indexes": """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'""",
    "constraints": """
        SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
          AND conrelid::regclass::text <> 'alembic_version'""",
    "options": """
        SELECT relname, reloptions::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'""",
    "sequences": "SELECT sequencename, data_type::text, increment_by FROM pg_sequences WHERE schemaname = 'public'",
}


async def read_catalogue(engine: AsyncEngine) -> dict[str, list[tuple[object, ...]]]:
    async with engine.connect() as conn:
        return {
            name: sorted((tuple(row) for row in await conn.exec_driver_sql(query)), key=repr)
            for name, query in CATALOGUE.items()
        }


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(driver_url(empty_database_url))
    yield engine
    await engine.dispose()


def make_all(conn: sa.Connection) -> None:
    """Make the tables as the code knows them, with the storage that it asks for."""
    tables.metadata.create_all(conn)
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            if storage := column.info.get("storage"):
                conn.exec_driver_sql(f"ALTER TABLE {table.name} ALTER COLUMN {column.name} SET STORAGE {storage}")


async def test_a_migrated_database_is_what_the_code_knows(empty: AsyncEngine, database: Database) -> None:
    async with empty.begin() as conn:
        await conn.run_sync(make_all)
    expected, migrated = await read_catalogue(empty), await read_catalogue(database.writer)

    for name in CATALOGUE:
        assert migrated[name] == expected[name], name


def test_the_newest_revision_is_the_one_that_a_start_looks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(runner.HERE))
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_every_table_begins_with_its_workspace() -> None:
    found = {table.name for table in tables.metadata.sorted_tables if next(iter(table.columns)).name != "workspace"}

    assert found == OF_NO_WORKSPACE


def test_every_key_and_tie_begins_with_the_workspace() -> None:
    for table in tables.metadata.sorted_tables:
        if table.name in OF_NO_WORKSPACE:
            continue
        for constraint in table.constraints:
            if not isinstance(constraint, sa.schema.ColumnCollectionConstraint) or not constraint.columns:
                continue
            assert next(iter(constraint.columns)).name == "workspace", constraint.name


async def test_a_database_split_by_workspace_takes_a_run(empty: AsyncEngine, empty_database_url: str) -> None:
    async with empty.begin() as conn:
        await conn.run_sync(make_split)
        for statement in read_statements("0005_write_functions.sql"):
            await conn.exec_driver_sql(statement)
        await conn.exec_driver_sql("INSERT INTO incarnation DEFAULT VALUES")
        await conn.execute(sa.insert(tables.workspaces).values(id=DEFAULT, name="default"))
    database = Database.connect(empty_database_url, pool_size=3)
    parent = await make_run(database, params={"lr": 0.1}, tags={"a": "b"})
    run = await make_run(database, parent=parent)
    async with database.write() as tx:
        await finish_run(tx, DEFAULT, run, RunStatus.FINISHED)

    found = await read_run(database, run)
    assert (found.parent, found.status, found.number) == (parent, RunStatus.FINISHED, 2)
    await database.close()


def make_split(conn: sa.Connection) -> None:
    """Make every table that has a workspace in four parts, by the hash of it."""
    split = sa.MetaData(naming_convention=tables.metadata.naming_convention)
    for table in tables.metadata.sorted_tables:
        copy = table.to_metadata(split)
        if table.name not in OF_NO_WORKSPACE:
            copy.dialect_options["postgresql"]["partition_by"] = "HASH (workspace)"
            # A table in parts holds no rows of its own, so how full its pages are is its parts' affair.
            copy.dialect_options["postgresql"]["with"] = {}
    conn.execute(sa.schema.CreateSequence(tables.outbox_sequence))
    split.create_all(conn)
    for table in split.sorted_tables:
        if table.name not in OF_NO_WORKSPACE:
            for part in range(4):
                conn.exec_driver_sql(
                    f"CREATE TABLE {table.name}_{part} PARTITION OF {table.name} "
                    f"FOR VALUES WITH (MODULUS 4, REMAINDER {part})"
                )
