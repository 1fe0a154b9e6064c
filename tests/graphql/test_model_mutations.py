"""What people and their code do with data, files, models and deployments, sent as they send it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.positions import parse_token
from tests.graphql.asking import PROBLEM, Client, make_uuid
from tests.graphql.documents import read_operation

EDGES = "edges { kind role subset origin heldFrom heldTo step source { __typename } target { __typename } }"
DIGEST = "sha256:" + "ab" * 32
STARTED = "2026-11-01T00:00:00Z"


def mutation(name: str, fields: str) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation($input: {kind}Input!) {{ {name}(input: $input) "
        f"{{ ... on {kind}Payload {{ {fields} token }} {PROBLEM} }} }}"
    )


USE_DATASET = mutation("useDataset", f"{EDGES} warnings")
USE_ARTIFACT = mutation("useArtifact", f"{EDGES} warnings")
LOG_ARTIFACT = mutation("logArtifact", "artifact { id }")
REGISTER = mutation("registerModel", f"version {{ id name digest aliases sameBytesAs {{ name }} }} {EDGES} warnings")
SET_ALIAS = mutation("setAlias", "model { name }")
DEPLOY = mutation("deploy", f"revision {{ id name startedAt endedAt }} {EDGES}")
UNDEPLOY = mutation("undeploy", "revisions { name endedAt }")
USE_VIEW = mutation("useFeatureView", f"data {{ id name }} {EDGES}")


def data(name: str, version: str | None = None) -> dict[str, Any]:
    return {"dataset": {"namespace": "s3://data", "name": name, "version": version}}


async def do(client: Client, document: str, **fields: Any) -> dict[str, Any]:
    return await client.do(document, {"input": fields})


async def resolve(client: Client, ref: dict[str, Any], fields: str = "id") -> dict[str, Any]:
    answer = await client.ask(f"query($ref: NodeRef!) {{ resolve(ref: $ref) {{ {fields} }} }}", {"ref": ref})
    found: dict[str, Any] = answer["resolve"]
    return found


async def test_a_run_uses_data_exactly_once_however_often_it_is_sent(client: Client) -> None:
    run = await client.make_run(startedAt=STARTED)
    fields = {"run": run, "dataset": data("web", "3"), "role": "TRAIN", "subset": "a", "writer": make_uuid()}
    first = await do(client, USE_DATASET, **fields, sequence=0, source=True)
    again = await do(client, USE_DATASET, **fields, sequence=0, source=True)

    assert first["edges"] == [
        {
            "kind": "USED",
            "role": "TRAIN",
            "subset": "a",
            "origin": "OBSERVED",
            "heldFrom": STARTED,
            "heldTo": None,
            "step": None,
            "source": {"__typename": "DatasetVersion"},
            "target": {"__typename": "Run"},
        }
    ]
    assert again["edges"] == []
    assert parse_token(again["token"]) >= parse_token(first["token"])  # as texts they have no order


async def test_what_cannot_be_used_names_the_field_of_the_input(client: Client) -> None:
    run = await client.make_run()
    wrong = await do(client, USE_DATASET, run=run, dataset={"digest": DIGEST})
    missing = await do(client, USE_DATASET, run=make_uuid(), dataset=data("web", "3"))
    way = await do(client, USE_ARTIFACT, run=run, artifact={"run": run})

    assert (wrong["code"], wrong["path"]) == ("NOT_FOUND", ["input", "dataset"])
    assert (missing["code"], missing["path"]) == ("NOT_FOUND", ["input", "run"])
    assert (way["code"], way["path"]) == ("INVALID_INPUT", ["input", "artifact"])


async def test_a_logged_file_is_a_version_that_its_run_generated(client: Client) -> None:
    run = await client.make_run()
    made = await do(
        client, LOG_ARTIFACT, run=run, path="model.pt", uri="s3a://b/m.pt/", digest=DIGEST, size=5000, step=7,
        role="CHECKPOINT",
    )  # fmt: skip
    other = await client.make_run()
    by_id = await do(client, USE_ARTIFACT, run=other, artifact={"id": made["artifact"]["id"]}, role="INITIALISE")
    by_uri = await do(client, USE_ARTIFACT, run=other, artifact={"uri": "s3://b/m.pt"}, role="INITIALISE")
    found = await resolve(client, {"uri": "s3://b/m.pt"}, "... on ArtifactVersion { uri digest size placeholder }")

    assert by_id["edges"] == by_uri["edges"]
    assert [edge["source"] for edge in by_id["edges"]] == [{"__typename": "ArtifactVersion"}]
    assert found == {"uri": "s3://b/m.pt", "digest": DIGEST, "size": 5000, "placeholder": False}


async def test_a_file_without_a_place_has_one_in_its_run(client: Client) -> None:
    run = await client.make_run()
    made = await do(client, LOG_ARTIFACT, run=run, path="out/a b.txt")
    other = await client.make_run()

    done = await do(client, USE_ARTIFACT, run=other, artifact={"id": made["artifact"]["id"]})
    assert [edge["kind"] for edge in done["edges"]] == ["USED"]


async def test_the_first_digest_fills_in_what_was_unknown_and_another_is_another_version(client: Client) -> None:
    reader, writer = await client.make_run(), await client.make_run()
    uri = {"uri": "s3://b/m.pt"}
    await do(client, USE_ARTIFACT, run=reader, artifact=uri)
    before = await resolve(client, uri)
    await do(client, LOG_ARTIFACT, run=writer, path="m.pt", uri="s3://b/m.pt", digest=DIGEST)
    after = await resolve(client, uri)
    await do(client, LOG_ARTIFACT, run=writer, path="m.pt", uri="s3://b/m.pt", digest="sha256:" + "cd" * 32)
    newest = await resolve(client, uri)

    assert before == after == await resolve(client, {"digest": DIGEST})
    assert newest == await resolve(client, {"digest": "sha256:" + "cd" * 32})
    assert newest != before


async def test_describing_a_file_of_another_digest_answers_with_another_version(client: Client) -> None:
    uri = {"uri": "s3://b/m.pt"}
    describe = read_operation("DescribeNode")
    first = await client.do(describe, {"node": uri, "facts": {"digest": DIGEST}})
    same = await client.do(describe, {"node": uri, "facts": {"digest": DIGEST, "size": 5}})
    other = await client.do(describe, {"node": uri, "facts": {"digest": "sha256:" + "cd" * 32}})

    assert first["node"] == same["node"] != other["node"]


async def test_models_are_numbered_and_the_same_bytes_are_another_version(client: Client) -> None:
    run = await client.make_run()
    await do(client, LOG_ARTIFACT, run=run, path="m.pt", uri="s3://b/m.pt", digest=DIGEST)
    first = await do(client, REGISTER, name="gpt", artifact={"uri": "s3://b/m.pt"}, aliases=["champion"])
    second = await do(client, REGISTER, name="gpt", artifact={"uri": "s3://b/m.pt"})

    assert {**first["version"], "id": ""} == {
        "id": "", "name": "1", "digest": DIGEST, "aliases": ["champion"], "sameBytesAs": [],
    }  # fmt: skip
    assert second["version"]["name"] == "2"
    assert second["version"]["sameBytesAs"] == [{"name": "1"}]
    assert [edge["kind"] for edge in second["edges"]] == ["REGISTERED_AS"]
    assert await resolve(client, {"model": {"name": "gpt", "alias": "champion"}}) == {"id": first["version"]["id"]}


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"name": "gpt"}, "INVALID_INPUT", ["artifact"]),
        ({"name": " ", "digest": DIGEST}, "INVALID_INPUT", ["name"]),
        ({"name": "gpt", "artifact": data("web", "1")}, "INVALID_INPUT", ["artifact"]),
        ({"name": "gpt", "digest": "sha256:00"}, "INVALID_INPUT", ["digest"]),
        ({"name": "gpt", "digest": DIGEST, "at": "2999-01-01T00:00:00Z"}, "INVALID_INPUT", ["at"]),
        ({"name": "gpt", "digest": DIGEST, "aliases": [""]}, "INVALID_INPUT", ["aliases", "0"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_registered_says_why(
    client: Client, fields: dict[str, Any], code: str, path: list[str]
) -> None:
    problem = await do(client, REGISTER, **fields)

    assert (problem["code"], problem["path"]) == (code, ["input", *path])


async def test_an_edge_by_an_alias_follows_what_the_alias_meant_then(client: Client) -> None:
    for _ in range(2):
        await do(client, REGISTER, name="gpt", digest=DIGEST)
    await do(client, SET_ALIAS, name="gpt", alias="best", version="1", at="2026-11-01T00:00:00Z")
    run = await client.make_run(startedAt="2026-11-05T00:00:00Z")
    by_alias = {"model": {"name": "gpt", "alias": "best"}}
    await do(client, USE_ARTIFACT, run=run, artifact=by_alias, role="INITIALISE")
    ask = "edges { source { ... on ModelVersion { name } } }"
    again = mutation("useArtifact", ask)
    before = await do(client, again, run=run, artifact=by_alias, role="INITIALISE")
    await do(client, SET_ALIAS, name="gpt", alias="best", version="2", at="2026-11-03T00:00:00Z")  # told late
    after = await do(client, again, run=run, artifact=by_alias, role="INITIALISE")

    assert before["edges"] == [{"source": {"name": "1"}}]
    assert after["edges"] == [{"source": {"name": "2"}}]
    gone = await do(client, SET_ALIAS, name="gpt", alias="best", version=None, at="2026-11-06T00:00:00Z")
    assert gone["model"] == {"name": "gpt"}
    assert (await client.fail("query($ref: NodeRef!) { resolve(ref: $ref) { id } }", {"ref": by_alias}))[
        "code"
    ] == "NOT_FOUND"


async def test_a_deployment_has_a_start_and_an_end(client: Client) -> None:
    await do(client, REGISTER, name="gpt", digest=DIGEST)
    where = {"environment": "production", "endpoint": "chat"}
    model = {"model": {"name": "gpt", "version": "1"}}
    first = await do(client, DEPLOY, **where, serves=[model], at="2026-11-01T00:00:00Z")
    file = {"uri": "s3://b/raw.pt"}
    second = await do(client, DEPLOY, **where, serves=[file], at="2026-11-02T00:00:00Z", replaces=True)
    ended = await do(client, UNDEPLOY, **where, at="2026-11-03T00:00:00Z")
    seen = await client.ask(
        "query($id: ID!) { node(id: $id) { ... on DeploymentRevision { endedAt } } }", {"id": first["revision"]["id"]}
    )

    assert first["revision"]["name"] == "1"
    assert [(edge["kind"], edge["heldFrom"]) for edge in first["edges"]] == [("DEPLOYED_AS", "2026-11-01T00:00:00Z")]
    assert second["revision"]["name"] == "2"
    assert seen["node"] == {"endedAt": "2026-11-02T00:00:00Z"}
    assert ended["revisions"] == [{"name": "2", "endedAt": "2026-11-03T00:00:00Z"}]


@pytest.mark.parametrize(
    ("document", "fields", "code", "path"),
    [
        (DEPLOY, {"serves": []}, "INVALID_INPUT", ["serves"]),
        (DEPLOY, {"serves": [data("web", "1")]}, "INVALID_INPUT", ["serves", "0"]),
        (DEPLOY, {"serves": [{"uri": "s3://b/x"}], "at": "2999-01-01T00:00:00Z"}, "INVALID_INPUT", ["at"]),
        (DEPLOY, {"serves": [{"uri": "s3://b/x"}], "revision": "1"}, "CONFLICT", ["revision"]),
        (UNDEPLOY, {"revision": "9"}, "NOT_FOUND", ["revision"]),
        (UNDEPLOY, {"endpoint": "other"}, "NOT_FOUND", ["endpoint"]),
        (UNDEPLOY, {"revision": "1", "at": "2020-01-01T00:00:00Z"}, "INVALID_INPUT", ["at"]),
    ],
)
async def test_what_cannot_be_deployed_or_ended_says_why(
    client: Client, document: str, fields: dict[str, Any], code: str, path: list[str]
) -> None:
    where = {"environment": "production", "endpoint": "chat"}
    await do(client, DEPLOY, **where, serves=[{"uri": "s3://b/m.pt"}], at=STARTED)

    problem = await do(client, document, **{**where, **fields})
    assert (problem.get("code"), problem.get("path")) == (code, ["input", *path])


async def test_a_read_of_a_feature_view_makes_data_as_this_run_read_it(client: Client) -> None:
    run = await client.make_run(startedAt=STARTED)
    view = {"namespace": "feast", "name": "users", "version": "2"}
    sources = [
        {"namespace": "s3://data", "name": "clicks", "version": "7"},
        {"namespace": "s3://data", "name": "orders"},
    ]
    fields = {"run": run, "view": view, "sources": sources, "role": "TRAIN", "writer": make_uuid(), "sequence": 0}
    done = await do(client, USE_VIEW, **fields)
    again = await do(client, USE_VIEW, **fields)

    assert [(edge["kind"], edge["source"]["__typename"]) for edge in done["edges"]] == [
        ("DERIVED", "FeatureViewVersion"),
        ("DERIVED", "DatasetVersion"),
        ("USED", "DatasetVersion"),
    ]
    assert done["data"]["name"].startswith("2 as read by run ")
    assert again["data"] == done["data"]
