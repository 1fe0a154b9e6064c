"""The design's documents about search, as written, on a small project with exact answers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.ids import parse_global_id
from store.database import Database
from store.search.vocabulary import learn_words
from tests.graphql.asking import Client, Json
from tests.graphql.documents import read_operation
from tests.project.checkout import ROOT, read

SPIKE = "A loss spike after warmup; the learning rate of 0.02 was too high. See val_loss."
RUNS: dict[str, Json] = {
    "calm": {"params": {"lr": 0.002, "batch_size": 256}, "tags": {"track": "short"}, "loss": 3.25},
    "wild": {"params": {"lr": 0.02, "batch_size": 512}, "tags": {"track": "short"}, "loss": 3.29},
    "wide": {"params": {"lr": 0.02, "batch_size": 512}, "tags": {"track": "long"}, "loss": 3.1},
    "lost": {"params": {"lr": 0.02}, "loss": "NaN"},
    "loud spike of warmup loss": {"params": {"lr": 0.5}, "loss": 3.2},
}
NOTES = {
    "wild": SPIKE,
    "wide": "Loss spikes, warmed up twice.",
    "calm": "No warmup at all; nothing spiked.",
    "lost": SPIKE,
}
PAGE = """query($text: String, $after: String, $orderBy: [SearchOrderBy!], $where: Filter, $scope: LineageScope) {
  search(text: $text, orderBy: $orderBy, where: $where, scope: $scope, first: 2, after: $after) {
    totalCount { value exact } edges { cursor score node { __typename ... on Run { name } ... on Note { text } } }
    pageInfo { endCursor hasNextPage } completeness { complete reasons }
  } }"""
COUNT = """query($text: String, $query: String, $where: Filter, $kinds: [SearchKind!], $scope: LineageScope) {
  search(text: $text, query: $query, where: $where, kinds: $kinds, scope: $scope, first: 0) {
    totalCount { value } edges { cursor } didYouMean completeness { complete } } }"""


@pytest.fixture
async def project(client: Client) -> dict[str, str]:
    """Runs with a note each, and data that the wild one was trained on and the wide one's model rests on."""
    runs: dict[str, str] = {}
    for name, given in RUNS.items():
        fields = {key: value for key, value in given.items() if key != "loss"}
        runs[name] = await client.make_run(name=name, **fields)
        await client.log(runs[name], series=[{"key": "val_loss", "steps": [0, 9], "values": [10.5, given["loss"]]}])
    for name, text in NOTES.items():
        await client.do(read_operation("AddNote"), {"on": {"run": runs[name]}, "text": text})
    data = {"dataset": {"namespace": "s3://data", "name": "web", "version": "1"}}
    tokens = {"dataset": {"namespace": "s3://data", "name": "tokens", "version": "1"}}
    edges = [
        {"kind": "USED", "source": data, "target": {"run": runs["wild"]}, "role": "TRAIN"},
        {"kind": "GENERATED", "source": {"run": runs["wild"]}, "target": tokens, "role": "OUTPUT"},
        {"kind": "USED", "source": tokens, "target": {"run": runs["wide"]}, "role": "TRAIN"},
    ]
    done = await client.do(read_operation("RecordLineage"), {"input": {"edges": edges}})
    assert "edges" in done, done
    return runs


def on(edges: list[Json], runs: dict[str, str]) -> list[str]:
    """Return short names for hits: a run's own, `note` and the text's beginning for a note."""
    names = {id_: name for name, id_ in runs.items()}
    return [names.get(edge["node"]["id"], edge["node"]["__typename"]) for edge in edges]


