"""Search through a service with Elasticsearch beside its record: the record's own answers, and who gave them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.graphql.asking import Client, Json
from tests.graphql.documents import read_operation
from tests.servers.service_process import run_service_process

PATIENCE_S = 60.0
SEARCH = """query($text: String, $query: String, $where: Filter, $kinds: [SearchKind!], $scope: LineageScope,
  $facets: [SearchFacet!], $orderBy: [SearchOrderBy!], $first: Int! = 20, $after: String, $token: String,
  $fallback: Fallback! = RECORD) {
  search(text: $text, query: $query, where: $where, kinds: $kinds, scope: $scope, facets: $facets, orderBy: $orderBy,
    first: $first, after: $after, atLeast: $token, waitMs: 20000, fallback: $fallback) {
    totalCount { value exact } edges { cursor why highlights { field fragments { text } } node { id } }
    facets { dimension buckets { value count } other missing exact }
    completeness { complete reasons } freshness { source lagSeconds } pageInfo { endCursor hasNextPage } } }"""
STAND = "{ projections { name generation trusted } }"
WEB = {"dataset": {"namespace": "s3://data", "name": "web", "version": "1"}}
QUESTIONS: list[Json] = [
    {"text": "loss spike"},
    {"text": '"loss spikes" or warm*', "kinds": ["NOTE"]},
    {"query": "spike and last(val_loss) < 3.2 and not tag.state = broken"},
    {"where": {"param": {"key": "lr", "is": {"between": [0.02, 0.03]}}}, "orderBy": [{"metric": {"key": "val_loss"}}]},
    {"scope": {"descendantsOf": [WEB]}, "orderBy": [{"field": "NAME"}, {"field": "CREATED_AT"}]},
    {"query": 'descendant_of(dataset("s3://data", web, 1)) and loss', "kinds": ["NOTE"]},
    {"text": "loss", "facets": [{"dimension": "TAG", "key": "state"}, {"dimension": "PARAM", "key": "lr", "first": 2},
                                {"dimension": "CREATED_AT", "interval": "MONTH"}]},
    {"where": {"not": {"text": "loss"}}, "orderBy": [{"field": "CREATED_AT", "direction": "DESC"}]},
]  # fmt: skip


@asynccontextmanager
async def serve(url: str, folder: Path, **settings: str) -> AsyncIterator[Client]:
    """Run a service and give a client of it."""
    folder.mkdir()
    with run_service_process(url, folder, environment=settings) as service:
        async with httpx.AsyncClient(base_url=service.url, timeout=60) as http:
            yield Client(http)


async def wait_until_it_serves(client: Client) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = (await client.ask(STAND))["projections"]
        if [one["name"] for one in found if one["generation"] and one["trusted"]] == ["index"]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the index does not serve")


async def fill(client: Client) -> str:
    """Record twelve runs with notes, data below which some of them lie; return the token of the last write."""
    runs = []
    for number in range(12):
        state = {"tags": {"state": "broken" if number % 4 == 0 else "good"}} if number % 3 else {}
        run = await client.make_run(name=f"seed {number} with a loss", params={"lr": number / 100}, **state)
        await client.log(run, series=[{"key": "val_loss", "values": [3 + number / 40]}])
        note = {
            "on": {"run": run},
            "text": f"loss spikes after warmup {number}" if number % 2 else "no spike of the loss",
        }
        await client.do(read_operation("AddNote"), note)
        runs.append(run)
    edges = [{"kind": "USED", "source": WEB, "target": {"run": run}} for run in runs[::3]]
    done = await client.do(read_operation("RecordLineage"), {"input": {"edges": edges}})
    token: str = done["token"]
    return token


def plain(answer: Json, *, is_ranked: bool) -> Any:
    """Return what both must say alike."""
    hits = [(edge["node"]["id"], edge["why"], edge["highlights"]) for edge in answer["edges"]]
    return (
        answer["totalCount"],
        sorted(hits) if is_ranked else hits,
        answer["facets"],
        answer["completeness"],
        answer["pageInfo"]["hasNextPage"],
    )


async def test_the_index_answers_as_the_record_does_and_says_that_it_did(
    quiet_url: str, elasticsearch_url: str, index_prefix: str, tmp_path: Path
) -> None:
    settings = {"WHENCE_ELASTICSEARCH_URL": elasticsearch_url, "WHENCE_ELASTICSEARCH_PREFIX": index_prefix[:-1]}
    async with (
        serve(quiet_url, tmp_path / "index", **settings) as index,
        serve(quiet_url, tmp_path / "record") as record,
    ):
        await wait_until_it_serves(index)
        token = await fill(index)
        for asked in QUESTIONS:
            is_ranked = "orderBy" not in asked
            found = (await index.ask(SEARCH, {**asked, "token": token, "fallback": "NONE"}))["search"]
            expected = (await record.ask(SEARCH, {**asked, "token": token}))["search"]

            assert plain(found, is_ranked=is_ranked) == plain(expected, is_ranked=is_ranked)
            assert found["totalCount"]["value"] > 0
            assert (found["freshness"]["source"], expected["freshness"]["source"]) == ("INDEX", "RECORD")

        first = (await index.ask(SEARCH, {"text": "loss", "first": 5}))["search"]
        await index.do(read_operation("AddNote"), {"on": WEB, "text": "loss loss loss"})
        after = first["pageInfo"]["endCursor"]
        rest = (await index.ask(SEARCH, {"text": "loss", "first": 99, "after": after}))["search"]
        strange = await record.fail(SEARCH, {"text": "loss", "after": after})
        typo = """{ search(text: "wramup") { didYouMean }
          suggest(prefix: "val_los", kinds: [METRIC_KEY]) { kind text count } }"""
        corrected = await index.ask(typo)

    hits = [edge["node"]["id"] for edge in first["edges"] + rest["edges"]]
    assert len(hits) == len(set(hits)) == first["totalCount"]["value"]
    assert strange["code"] == "CURSOR_EXPIRED"
    assert corrected == {
        "search": {"didYouMean": "warmup"},
        "suggest": [{"kind": "METRIC_KEY", "text": "val_loss", "count": 12}],
    }


async def test_while_elasticsearch_is_away_the_record_answers_unless_it_is_not_wanted(
    quiet_url: str, tmp_path: Path
) -> None:
    async with serve(quiet_url, tmp_path / "away", WHENCE_ELASTICSEARCH_URL="http://127.0.0.1:9") as client:
        token = await fill(client)
        found = (await client.ask(SEARCH, {"text": "loss spikes", "kinds": ["NOTE"], "token": token}))["search"]
        refused = await client.fail(SEARCH, {"text": "loss", "fallback": "NONE"})

    assert (found["totalCount"]["value"], found["freshness"]["source"]) == (12, "RECORD")
    assert refused["code"] in ("UNAVAILABLE", "NOT_YET_PROJECTED")
    assert refused["retriable"]


@pytest.mark.parametrize("asked", [QUESTIONS[0]])
async def test_an_archived_experiment_is_out_of_sight_at_once(
    quiet_url: str, elasticsearch_url: str, index_prefix: str, tmp_path: Path, asked: Json
) -> None:
    settings = {"WHENCE_ELASTICSEARCH_URL": elasticsearch_url, "WHENCE_ELASTICSEARCH_PREFIX": index_prefix[:-1]}
    async with serve(quiet_url, tmp_path / "index", **settings) as index:
        await wait_until_it_serves(index)
        token = await fill(index)
        before = (await index.ask(SEARCH, {**asked, "token": token, "fallback": "NONE"}))["search"]
        experiments = await index.ask("{ experiments(first: 1) { nodes { id } } }")
        (experiment,) = experiments["experiments"]["nodes"]
        archive = """mutation($id: String!) { archiveExperiment(input: {experiment: $id}) {
          __typename ... on Problem { message } } }"""
        done = await index.do(archive, {"id": experiment["id"]})
        after = (await index.ask(SEARCH, {**asked, "fallback": "NONE"}))["search"]

    assert "message" not in done
    assert before["totalCount"]["value"] > 0
    assert (after["totalCount"]["value"], after["freshness"]["source"]) == (0, "INDEX")
