"""Every mutation answers what is not there with the type NotFound and the field, and does nothing."""

from __future__ import annotations

import pytest

from api.schema import schema
from domain.ids import GlobalID, NodeKind
from store.database import Database
from tests.graphql.asking import PROBLEM, Client, Json, make_uuid
from tests.graphql.test_bad_input import UNKNOWN, count_rows
from tests.store.making import DEFAULT

RUN: Json = {"run": str(UNKNOWN)}
ON: Json = {"on": RUN}
NOWHERE: Json = {"experiment": "nowhere"}
SERIES = [{"key": "loss", "values": [1]}]


def unknown(kind: NodeKind) -> str:
    return str(GlobalID(kind, DEFAULT, UNKNOWN))


NOTE: Json = {"note": unknown(NodeKind.NOTE)}

CASES: dict[str, tuple[Json, list[str]]] = {
    "resumeRun": (RUN | {"attempt": make_uuid()}, ["run"]),
    "finishRun": (RUN, ["run"]),
    "updateRun": (RUN | {"name": "a"}, ["run"]),
    "heartbeat": (RUN, ["run"]),
    "purgeRun": (RUN, ["run"]),
    "logBatch": (RUN | {"params": {"lr": 1}}, ["run"]),
    "logMetrics": (RUN | {"series": SERIES}, ["run"]),
    "logParams": (RUN | {"params": {"lr": 1}}, ["run"]),
    "logArtifact": (RUN | {"path": "a"}, ["run"]),
    "logConsole": (RUN | {"text": "a", "firstLine": 0}, ["run"]),
    "setArtifactAlias": (RUN | {"path": "a", "alias": "best", "version": 1}, ["run"]),
    "setTags": (ON | {"tags": {"a": "b"}}, ["on"]),
    "removeTags": (ON | {"keys": ["a"]}, ["on"]),
    "addNote": (ON | {"text": "a"}, ["on"]),
    "editNote": (NOTE | {"text": "a"}, ["note"]),
    "deleteNote": (NOTE, ["note"]),
    "restoreNote": (NOTE, ["note"]),
    "purgeNote": (NOTE, ["note"]),
    "updateExperiment": (NOWHERE | {"name": "a"}, ["experiment"]),
    "archiveExperiment": (NOWHERE, ["experiment"]),
    "deleteExperiment": (NOWHERE, ["experiment"]),
    "restoreExperiment": (NOWHERE, ["experiment"]),
    "purgeExperiment": (NOWHERE, ["experiment"]),
    "defineMetric": (NOWHERE | {"key": "loss"}, ["experiment"]),
}
MAKING = {"createWorkspace", "createExperiment", "createRun"}
ITEM_BY_ITEM = {"archiveRuns", "deleteRuns", "restoreRuns"}
OF_THE_SERVICE = {"sweepArtifacts", "startProjectionTask", "declareRestored"}
LINEAGE = {
    *("recordLineage", "retractLineage", "declareSource", "describeNode", "useArtifact", "useDataset"),
    *("useFeatureView", "registerModel", "setAlias", "deploy", "undeploy"),
}
"""They make what they name, or have their own list in test_lineage_mutations.py."""


def test_no_mutation_is_left_out() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(mutations.fields) == CASES.keys() | MAKING | ITEM_BY_ITEM | OF_THE_SERVICE | LINEAGE


@pytest.mark.parametrize("name", CASES)
async def test_what_is_not_there_is_not_found_and_nothing_is_done(
    client: Client, database: Database, name: str
) -> None:
    given, path = CASES[name]
    mutations = schema._schema.mutation_type
    assert mutations is not None
    input_type = mutations.fields[name].args["input"].type
    before = await count_rows(database)
    document = f"mutation($input: {input_type}) {{ {name}(input: $input) {{ {PROBLEM} }} }}"
    problem = await client.do(document, {"input": given})

    assert (problem["__typename"], problem["code"], problem["path"][:2], problem["retriable"]) == (
        *("NotFound", "NOT_FOUND", ["input", *path]),
        False,
    )
    assert str(UNKNOWN) in problem["message"] or "nowhere" in problem["message"]
    assert await count_rows(database) == before


@pytest.mark.parametrize("name", ["setTags", "removeTags", "addNote"])
@pytest.mark.parametrize("kind", [NodeKind.EXPERIMENT, NodeKind.RUN])
async def test_what_something_would_stand_on_is_named_as_the_client_named_it(
    client: Client, name: str, kind: NodeKind
) -> None:
    given, _ = CASES[name]
    payload = f"{name[0].upper()}{name[1:]}"
    document = f"mutation($input: {payload}Input!) {{ {name}(input: $input) {{ {PROBLEM} }} }}"
    problem = await client.do(document, {"input": given | {"on": {"id": unknown(kind)}}})

    assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["input", "on"])
