"""The documents of the design under "record", as written, on real data with exact answers."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ids import GlobalID, NodeKind, RunID, WorkspaceID, parse_global_id
from tests.graphql.asking import Client, Json, make_uuid
from tests.graphql.documents import read_operation

STARTED = "2026-11-23T10:00:00Z"


async def make_seed(client: Client, name: str, **more: Any) -> str:
    """Make a run as the example of CreateRun does; return its global id."""
    fields = {
        "experiment": "track_1_short",
        "name": name,
        "kind": "TRAIN",
        "createdBy": "ana",
        "host": "node7",
        "startedAt": STARTED,
        "params": {"lr": 0.02, "batch_size": 524288, "compile": True},
        "tags": {"record": "baseline"},
    }
    done = await client.do(read_operation("CreateRun"), {"input": {**fields, **more}})
    run: str = done["run"]["id"]
    return run


async def test_create_run_makes_the_experiment_and_answers_with_both(client: Client) -> None:
    uuid = make_uuid()
    done = await client.do(
        read_operation("CreateRun"),
        {
            "input": {
                "experiment": "track_1_short",
                "name": "seed 1",
                "kind": "TRAIN",
                "id": uuid,
                "clientKey": "0b6c",
                "createdBy": "ana",
                "host": "node7",
                "startedAt": STARTED,
                "params": {"lr": 0.02, "batch_size": 524288, "compile": True},
                "tags": {"record": "baseline"},
            }
        },
    )
    run = done["run"]
    workspace = run["experiment"]["workspace"]
    key = parse_global_id(run["id"])

    assert (key.kind, str(key.uuid)) == (NodeKind.RUN, uuid)
    assert {name: run[name] for name in ("name", "kind", "status", "revision")} == {
        "name": "seed 1",
        "kind": "TRAIN",
        "status": "RUNNING",
        "revision": 1,
    }
    assert run["experiment"]["name"] == "track_1_short"
    assert workspace["name"] == "default"
    assert done["token"]


async def test_log_metrics_takes_columns_with_nan(client: Client) -> None:
    run = await make_seed(client, "seed 1")
    series = [
        {"key": "val_loss", "steps": [0, 125], "values": [10.82, "NaN"], "timesMs": [1764000000000, 1764000004000]}
    ]

    done = await client.do(read_operation("LogMetrics"), {"run": run, "series": series, "clientKey": "k"})

    assert done["accepted"] == 2
    assert done["token"]


async def test_log_batch_takes_a_whole_run(client: Client) -> None:
    run = await make_seed(client, "seed 1")

    done = await client.do(
        read_operation("LogBatch"),
        {
            "input": {
                "run": run,
                "params": {"depth": 12},
                "tags": {"state": "fine"},
                "series": [{"key": "val_loss", "steps": [0, 125], "values": [10.82, 3.27]}],
                "notes": [{"text": "A *loss spike* at 90."}],
                "finish": {"status": "FINISHED"},
            }
        },
    )
    token = done.pop("token")
    revision = done["run"].pop("revision")

    assert done == {"run": {"id": run, "status": "FINISHED"}, "accepted": 2}
    assert revision > 1
    assert token


async def test_a_note_stands_on_what_it_was_put_on(client: Client) -> None:
    run = await make_seed(client, "seed 1")

    done = await client.do(read_operation("AddNote"), {"on": {"run": run}, "text": "A *loss spike* at 90."})
    note = done["note"]

    assert (note["text"], note["version"], note["on"]) == ("A *loss spike* at 90.", 1, {"id": run})
    assert parse_global_id(note["id"]).kind is NodeKind.NOTE


async def test_the_run_table_filters_orders_and_pages(client: Client) -> None:
    losses = {"seed 1": 3.27, "seed 2": 3.25, "seed 3": 3.4, "seed 4": 3.26}
    runs = {name: await make_seed(client, name) for name in losses}
    for name, loss in losses.items():
        series = [
            {
                "key": "val_loss",
                "steps": [0, 125],
                "values": [10.82, loss],
                "timesMs": [1764000000000, 1764000004000],
            }
        ]
        await client.log(runs[name], series=series)
    tagged = 'mutation($on: NodeRef!) { setTags(input: {on: $on, tags: {state: "broken"}}) { __typename } }'
    await client.ask(tagged, {"on": {"run": runs["seed 4"]}})

    answer = (await client.ask(read_operation("RunTable")))["runs"]

    assert answer["totalCount"] == {"value": 2, "exact": True}
    assert [node["name"] for node in answer["nodes"]] == ["seed 2", "seed 1"]
    assert answer["nodes"][0] == {
        "id": runs["seed 2"],
        "name": "seed 2",
        "status": "RUNNING",
        "startedAt": STARTED,
        "endedAt": None,
        "params": [
            {"key": "batch_size", "value": 524288, "type": "INT", "text": "524288"},
            {"key": "lr", "value": 0.02, "type": "FLOAT", "text": "0.02"},
        ],
        "metrics": [
            {
                "key": "val_loss",
                "count": 2,
                "first": {"step": 0, "value": 10.82},
                "last": {"step": 125, "value": 3.25, "time": "2025-11-24T16:00:04Z"},
                "min": {"step": 125, "value": 3.25},
                "max": {"step": 0, "value": 10.82},
            }
        ],
        "tags": [{"key": "record", "value": "baseline"}],
    }
    assert answer["pageInfo"]["hasNextPage"] is False

    rest = await client.ask(read_operation("RunTable"), {"after": answer["pageInfo"]["endCursor"]})
    assert rest["runs"]["nodes"] == []


async def test_a_curve_gives_columns_exactly_when_they_fit(client: Client) -> None:
    run = await make_seed(client, "seed 1")
    await client.log(
        run,
        series=[
            {"key": "val_loss", "steps": [0, 125], "values": [10.82, "-Infinity"], "timesMs": [5, 6]},
            {"key": "train_loss", "steps": [0, 9000], "values": [11.0, 2.0], "timesMs": [5, 7]},
        ],
    )

    answer = await client.ask(read_operation("Curve"), {"run": run})

    assert answer["metricSeries"] == [
        {
            "key": "val_loss",
            "exact": True,
            "count": 2,
            "steps": [0, 125],
            "values": [10.82, "-Infinity"],
            "timesMs": [5, 6],
        },
        {"key": "train_loss", "exact": True, "count": 1, "steps": [0], "values": [11.0], "timesMs": [5]},
    ]


async def test_runs_are_compared_side_by_side(client: Client) -> None:
    code = {"repository": "https://Example.org/gpt.git", "commit": "ABCDEF0" + "1" * 33, "path": "train.py"}
    one = await make_seed(
        client,
        "seed 1",
        tags={"record": "baseline", "gpu": "h100"},
        code=code,
        environment={"lockDigest": "sha256:" + "0a" * 32, "hardware": "8xH100"},
    )
    two = await make_seed(
        client,
        "seed 2",
        params={"lr": 0.03, "batch_size": 524288, "compile": True},
        code={**code, "diffDigest": "sha256:" + "ff" * 32},
        environment={"lockDigest": "sha256:" + "0b" * 32, "hardware": "8xH100"},
    )
    await client.log(one, series=[{"key": "val_loss", "steps": [1], "values": [3.5]}])
    await client.log(two, series=[{"key": "val_loss", "steps": [1], "values": ["NaN"]}])

    answer = await client.ask(read_operation("CompareRuns"), {"ids": [one, two]})

    assert answer["compareRuns"] == {
        "params": [
            {
                "key": "lr",
                "values": [{"run": {"id": one}, "value": 0.02}, {"run": {"id": two}, "value": 0.03}],
                "differs": True,
            }
        ],
        "metrics": [
            {
                "key": "val_loss",
                "values": [
                    {"run": {"id": one}, "last": {"value": 3.5}},
                    {"run": {"id": two}, "last": {"value": "NaN"}},
                ],
            }
        ],
        "tags": [{"key": "gpu", "values": [{"run": {"id": one}, "value": "h100"}]}],
        "code": [
            {"revision": {"commit": "abcdef0" + "1" * 33, "dirty": False}, "run": {"id": one}},
            {"revision": {"commit": "abcdef0" + "1" * 33, "dirty": True}, "run": {"id": two}},
        ],
        "environment": [
            {
                "key": "lockDigest",
                "values": [
                    {"run": {"id": one}, "value": "sha256:" + "0a" * 32},
                    {"run": {"id": two}, "value": "sha256:" + "0b" * 32},
                ],
            }
        ],
    }


async def test_runs_of_the_same_code_do_not_differ_in_it(client: Client) -> None:
    code = {"repository": "git@host:gpt.git", "commit": "abcdef0"}
    runs = [await make_seed(client, f"seed {n}", code=code, environment={"hardware": "cpu"}) for n in range(2)]

    found = (await client.ask(read_operation("CompareRuns"), {"ids": runs}))["compareRuns"]
    assert (found["code"], found["environment"]) == ([], [])
    ask = "query($ids: [ID!]!) { compareRuns(ids: $ids) { code { run { id } } environment { key differs } } }"
    found = (await client.ask(ask, {"ids": runs}))["compareRuns"]
    assert found == {
        "code": [{"run": {"id": run}} for run in runs],
        "environment": [{"key": "hardware", "differs": False}],
    }


@pytest.mark.parametrize("spelling", ["id", "uuid"])
async def test_a_run_is_known_by_its_bare_uuid_too(client: Client, spelling: str) -> None:
    run = await make_seed(client, "seed 1")
    key = parse_global_id(run)
    text = run if spelling == "id" else str(key.uuid)

    answer = await client.ask("query($id: ID!) { run(id: $id) { id uuid } }", {"id": text})

    assert answer["run"] == {"id": run, "uuid": str(key.uuid)}
    assert str(GlobalID(NodeKind.RUN, WorkspaceID(key.workspace), RunID(key.uuid))) == run


async def test_experiments_are_found_by_what_they_have_and_never_by_what_their_runs_have(client: Client) -> None:
    await client.make_run(tags={"state": "broken"})
    await client.make_run(experiment="digits")
    experiment = (await client.ask('{ experiment(name: "digits") { id } }'))["experiment"]["id"]
    tags = "mutation($input: SetTagsInput!) { setTags(input: $input) { ... on SetTagsPayload { token } } }"
    await client.do(tags, {"input": {"on": {"id": experiment}, "tags": {"team": "vision"}}})
    find = "query($where: Filter) { experiments(where: $where) { totalCount { value exact } nodes { name } } }"

    async def found(where: Json | None) -> tuple[int, list[str]]:
        answer = (await client.ask(find, {"where": where}))["experiments"]
        return answer["totalCount"]["value"], [node["name"] for node in answer["nodes"]]

    assert await found(None) == (2, ["digits", "track"])
    assert await found({"tag": {"key": "team", "is": {"eq": "vision"}}}) == (1, ["digits"])
    assert await found({"not": {"tag": {"key": "team", "is": {"exists": True}}}}) == (1, ["track"])
    assert await found({"name": {"in": ["track", "other"]}}) == (1, ["track"])
    assert await found({"createdAt": {"gt": "2020-01-01T00:00:00Z"}}) == (2, ["digits", "track"])
    assert await found({"tag": {"key": "state", "is": {"eq": "broken"}}}) == (0, [])
    assert await found({"status": {"eq": "RUNNING"}}) == (0, [])