async def read_pages(client: Client, **asked: Any) -> list[Json]:
    """Read every page and return the edges."""
    edges: list[Json] = []
    after = None
    while True:
        page = (await client.ask(PAGE, {**asked, "after": after}))["search"]
        edges += page["edges"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(edges) == page["totalCount"]["value"]
            return edges
        after = page["pageInfo"]["endCursor"]


async def test_words_dimensions_and_facets_in_one_question(client: Client, project: dict[str, str]) -> None:
    found = (await client.ask(read_operation("Search")))["search"]
    (edge,) = [one for one in found["edges"] if one["node"]["id"] not in project.values()] or [None]
    months = found["facets"][2]

    # By hand: words "loss spike warmup"; last(val_loss) < 3.3 and lr from 0.001 to 0.1; notes and runs. Calm's note has
    # no loss, lost's number is NaN, the loud run's rate is too high. Wide's note says "warmed up", not "warmup".
    assert found["totalCount"] == {"value": 1, "exact": True}
    assert edge is not None
    assert edge["node"]["__typename"] == "Note"
    assert edge["score"] > 0
    assert edge["why"] == [
        "loss stands in its text (as typed)",
        "spike stands in its text (as typed)",
        "warmup stands in its text (as typed)",
    ]
    assert edge["highlights"] == [
        {
            "field": "TEXT",
            "fragments": [
                {
                    "text": SPIKE,
                    "marks": [
                        {"start": 2, "end": 6},
                        {"start": 7, "end": 12},
                        {"start": 19, "end": 25},
                        {"start": 75, "end": 79},
                    ],
                }
            ],
        }
    ]
    assert found["facets"][:2] == [
        {"dimension": "TAG", "key": "track", "buckets": [{"value": "short", "count": 1}], "other": 0, "missing": 0,
         "exact": True},
        {"dimension": "PARAM", "key": "batch_size", "buckets": [{"value": 512, "count": 1}], "other": 0, "missing": 0,
         "exact": True},
    ]  # fmt: skip
    assert (months["dimension"], [bucket["count"] for bucket in months["buckets"]]) == ("CREATED_AT", [1])
    assert months["buckets"][0]["value"].endswith("-01T00:00:00Z")
    assert found["didYouMean"] is None
    assert found["completeness"] == {"complete": True, "reasons": []}
    assert found["freshness"] == {"source": "RECORD", "lagSeconds": 0.0}
    assert found["pageInfo"] == {"endCursor": edge["cursor"], "hasNextPage": False}


async def test_a_scope_is_what_lies_on_one_side_and_what_is_written_about_it(
    client: Client, project: dict[str, str]
) -> None:
    web = {"dataset": {"namespace": "s3://data", "name": "web", "version": "1"}}
    below = (await client.ask(COUNT, {"scope": {"descendantsOf": [web]}, "kinds": ["RUN"]}))["search"]
    notes = (await client.ask(COUNT, {"scope": {"descendantsOf": [web]}, "text": "loss", "kinds": ["NOTE"]}))["search"]
    near = (await client.ask(COUNT, {"scope": {"descendantsOf": [web], "maxDepth": 1}, "kinds": ["RUN"]}))["search"]
    above = (await client.ask(COUNT, {"scope": {"ancestorsOf": [{"run": project["wide"]}]}, "kinds": ["RUN"]}))[
        "search"
    ]
    text = 'descendant_of(dataset("s3://data", web, 1)) and not param.lr < 0.01'
    by_text = (await client.ask(COUNT, {"query": text, "kinds": ["RUN"]}))["search"]
    apart = {"not": {"descendantOf": {"of": [web]}}}
    by_leaf = (await client.ask(COUNT, {"where": apart, "kinds": ["RUN"]}))["search"]

    assert [one["totalCount"]["value"] for one in (below, notes, near, above, by_text, by_leaf)] == [2, 2, 1, 1, 2, 3]
    assert below["completeness"] == {"complete": True}


async def test_a_page_goes_on_though_lineage_and_notes_were_written_since(
    client: Client, project: dict[str, str]
) -> None:
    web = {"dataset": {"namespace": "s3://data", "name": "web", "version": "1"}}
    asked = {"scope": {"descendantsOf": [web]}, "orderBy": [{"field": "NAME"}, {"field": "CREATED_AT"}]}
    page = (await client.ask(PAGE, asked))["search"]
    edge = {"kind": "USED", "source": web, "target": {"run": project["calm"]}, "role": "TRAIN"}
    await client.do(read_operation("RecordLineage"), {"input": {"edges": [edge]}})
    rest = (await client.ask(PAGE, {**asked, "after": page["pageInfo"]["endCursor"]}))["search"]
    other = await client.fail(PAGE, {"text": "loss", "after": page["pageInfo"]["endCursor"]})

    # Below web lie, by name, the tokens, and the wide and the wild run with a note each, which have their run's name.
    assert page["totalCount"]["value"] == 4
    assert [one["node"].get("name") for one in page["edges"]] == ["wide", None]
    assert [one["node"].get("name") for one in rest["edges"]] == ["wild", None]
    assert (other["code"], other["path"]) == ("INVALID_INPUT", ["after"])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([{"metric": {"key": "val_loss", "of": "LAST"}}],
         ["wide", "loud spike of warmup loss", "calm", "wild", "lost"]),
        ([{"metric": {"key": "val_loss"}, "direction": "DESC"}],
         ["wild", "calm", "loud spike of warmup loss", "wide", "lost"]),
        ([{"param": "batch_size"}, {"field": "NAME"}],
         ["calm", "wide", "wild", "lost", "loud spike of warmup loss"]),
        ([{"tag": "track", "direction": "DESC"}, {"field": "NUMBER"}],
         ["calm", "wild", "wide", "lost", "loud spike of warmup loss"]),
        (None, ["loud spike of warmup loss", "lost", "wide", "wild", "calm"]),
    ],
)  # fmt: skip
async def test_hits_come_in_any_order_page_by_page(
    client: Client, project: dict[str, str], order: list[Json] | None, expected: list[str]
) -> None:
    edges = await read_pages(client, orderBy=order, where={"run": {"in": list(project.values())}})
    runs = [edge["node"]["name"] for edge in edges if edge["node"]["__typename"] == "Run"]

    assert runs == expected


