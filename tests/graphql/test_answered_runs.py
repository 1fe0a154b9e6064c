"""The run in the answer of a mutation: read again only where more than its id is asked for."""

from __future__ import annotations

import pytest

from store.database import Database
from tests.graphql.asking import Client
from tests.graphql.test_statement_counts import counting

SELECTIONS = {
    "run { id uuid __typename }": 0,
    "run { id } run { uuid }": 0,
    "...Made": 0,
    "run { ... on Node { id } }": 0,
    "run { id name }": 1,
    "run { id } made: run { number }": 1,
    "run { id ... on Run @include(if: true) { status } }": 1,
}


@pytest.mark.parametrize("selection", SELECTIONS)
async def test_a_run_is_read_again_for_more_than_its_id(client: Client, database: Database, selection: str) -> None:
    run = await client.make_run()
    document = (
        "mutation($run: ID!) { finishRun(input: {run: $run, status: FAILED}) "
        f"{{ ... on FinishRunPayload {{ {selection} }} }} }}"
    )
    if "Made" in selection:
        document += " fragment Made on FinishRunPayload { run { ...Ids } } fragment Ids on Run { id }"
    async with counting(database) as seen:
        answer = await client.ask(document, {"run": run})

    assert len([statement for statement in seen if "FROM runs AS" in statement]) == SELECTIONS[selection]
    assert answer["finishRun"]["run"].get("id", run) == run
