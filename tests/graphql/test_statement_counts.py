"""How many SQL statements an operation takes: as many for a hundred rows as for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from store.database import Database
from tests.graphql.asking import Client

COLUMNS = """
  id name experiment { name tags { key } } parent { name }
  params(keys: ["lr"]) { key value }
  tags { key value }
  metrics(keys: ["loss"]) { key last { value } best { value } }
  notes(first: 2) { totalCount { value } nodes { text on { id } } }
  artifacts(first: 2) { totalCount { value } nodes { path version aliases run { id } } }
  attempts { id } metricContexts { subset on { id ... on DatasetVersion { name declaredSource } } } declaredSource
  children(first: 2) { totalCount { value } nodes { id } }
"""
OPERATIONS = {
    "runs": "query($n: Int!) { runs(first: $n) { totalCount { value } nodes { " + COLUMNS + " } } }",
    "two sets of keys": (
        'query($n: Int!) { runs(first: $n) { nodes { a: params(keys: ["lr"]) { key } b: params { key } } } }'
    ),
    "experiments": (
        "query($n: Int!) { experiments(first: $n) { totalCount { value } nodes { id workspace { id } tags { key } } } }"
    ),
    "search": (
        "query($n: Int!) { search(kinds: [RUN], first: $n) { totalCount { value } "
        "edges { why node { id ... on Run { tags { key } experiment { name } } } } } }"
    ),
    "series": "query($n: Int!) { runs(first: $n) { nodes { series(first: 3) { nodes { key } } } } }",
}


@asynccontextmanager
async def counting(database: Database) -> AsyncIterator[list[str]]:
    """Collect the statements that run meanwhile: SQLAlchemy's, which it prepares, and those given to the driver."""
    seen: list[str] = []

    def note_prepared(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    def note_given(logged: Any) -> None:
        if "pg_catalog" not in logged.query:  # what the driver itself asks about types
            seen.append(logged.query)

    def listen(connection: Any, _record: object) -> None:
        connection.driver_connection.add_query_logger(note_given)

    engine = database.reader.sync_engine
    events: dict[str, Callable[..., None]] = {"before_cursor_execute": note_prepared, "connect": listen}
    await database.close()  # the connections that are opened from here on tell what they are sent
    for name, function in events.items():
        sa.event.listen(engine, name, function)
    yield seen
    for name, function in events.items():
        sa.event.remove(engine, name, function)
    await database.close()


async def fill(client: Client, runs: int) -> None:
    """Make runs in experiments of their own, each with a parent and something of everything."""
    top = await client.make_run(name="top")
    for n in range(runs):
        run = await client.make_run(experiment=f"track {n}", parent=top, params={"lr": n}, tags={"fold": str(n)})
        batch = "mutation($input: LogBatchInput!) { logBatch(input: $input) { __typename } }"
        test = {"dataset": {"namespace": "d", "name": f"test {n}", "version": "1"}}
        series = [{"key": "loss", "values": [n]}, {"key": "accuracy", "values": [n], "on": test}]
        files = [{"path": "a/b.txt", "aliases": ["best"]}]
        rest = {"run": run, "series": series, "notes": [{"text": "note"}], "artifacts": files}
        done = await client.do(batch, {"input": rest})
        assert done == {"__typename": "LogBatchPayload"}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_statements_do_not_grow_with_the_page(client: Client, database: Database, name: str) -> None:
    await fill(client, 6)
    await client.ask(OPERATIONS[name], {"n": 1})  # whatever is remembered for the process is remembered now
    counts = []
    for size in (1, 6):
        async with counting(database) as seen:
            await client.ask(OPERATIONS[name], {"n": size})
        counts.append(len(seen))

    assert counts[0] == counts[1]


async def test_a_total_is_counted_only_when_it_is_asked_for(client: Client, database: Database) -> None:
    await fill(client, 1)
    counted = []
    for fields in ("nodes { id }", "nodes { id } totalCount { value }"):
        async with counting(database) as seen:
            await client.ask(f"{{ runs {{ {fields} }} }}")
        counted.append(sum("count(" in statement for statement in seen))

    assert counted == [0, 1]


async def test_many_nodes_take_one_statement_a_kind(client: Client, database: Database) -> None:
    await fill(client, 4)
    ids = [node["id"] for node in (await client.ask("{ runs { nodes { id } } }"))["runs"]["nodes"]]
    ask = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    counts = []
    for asked in (ids[:1], ids):
        async with counting(database) as seen:
            answer = await client.ask(ask, {"ids": asked})
        counts.append(len(seen))
        assert [node["id"] for node in answer["nodes"]] == asked

    assert counts[0] == counts[1]
