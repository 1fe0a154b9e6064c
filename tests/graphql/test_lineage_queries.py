"""The design's documents about reading lineage, as written, on a small project with exact answers."""

from __future__ import annotations

import json

import pytest
from prov.model import ProvDocument

from domain.ids import parse_global_id
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.runs import RunKind
from store.database import Database
from tests.graphql.asking import Client
from tests.graphql.documents import read_operation
from tests.lineage.building import Lineage, dataset, hour, model

GPT = {"model": {"name": "gpt", "version": "1"}}
RAW = {"dataset": {"namespace": "s3://data", "name": "raw", "version": "1"}}
TEST = {"dataset": {"namespace": "s3://data", "name": "test", "version": "1"}}


@pytest.fixture
async def project(database: Database) -> Lineage:
    """Raw data that a run split in two; a training, a test of its model, and the model registered."""
    lineage = Lineage(database)
    await lineage.run("split", RunKind.TRANSFORM, start=1, end=2)
    await lineage.run("training", start=3, end=4)
    await lineage.run("testing", RunKind.EVALUATE, start=5, end=6)
    await lineage.used(dataset("raw@1"), "split")
    for part in ("train@1", "test@1"):
        await lineage.generated("split", dataset(part), Role.SPLIT)
    await lineage.used(dataset("train@1"), "training", Role.TRAIN)
    await lineage.generated("training", "s3://models/gpt")
    await lineage.used(dataset("test@1"), "testing", Role.TEST)
    await lineage.used("s3://models/gpt", "testing", Role.EVALUATE)
    await lineage.generated("testing", "s3://reports/gpt", Role.REPORT)
    await lineage.say(EdgeKind.REGISTERED_AS, "s3://models/gpt", model("gpt@1"), held_from=hour(7))
    return lineage


async def named(project: Lineage, ids: list[str]) -> list[str]:
    """Return short names for global ids."""
    names = await project.names()
    return [names.get(parse_global_id(id_).uuid, id_) for id_ in ids]


async def test_upstream_of_a_model_is_its_training_and_not_its_test(client: Client, project: Lineage) -> None:
    answer = (await client.ask(read_operation("Upstream"), {"of": [GPT]}))["lineage"]
    edges = answer["nodes"]["edges"]

    assert await named(project, [edge["node"]["id"] for edge in edges]) == [
        "gpt@1",
        "s3://models/gpt",
        "training",
        "train@1",
        "split",
        "raw@1",
    ]
    assert [edge["depth"] for edge in edges] == [0, 1, 2, 3, 4, 5]
    assert len(answer["links"]["nodes"]) == 5
    assert answer["completeness"]["complete"]
    assert await named(project, [n["id"] for n in answer["completeness"]["unexplained"]["nodes"]]) == ["raw@1"]
    assert answer["freshness"] == {**answer["freshness"], "source": "RECORD", "lagSeconds": 0}


async def test_impact_of_test_data_is_to_measure_again_and_of_raw_data_to_make_again(
    client: Client, project: Lineage
) -> None:
    test = (await client.ask(read_operation("Impact"), {"of": [TEST]}))["impact"]
    raw = (await client.ask(read_operation("Impact"), {"of": [RAW]}))["impact"]

    assert test["byInfluence"] == [{"influence": "MEASUREMENT", "count": 2, "live": 0, "afterwards": 0}]
    assert {one["kind"]: one["count"] for one in test["byKind"]} == {"EVALUATION": 1, "ARTIFACT_VERSION": 1}
    assert {one["influence"]: one["count"] for one in raw["byInfluence"]} == {"WEIGHTS": 6, "MEASUREMENT": 2}
    by_name = dict(
        zip(
            await named(project, [edge["node"]["id"] for edge in raw["nodes"]["edges"]]),
            raw["nodes"]["edges"],
            strict=True,
        )
    )
    assert (by_name["gpt@1"]["depth"], by_name["gpt@1"]["influence"]) == (5, "WEIGHTS")
    assert by_name["gpt@1"]["roles"] == ["INPUT", "SPLIT", "TRAIN", "OUTPUT"]
    assert (by_name["s3://reports/gpt"]["influence"], by_name["testing~"]["influence"]) == ("MEASUREMENT",) * 2


async def test_paths_are_the_shortest_ways_along_the_flow(client: Client, project: Lineage) -> None:
    found = (await client.ask(read_operation("Paths"), {"from": RAW, "to": GPT}))["paths"]
    back = (await client.ask(read_operation("Paths"), {"from": GPT, "to": RAW}))["paths"]
    (path,) = found["nodes"]

    assert found["totalCount"] == {"value": 1, "exact": True}
    assert path["length"] == 5
    assert [step["link"] and step["link"]["role"] for step in path["steps"]] == [
        None,
        "INPUT",
        "SPLIT",
        "TRAIN",
        "OUTPUT",
        None,
    ]
    assert back["totalCount"] == {"value": 0, "exact": True}


