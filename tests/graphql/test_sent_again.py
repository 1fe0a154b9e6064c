"""What is sent again under its client key gets the first answer, also where what it named is gone by then."""

from __future__ import annotations

from api.schema import schema
from tests.graphql.asking import PROBLEM, Client, make_uuid


def write(name: str, kind: str, fields: str = "token") -> str:
    payload = f"{name[0].upper()}{name[1:]}Payload"
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ ... on {payload} {{ {fields} }} {PROBLEM} }} }}"


DELETE_RUNS = write("deleteRuns", "RunsInput")
PURGE = write("purgeRun", "PurgeRunInput")
CREATE_EXPERIMENT = write("createExperiment", "CreateExperimentInput")
UPDATE_EXPERIMENT = write("updateExperiment", "UpdateExperimentInput", "experiment { name version } token")
DELETE_EXPERIMENT = write("deleteExperiment", "ExperimentInput")
PURGE_EXPERIMENT = write("purgeExperiment", "PurgeExperimentInput")


async def test_a_purge_that_is_sent_again_under_its_key_gets_the_first_answer(client: Client) -> None:
    run = await client.make_run()
    await client.do(DELETE_RUNS, {"input": {"runs": [run]}})
    keyed = {"run": run, "clientKey": "purge it"}
    answers = [await client.do(PURGE, {"input": keyed}) for _ in range(3)]
    other = await client.do(PURGE, {"input": keyed | {"despiteDescendants": True}})
    unkeyed = await client.do(PURGE, {"input": {"run": run}})

    assert answers[0]["token"]
    assert answers[1:] == [answers[0]] * 2
    assert (other["code"], other["path"]) == ("CONFLICT", ["input", "clientKey"])
    assert unkeyed["code"] == "GONE"


async def test_a_refused_purge_keeps_no_key(client: Client) -> None:
    run = await client.make_run()
    keyed = {"input": {"run": run, "clientKey": "purge it"}}
    early = await client.do(PURGE, keyed)
    await client.do(DELETE_RUNS, {"input": {"runs": [run]}})
    done = await client.do(PURGE, keyed)

    assert early["code"] == "CONFLICT"
    assert done["token"]


async def test_an_experiment_purged_by_name_is_not_purged_again_when_the_name_has_a_new_one(client: Client) -> None:
    await client.do(CREATE_EXPERIMENT, {"input": {"name": "a"}})
    await client.do(DELETE_EXPERIMENT, {"input": {"experiment": "a"}})
    keyed = {"input": {"experiment": "a", "clientKey": "purge it"}}
    first = await client.do(PURGE_EXPERIMENT, keyed)
    absent = await client.do(PURGE_EXPERIMENT, keyed)
    await client.do(CREATE_EXPERIMENT, {"input": {"name": "a"}})
    await client.do(DELETE_EXPERIMENT, {"input": {"experiment": "a"}})
    renewed = await client.do(PURGE_EXPERIMENT, keyed)

    assert first["token"]
    assert [absent, renewed] == [first, first]
    assert (await client.ask('{ experiment(name: "a") { name status } }'))["experiment"] == {
        "name": "a",
        "status": "DELETED",
    }


async def test_a_renaming_that_is_sent_again_finds_what_it_renamed(client: Client) -> None:
    await client.do(CREATE_EXPERIMENT, {"input": {"name": "a"}})
    keyed = {"input": {"experiment": "a", "name": "b", "clientKey": "rename it"}}
    answers = [await client.do(UPDATE_EXPERIMENT, keyed) for _ in range(2)]

    assert answers[0]["experiment"] == {"name": "b", "version": 2}
    assert answers[1] == answers[0]


async def test_a_definition_that_is_sent_again_finds_the_experiment_that_has_another_name_by_now(
    client: Client,
) -> None:
    define = write("defineMetric", "DefineMetricInput")
    await client.do(CREATE_EXPERIMENT, {"input": {"name": "a"}})
    keyed = {"input": {"experiment": "a", "key": "loss", "goal": "MIN", "clientKey": "define it"}}
    first = await client.do(define, keyed)
    await client.do(UPDATE_EXPERIMENT, {"input": {"experiment": "a", "name": "b"}})
    again = await client.do(define, keyed)

    assert first["token"]
    assert again == first


async def test_a_heartbeat_has_nothing_to_be_known_again_by_and_may_come_twice(client: Client) -> None:
    run = await client.make_run()
    beat = write("heartbeat", "HeartbeatInput", "run { status revision }")
    answers = [await client.do(beat, {"input": {"run": run}}) for _ in range(2)]

    assert answers == [{"run": {"status": "RUNNING", "revision": 1}}] * 2
    for field in ({"clientKey": "k"}, {"writer": make_uuid(), "sequence": 0}):
        refused = await client.send(beat, {"input": {"run": run} | field})
        assert f"unknown field '{next(iter(field))}'" in refused["errors"][0]["message"]


def test_only_three_inputs_of_mutations_take_no_client_key_and_they_say_so() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    inputs = {name: field.args["input"].type.of_type for name, field in mutations.fields.items()}
    without = {name: taken for name, taken in inputs.items() if "clientKey" not in taken.fields}

    assert without.keys() == {"heartbeat", "sweepArtifacts", "declareRestored"}
    assert all("no client key" in taken.description for taken in without.values())
