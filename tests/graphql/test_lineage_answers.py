"""What an answer of lineage can be narrowed to, folded into, cut and resumed, and asked again as of a moment."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ids import parse_global_id
from domain.lineage.kinds import EdgeKind, WriteMode
from domain.lineage.roles import Role
from domain.runs import RunKind
from store.database import Database
from tests.graphql.asking import Client, Json
from tests.lineage.building import Lineage, dataset, hour, model

ASK = """query($of: [NodeRef!]!, $direction: LineageDirection! = UPSTREAM, $more: AsOf, $returnOnly: [LineageNodeKind!],
  $stopAt: [LineageNodeKind!], $collapse: LineageCollapse, $maxNodes: Int! = 50000, $resume: String, $first: Int! = 50,
  $after: String, $maxDepth: Int! = 20) {
  lineage(of: $of, direction: $direction, asOf: $more, returnOnly: $returnOnly, stopAt: $stopAt, collapse: $collapse,
          maxNodes: $maxNodes, resume: $resume, maxDepth: $maxDepth) {
    nodes(first: $first, after: $after) {
      totalCount { value } edges { depth count label afterwards node { id } } pageInfo { endCursor hasNextPage }
    }
    links(first: 100) { nodes { id kind role count } totalCount { value } }
    completeness { complete reasons resume explained leftOut { value exact } frontier { nodes { id } } assumptions }
    freshness { recordPosition }
  }
}"""
NIGHTS = 4


def ref(text: str) -> Json:
    name, _, version = text.partition("@")
    return {"dataset": {"namespace": "s3://data", "name": name, "version": version}}


@pytest.fixture
async def nights(database: Database) -> Lineage:
    """A job that runs every night: web@n and the table of the night before make the table's next version."""
    lineage = Lineage(database)
    for night in range(1, NIGHTS + 1):
        name = f"night {night}"
        await lineage.run("nightly", RunKind.TRANSFORM, start=night, end=night + 0.5)
        lineage.runs[name] = lineage.runs.pop("nightly")
        await lineage.used(dataset(f"web@{night}"), name)
        if night > 1:
            await lineage.used(dataset(f"table@{night - 1}"), name)
        await lineage.generated(name, dataset(f"table@{night}"), mode=WriteMode.OVERWRITE)
    return lineage


async def ask(client: Client, of: Json, **more: Any) -> Json:
    answer: Json = (await client.ask(ASK, {"of": [of], **more}))["lineage"]
    return answer


def labels(answer: Json) -> list[tuple[str, int, int]]:
    return [(edge["label"], edge["depth"], edge["count"]) for edge in answer["nodes"]["edges"]]


async def test_versions_fold_into_their_name_with_true_counts(client: Client, nights: Lineage) -> None:
    found = await ask(client, ref(f"table@{NIGHTS}"), collapse="NAME")

    assert [each for each in labels(found) if "nightly" not in each[0]] == [
        ("s3://data/table", 0, NIGHTS),
        ("s3://data/web", 2, NIGHTS),
    ]
    assert found["nodes"]["totalCount"]["value"] == 2 + NIGHTS
    assert sum(link["count"] for link in found["links"]["nodes"]) == 3 * NIGHTS - 1


async def test_repeats_of_a_job_fold_into_the_newest(client: Client, nights: Lineage) -> None:
    found = await ask(client, ref(f"table@{NIGHTS}"), collapse="JOB")
    (job,) = [edge for edge in found["nodes"]["edges"] if edge["label"] == "nightly"]

    assert (job["depth"], job["count"]) == (1, NIGHTS)
    assert parse_global_id(job["node"]["id"]).uuid == nights.runs[f"night {NIGHTS}"]
    assert found["nodes"]["totalCount"]["value"] == 2 * NIGHTS + 1


async def test_what_is_shown_is_apart_from_where_the_walk_ends(client: Client, nights: Lineage) -> None:
    shown = await ask(client, ref(f"table@{NIGHTS}"), returnOnly=["DATASET_VERSION"])
    stopped = await ask(client, ref(f"table@{NIGHTS}"), stopAt=["DATASET_VERSION"])

    assert shown["nodes"]["totalCount"]["value"] == 2 * NIGHTS
    assert shown["links"]["totalCount"]["value"] == 0
    assert [depth for _, depth, _ in labels(stopped)] == [0, 1, 2, 2]
    assert shown["completeness"]["complete"]
    assert stopped["completeness"]["complete"]


async def test_a_cut_answer_says_so_and_the_rest_comes_once(client: Client, nights: Lineage) -> None:
    whole = await ask(client, ref(f"table@{NIGHTS}"))
    found = await ask(client, ref(f"table@{NIGHTS}"), maxNodes=4)
    parts = [found]
    while parts[-1]["completeness"]["resume"]:
        parts.append(await ask(client, ref(f"table@{NIGHTS}"), maxNodes=4, resume=parts[-1]["completeness"]["resume"]))

    assert (found["completeness"]["complete"], found["completeness"]["reasons"]) == (False, ["NODES"])
    assert [depth for _, depth, _ in labels(found)] == [0, 1, 2, 2, 3]
    given = [edge["node"]["id"] for part in parts for edge in part["nodes"]["edges"]]
    assert given == [edge["node"]["id"] for edge in whole["nodes"]["edges"]]
    links = [link["id"] for part in parts for link in part["links"]["nodes"]]
    assert sorted(links) == sorted(link["id"] for link in whole["links"]["nodes"])
    assert parts[-1]["completeness"]["complete"]