async def test_relevance_comes_in_pages_too_and_each_hit_once(client: Client, project: dict[str, str]) -> None:
    edges = await read_pages(client, text="loss or spike or warmup")
    scores = [edge["score"] for edge in edges]

    assert len(edges) == len({edge["cursor"] for edge in edges}) == 5
    assert scores == sorted(scores, reverse=True)


async def test_a_facet_shows_what_else_could_be_chosen_unless_its_own_filter_holds(
    client: Client, project: dict[str, str]
) -> None:
    document = """query($own: Boolean!) {
      search(where: {tag: {key: "track", is: {eq: "short"}}}, kinds: [RUN], first: 0,
      facets: [{dimension: TAG, key: "track", ownFilter: $own}, {dimension: PARAM, key: "lr", first: 1}]) {
        totalCount { value } facets { buckets { value count } other missing exact } } }"""
    chosen = (await client.ask(document, {"own": True}))["search"]
    open_ = (await client.ask(document, {"own": False}))["search"]

    assert chosen["totalCount"] == open_["totalCount"] == {"value": 2}
    assert chosen["facets"][0] == {"buckets": [{"value": "short", "count": 2}], "other": 0, "missing": 0, "exact": True}
    assert open_["facets"][0] == {
        "buckets": [{"value": "short", "count": 2}, {"value": "long", "count": 1}], "other": 0, "missing": 2,
        "exact": True,
    }  # fmt: skip
    assert open_["facets"][1] == {"buckets": [{"value": 0.002, "count": 1}], "other": 1, "missing": 0, "exact": True}


async def test_names_in_use_are_suggested_though_they_are_mistyped(
    client: Client, project: dict[str, str], database: Database
) -> None:
    await client.make_run(name="learning rates", params={"learning_rate": 0.1}, tags={"learning_regime": "cosine"})
    await learn_words(database)
    typed = (await client.ask(read_operation("Suggest")))["suggest"]
    tags = (await client.ask('{ suggest(prefix: "sho", kinds: [TAG_VALUE]) { kind text count } }'))["suggest"]
    metrics = (await client.ask('{ suggest(prefix: "loss", kinds: [METRIC_KEY]) { kind text count } }'))["suggest"]

    assert {(one["kind"], one["text"]) for one in typed} == {
        ("PARAM_KEY", "learning_rate"),
        ("TAG_KEY", "learning_regime"),
        ("NAME", "learning rates"),
    }
    assert tags == [{"kind": "TAG_VALUE", "text": "short", "count": 2}]
    assert metrics == [{"kind": "METRIC_KEY", "text": "val_loss", "count": 5}]


async def test_a_word_that_nobody_used_is_answered_with_one_that_somebody_did(
    client: Client, project: dict[str, str], database: Database
) -> None:
    await learn_words(database)
    by_text = (await client.ask(COUNT, {"text": "los spike wramup"}))["search"]
    by_query = (await client.ask(COUNT, {"query": "wramup"}))["search"]
    right = (await client.ask(COUNT, {"text": "loss spike"}))["search"]
    keys = (await client.ask(COUNT, {"query": "param.bach_size > 1 and last(val_los) < 9 and tag.trak exists"}))[
        "search"
    ]
    known = (await client.ask(COUNT, {"query": "param.batch_size > 1 and kind = GROUP"}))["search"]

    assert (by_text["totalCount"]["value"], by_text["didYouMean"]) == (0, "loss spike warmup")
    assert by_query["didYouMean"] == "warmup"
    assert right["didYouMean"] is None
    assert keys["didYouMean"] == "param.batch_size > 1 and last(val_loss) < 9 and tag.track exists"
    assert known["didYouMean"] is None


