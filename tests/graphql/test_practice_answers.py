"""Answers to what happens in practice, through GraphQL, each written by hand from its meaning."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ids import RunID, make_uuid7
from domain.lineage.claims import Claim
from domain.lineage.kinds import EdgeKind, WriteMode
from domain.lineage.roles import Role
from domain.references import RunRef, make_uri_ref
from domain.runs import RunKind
from store.database import Database
from tests.graphql.asking import Client, Json
from tests.lineage.building import Lineage, dataset, hour, model

LINEAGE = """query($of: [NodeRef!]!, $asOf: AsOf, $inferred: Boolean! = true) {
  lineage(of: $of, direction: UPSTREAM, asOf: $asOf, inferred: $inferred) {
    nodes(first: 100) { edges { depth label node { __typename id } } }
    links(first: 100) { nodes { kind role inferred origins } }
    completeness { complete cycle assumptions }
  }
}"""
IMPACT = """query($of: [NodeRef!]!) { impact(of: $of) {
  byKind { kind count live }
  byInfluence { influence count live }
  owners { owner count live }
  nodes(first: 100) { edges { label depth influence live } }
  completeness { complete }
} }"""
LEAKAGE = """query($of: NodeRef!) { leakage(of: $of) {
  checked { train test } findings(first: 10) { nodes { grade kind } } } }"""
DEPLOY = """mutation($input: DeployInput!) { deploy(input: $input) { __typename ... on Problem { message } } }"""
ALIAS = """mutation($input: SetAliasInput!) { setAlias(input: $input) { __typename ... on Problem { message } } }"""
DESCRIBE = (
    """mutation($input: DescribeNodeInput!) { describeNode(input: $input) { __typename ... on Problem { message } } }"""
)


@pytest.fixture
def lineage(database: Database) -> Lineage:
    return Lineage(database)


def data(text: str) -> Json:
    name, _, version = text.partition("@")
    return {"dataset": {"namespace": "s3://data", "name": name, "version": version}}


def registered(text: str) -> Json:
    name, _, version = text.partition("@")
    return {"model": {"name": name, "version": version}}


async def around(client: Client, of: Json, **more: Any) -> dict[str, int]:
    """Return labels and distances of an answer."""
    answer = (await client.ask(LINEAGE, {"of": [of], **more}))["lineage"]
    return {edge["label"]: edge["depth"] for edge in answer["nodes"]["edges"]}


async def do(client: Client, document: str, **given: Any) -> None:
    done = await client.do(document, {"input": given})
    assert "message" not in done, done


async def train(lineage: Lineage, name: str, source: str, file: str, *, start: float = 1) -> None:
    await lineage.run(name, start=start, end=start + 1)
    await lineage.used(dataset(source), name, Role.TRAIN)
    await lineage.generated(name, file)


async def test_what_serves_live_stands_first_and_what_ended_is_no_longer_live(client: Client, lineage: Lineage) -> None:
    await train(lineage, "training", "web@1", "s3://m/a")
    for revision, at in (("1", 3), ("2", 5)):
        await do(
            client,
            DEPLOY,
            environment="production",
            endpoint="chat",
            revision=revision,
            serves=[{"uri": "s3://m/a"}],
            at=hour(at).isoformat(),
            replaces=True,
        )
    found = (await client.ask(IMPACT, {"of": [data("web@1")]}))["impact"]

    assert [(edge["label"], edge["live"]) for edge in found["nodes"]["edges"]] == [
        ("production chat 2", True),
        ("training", True),
        ("s3://m/a", True),
        ("production chat 1", False),
    ]
    assert {"kind": "DEPLOYMENT_REVISION", "count": 2, "live": 1} in found["byKind"]
    assert found["byInfluence"] == [{"influence": "WEIGHTS", "count": 4, "live": 3}]


async def test_owners_of_what_breaks_are_told(client: Client, lineage: Lineage) -> None:
    await train(lineage, "training", "web@1", "s3://m/a")
    await lineage.say(EdgeKind.REGISTERED_AS, "s3://m/a", model("gpt@1"), held_from=hour(3))
    await do(client, DESCRIBE, node={"model": {"name": "gpt"}}, facts={"owner": "ana"})
    found = (await client.ask(IMPACT, {"of": [data("web@1")]}))["impact"]

    assert found["owners"] == [{"owner": "ana", "count": 1, "live": 0}]


async def test_an_alias_means_what_it_meant(client: Client, lineage: Lineage) -> None:
    for number, at in ((1, 1), (2, 5)):
        await train(lineage, f"training {number}", f"web@{number}", f"s3://m/{number}", start=at)
        await lineage.say(EdgeKind.REGISTERED_AS, f"s3://m/{number}", model(f"gpt@{number}"), held_from=hour(at + 1))
        await do(client, ALIAS, name="gpt", alias="best", version=str(number), at=hour(at + 2).isoformat())
    best = {"model": {"name": "gpt", "alias": "best"}}

    assert "s3://data/web 2" in await around(client, best)
    assert "s3://data/web 1" in await around(client, best, asOf={"at": hour(4).isoformat()})
    failed = await client.fail(LINEAGE, {"of": [best], "asOf": {"at": hour(2).isoformat()}})
    assert (failed["code"], failed["path"]) == ("NOT_FOUND", ["of", "0"])


async def test_bytes_that_were_registered_again_break_too(client: Client, lineage: Lineage) -> None:
    """The same file under two names: bad data of the one is bad data of the other."""
    await train(lineage, "training", "web@1", "s3://m/a")
    for name in ("gpt@1", "chat@7"):
        await lineage.say(EdgeKind.REGISTERED_AS, "s3://m/a", model(name), held_from=hour(3))
    found = (await client.ask(IMPACT, {"of": [data("web@1")]}))["impact"]

    assert {edge["label"] for edge in found["nodes"]["edges"]} == {"training", "s3://m/a", "gpt 1", "chat 7"}
    leaks = [
        (await client.ask(LEAKAGE, {"of": registered(name)}))["leakage"]["checked"] for name in ("gpt@1", "chat@7")
    ]
    assert leaks == [{"train": 1, "test": 0}] * 2


async def test_impact_starts_from_all_that_has_the_bytes_of_its_start(client: Client, lineage: Lineage) -> None:
    """A copy in another bucket was trained on; somebody asks about the original."""
    await train(lineage, "training", "copy@1", "s3://m/a")
    for name in ("original@1", "copy@1"):
        await do(client, DESCRIBE, node=data(name), facts={"digest": "sha256:" + "a" * 64, "size": 4096})
    found = (await client.ask(IMPACT, {"of": [data("original@1")]}))["impact"]

    assert {edge["label"] for edge in found["nodes"]["edges"]} >= {"training", "s3://m/a"}


async def test_an_erased_version_still_lists_the_models_trained_on_it(client: Client, lineage: Lineage) -> None:
    await train(lineage, "training", "web@1", "s3://m/a")
    erased = {"state": "ERASED", "reason": "asked for", "since": hour(3).isoformat()}
    await do(client, DESCRIBE, node=data("web@1"), facts={"availability": erased})
    found = (await client.ask(IMPACT, {"of": [data("web@1")]}))["impact"]

    assert [edge["label"] for edge in found["nodes"]["edges"]] == ["training", "s3://m/a"]


async def test_a_run_that_was_deleted_in_the_middle_of_a_chain_is_passed(client: Client, lineage: Lineage) -> None:
    await train(lineage, "ugly", "web@1", "s3://m/a")
    delete = "mutation($input: RunsInput!) { deleteRuns(input: $input) { __typename } }"
    await client.ask(delete, {"input": {"runs": [str(lineage.runs["ugly"])]}})

    assert await around(client, {"uri": "s3://m/a"}) == {"s3://m/a": 0, "ugly": 1, "s3://data/web 1": 2}


async def test_late_facts_change_what_is_known_and_not_what_was(client: Client, lineage: Lineage) -> None:
    """A run read the dataset by its name; the version it must have read is told of later."""
    await lineage.run("load", RunKind.INGEST, start=1, end=2)
    await lineage.generated("load", dataset("web@1"))
    await lineage.run("training", start=5, end=6)
    await lineage.used(dataset("web"), "training", Role.TRAIN)
    await lineage.generated("training", "s3://m/a")
    before = await around(client, {"uri": "s3://m/a"})
    await lineage.run("load again", RunKind.INGEST, start=3, end=4)
    await lineage.generated("load again", dataset("web@2"))
    after = await around(client, {"uri": "s3://m/a"})
    early = await around(client, {"uri": "s3://m/a"}, asOf={"at": hour(4.5).isoformat()})

    assert before == {"s3://m/a": 0, "training": 1, "s3://data/web 1": 2, "load": 3}
    assert after == {"s3://m/a": 0, "training": 1, "s3://data/web 2": 2, "load again": 3}
    assert early == {"s3://m/a": 0}


async def test_two_ways_to_write_one_place_are_one_file(client: Client, lineage: Lineage) -> None:
    await lineage.run("training", start=1, end=2)
    await lineage.used(dataset("web@1"), "training", Role.TRAIN)
    await lineage.generated("training", make_uri_ref("s3a://m/a%20b/"))

    assert await around(client, {"uri": "s3://m/a b"}) == {"s3://m/a%20b": 0, "training": 1, "s3://data/web 1": 2}


async def test_an_appended_table_carries_what_it_held_and_one_of_unknown_mode_says_what_is_assumed(
    client: Client, lineage: Lineage
) -> None:
    for number in (1, 2, 3):
        mode = WriteMode.APPEND if number == 2 else None
        await lineage.run(f"write {number}", RunKind.INGEST, start=number, end=number + 0.5)
        await lineage.generated(f"write {number}", dataset(f"table@{number}"), mode=mode)
    second = await around(client, data("table@2"))
    third = (await client.ask(LINEAGE, {"of": [data("table@3")]}))["lineage"]

    assert second == {"s3://data/table 2": 0, "write 2": 1, "s3://data/table 1": 1, "write 1": 2}
    assert len(third["nodes"]["edges"]) == 2
    assert len(third["completeness"]["assumptions"]) == 1
    assert await around(client, data("table@2"), inferred=False) == {"s3://data/table 2": 0, "write 2": 1}


async def test_pseudo_labels_of_a_model_that_learned_from_the_test_data_are_a_possible_leak(
    client: Client, lineage: Lineage
) -> None:
    await train(lineage, "teaching", "test@1", "s3://m/teacher")
    await lineage.run("predict", RunKind.PREDICT, start=3, end=4)
    await lineage.used("s3://m/teacher", "predict")
    await lineage.generated("predict", dataset("labels@1"), Role.PREDICTION)
    await train(lineage, "learning", "labels@1", "s3://m/student", start=5)
    await lineage.run("testing", RunKind.EVALUATE, start=7, end=8)
    await lineage.used("s3://m/student", "testing", Role.EVALUATE)
    await lineage.used(dataset("test@1"), "testing", Role.TEST)
    found = (await client.ask(LEAKAGE, {"of": {"uri": "s3://m/student"}}))["leakage"]

    assert found["findings"]["nodes"] == [{"grade": "POSSIBLE", "kind": "COMMON_ANCESTOR"}]
    assert found["checked"] == {"train": 1, "test": 1}


async def test_a_model_chosen_by_its_test_data_is_proven_to_be(client: Client, lineage: Lineage) -> None:
    for number in (1, 2):
        await train(lineage, f"training {number}", "train@1", f"s3://m/{number}")
    await lineage.run("select", RunKind.SELECT, start=3, end=4)
    for number in (1, 2):
        await lineage.used(f"s3://m/{number}", "select", Role.CANDIDATE)
    await lineage.used(dataset("test@1"), "select", Role.TEST)
    await lineage.generated("select", model("gpt@1"))
    await lineage.say(EdgeKind.REGISTERED_AS, "s3://m/2", model("gpt@1"), held_from=hour(4))
    found = (await client.ask(LEAKAGE, {"of": registered("gpt@1")}))["leakage"]

    assert found["findings"]["nodes"] == [{"grade": "PROVEN", "kind": "CHOICE"}]


async def test_what_a_select_run_measured_on_is_what_it_said_it_was(client: Client, lineage: Lineage) -> None:
    """It used the data as validation, and its points name the data: nothing says that it was test data."""
    await train(lineage, "training", "train@1", "s3://m/a")
    await lineage.run("select", RunKind.SELECT, start=3, end=4)
    await lineage.used("s3://m/a", "select", Role.CANDIDATE)
    await lineage.used(dataset("validation@1"), "select", Role.VALIDATION)
    await lineage.generated("select", model("gpt@1"))
    point = {"key": "val_loss", "steps": [0], "values": [4.0], "on": data("validation@1")}
    await client.log(str(lineage.runs["select"]), series=[point])
    answer = (await client.ask(LINEAGE, {"of": [registered("gpt@1")]}))["lineage"]

    assert sorted(link["role"] for link in answer["links"]["nodes"] if link["kind"] == "USED") == [
        "CANDIDATE",
        "TRAIN",
        "VALIDATION",
    ]


async def test_validation_data_that_points_were_measured_on_is_no_test_data(client: Client, lineage: Lineage) -> None:
    """Whichever comes first: the points that name the data, or what the run says it used it as."""
    await train(lineage, "training", "train@1", "s3://m/a")
    run = str(lineage.runs["training"])
    point = {"key": "val_loss", "steps": [0], "values": [4.0], "on": data("validation@1")}
    await client.log(run, series=[point])
    await lineage.used(dataset("validation@1"), "training", Role.VALIDATION)
    found = (await client.ask(LEAKAGE, {"of": {"uri": "s3://m/a"}}))["leakage"]

    assert found["findings"]["nodes"] == []
    assert found["checked"] == {"train": 1, "test": 1}


RUNS = """
INSERT INTO runs (workspace, id, experiment, number, name, kind, status, started_at)
SELECT r.workspace, made.id, r.experiment, 1 + made.n, 'reader', 'TRAIN', 'RUNNING', r.started_at
FROM runs r, unnest($1::uuid[]) WITH ORDINALITY AS made (id, n) WHERE r.id = $2
"""
COUNTERS = "INSERT INTO run_counters (workspace, run) SELECT workspace, id FROM runs WHERE id = ANY($1::uuid[])"


async def test_impact_of_data_that_five_thousand_runs_used_has_all_of_them(client: Client, lineage: Lineage) -> None:
    first = await lineage.run("reader", start=1)
    made = [RunID(make_uuid7()) for _ in range(4_999)]
    async with lineage.database.write() as tx:
        await tx.driver.execute(RUNS, made, first)
        await tx.driver.execute(COUNTERS, made)
    for number in range(0, 5_000, 1_000):
        claims = [
            Claim(kind=EdgeKind.USED, source=dataset("web@1"), target=RunRef(run), role=Role.TRAIN)
            for run in [first, *made][number : number + 1_000]
        ]
        await lineage.record(*claims)
    await lineage.generated("reader", "s3://m/a")
    found = (await client.ask(IMPACT, {"of": [data("web@1")]}))["impact"]
    answer = (await client.ask(LINEAGE.replace("UPSTREAM", "DOWNSTREAM, hub: 100"), {"of": [data("web@1")]}))["lineage"]

    assert found["byKind"] == [
        {"kind": "RUN", "count": 5_000, "live": 0},
        {"kind": "ARTIFACT_VERSION", "count": 1, "live": 0},
    ]
    assert found["byInfluence"] == [{"influence": "WEIGHTS", "count": 5_001, "live": 0}]
    assert found["completeness"]["complete"]
    assert answer["completeness"]["complete"]


async def test_impact_leaves_out_who_called_what_broke_and_lineage_shows_it(client: Client, lineage: Lineage) -> None:
    await lineage.run("sweep", RunKind.SWEEP, start=0)
    await lineage.run("training", start=1, end=2, parent="sweep")
    await lineage.used(dataset("web@1"), "training", Role.TRAIN)
    found = (await client.ask(IMPACT, {"of": [data("web@1")]}))["impact"]
    answer = (await client.ask(LINEAGE.replace("UPSTREAM", "DOWNSTREAM"), {"of": [data("web@1")]}))["lineage"]

    assert [edge["label"] for edge in found["nodes"]["edges"]] == ["training"]
    assert {edge["label"]: edge["depth"] for edge in answer["nodes"]["edges"]} == {
        "s3://data/web 1": 0,
        "training": 1,
        "sweep": 2,
    }
