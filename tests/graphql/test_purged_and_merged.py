"""What is purged, erased or merged stays on every way that leads through it, and nothing goes that others live on."""

from __future__ import annotations

import sqlalchemy as sa

from domain.ids import RunID
from domain.lineage.facts import Availability, AvailabilityState
from domain.lineage.roles import Role
from domain.runs import RunKind
from store import tables
from store.database import Database
from store.run_edits import delete_runs
from tests.graphql.asking import PROBLEM, Client, Json
from tests.lineage import practice
from tests.lineage.building import Lineage, dataset, hour, model

PURGE = f"""mutation($input: PurgeRunInput!) {{ purgeRun(input: $input) {{
  ... on PurgeRunPayload {{ token }} {PROBLEM}
  ... on HasDescendants {{ count {{ value exact }} some {{ __typename id }} }}
}} }}"""
PURGE_EXPERIMENT = f"""mutation($input: PurgeExperimentInput!) {{ purgeExperiment(input: $input) {{
  ... on PurgeExperimentPayload {{ token }} {PROBLEM} ... on HasDescendants {{ count {{ value }} }}
}} }}"""
LINEAGE = """query($of: [NodeRef!]!, $asOf: AsOf) { lineage(of: $of, asOf: $asOf) {
  nodes(first: 100) { edges { depth label node { __typename ... on Purged { kind purgedAt }
    ... on Evaluation { run { id } }
    ... on DatasetVersion { availability { state reason } } } } }
  dot provJson completeness { complete } freshness { recordPosition } } }"""
WEB = {"dataset": {"namespace": "s3://data", "name": "web", "version": "1"}}
IMPACT = "query($of: [NodeRef!]!) { impact(of: $of) { nodes { edges { label influence } } } }"


def registered(name: str) -> Json:
    return {"model": {"name": name.partition("@")[0], "version": name.partition("@")[2]}}


async def train(lineage: Lineage) -> RunID:
    """Tell of a training with a test, a report and a model that another run begins from."""
    run = await lineage.run("training", start=1, end=2)
    await lineage.used(dataset("web@1"), "training", Role.TRAIN)
    await lineage.used(dataset("held out@1"), "training", Role.TEST)
    await practice.log_file(lineage, "training", "s3://b/m.pt", role=Role.CHECKPOINT)
    await practice.log_file(lineage, "training", "s3://b/report.html", role=Role.REPORT)
    return run


async def delete(lineage: Lineage, *runs: str) -> None:
    async with lineage.database.write() as tx:
        await delete_runs(tx, lineage.workspace, [lineage.runs[run] for run in runs])


async def purge(client: Client, run: RunID, **more: bool) -> Json:
    return await client.do(PURGE, {"input": {"run": str(run), **more}})


async def upstream(client: Client, of: Json, **more: object) -> Json:
    answer: Json = (await client.ask(LINEAGE, {"of": [of], **more}))["lineage"]
    return answer


async def fetch_audits(database: Database) -> list[tuple[str, str | None, int]]:
    async with database.read_primary() as conn:
        rows = await conn.execute(sa.select(tables.audits).order_by(tables.audits.c.created_at))
        return [(row.action, row.principal, row.detail["descendants"]) for row in rows]


async def test_what_live_things_descend_from_is_purged_only_when_that_is_meant(
    client: Client, database: Database
) -> None:
    lineage = Lineage(database)
    run = await train(lineage)
    await practice.register(lineage, "gpt@1", "s3://b/m.pt")
    await lineage.run("fine-tuning", start=3)
    await lineage.used(model("gpt@1"), "fine-tuning", Role.INITIALISE)
    await delete(lineage, "training")
    refused = await purge(client, run)
    there = await upstream(client, registered("gpt@1"))
    done = await purge(client, run, despiteDescendants=True)

    assert (refused["__typename"], refused["code"], refused["path"]) == ("HasDescendants", "CONFLICT", ["input", "run"])
    assert refused["count"] == {"value": 2, "exact": True}
    assert [one["__typename"] for one in refused["some"]] == ["ModelVersion", "Run"]
    assert "2 live things descend from it" in refused["message"]
    assert [edge["label"] for edge in there["nodes"]["edges"]] == [
        "gpt 1",
        "s3://b/m.pt",
        "training",
        "s3://data/web 1",
    ]
    assert "token" in done
    assert await fetch_audits(database) == [("purge", "anonymous", 2)]


