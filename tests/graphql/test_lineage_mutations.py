"""The mutations of lineage as the design writes them, and what they answer to bad input."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ids import GlobalID, NodeKind, WorkspaceID, make_uuid7, parse_global_id
from domain.lineage.roles import make_evaluation_id
from tests.graphql.asking import PROBLEM, Client
from tests.graphql.documents import read_operation

RECORD = read_operation("RecordLineage")
RETRACT = (
    "mutation($edges: [ID!]!, $key: String) { retractLineage(input: {edges: $edges, clientKey: $key}) "
    f"{{ ... on RetractLineagePayload {{ retracted token }} {PROBLEM} }} }}"
)
SOURCE = (
    "mutation($node: NodeRef!, $declared: Boolean! = true) { declareSource(input: {node: $node, declared: $declared}) "
    f"{{ ... on DeclareSourcePayload {{ node {{ id }} token }} {PROBLEM} }} }}"
)
DATA = {"dataset": {"namespace": "s3://data", "name": "fineweb10B", "version": "3"}}
MODEL = {"model": {"name": "gpt2", "version": "7"}}


def version(text: str) -> dict[str, Any]:
    return {"dataset": {"namespace": "s3://data", "name": "web", "version": text}}


def used(source: Any, run: str, **more: Any) -> dict[str, Any]:
    return {"kind": "USED", "source": source, "target": {"run": run}, **more}


async def record(client: Client, *edges: dict[str, Any], **more: Any) -> dict[str, Any]:
    return await client.do(RECORD, {"input": {"edges": list(edges), **more}})


async def find(client: Client, ref: dict[str, Any]) -> str:
    answer = await client.ask("query($ref: NodeRef!) { resolve(ref: $ref) { id } }", {"ref": ref})
    found: str = answer["resolve"]["id"]
    return found


async def test_record_lineage_makes_what_it_names_and_answers_with_the_edges(client: Client) -> None:
    run = await client.make_run()
    edges = [
        used(DATA, run, role="TRAIN", subset="train"),
        {"kind": "GENERATED", "source": {"run": run}, "target": MODEL, "role": "OUTPUT"},
    ]
    done = await record(client, *edges, clientKey="k")
    again = await record(client, *edges, clientKey="k")
    data, model = await find(client, DATA), await find(client, MODEL)

    assert [{**edge, "id": ""} for edge in done["edges"]] == [
        {"id": "", "kind": "USED", "role": "TRAIN", "source": {"id": data}, "target": {"id": run}},
        {"id": "", "kind": "GENERATED", "role": "OUTPUT", "source": {"id": run}, "target": {"id": model}},
    ]
    assert {parse_global_id(edge["id"]).kind for edge in done["edges"]} == {NodeKind.EDGE}
    assert (done["warnings"], again) == ([], done)


async def test_describe_node_sets_what_is_known_of_a_version(client: Client) -> None:
    run = await client.make_run()
    await record(client, used(DATA, run))
    facts = {
        "digest": "sha256:" + "AB" * 32,
        "location": "s3a://b/t/",
        "size": 1234,
        "splits": ["train", "test"],
        "owner": "ana",
        "description": "The crawl.",
        "availability": {"state": "ERASED", "since": "2026-11-02T00:00:00Z", "reason": "asked for"},
    }
    done = await client.do(read_operation("DescribeNode"), {"node": DATA, "facts": facts})
    ask = (
        "query($id: ID!) { node(id: $id) { ... on DatasetVersion { digest location size owner placeholder version } } }"
    )
    seen = (await client.ask(ask, {"id": done["node"]["id"]}))["node"]

    assert done["node"]["id"] == await find(client, DATA)
    assert seen == {
        "digest": "sha256:" + "ab" * 32,
        "location": "s3://b/t",
        "size": 1234,
        "owner": "ana",
        "placeholder": False,
        "version": 2,
    }


async def test_validation_data_stands_on_both_sides_and_test_data_on_the_evaluation(client: Client) -> None:
    run = await client.make_run()
    done = await record(client, used(version("v"), run, role="VALIDATION"), used(version("t"), run, role="TEST"))
    key = parse_global_id(run)
    measured = str(GlobalID(NodeKind.EVALUATION, key.workspace, make_evaluation_id(key.uuid)))  # type: ignore[arg-type]

    assert [edge["target"]["id"] for edge in done["edges"]] == [run, measured, measured]
    ask = "query($id: ID!) { node(id: $id) { __typename ... on Evaluation { run { id } } } }"
    assert (await client.ask(ask, {"id": measured}))["node"] == {"__typename": "Evaluation", "run": {"id": run}}


async def test_a_name_that_looks_like_a_known_one_is_recorded_with_a_warning(client: Client) -> None:
    run = await client.make_run()
    await record(client, used(DATA, run))
    alike = {"dataset": {"namespace": "s3://data", "name": "FineWeb-10В", "version": "1"}}  # a Cyrillic letter
    done = await record(client, used(alike, run))
    again = await record(client, used(alike, run, role="TRAIN"))

    assert len(done["edges"]) == 1
    (warning,) = done["warnings"]
    assert "fineweb10B" in warning
    assert "\\u0412" in warning
    assert again["warnings"] == []


async def test_an_edge_that_is_taken_back_may_be_recorded_again(client: Client) -> None:
    run = await client.make_run()
    edge = (await record(client, used(DATA, run)))["edges"][0]["id"]
    first = await client.do(RETRACT, {"edges": [edge]})
    second = await client.do(RETRACT, {"edges": [edge]})
    again = await record(client, used(DATA, run))

    assert (first["retracted"], second["retracted"]) == (1, 0)
    assert again["edges"][0]["id"] == edge


async def test_retracting_a_bound_edge_retracts_the_reading(client: Client) -> None:
    run = await client.make_run()
    unnamed = {"dataset": {"namespace": "s3://data", "name": "web"}}
    done = await record(client, used(unnamed, run))
    edge = done["edges"][0]["id"]

    assert (await client.do(RETRACT, {"edges": [edge]}))["retracted"] == 1
    writer = await client.make_run(kind="INGEST", startedAt="2026-01-01T00:00:00Z")
    await record(client, {"kind": "GENERATED", "source": {"run": writer}, "target": unnamed})
    assert (await client.do(RETRACT, {"edges": [edge]}))["retracted"] == 0


@pytest.mark.parametrize("declared", [True, False])
async def test_a_source_is_declared_and_taken_back(client: Client, declared: bool) -> None:
    run = await client.make_run()
    await record(client, used(DATA, run))
    done = await client.do(SOURCE, {"node": DATA})
    if not declared:
        done = await client.do(SOURCE, {"node": DATA, "declared": False})
        missing = await client.do(SOURCE, {"node": DATA, "declared": False})
        assert (missing["code"], missing["path"]) == ("NOT_FOUND", ["input", "node"])

    assert done["node"]["id"] == await find(client, DATA)


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
DEPLOYED = {"kind": "DEPLOYED_AS", "source": MODEL, "target": {"id": "?"}}

FILE = {"uri": "s3://m/a"}

BAD: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "kind that only follows": ({"kind": "SAME_CONTENT", "source": DATA}, "INVALID_INPUT", ["kind"]),
    "role of another kind": ({"role": "OUTPUT"}, "INVALID_INPUT", ["role"]),
    "origin of the service": ({"origin": "INFERRED"}, "INVALID_INPUT", ["origin"]),
    "empty subset": ({"subset": " "}, "INVALID_INPUT", ["subset"]),
    "long subset": ({"subset": "x" * 10_240}, "TOO_LARGE", ["subset"]),
    "long producer": ({"producer": "x" * 10_240}, "TOO_LARGE", ["producer"]),
    "empty name": (
        {"source": {"dataset": {"namespace": "s3://data", "name": "", "version": "1"}}},
        "INVALID_INPUT",
        ["source", "dataset", "name"],
    ),
    "long version": (
        {"source": {"dataset": {"namespace": "s3://data", "name": "web", "version": "x" * 10_240}}},
        "TOO_LARGE",
        ["source", "dataset", "version"],
    ),
    "time to come": ({"heldFrom": TOMORROW}, "INVALID_INPUT", ["heldFrom"]),
    "an end of what does not end": ({"heldTo": "2026-11-01T00:00:00Z"}, "INVALID_INPUT", ["heldTo"]),
    "a step of what has none": ({"step": 1}, "INVALID_INPUT", ["step"]),
    "a mode of a reading": ({"mode": "APPEND"}, "INVALID_INPUT", ["mode"]),
    "a model without a version": ({"source": {"model": {"name": "gpt2"}}}, "INVALID_INPUT", ["source"]),
    "an alias that never was": ({"source": {"model": {"name": "gpt2", "alias": "best"}}}, "NOT_FOUND", ["source"]),
    "a digest nobody knows": ({"source": {"digest": "sha256:" + "00" * 32}}, "NOT_FOUND", ["source"]),
    "a run that is not there": ({"target": {"run": str(make_uuid7())}}, "NOT_FOUND", ["target", "run"]),
    "a NUL in a subset": ({"subset": "a\u0000b"}, "INVALID_INPUT", ["subset"]),
    "a range of a megabyte": ({"range": {"offsets": "x" * 1_000_000}}, "TOO_LARGE", ["range"]),
    "an entry point of a reading": ({"entryPoint": "train.py"}, "INVALID_INPUT", ["entryPoint"]),
    "evidence of a megabyte": ({"evidence": "x" * 1_000_000}, "TOO_LARGE", ["evidence"]),
    "an empty version": (
        {"source": {"dataset": {"namespace": "s3://data", "name": "web", "version": ""}}},
        "INVALID_INPUT",
        ["source", "dataset", "version"],
    ),
    "a URI of no scheme": ({"source": {"uri": "data/web"}}, "INVALID_INPUT", ["source", "uri"]),
    "a digest of no kind": ({"source": {"digest": "11"}}, "INVALID_INPUT", ["source", "digest"]),
    "an id of nothing": ({"source": {"id": "?"}}, "INVALID_INPUT", ["source", "id"]),
    "a name where something is derived from": (
        {"kind": "DERIVED", "source": {"dataset": {"namespace": "s3://data", "name": "web"}}, "target": DATA},
        "INVALID_INPUT",
        ["source"],
    ),
    "a name where a version is derived": (
        {"kind": "DERIVED", "source": DATA, "target": {"dataset": {"namespace": "s3://data", "name": "web"}}},
        "INVALID_INPUT",
        ["target"],
    ),
    "an alias as a target": (
        {
            "kind": "REGISTERED_AS",
            "source": {"uri": "s3://m/a"},
            "target": {"model": {"name": "gpt2", "alias": "best"}},
        },
        "INVALID_INPUT",
        ["target"],
    ),
    "against the direction": ({"source": "run", "target": DATA}, "INVALID_INPUT", ["source"]),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_cannot_be_recorded_names_its_field_and_nothing_stays(client: Client, name: str) -> None:
    changes, code, path = BAD[name]
    run = await client.make_run()
    edge = {**used(version("9"), run), **changes}
    edge = {field: {"run": run} if value == "run" else value for field, value in edge.items()}
    problem = await record(client, used(version("8"), run), edge)

    assert (problem.get("code"), problem.get("path")) == (code, ["input", "edges", "1", *path])
    ask = "query($ref: NodeRef!) { resolve(ref: $ref) { id } }"
    assert (await client.fail(ask, {"ref": version("8")}))["code"] == "NOT_FOUND"


async def test_an_interval_that_ends_before_it_starts_is_refused(client: Client) -> None:
    run = await client.make_run()
    await record(client, {"kind": "GENERATED", "source": {"run": run}, "target": MODEL})
    times = {"heldFrom": "2026-11-02T00:00:00Z", "heldTo": "2026-11-01T00:00:00Z"}
    problem = await record(client, {"kind": "DEPLOYED_AS", "source": MODEL, "target": MODEL, **times})

    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["input", "edges", "0", "heldTo"])


async def test_an_edge_to_itself_is_refused(client: Client) -> None:
    problem = await record(client, {"kind": "DERIVED", "source": DATA, "target": DATA})

    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["input", "edges", "0", "target"])


@pytest.mark.parametrize("winner", [MODEL, FILE])
@pytest.mark.parametrize("generated_first", [False, True])
async def test_a_selection_that_generates_its_own_candidate_is_told_what_to_do(
    client: Client, winner: dict[str, Any], generated_first: bool
) -> None:
    run = await client.make_run(kind="SELECT")
    edges = [
        {**used(winner, run), "role": "CANDIDATE"},
        {"kind": "GENERATED", "source": {"run": run}, "target": winner},
    ]
    told = [await record(client, edge) for edge in (reversed(edges) if generated_first else edges)]
    (warning,) = told[-1]["warnings"]

    assert "never a candidate" in warning


async def test_a_hundred_thousand_edges_in_one_request_are_refused(client: Client) -> None:
    run = await client.make_run()
    one = used(DATA, run)
    answer = await client.send(RECORD, {"input": {"edges": [one] * 1001}})
    problem = answer["data"]["recordLineage"]

    assert (problem["code"], problem["path"]) == ("TOO_LARGE", ["input", "edges"])


@pytest.mark.parametrize("field", ["kind", "role"])
async def test_unknown_kinds_and_roles_are_no_values_of_the_schema(client: Client, field: str) -> None:
    run = await client.make_run()
    answer = await client.send(RECORD, {"input": {"edges": [{**used(DATA, run), field: "EATEN"}]}})

    assert "EATEN" in answer["errors"][0]["message"]


async def test_ends_of_another_workspace_are_not_there(client: Client) -> None:
    run = await client.make_run()
    await client.ask('mutation { createWorkspace(input: {name: "elsewhere"}) { __typename } }')
    elsewhere = client.within("elsewhere")
    other = await elsewhere.make_run()
    await record(elsewhere, used(DATA, other))
    foreign = await find(elsewhere, DATA)

    for edge, field in ((used({"id": foreign}, run), "source"), (used(DATA, other), "target")):
        problem = await record(client, edge)
        assert (problem["code"], problem["path"][:4]) == ("NOT_FOUND", ["input", "edges", "0", field])


async def test_what_was_never_recorded_cannot_be_retracted(client: Client) -> None:
    run = await client.make_run()
    edge = (await record(client, used(DATA, run)))["edges"][0]["id"]
    workspace = WorkspaceID(parse_global_id(edge).workspace)
    never = str(GlobalID(NodeKind.EDGE, workspace, make_uuid7()))

    problem = await client.do(RETRACT, {"edges": [edge, never]})
    assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["input", "edges", "1"])
    problem = await client.do(RETRACT, {"edges": [run]})
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["input", "edges", "0"])
    assert (await client.do(RETRACT, {"edges": [edge]}))["retracted"] == 1


async def test_what_follows_from_other_facts_is_not_retracted_by_itself(client: Client) -> None:
    parent = await client.make_run(kind="SWEEP")
    child = await client.make_run(parent=parent)
    await record(client, used(DATA, parent))
    facts = {"digest": "sha256:" + "11" * 32}
    for node in (MODEL, {"model": {"name": "copy", "version": "1"}}):
        await client.do(read_operation("DescribeNode"), {"node": node, "facts": facts})
    await record(client, {"kind": "GENERATED", "source": {"run": child}, "target": MODEL})

    problem = await client.do(
        read_operation("DescribeNode"), {"node": MODEL, "facts": {"digest": "sha256:" + "22" * 32}}
    )
    assert (problem["code"], problem["path"]) == ("CONFLICT", ["input", "facts", "digest"])
