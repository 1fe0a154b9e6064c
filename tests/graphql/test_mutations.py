"""What each mutation does, seen through queries; that a repeat does nothing; that tokens show writes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.positions import Token, make_position
from store.database import Database
from tests.graphql.asking import CREATE_RUN, LOG_METRICS, PROBLEM, Client, Json, make_uuid

BATCH = (
    "mutation($input: LogBatchInput!) { logBatch(input: $input) "
    f"{{ ... on LogBatchPayload {{ accepted token run {{ id revision }} }} {PROBLEM} }} }}"
)


def mutation(name: str, fields: str) -> str:
    """Return the document of one mutation that takes an input."""
    type_ = name[0].upper() + name[1:]
    inputs = {"deleteRuns": "RunsInput", "restoreRuns": "RunsInput", "deleteExperiment": "ExperimentInput"}
    inputs |= {
        "restoreExperiment": "ExperimentInput",
        "deleteNote": "NoteInput",
        "restoreNote": "NoteInput",
        "purgeNote": "NoteInput",
    }
    given = inputs.get(name, f"{type_}Input")
    return (
        f"mutation($input: {given}!) {{ {name}(input: $input) {{ ... on {type_}Payload {{ {fields} }} {PROBLEM} }} }}"
    )


async def read_run(client: Client, run: str, fields: str) -> Any:
    return (await client.ask(f"query($id: ID!) {{ run(id: $id) {{ {fields} }} }}", {"id": run}))["run"]


async def test_a_run_is_ended_and_corrected(client: Client) -> None:
    run = await client.make_run(startedAt="2026-11-23T10:00:00+01:00")
    ended = {"run": run, "status": "FAILED", "endedAt": "2026-11-23T10:30:00+01:00"}
    done = await client.do(mutation("finishRun", "run { status startedAt endedAt }"), {"input": ended})
    again = await client.do(mutation("finishRun", "run { status }"), {"input": {"run": run, "status": "FINISHED"}})
    update = mutation("updateRun", "run { status name description version }")
    fields = {"run": run, "status": "FINISHED", "name": "new", "description": "why"}
    corrected = await client.do(update, {"input": fields})
    emptied = await client.do(update, {"input": {"run": run, "description": None}})
    stale = await client.do(update, {"input": {"run": run, "name": "x", "expectedVersion": 1}})

    assert done["run"] == {
        "status": "FAILED",
        "startedAt": "2026-11-23T09:00:00Z",
        "endedAt": "2026-11-23T09:30:00Z",
    }
    assert (again["code"], again["path"]) == ("CONFLICT", ["input", "status"])
    assert corrected["run"] == {"status": "FINISHED", "name": "new", "description": "why", "version": 3}
    assert emptied["run"] == {"status": "FINISHED", "name": "new", "description": None, "version": 4}
    assert (stale["code"], stale["path"]) == ("CONFLICT", ["input", "expectedVersion"])


async def test_a_heartbeat_is_seen_and_raises_no_revision(client: Client) -> None:
    run = await client.make_run()
    before = await read_run(client, run, "revision heartbeatAt")
    done = await client.do(mutation("heartbeat", "run { status heartbeatAt revision }"), {"input": {"run": run}})

    assert done["run"]["heartbeatAt"] is not None
    assert done["run"]["revision"] == before["revision"]


async def test_a_resumed_run_supersedes_points_above_its_step(client: Client) -> None:
    first, second = make_uuid(), make_uuid()
    run = await client.make_run(attempt=first)
    await client.log(run, attempt=first, series=[{"key": "loss", "steps": [1, 2, 3], "values": [9, 8, 7]}])
    resume = {"run": run, "attempt": second, "after": first, "restartCount": 1, "fromStep": 1}
    done = await client.do(mutation("resumeRun", "current recomputing run { attempt status }"), {"input": resume})
    await client.log(run, attempt=second, series=[{"key": "loss", "steps": [2], "values": [5]}])
    series = (
        'query($id: ID!, $a: Attempts!) { metricSeries(run: $id, keys: ["loss"], attempts: $a) '
        "{ steps values attempts superseded } }"
    )
    current, every = [
        (await client.ask(series, {"id": run, "a": attempts}))["metricSeries"][0] for attempts in ("CURRENT", "ALL")
    ]

    assert done == {"current": True, "recomputing": False, "run": {"attempt": second, "status": "RUNNING"}}
    assert current == {"steps": [1, 2], "values": [9, 5], "attempts": [1, 2], "superseded": []}
    assert every == {
        "steps": [1, 2, 2, 3],
        "values": [9, 8, 5, 7],
        "attempts": [1, 1, 2, 1],
        "superseded": [1, 3],
    }


async def test_parameters_follow_their_mode_and_keep_their_history(client: Client) -> None:
    run = await client.make_run(params={"lr": 0.02})
    log = mutation("logParams", "run { params { key value } }")
    refused = await client.do(log, {"input": {"run": run, "params": {"lr": 0.03}}})
    kept = await client.do(log, {"input": {"run": run, "params": {"lr": 0.03, "x": [1]}, "mode": "IF_ABSENT"}})
    long = [{"key": "lr", "type": "FLOAT", "text": "3e-4"}]
    taken = await client.do(log, {"input": {"run": run, "parameters": long, "mode": "REPLACE"}})
    history = 'query($run: ID!) { parameterHistory(run: $run, key: "lr") { key type value text } }'

    assert (refused["code"], refused["retriable"]) == ("CONFLICT", False)
    assert kept["run"]["params"] == [{"key": "lr", "value": 0.02}, {"key": "x", "value": [1]}]
    assert taken["run"]["params"] == [{"key": "lr", "value": 0.0003}, {"key": "x", "value": [1]}]
    assert (await read_run(client, run, 'params(keys: ["lr"]) { text }'))["params"] == [{"text": "3e-4"}]
    assert (await client.ask(history, {"run": run}))["parameterHistory"] == [
        {"key": "lr", "type": "FLOAT", "value": 0.02, "text": "0.02"}
    ]


async def test_tags_are_set_and_removed_on_runs_and_experiments(client: Client) -> None:
    run = await client.make_run(tags={"a": "1"})
    experiment = (await client.ask('{ experiment(name: "track") { id } }'))["experiment"]["id"]
    seen = "on { __typename ... on Run { tags { key value } } ... on Experiment { tags { key value } } }"
    for on, kind in (({"run": run}, "Run"), ({"id": experiment}, "Experiment")):
        done = await client.do(mutation("setTags", seen), {"input": {"on": on, "tags": {"a": "2", "b": "3"}}})
        gone = await client.do(mutation("removeTags", seen), {"input": {"on": on, "keys": ["a", "none"]}})

        assert done["on"] == {
            "__typename": kind,
            "tags": [{"key": "a", "value": "2"}, {"key": "b", "value": "3"}],
        }
        assert gone["on"] == {"__typename": kind, "tags": [{"key": "b", "value": "3"}]}


async def test_notes_keep_every_version_and_come_back(client: Client) -> None:
    run = await client.make_run()
    added = await client.do(
        mutation("addNote", "note { id version createdBy }"),
        {"input": {"on": {"run": run}, "text": "one", "createdBy": "ana"}},
    )
    note = added["note"]["id"]
    edit = mutation("editNote", "note { version text versions { version text editedBy } }")
    edited = await client.do(edit, {"input": {"note": note, "text": "two", "expectedVersion": 1, "editedBy": "bo"}})
    stale = await client.do(edit, {"input": {"note": note, "text": "three", "expectedVersion": 1}})
    listed = "notes { totalCount { value exact } nodes { id text } }"
    await client.do(mutation("deleteNote", "note { deletedAt }"), {"input": {"note": note}})
    without = await read_run(client, run, listed)
    await client.do(mutation("restoreNote", "note { deletedAt }"), {"input": {"note": note}})
    with_it = await read_run(client, run, listed)

    assert (added["note"]["version"], added["note"]["createdBy"]) == (1, "ana")
    assert edited["note"] == {
        "version": 2,
        "text": "two",
        "versions": [
            {"version": 2, "text": "two", "editedBy": "bo"},
            {"version": 1, "text": "one", "editedBy": "ana"},
        ],
    }
    assert stale["code"] == "CONFLICT"
    assert without["notes"] == {"totalCount": {"value": 0, "exact": True}, "nodes": []}
    assert with_it["notes"] == {"totalCount": {"value": 1, "exact": True}, "nodes": [{"id": note, "text": "two"}]}


async def test_a_deleted_note_is_purged_for_good(client: Client) -> None:
    run = await client.make_run()
    on = {"input": {"on": {"run": run}, "text": "a secret"}}
    note = {"input": {"note": (await client.do(mutation("addNote", "note { id }"), on))["note"]["id"]}}
    early = await client.do(mutation("purgeNote", "token"), note)
    await client.do(mutation("deleteNote", "note { id }"), note)
    done = await client.do(mutation("purgeNote", "token"), note)
    restored = await client.do(mutation("restoreNote", "note { id }"), note)

    assert (early["code"], early["path"]) == ("CONFLICT", ["input", "note"])
    assert done["token"]
    assert (restored["code"], restored["path"]) == ("GONE", ["input", "note"])


async def test_a_note_stands_on_a_dataset_that_nobody_knew(client: Client) -> None:
    dataset = {"namespace": "s3://data", "name": "fineweb10B", "version": "3"}
    fields = "note { on { id ... on DatasetVersion { name placeholder dataset { namespace name } } } }"
    added = await client.do(mutation("addNote", fields), {"input": {"on": {"dataset": dataset}, "text": "leaky"}})
    resolve = "query($ref: NodeRef!) { resolve(ref: $ref) { id notes { nodes { text } } } }"
    found = (await client.ask(resolve, {"ref": {"dataset": dataset}}))["resolve"]

    assert added["note"]["on"] == {
        "id": found["id"],
        "name": "3",
        "placeholder": True,
        "dataset": {"namespace": "s3://data", "name": "fineweb10B"},
    }
    assert found["notes"] == {"nodes": [{"text": "leaky"}]}


async def test_points_may_say_what_they_were_measured_on(client: Client) -> None:
    run = await client.make_run()
    on = {"dataset": {"namespace": "s3://data", "name": "fineweb10B", "version": "val"}}
    await client.log(run, series=[{"key": "loss", "values": [3.0], "on": on, "subset": "test"}])
    resolve = "query($ref: NodeRef!) { resolve(ref: $ref) { __typename } }"

    assert await client.ask(resolve, {"ref": on}) == {"resolve": {"__typename": "DatasetVersion"}}


async def test_nothing_is_made_for_points_of_a_run_that_is_not_there(client: Client) -> None:
    on = {"dataset": {"namespace": "s3://data", "name": "new", "version": "1"}}
    series = [{"key": "loss", "values": [3.0], "on": on}]
    problem = await client.do(LOG_METRICS, {"input": {"run": make_uuid(), "series": series}})
    error = await client.fail("query($ref: NodeRef!) { resolve(ref: $ref) { id } }", {"ref": on})

    assert (problem["code"], error["code"]) == ("NOT_FOUND", "NOT_FOUND")


async def test_an_artifact_is_recorded_in_one_spelling(client: Client) -> None:
    run = await client.make_run()
    file: Json = {"path": "out/model.pt", "size": "9007199254740993", "mediaType": "application/octet-stream"}
    file |= {"digest": "SHA256:" + "AB" * 32, "uri": "S3A://Bucket/out/model.pt", "step": 12}
    fields = "artifact { name path size mediaType digest uri step superseded run { id } }"
    done = await client.do(mutation("logArtifact", fields), {"input": {"run": run, **file}})

    assert done["artifact"] == {
        "name": "model.pt",
        "path": "out/model.pt",
        "size": 9007199254740993,
        "mediaType": "application/octet-stream",
        "digest": "sha256:" + "ab" * 32,
        "uri": "s3://bucket/out/model.pt",
        "step": 12,
        "superseded": False,
        "run": {"id": run},
    }


async def test_experiments_live_and_die(client: Client) -> None:
    made = await client.do(
        mutation("createExperiment", "experiment { id status }"), {"input": {"name": "a", "description": "d"}}
    )
    taken = await client.do(mutation("createExperiment", "experiment { id }"), {"input": {"name": "a"}})
    update = mutation("updateExperiment", "experiment { name description version }")
    renamed = await client.do(update, {"input": {"experiment": "a", "name": "b", "description": None}})
    states = []
    for name in ("archiveExperiment", "deleteExperiment", "restoreExperiment"):
        done = await client.do(mutation(name, "experiment { status }"), {"input": {"experiment": "b"}})
        states.append(done["experiment"]["status"])
    early = await client.do(mutation("purgeExperiment", "token"), {"input": {"experiment": "b"}})
    await client.do(mutation("deleteExperiment", "token"), {"input": {"experiment": "b"}})
    purged = await client.do(mutation("purgeExperiment", "token"), {"input": {"experiment": made["experiment"]["id"]}})

    assert made["experiment"]["status"] == "ACTIVE"
    assert (taken["code"], taken["path"]) == ("CONFLICT", ["input", "name"])
    assert renamed["experiment"] == {"name": "b", "description": None, "version": 2}
    assert states == ["ARCHIVED", "DELETED", "ARCHIVED"]
    assert early["code"] == "CONFLICT"
    assert purged["token"]
    assert await client.ask('{ experiment(name: "b") { id } }') == {"experiment": None}


async def test_runs_are_deleted_restored_and_archived_one_by_one(client: Client) -> None:
    run, unknown = await client.make_run(), make_uuid()
    fields = "outcomes { id run { deletedAt archivedAt } problem { code path } } token"
    deleted = await client.do(mutation("deleteRuns", fields), {"input": {"runs": [run, unknown, "nonsense"]}})
    count = "{ runs { totalCount { value } } deleted: runs(lifecycle: DELETED) { totalCount { value } } }"
    gone = await client.ask(count)
    restored = await client.do(mutation("restoreRuns", fields), {"input": {"runs": [run]}})
    archived = await client.do(mutation("archiveRuns", fields), {"input": {"runs": [run]}})

    assert [outcome["id"] for outcome in deleted["outcomes"]] == [run, unknown, "nonsense"]
    assert deleted["outcomes"][0]["run"]["deletedAt"] is not None
    assert [outcome["problem"] and outcome["problem"]["code"] for outcome in deleted["outcomes"]] == [
        None,
        "NOT_FOUND",
        "INVALID_INPUT",
    ]
    assert gone == {"runs": {"totalCount": {"value": 0}}, "deleted": {"totalCount": {"value": 1}}}
    assert restored["outcomes"][0]["run"] == {"deletedAt": None, "archivedAt": None}
    assert archived["outcomes"][0]["run"]["archivedAt"] is not None


async def test_as_many_runs_as_the_schema_says_are_changed_at_once(client: Client) -> None:
    run = await client.make_run()
    delete = mutation("deleteRuns", "outcomes { problem { code } }")
    most = await client.do(delete, {"input": {"runs": [run, *(make_uuid() for _ in range(999))]}})
    more = await client.do(delete, {"input": {"runs": [make_uuid() for _ in range(1001)]}})

    assert [outcome["problem"] for outcome in most["outcomes"]] == [None, *[{"code": "NOT_FOUND"}] * 999]
    assert (more["code"], more["path"]) == ("TOO_LARGE", ["input", "runs"])


async def test_best_follows_the_goal_of_the_experiment(client: Client) -> None:
    run = await client.make_run()
    await client.log(run, series=[{"key": "loss", "values": [3, 1, 2]}])
    define = mutation("defineMetric", "token")
    for goal, best in (("MIN", 1), ("MAX", 3)):
        done = await client.do(define, {"input": {"experiment": "track", "key": "loss", "goal": goal, "unit": "nats"}})
        metric = (await read_run(client, run, 'metrics(keys: ["loss"]) { goal unit best { value } }'))["metrics"][0]

        assert done["token"]
        assert metric == {"goal": goal, "unit": "nats", "best": {"value": best}}


BODIES: list[tuple[str, str, Json]] = [
    ("finishRun", mutation("finishRun", "token"), {"status": "FINISHED"}),
    ("logParams", mutation("logParams", "token"), {"params": {"a": 1}}),
    ("logMetrics", mutation("logMetrics", "accepted token"), {"series": [{"key": "loss", "values": [1, 2]}]}),
    ("logArtifact", mutation("logArtifact", "artifact { id } token"), {"path": "a"}),
    ("logBatch", BATCH, {"notes": [{"text": "n"}], "series": [{"key": "loss", "values": [1, 2]}]}),
]


@pytest.mark.parametrize(("document", "body"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
@pytest.mark.parametrize("known_by", ["client key", "writer and sequence"])
async def test_a_repeat_does_nothing(client: Client, document: str, body: Json, known_by: str) -> None:
    run = await client.make_run()
    known = {"clientKey": "k"} if known_by == "client key" else {"writer": make_uuid(), "sequence": 0}
    given = {"input": {"run": run, **body, **known}}
    fields = 'revision notes { totalCount { value } } metrics(keys: ["loss"]) { count } artifacts { nodes { id } }'
    first = await client.do(document, given)
    after = await read_run(client, run, fields)
    again = await asyncio.gather(*(client.do(document, given) for _ in range(3)))

    assert await read_run(client, run, fields) == after
    assert all({**one, "token": ""} == {**first, "token": ""} for one in again)


async def test_a_run_made_twice_by_one_client_key_is_one(client: Client) -> None:
    given = {"input": {"experiment": "track", "name": "a", "clientKey": "k"}}
    answers = await asyncio.gather(*(client.do(CREATE_RUN, given) for _ in range(4)))

    assert len({answer["run"]["id"] for answer in answers}) == 1
    assert (await client.ask("{ runs { totalCount { value } } }"))["runs"]["totalCount"] == {"value": 1}


async def test_a_query_with_a_token_shows_the_write(client: Client) -> None:
    done = await client.do(CREATE_RUN, {"input": {"experiment": "track"}})
    given = {"token": done["token"], "id": done["run"]["id"]}
    answer = await client.ask(
        "query($token: String!, $id: ID!) { runs(atLeast: $token) { nodes { id } } "
        "node(id: $id, atLeast: $token) { id } nodes(ids: [$id], atLeast: $token) { id } }",
        given,
    )

    assert answer == {
        "runs": {"nodes": [{"id": given["id"]}]},
        "node": {"id": given["id"]},
        "nodes": [{"id": given["id"]}],
    }


async def test_a_token_of_a_lost_write_is_told(client: Client, database: Database) -> None:
    lost = str(Token(make_position(3, 12345), 1, 1))
    error = await client.fail("query($t: String!) { runs(atLeast: $t) { nodes { id } } }", {"t": lost})

    assert (error["code"], error["path"], error["retriable"]) == ("WRITE_LOST", ["atLeast"], False)


async def test_nodes_of_another_workspace_are_not_there(client: Client) -> None:
    run = await client.make_run()
    await client.do(mutation("createWorkspace", "workspace { name }"), {"input": {"name": "other"}})
    other = client.within("other")
    ask = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"

    assert await other.ask(ask, {"id": run}) == {"node": None, "nodes": [None]}
    assert (await other.fail("query($id: ID!) { run(id: $id) { id } }", {"id": run}))["code"] == "NOT_FOUND"
    assert (await client.ask("{ workspaces { nodes { name } } }"))["workspaces"]["nodes"] == [
        {"name": "default"},
        {"name": "other"},
    ]