async def test_a_purged_run_is_passed_as_what_is_left_of_it(client: Client, database: Database) -> None:
    lineage = Lineage(database)
    run = await train(lineage)
    await practice.register(lineage, "gpt@1", "s3://b/m.pt")
    await delete(lineage, "training")
    await purge(client, run, despiteDescendants=True)
    model_ = await upstream(client, registered("gpt@1"))
    report = await upstream(client, {"uri": "s3://b/report.html"})
    impact = await client.ask(IMPACT, {"of": [WEB]})
    left = f"purged run {run}"

    assert [(edge["label"], edge["depth"]) for edge in model_["nodes"]["edges"]] == [
        ("gpt 1", 0),
        ("s3://b/m.pt", 1),
        (left, 2),
        ("s3://data/web 1", 3),
    ]
    (stub,) = [edge["node"] for edge in model_["nodes"]["edges"] if edge["label"] == left]
    assert (stub["__typename"], stub["kind"]) == ("Purged", "RUN")
    assert left in model_["dot"]
    assert model_["completeness"]["complete"]
    assert {"evaluation", left, "s3://data/held out 1"} < {edge["label"] for edge in report["nodes"]["edges"]}
    assert [e["node"]["run"] for e in report["nodes"]["edges"] if e["node"]["__typename"] == "Evaluation"] == [None]
    hits = {edge["label"]: edge["influence"] for edge in impact["impact"]["nodes"]["edges"]}
    assert hits == {
        left: "WEIGHTS",
        "evaluation": "MEASUREMENT",
        "s3://b/m.pt": "WEIGHTS",
        "s3://b/report.html": "MEASUREMENT",
        "gpt 1": "WEIGHTS",
    }


async def test_a_run_whose_files_nobody_used_goes_without_a_question(client: Client, database: Database) -> None:
    lineage = Lineage(database)
    run = await train(lineage)
    await delete(lineage, "training")

    assert "token" in await purge(client, run)
    assert await fetch_audits(database) == [("purge", "anonymous", 0)]


async def test_what_is_deleted_or_erased_does_not_live(client: Client, database: Database) -> None:
    lineage = Lineage(database)
    run = await train(lineage)
    await lineage.generated("training", dataset("labels@1"))
    await lineage.run("student", start=3)
    await lineage.used(dataset("labels@1"), "student", Role.TRAIN)
    await delete(lineage, "training")
    both = await purge(client, run)
    await delete(lineage, "student")
    one = await purge(client, run)
    gone = Availability(state=AvailabilityState.ERASED, since=hour(3), reason="a person asked")
    await practice.describe(lineage, dataset("labels@1"), availability=gone)

    assert [found["count"]["value"] for found in (both, one)] == [2, 1]
    assert "token" in await purge(client, run)


async def test_an_experiment_whose_runs_only_made_things_for_each_other_is_purged(
    client: Client, database: Database
) -> None:
    lineage = Lineage(database)
    await train(lineage)
    await lineage.run("student", start=3)
    await lineage.used("s3://b/m.pt", "student", Role.TEACHER)
    await client.do(
        "mutation($input: ExperimentInput!) { deleteExperiment(input: $input) { __typename } }",
        {"input": {"experiment": "track"}},
    )
    await practice.register(lineage, "gpt@1", "s3://b/m.pt")
    refused = await client.do(PURGE_EXPERIMENT, {"input": {"experiment": "track"}})
    done = await client.do(PURGE_EXPERIMENT, {"input": {"experiment": "track", "despiteDescendants": True}})

    assert (refused["code"], refused["path"], refused["count"]) == ("CONFLICT", ["input", "experiment"], {"value": 1})
    assert "token" in done


async def test_an_erased_version_stays_on_the_way_and_says_why(client: Client, database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_erased_data(lineage)
    answer = await upstream(client, registered("gpt@1"))
    (erased,) = [edge["node"] for edge in answer["nodes"]["edges"] if edge["node"]["__typename"] == "DatasetVersion"]

    assert [edge["label"] for edge in answer["nodes"]["edges"]] == ["gpt 1", "training", "s3://data/people 1"]
    assert erased["availability"] == {"state": "ERASED", "reason": "a person asked"}


async def test_two_files_that_were_one_answer_as_one_and_as_two_as_of_before(
    client: Client, database: Database
) -> None:
    """A file is read before anybody knows its digest; elsewhere the same place was made with one."""
    lineage = Lineage(database)
    await lineage.run("writer", RunKind.INGEST, start=1, end=2)
    await lineage.run("reader", start=3)
    await lineage.used("s3://b/m.pt", "reader", Role.INITIALISE)
    await lineage.generated("reader", model("gpt@1"))
    before = (await upstream(client, registered("gpt@1")))["freshness"]["recordPosition"]
    await practice.describe(lineage, "s3://b/m.pt", digest=practice.DIGEST)
    await practice.log_file(lineage, "writer", "s3://b/m.pt", digest=practice.DIGEST)
    now = await upstream(client, registered("gpt@1"))
    then = await upstream(client, registered("gpt@1"), asOf={"asKnownAtPosition": before})

    assert [edge["label"] for edge in now["nodes"]["edges"]] == ["gpt 1", "reader", "s3://b/m.pt", "writer"]
    assert [edge["label"] for edge in then["nodes"]["edges"]] == ["gpt 1", "reader", "s3://b/m.pt"]
