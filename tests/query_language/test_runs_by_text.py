"""The run table asked by text, through GraphQL, on a real record."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ids import GlobalID, NodeKind, WorkspaceID, make_uuid7
from tests.graphql.asking import Client
from tests.graphql.documents import read_operation

RUNS = (
    "query($query: String, $where: Filter) "
    "{ runs(query: $query, where: $where) { totalCount { value } nodes { name } } }"
)
LOSSES = {"good": [4.0, 3.27], "bad": [3.0, 3.3], "diverged": [3.2, "NaN"], "broken": [3.2, 3.1]}


@pytest.fixture
async def record(client: Client) -> Client:
    """Four runs of one experiment, one of another, one without anything."""
    for name, losses in LOSSES.items():
        tags = {"state": "broken", "fold": "3"} if name == "broken" else {"fold": "3e-4"}
        run = await client.make_run(
            experiment="track_1_short", name=name, kind="TRAIN", params={"lr": 0.02, "opt/name x": "adam"}, tags=tags
        )
        await client.log(run, series=[{"key": "val_loss", "steps": [0, 125], "values": losses}])
    other = await client.make_run(experiment="other", name="other", createdBy="ana", params={"lr": "auto"})
    await client.log(other, series=[{"key": "val_loss", "steps": [0], "values": [1.0]}])
    await client.make_run(experiment="other", name="empty", startedAt="2020-05-05T23:59:59.999Z")
    return client


async def find(client: Client, query: str | None, where: dict[str, Any] | None = None) -> set[str]:
    """Return the names of the runs that fulfil a text."""
    runs = (await client.ask(RUNS, {"query": query, "where": where}))["runs"]
    names = {node["name"] for node in runs["nodes"]}
    assert runs["totalCount"]["value"] == len(names)
    return names


async def test_the_document_of_the_design_runs_as_written(record: Client) -> None:
    page = (await record.ask(read_operation("RunTableByText")))["runs"]

    assert page["totalCount"] == {"value": 1, "exact": True}
    assert [node["name"] for node in page["nodes"]] == ["good"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"good", "bad", "diverged", "broken", "other", "empty"}),
        ("false", set()),
        ("last(val_loss) < 3.28", {"good", "broken", "other"}),
        ("min(val_loss) < 3.28 and not last(val_loss) < 3.28", {"bad", "diverged"}),
        ("last(val_loss) = NaN", set()),
        ("last(val_loss) != 3.27", {"bad", "diverged", "broken", "other"}),
        ("count(val_loss) >= 2", {"good", "bad", "diverged", "broken"}),
        ("not param.lr exists", {"empty"}),
        ("param.lr = auto", {"other"}),
        ("param.lr between 0.01 and 0.1 and experiment = other", set()),
        ('param."opt/name x" in (sgd, adam) and tag.fold = 3e-4', {"good", "bad", "diverged"}),
        ("tag.fold = 3", {"broken"}),
        ("experiment != track_1_short or name = good", {"other", "empty", "good"}),
        ("createdBy = ana or started = 2020-05-05", {"other", "empty"}),
        ("created > -1h and started < 2020-05-06", {"empty"}),
        ("created < -1h", set()),
        ("status = running and kind in (train) and number <= 2", {"good", "bad", "other", "empty"}),
    ],
)
async def test_a_text_finds_what_it_means(record: Client, query: str, names: set[str]) -> None:
    assert await find(record, query) == names


async def test_text_and_tree_together_are_both_fulfilled(record: Client) -> None:
    where = {"experiment": {"eq": "track_1_short"}}

    assert await find(record, "last(val_loss) < 3.28 or name = empty", where) == {"good", "broken"}
    assert await find(record, None, where) == set(LOSSES)


async def test_a_run_is_found_by_its_global_id(client: Client) -> None:
    run = await client.make_run(name="one")
    await client.make_run(name="two", parent=run)
    elsewhere = GlobalID(NodeKind.RUN, WorkspaceID(make_uuid7()), make_uuid7())

    assert await find(client, f"run = {run}") == {"one"}
    assert await find(client, f"parent in ('{run}')") == {"two"}
    assert (await client.fail(RUNS, {"query": f"run = {elsewhere}"}))["code"] == "NOT_FOUND"


async def test_a_mistake_is_answered_with_its_place(client: Client) -> None:
    error = await client.fail(RUNS, {"query": "name = a and\nlst(val_loss) < 3"})

    assert error == {
        "message": "line 2, column 1: there is no function 'lst'; there are first, last, min, max, best, count; "
        "did you mean last?",
        "code": "INVALID_INPUT",
        "path": ["query"],
        "retriable": False,
        "line": 2,
        "column": 1,
        "expected": ["first", "last", "min", "max", "best", "count"],
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("name = 'a\\u0000'", "INVALID_INPUT"),
        ("(" * 10_000, "INVALID_INPUT"),
        ("name = " + "a" * 70_000, "TOO_LARGE"),
        (" or ".join(["name = a"] * 501), "TOO_LARGE"),
    ],
)
async def test_bad_texts_are_refused_with_code_and_path(client: Client, query: str, code: str) -> None:
    error = await client.fail(RUNS, {"query": query})

    assert (error["code"], error["path"]) == (code, ["query"])