async def test_nodes_come_by_the_page(client: Client, nights: Lineage) -> None:
    whole = await ask(client, ref(f"table@{NIGHTS}"))
    first = await ask(client, ref(f"table@{NIGHTS}"), first=5)
    rest = await ask(client, ref(f"table@{NIGHTS}"), after=first["nodes"]["pageInfo"]["endCursor"])

    assert first["nodes"]["pageInfo"]["hasNextPage"]
    assert first["nodes"]["edges"] + rest["nodes"]["edges"] == whole["nodes"]["edges"]


async def test_as_of_a_time_and_of_a_run_only_what_held_then_is_there(client: Client, nights: Lineage) -> None:
    early = await ask(client, ref("web@1"), direction="DOWNSTREAM", more={"at": hour(2.2).isoformat()})
    run = await ask(client, ref("web@1"), direction="DOWNSTREAM", more={"atRun": str(nights.runs["night 2"])})

    assert [label for label, _, _ in labels(early)] == ["s3://data/web 1", "nightly", "s3://data/table 1", "nightly"]
    assert [label for label, _, _ in labels(run)][-1] == "s3://data/table 2"


async def test_what_was_known_then_does_not_change_when_more_is_recorded(client: Client, nights: Lineage) -> None:
    before = await ask(client, ref("table@1"))
    position = before["freshness"]["recordPosition"]
    await nights.used(dataset("late@1"), "night 1")
    now = await ask(client, ref("table@1"))
    then = await ask(client, ref("table@1"), more={"asKnownAtPosition": position})

    assert len(now["nodes"]["edges"]) == len(before["nodes"]["edges"]) + 1
    assert then["nodes"]["edges"] == before["nodes"]["edges"]
    assert then["links"] == before["links"]


async def test_a_moment_is_named_in_one_way(client: Client, nights: Lineage) -> None:
    both = {"at": hour(1).isoformat(), "atRun": str(nights.runs["night 1"])}
    failed = await client.fail(ASK, {"of": [ref("table@1")], "more": both})
    strange = await client.fail(ASK, {"of": [ref("table@1")], "more": {"asKnownAtPosition": "what"}})

    assert (failed["code"], failed["path"]) == ("INVALID_INPUT", ["asOf", "atRun"])
    assert (strange["code"], strange["path"]) == ("INVALID_INPUT", ["asOf", "asKnownAtPosition"])


async def test_an_output_that_is_older_than_the_input_is_afterwards(client: Client, database: Database) -> None:
    """A long run wrote a checkpoint before it read the bad data, and one after."""
    lineage = Lineage(database)
    await lineage.run("long", start=1, end=9)
    await lineage.generated("long", "s3://m/early", Role.CHECKPOINT, held_from=hour(2))
    await lineage.used(dataset("bad@1"), "long", Role.TRAIN, held_from=hour(5))
    await lineage.generated("long", "s3://m/late", Role.CHECKPOINT, held_from=hour(7))
    found = await ask(client, ref("bad@1"), direction="DOWNSTREAM")
    above = await ask(client, {"uri": "s3://m/early"})

    assert {edge["label"]: edge["afterwards"] for edge in found["nodes"]["edges"]} == {
        "s3://data/bad 1": False,
        "long": False,
        "s3://m/early": True,
        "s3://m/late": False,
    }
    assert {edge["label"]: edge["afterwards"] for edge in above["nodes"]["edges"]}["s3://data/bad 1"]


async def test_a_declared_source_explains_what_comes_of_it(client: Client, nights: Lineage) -> None:
    before = await ask(client, ref("table@1"))
    source = "mutation($n: NodeRef!) { declareSource(input: {node: $n}) { __typename } }"
    await client.ask(source, {"n": ref("web@1")})
    after = await ask(client, ref("table@1"))

    assert (before["completeness"]["explained"], after["completeness"]["explained"]) == (False, True)


async def test_versions_answer_in_the_words_people_say(client: Client, database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("training", start=1, end=2)
    await lineage.run("testing", RunKind.EVALUATE, start=3, end=4)
    await lineage.used(dataset("train@1"), "training", Role.TRAIN)
    await lineage.generated("training", "s3://m/gpt")
    await lineage.say(EdgeKind.REGISTERED_AS, "s3://m/gpt", model("gpt@1"), held_from=hour(2))
    await lineage.used(dataset("test@1"), "testing", Role.TEST)
    await lineage.used("s3://m/gpt", "testing", Role.EVALUATE)
    document = """{ resolve(ref: {model: {name: "gpt", version: "1"}}) { ... on ModelVersion {
      trainedOn { role version { ... on DatasetVersion { name dataset { name } } } }
      evaluatedOn { role version { ... on DatasetVersion { dataset { name } } } }
      deployedAs { id } sameContentAs { id } } } }"""
    found = (await client.ask(document))["resolve"]

    assert [(one["role"], one["version"]["dataset"]["name"]) for one in found["trainedOn"]] == [("TRAIN", "train")]
    assert [(one["role"], one["version"]["dataset"]["name"]) for one in found["evaluatedOn"]] == [("TEST", "test")]
    assert (found["deployedAs"], found["sameContentAs"]) == ([], [])
