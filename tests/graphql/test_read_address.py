"""Reads may go to an address of their own, which may be behind: who gives a token, or just wrote, misses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from api.application import make_application
from api.schema import schema
from store.database import Database
from tests.graphql.asking import PROBLEM, Client
from tests.graphql.conftest import open_services
from tests.servers.databases import cloned
from tests.servers.shared_servers import SharedServers

BATCH = (
    "mutation($input: LogBatchInput!) { logBatch(input: $input) "
    f'{{ ... on LogBatchPayload {{ token run {{ name metrics(keys: ["loss"]) {{ count }} }} }} {PROBLEM} }} }}'
)
QUESTIONS = {
    "run": ("run(id: $run{}) {{ name }}", {"name": "seen"}),
    "node": ("node(id: $run{}) {{ ... on Run {{ name }} }}", {"name": "seen"}),
    "runs": ("runs(first: 5{}) {{ nodes {{ name }} }}", {"nodes": [{"name": "seen"}]}),
    "experiments": ("experiments(first: 5{}) {{ nodes {{ name }} }}", {"nodes": [{"name": "track"}]}),
    "resolve": ("resolve(ref: {{run: $run}}{}) {{ ... on Run {{ name }} }}", {"name": "seen"}),
    "metricSeries": ('metricSeries(run: $run, keys: ["loss"]{}) {{ values }}', [{"values": [1, 2]}]),
    "parameterHistory": ('parameterHistory(run: $run, key: "lr"{}) {{ value }}', [{"value": 1}]),
    "console": ("console(run: $run{}) {{ lines {{ text }} }}", {"lines": [{"text": "hello"}]}),
}


@pytest.fixture
async def client(
    database_url: str, shared_servers: SharedServers, template_database: str, postgres_admin: asyncpg.Connection
) -> AsyncIterator[Client]:
    """A client of a service whose reads go to a record that never gets what is written: the slowest of replicas."""
    async with cloned(shared_servers, postgres_admin, template_database) as behind:
        database = Database.connect(database_url, behind, pool_size=4)
        async with open_services(database) as services:
            transport = httpx.ASGITransport(app=make_application(schema=schema, services=services))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=30) as http:
                yield Client(http)
        await database.close()


async def write(client: Client) -> tuple[str, str]:
    """Make a run with something of everything; return its id and the token of the last write."""
    run = await client.make_run(name="seen", params={"lr": 1})
    console = f"mutation($input: LogConsoleInput!) {{ logConsole(input: $input) {{ __typename {PROBLEM} }} }}"
    await client.ask(console, {"input": {"run": run, "text": "hello", "firstLine": 0}})
    batch = {"run": run, "params": {"lr": 2}, "mode": "REPLACE", "series": [{"key": "loss", "values": [1, 2]}]}
    done = await client.do(BATCH, {"input": batch})

    assert done["run"] == {"name": "seen", "metrics": [{"count": 2}]}
    return run, done["token"]


async def test_a_mutation_answers_from_the_record_and_a_query_from_the_address_for_reading(client: Client) -> None:
    run, _ = await write(client)

    assert await client.ask("query($run: ID!) { node(id: $run) { id } runs { nodes { name } } }", {"run": run}) == {
        "node": None,
        "runs": {"nodes": []},
    }


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_query_that_gives_a_token_is_answered_from_the_record(client: Client, name: str) -> None:
    run, token = await write(client)
    asked, expected = QUESTIONS[name]
    declared = "$token: String!" if "$run" not in asked else "$run: ID!, $token: String!"
    arguments = ", atLeast: $token"
    variables = {"token": token} | ({"run": run} if "$run" in asked else {})
    answer = await client.ask(f"query({declared}) {{ {asked.format(arguments)} }}", variables)

    assert answer[name] == expected