async def test_runs_are_measured_in_groups_and_what_diverged_or_runs_on_is_counted(
    client: Client, project: dict[str, str]
) -> None:
    document = """{ aggregate(by: [{tag: "track"}], measures: [
      {metric: {key: "val_loss"}, functions: [COUNT, MEAN, P50, STDDEV]}]) {
        buckets { keys { dimension key value } count measures { function value missing nonFinite unfinished } }
        leftOut { value exact } completeness { complete reasons } freshness { source } } }"""
    found = (await client.ask(document))["aggregate"]
    cut = (await client.ask('{ aggregate(by: [{param: "lr"}], first: 1) { buckets { count keys { value } } '
                            "leftOut { value } completeness { complete reasons } } }"))["aggregate"]  # fmt: skip
    by_key = {bucket["keys"][0]["value"]: bucket for bucket in found["buckets"]}

    assert [(bucket["keys"][0]["value"], bucket["count"]) for bucket in found["buckets"]] == [
        ("short", 2), (None, 2), ("long", 1)
    ]  # fmt: skip
    short = {one["function"]: one for one in by_key["short"]["measures"]}
    assert short["COUNT"]["value"] == 2
    assert short["MEAN"]["value"] == pytest.approx(3.27)
    assert short["P50"]["value"] == pytest.approx(3.27)
    assert short["STDDEV"]["value"] == pytest.approx(0.0282842712)
    assert (short["MEAN"]["missing"], short["MEAN"]["nonFinite"], short["MEAN"]["unfinished"]) == (0, 0, 2)
    assert by_key[None]["measures"][0] == {
        "function": "COUNT", "value": 1, "missing": 0, "nonFinite": 1, "unfinished": 2
    }  # fmt: skip
    assert found["completeness"] == {"complete": True, "reasons": []}
    assert found["freshness"] == {"source": "RECORD"}
    assert cut["buckets"] == [{"count": 3, "keys": [{"value": 0.02}]}]
    assert (cut["leftOut"], cut["completeness"]) == ({"value": 2}, {"complete": False, "reasons": ["BUCKETS_CUT"]})


async def test_the_aggregate_of_the_design_runs_as_written(client: Client) -> None:
    for name, loss in (("a", 3.2), ("b", 3.4)):
        run = await client.do(
            read_operation("CreateRun"),
            {"input": {"experiment": "track_1_short", "name": name, "tags": {"record": "baseline"}}},
        )
        await client.log(run["run"]["id"], series=[{"key": "val_loss", "values": [loss]}])
    (bucket,) = (await client.ask(read_operation("Aggregate")))["aggregate"]["buckets"]

    assert (bucket["count"], bucket["keys"]) == (2, [{"dimension": "TAG", "value": "baseline"}])
    assert {one["function"]: one["value"] for one in bucket["measures"]} == pytest.approx(
        {"COUNT": 2, "MEAN": 3.3, "P50": 3.3, "MIN": 3.2, "MAX": 3.4, "STDDEV": 0.1414213562}
    )


async def test_a_search_with_a_token_sees_the_write_at_once(client: Client, project: dict[str, str]) -> None:
    done = await client.do(read_operation("AddNote"), {"on": {"run": project["calm"]}, "text": "quokka"})
    document = 'query($token: String) { search(text: "quokka", atLeast: $token) { totalCount { value } } }'
    found = (await client.ask(document, {"token": done["token"]}))["search"]

    assert found["totalCount"]["value"] == 1


async def test_deleted_and_archived_things_and_other_workspaces_are_not_found(
    client: Client, project: dict[str, str]
) -> None:
    await client.do('mutation { createWorkspace(input: {name: "other"}) { __typename } }')
    other = client.within("other")
    await other.make_run(name="loss elsewhere")
    here = (await client.ask(COUNT, {"text": "loss", "kinds": ["RUN"]}))["search"]
    there = (await other.ask(COUNT, {"text": "loss"}))["search"]
    delete = "mutation($run: ID!) { deleteRuns(input: {runs: [$run]}) { __typename ... on Problem { message } } }"
    done = await client.do(delete, {"run": project["loud spike of warmup loss"]})
    left = (await client.ask(COUNT, {"text": "loss", "kinds": ["RUN"]}))["search"]
    id_ = parse_global_id(project["calm"])
    strange = await other.fail(COUNT, {"scope": {"descendantsOf": [{"id": project["calm"]}]}})

    assert id_.kind.name == "RUN"
    assert "message" not in done
    assert [one["totalCount"]["value"] for one in (here, there, left)] == [1, 1, 0]
    assert strange["code"] == "NOT_FOUND"


@pytest.mark.parametrize("number", range(5))
async def test_what_the_guide_shows_runs_as_written(client: Client, project: dict[str, str], number: int) -> None:
    documents = re.findall(r"```graphql\n(.*?)```", read(ROOT / "docs" / "search.md"), re.DOTALL)
    answer = await client.ask(documents[number])

    assert len(documents) == 5
    assert None not in answer.values()
