"""Bad input: each gets a typed problem that names the field and the value, and leaves nothing behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from domain.ids import GlobalID, NodeKind, RunID, WorkspaceID, make_uuid7
from store import tables
from store.database import Database
from tests.graphql.asking import CREATE_RUN, LOG_METRICS, PROBLEM, Client, Json

LOG_BATCH = (
    "mutation($input: LogBatchInput!) { logBatch(input: $input) "
    f"{{ ... on LogBatchPayload {{ accepted token }} {PROBLEM} }} }}"
)
ADD_NOTE = (
    f"mutation($input: AddNoteInput!) {{ addNote(input: $input) {{ ... on AddNotePayload {{ token }} {PROBLEM} }} }}"
)
PURGE = (
    "mutation($run: ID!) { deleteRuns(input: {runs: [$run]}) { ... on DeleteRunsPayload { token } } "
    f"purgeRun(input: {{run: $run}}) {{ ... on PurgeRunPayload {{ token }} {PROBLEM} }} }}"
)
UNKNOWN = UUID("01980000-0000-7000-8000-00000000abcd")
WRITTEN = (
    tables.runs,
    tables.experiments,
    tables.parameters,
    tables.tags,
    tables.notes,
    tables.metric_segments,
    tables.metric_summaries,
    tables.artifacts,
    tables.datasets,
    tables.dataset_versions,
    tables.outbox,
    tables.client_keys,
)


async def count_rows(database: Database) -> dict[str, int]:
    """Return how many rows each table has that a mutation may write."""
    async with database.read_primary() as conn:
        found = {}
        for table in WRITTEN:
            found[table.name] = int(await conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
        return found


RUN_FIELDS: list[tuple[str, Json, str, list[str], str]] = [
    ("an empty name", {"name": ""}, "INVALID_INPUT", ["name"], "''"),
    ("a name of 501 characters", {"name": "x" * 501}, "TOO_LARGE", ["name"], "501"),
    ("NUL in a name", {"name": "a\0b"}, "INVALID_INPUT", ["name"], "a\\x00b"),
    ("an empty key", {"params": {"": 1}}, "INVALID_INPUT", ["params", ""], "''"),
    ("NUL in a key", {"params": {"a\0": 1}}, "INVALID_INPUT", ["params", "a\0"], "a\\x00"),
    ("a parameter that is NaN", {"parameters": [{"key": "lr", "type": "FLOAT", "text": "NaN"}]}, "INVALID_INPUT",
     ["parameters", "0", "lr"], "NaN"),
    ("a text that is no number", {"parameters": [{"key": "lr", "type": "INT", "text": "3x"}]}, "INVALID_INPUT",
     ["parameters", "0", "lr"], "3x"),
    ("a parameter given twice", {"params": {"lr": 1}, "parameters": [{"key": "lr", "type": "INT", "text": "1"}]},
     "INVALID_INPUT", ["params"], "lr"),
    ("4,001 parameters", {"params": {f"p{n}": n for n in range(4001)}}, "TOO_LARGE", ["params"], "4001"),
    ("501 tags", {"tags": {f"t{n}": "x" for n in range(501)}}, "TOO_LARGE", ["tags"], "501"),
    ("a parameter of 65 KiB", {"params": {"text": "x" * 65_537}}, "TOO_LARGE", ["params", "text"], "65537"),
    ("a tag that is no text", {"tags": {"fold": 3}}, "INVALID_INPUT", ["tags", "fold"], "3"),
    ("an id that is no UUID", {"id": "seed-1"}, "INVALID_INPUT", ["id"], "seed-1"),
    ("an unknown parent", {"parent": str(UNKNOWN)}, "NOT_FOUND", ["parent"], str(UNKNOWN)),
    ("an unknown experiment", {"experiment": str(GlobalID(NodeKind.EXPERIMENT, WorkspaceID(UNKNOWN), UNKNOWN))},
     "NOT_FOUND", ["experiment"], str(UNKNOWN)),
    ("a sequence without a writer", {"sequence": 0}, "INVALID_INPUT", ["sequence"], "writer"),
    ("a writer that is no UUID", {"writer": "me", "sequence": 0}, "INVALID_INPUT", ["writer"], "me"),
    ("an empty client key", {"clientKey": ""}, "INVALID_INPUT", ["clientKey"], "''"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "code", "path", "shown"), [case[1:] for case in RUN_FIELDS], ids=[case[0] for case in RUN_FIELDS]
)
async def test_a_run_is_refused_with_field_and_value(
    client: Client, database: Database, fields: Json, code: str, path: list[str], shown: str
) -> None:
    before = await count_rows(database)
    problem = await client.do(CREATE_RUN, {"input": {"experiment": "track", **fields}})

    assert (problem["code"], problem["path"], problem["retriable"]) == (code, ["input", *path], False)
    assert shown in problem["message"]
    assert await count_rows(database) == before


SERIES: list[tuple[str, Json, str, list[str], str]] = [
    ("no points", {"series": []}, "INVALID_INPUT", ["series"], "no series"),
    ("neither form", {}, "INVALID_INPUT", ["series"], "no points"),
    ("no values", {"series": [{"key": "loss", "steps": [1]}]}, "INVALID_INPUT", ["series", "0", "values"], "no values"),
    ("steps and values of different length", {"series": [{"key": "loss", "steps": [1, 2], "values": [0.5]}]},
     "INVALID_INPUT", ["series", "0", "steps"], "2 steps stand beside 1 values"),
    ("a length that is wrong beside data that nobody knows",
     {"series": [{"key": "loss", "steps": [1, 2], "values": [0.5],
                  "on": {"dataset": {"namespace": "s3://data", "name": "web", "version": "3"}}}]},
     "INVALID_INPUT", ["series", "0", "steps"], "2 steps stand beside 1 values"),
    ("times of another length", {"series": [{"key": "loss", "timesMs": [], "values": [0.5]}]},
     "INVALID_INPUT", ["series", "0", "timesMs"], "0 timesMs stand beside 1 values"),
    ("an empty key", {"series": [{"key": "", "values": [0.5]}]}, "INVALID_INPUT", ["series", "0", "key"], "''"),
    ("NUL in a key", {"series": [{"key": "a\0b", "values": [0.5]}]},
     "INVALID_INPUT", ["series", "0", "key"], "a\\x00b"),
    ("seven packed bytes", {"series": [{"key": "loss", "valuesPacked": "AAAAAAAAAA=="}]},
     "INVALID_INPUT", ["series", "0", "valuesPacked"], "7 bytes"),
    ("both forms of a column", {"series": [{"key": "loss", "values": [0], "valuesPacked": "AAAAAAAAAAA="}]},
     "INVALID_INPUT", ["series", "0", "valuesPacked"], "both"),
    ("an index outside the keys", {"keys": ["a"], "keyIndex": [1], "values": [0.5]},
     "INVALID_INPUT", ["keyIndex"], "0 to 0"),
    ("both forms of points", {"series": [], "keys": ["a"]}, "INVALID_INPUT", ["series"], "not both"),
    ("a key given twice in the wide form", {"keys": ["a", "a"], "keyIndex": [0], "values": [0.5]},
     "INVALID_INPUT", ["keys"], "twice"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "code", "path", "shown"), [case[1:] for case in SERIES], ids=[case[0] for case in SERIES]
)
async def test_points_are_refused_with_field_and_value(
    client: Client, database: Database, fields: Json, code: str, path: list[str], shown: str
) -> None:
    run = await client.make_run()
    before = await count_rows(database)
    problem = await client.do(LOG_METRICS, {"input": {"run": run, **fields}})

    assert (problem["code"], problem["path"], problem["retriable"]) == (code, ["input", *path], False)
    assert shown in problem["message"]
    assert await count_rows(database) == before


WRONG_TYPES: list[tuple[str, Json, list[str], str]] = [
    ("a step of 2^63", {"steps": [2**63], "values": [0.5]}, ["steps"], "at index 0: Int64 lies between"),
    ("a step as a fraction", {"steps": [1.5], "values": [0.5]}, ["steps"], "not 1.5"),
    ("a value that is a word", {"values": ["high"]}, ["values"], "at index 0: Float64 takes a number"),
    ("a value that is null", {"values": [0.5, None]}, ["values"], "at index 1: Float64 takes a number"),
    ("a value that is true", {"values": [True]}, ["values"], "not True"),
    ("values that are no list", {"values": 0.5}, ["values"], "not 0.5"),
    ("packed bytes that are no base64", {"valuesPacked": "*"}, ["valuesPacked"], "'*' is not base64"),
    ("a field nobody knows", {"value": [0.5]}, [], "unknown field 'value'"),
]


@pytest.mark.parametrize(
    ("columns", "path", "shown"), [case[1:] for case in WRONG_TYPES], ids=[case[0] for case in WRONG_TYPES]
)
async def test_a_wrong_type_is_an_error_that_names_the_place(
    client: Client, database: Database, columns: Json, path: list[str], shown: str
) -> None:
    run = await client.make_run()
    before = await count_rows(database)
    error = await client.fail(LOG_METRICS, {"input": {"run": run, "series": [{"key": "loss", **columns}]}})

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "series", "0", *path])
    assert shown in error["message"]
    assert (error["line"], error["column"]) == (1, 10)
    assert await count_rows(database) == before


@pytest.mark.parametrize("document", [LOG_METRICS, LOG_BATCH])
@pytest.mark.parametrize("whose", ["unknown", "foreign", "purged", "of another kind"])
async def test_a_run_that_is_not_there_takes_no_points(
    client: Client, database: Database, document: str, whose: str
) -> None:
    run, code = await make_absent_run(client, whose)
    before = await count_rows(database)
    series = [{"key": "loss", "values": [0.5]}]
    problem = await client.do(document, {"input": {"run": run, "series": series, "clientKey": "k"}})

    assert (problem["code"], problem["path"]) == (code, ["input", "run"])
    assert await count_rows(database) == before


async def make_absent_run(client: Client, whose: str) -> tuple[str, str]:
    if whose == "unknown":
        return str(UNKNOWN), "NOT_FOUND"
    if whose == "foreign":
        return str(GlobalID(NodeKind.RUN, WorkspaceID(UNKNOWN), RunID(make_uuid7()))), "NOT_FOUND"
    if whose == "of another kind":
        return str(GlobalID(NodeKind.NOTE, WorkspaceID(UNKNOWN), make_uuid7())), "INVALID_INPUT"
    run = await client.make_run()
    assert "token" in (await client.ask(PURGE, {"run": run}))["purgeRun"]
    return run, "GONE"


async def test_a_run_of_another_workspace_is_not_found_there(client: Client) -> None:
    run = await client.make_run()
    await client.ask('mutation { createWorkspace(input: {name: "other"}) { ... on CreateWorkspacePayload { token } } }')
    problem = await client.within("other").do(LOG_METRICS, {"input": {"run": run, "series": []}})

    assert problem["code"] == "NOT_FOUND"


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
async def test_a_lone_surrogate_never_gets_in(client: Client, database: Database, text: str) -> None:
    run = await client.make_run()
    before = await count_rows(database)
    body = '{"query": "mutation($r: ID!, $t: String!) { addNote(input: {on: {run: $r}, text: $t}) { __typename } }", '
    body += f'"variables": {{"r": "{run}", "t": "{text.encode("unicode_escape").decode()}"}}}}'
    response = await client.http.post(
        "/w/default/graphql", content=body.encode(), headers={"content-type": "application/json"}
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert await count_rows(database) == before


async def test_nul_in_a_note_is_refused(client: Client) -> None:
    run = await client.make_run()
    problem = await client.do(ADD_NOTE, {"input": {"on": {"run": run}, "text": "a\0b"}})

    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["input", "text"])


async def test_a_note_of_ten_megabytes_is_too_large(client: Client, database: Database) -> None:
    run = await client.make_run()
    before = await count_rows(database)
    problem = await client.do(ADD_NOTE, {"input": {"on": {"run": run}, "text": "x" * 10_000_000}})

    assert (problem["code"], problem["path"]) == ("TOO_LARGE", ["input", "text"])
    assert await count_rows(database) == before


async def test_a_run_cannot_stand_below_itself(client: Client) -> None:
    update = (
        "mutation($run: ID!, $parent: ID) { updateRun(input: {run: $run, parent: $parent}) "
        f"{{ ... on UpdateRunPayload {{ token }} {PROBLEM} }} }}"
    )
    top = await client.make_run()
    middle = await client.make_run(parent=top)
    low = await client.make_run(parent=middle)

    for parent in (top, middle, low):
        problem = await client.do(update, {"run": top, "parent": parent})
        assert (problem["code"], problem["path"]) == ("CONFLICT", ["input", "parent"])


async def test_a_client_key_takes_one_body_only(client: Client, database: Database) -> None:
    first = await client.do(CREATE_RUN, {"input": {"experiment": "track", "name": "a", "clientKey": "k"}})
    before = await count_rows(database)
    again = await client.do(CREATE_RUN, {"input": {"experiment": "track", "name": "a", "clientKey": "k"}})
    other = await client.do(CREATE_RUN, {"input": {"experiment": "track", "name": "b", "clientKey": "k"}})
    run = first["run"]["id"]
    series = [{"key": "loss", "values": [1.0]}]
    elsewhere = await client.do(LOG_METRICS, {"input": {"run": run, "series": series, "clientKey": "k"}})

    assert again == first
    assert (other["code"], other["path"]) == ("CONFLICT", ["input", "clientKey"])
    assert (elsewhere["code"], elsewhere["path"]) == ("CONFLICT", ["input", "clientKey"])
    assert await count_rows(database) == before


MANY_KEYS = f'{{ metricSeries(run: "{UNKNOWN}", keys: [{",".join(f""" "k{n}" """ for n in range(1001))}]) {{ key }} }}'

QUERIES: list[tuple[str, str, str, list[str], str]] = [
    ("a page of 10^6", "{ runs(first: 1000000) { nodes { id } } }", "TOO_LARGE", ["first"], "1000000"),
    ("a page of -1", "{ runs(first: -1) { nodes { id } } }", "INVALID_INPUT", ["first"], "-1"),
    ("a broken cursor", '{ runs(after: "nonsense") { nodes { id } } }', "INVALID_INPUT", ["after"], "nonsense"),
    ("a broken cursor of experiments", '{ experiments(after: "x") { nodes { id } } }', "INVALID_INPUT", ["after"], "x"),
    ("a broken cursor of workspaces", '{ workspaces(after: "x") { nodes { id } } }', "INVALID_INPUT", ["after"], "x"),
    ("an id that is none", '{ node(id: "x") { id } }', "INVALID_INPUT", ["id"], "'x'"),
    ("a broken token", '{ runs(atLeast: "x") { nodes { id } } }', "INVALID_INPUT", ["atLeast"], "'x'"),
    ("a filter on an empty key", '{ runs(where: {and: [{param: {key: "", is: {eq: 1}}}]}) { nodes { id } } }',
     "INVALID_INPUT", ["where", "and", "0", "param", "key"], "''"),
    ("bounds of two types", '{ runs(where: {param: {key: "a", is: {between: [1, "b"]}}}) { nodes { id } } }',
     "INVALID_INPUT", ["where", "param", "is", "between"], "between"),
    ("an order by two things", '{ runs(orderBy: [{param: "a", tag: "b"}]) { nodes { id } } }',
     "INVALID_INPUT", ["orderBy", "0"], "param, tag"),
    ("a series of 1,001 keys", MANY_KEYS,
     "TOO_LARGE", ["keys"], "1001"),
    ("an unknown run", f'{{ metricSeries(run: "{UNKNOWN}", keys: ["a"]) {{ key }} }}',
     "NOT_FOUND", ["run"], str(UNKNOWN)),
    ("a reference to nothing", '{ resolve(ref: {digest: "sha256:' + "0" * 64 + '"}) { id } }',
     "NOT_FOUND", ["ref"], "sha256"),
    ("neither name nor id", "{ experiment { id } }", "INVALID_INPUT", ["name"], "either"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "code", "path", "shown"), [case[1:] for case in QUERIES], ids=[case[0] for case in QUERIES]
)
async def test_a_query_fails_with_code_and_path(
    client: Client, document: str, code: str, path: list[str], shown: str
) -> None:
    error = await client.fail(document)

    assert (error["code"], error["path"], error["retriable"]) == (code, path, False)
    assert shown in error["message"]
    assert error["line"] == 1


async def test_a_reference_takes_exactly_one_form(client: Client) -> None:
    two: Any = {"run": str(UNKNOWN), "uri": "s3://b/x"}
    error = await client.fail("query($ref: NodeRef!) { resolve(ref: $ref) { id } }", {"ref": two})

    assert error["code"] == "INVALID_INPUT"
    assert "'NodeRef' must specify exactly one key" in error["message"]