async def test_a_number_of_a_test_rests_on_the_test_data_and_on_what_the_model_was_trained_on(
    client: Client, project: Lineage
) -> None:
    run = str(project.runs["testing"])
    await client.log(run, series=[{"key": "val_loss", "steps": [0], "values": [3.25]}])
    found = (await client.ask(read_operation("ExplainMetric"), {"run": run}))["explainMetric"]

    assert found["point"]["value"] == 3.25
    assert found["run"]["name"] == "testing"
    assert await named(project, [found["measuredOn"]["version"]["id"]]) == ["test@1"]
    assert [one["role"] for one in found["trainedOn"]] == ["TRAIN"]
    assert await named(project, [one["version"]["id"] for one in found["trainedOn"]]) == ["train@1"]
    assert found["selectedOn"] is None
    assert found["notDeclared"] == ["SELECTED_ON", "CODE", "ENVIRONMENT"]
    assert await named(project, [node["id"] for node in found["sources"]["nodes"]]) == ["raw@1"]
    document = ProvDocument.deserialize(content=json.dumps(found["provJson"]), format="json")
    assert len(list(document.get_records())) == len({*found["provJson"]["entity"], *found["provJson"]["activity"]}) + 8


async def test_a_value_of_a_training_names_its_data_only_where_its_point_did(client: Client, project: Lineage) -> None:
    run = str(project.runs["training"])
    await client.log(run, series=[{"key": "val_loss", "steps": [0], "values": [4.0]}])
    silent = (await client.ask(read_operation("ExplainMetric"), {"run": run}))["explainMetric"]
    on = {"key": "val_loss", "steps": [1], "values": [3.5], "on": TEST, "subset": "easy"}
    await client.log(run, series=[on])
    said = (await client.ask(read_operation("ExplainMetric"), {"run": run}))["explainMetric"]

    assert silent["measuredOn"] is None
    assert silent["notDeclared"][0] == "MEASURED_ON"
    assert said["measuredOn"]["subset"] == "easy"
    assert await named(project, [said["measuredOn"]["version"]["id"]]) == ["test@1"]


async def test_two_ancestries_differ_in_a_version_of_the_data_and_in_the_parameters(
    client: Client, project: Lineage
) -> None:
    await project.run("again", start=8, end=9)
    await project.used(dataset("train@2"), "again", Role.TRAIN)
    await project.generated("again", "s3://models/gpt2")
    await project.say(EdgeKind.REGISTERED_AS, "s3://models/gpt2", model("gpt@2"), held_from=hour(10))
    for run, rate in (("training", 0.1), ("again", 0.2)):
        params = {"run": str(project.runs[run]), "params": {"lr": rate, "width": 8}}
        await client.ask("mutation($i: LogParamsInput!) { logParams(input: $i) { __typename } }", {"i": params})
    other = {"model": {"name": "gpt", "version": "2"}}
    found = (await client.ask(read_operation("CompareLineage"), {"a": GPT, "b": other}))["compareLineage"]
    (pair,) = found["otherVersion"]["nodes"]

    assert await named(project, [pair["a"]["id"], pair["b"]["id"]]) == ["train@1", "train@2"]
    assert pair["name"] == "s3://data/train"
    assert found["params"] == [{"key": "lr", "a": 0.1, "b": 0.2}]
    assert await named(project, [node["id"] for node in found["onlyA"]["nodes"]]) == [
        "s3://models/gpt",
        "training",
        "split",
        "raw@1",
    ]
    assert await named(project, [node["id"] for node in found["onlyB"]["nodes"]]) == ["s3://models/gpt2", "again"]


async def test_parts_of_one_split_are_no_leak_and_training_on_the_test_part_is(
    client: Client, project: Lineage
) -> None:
    clean = (await client.ask(read_operation("Leakage"), {"of": GPT}))["leakage"]
    await project.used(dataset("test@1"), "training", Role.TRAIN)
    leaky = (await client.ask(read_operation("Leakage"), {"of": GPT}))["leakage"]

    assert [(one["grade"], one["kind"]) for one in clean["findings"]["nodes"]] == [("EXCLUDED", "COMMON_ANCESTOR")]
    assert clean["checked"] == {"train": 1, "test": 1}
    assert [(one["grade"], one["kind"]) for one in leaky["findings"]["nodes"]] == [
        ("PROVEN", "SAME_VERSION"),
        ("EXCLUDED", "COMMON_ANCESTOR"),
    ]
    proven = leaky["findings"]["nodes"][0]
    assert await named(project, [step["node"]["id"] for step in proven["path"]]) == [
        "test@1",
        "training",
        "s3://models/gpt",
        "gpt@1",
    ]
