"""How projections stand and what can be asked of them, through GraphQL."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.context import Services
from store.projections.checkpoints import register
from store.projections.incarnations import notice_server
from tests.graphql.asking import Client

START = """mutation($input: StartProjectionTaskInput!) { startProjectionTask(input: $input) {
  ... on StartProjectionTaskPayload { task { id kind projection done total finishedAt result error } token }
  ... on Problem { code path message } } }"""
RESTORE = """mutation($input: DeclareRestoredInput!) { declareRestored(input: $input) {
  ... on DeclareRestoredPayload { incarnation token } ... on Problem { code path message } } }"""


async def test_a_record_that_answers_everything_has_no_projections(client: Client) -> None:
    answer = await client.ask("{ projections { name } }")
    refused = await client.ask(START, {"input": {"projection": "GRAPH", "kind": "VERIFY"}})

    assert answer == {"projections": []}
    assert refused["startProjectionTask"] == {
        "code": "NOT_FOUND",
        "path": ["input", "projection"],
        "message": "no projection graph is configured",
    }


async def test_a_projection_tells_its_state_and_takes_a_task_once(client: Client, services: Services) -> None:
    await register(services.database, "index")
    asked = {"input": {"projection": "INDEX", "kind": "REBUILD", "clientKey": str(uuid4())}}
    first = (await client.ask(START, asked))["startProjectionTask"]["task"]
    again = (await client.ask(START, asked))["startProjectionTask"]["task"]
    found = await client.ask(
        "{ projections { name generation trusted lagSeconds waitsFor generations { number } tasks { id } } }"
    )
    task = await client.ask("query($id: ID!) { projectionTask(id: $id) { kind done } }", {"id": first["id"]})

    assert first == again
    assert (first["kind"], first["projection"], first["finishedAt"], first["error"]) == ("REBUILD", "index", None, None)
    assert task == {"projectionTask": {"kind": "REBUILD", "done": 0}}
    (projection,) = found["projections"]
    assert (projection["name"], projection["generation"], projection["trusted"]) == ("index", None, True)
    assert projection["tasks"] == [{"id": first["id"]}]


async def test_a_restored_record_is_declared_on_purpose_only(client: Client, services: Services) -> None:
    await notice_server(services.database)
    refused = await client.ask(RESTORE, {"input": {}})
    done = await client.ask(RESTORE, {"input": {"confirm": True}})

    assert refused["declareRestored"]["code"] == "INVALID_INPUT"
    assert done["declareRestored"]["incarnation"] == 2


@pytest.mark.parametrize("wait", [-1, 30_001])
async def test_a_wait_out_of_bounds_is_refused(client: Client, wait: int) -> None:
    error = await client.fail("query($w: Int!) { runs(waitMs: $w) { nodes { id } } }", {"w": wait})

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["waitMs"])
    assert str(wait) in error["message"]
