"""Every write of the record tells the projections: which entities each mutation leaves a row of, in one transaction."""

from __future__ import annotations

import sqlalchemy as sa

from domain.ids import NodeKind
from store import tables
from store.database import Database
from tests.graphql.asking import PROBLEM, Client, Json, make_uuid

INPUTS = {
    "deleteRuns": "RunsInput",
    "restoreRuns": "RunsInput",
    "deleteExperiment": "ExperimentInput",
    "restoreExperiment": "ExperimentInput",
    "deleteNote": "NoteInput",
    "restoreNote": "NoteInput",
    "purgeNote": "NoteInput",
}


async def fetch_rows(database: Database) -> list[tuple[int, int, NodeKind]]:
    """Return the outbox in its order: position, sequence and kind of each row."""
    outbox = tables.outbox.c
    async with database.read_primary() as conn:
        rows = await conn.execute(
            sa.select(outbox.position, outbox.sequence, outbox.kind).order_by(outbox.position, outbox.sequence)
        )
        return [(row.position, row.sequence, NodeKind(row.kind)) for row in rows]


class Telling:
    """Sends mutations and says of which kinds the rows are that each left, and in how many transactions."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._before = 0

    async def tell(self, name: str, fields: str, /, **given: object) -> tuple[Json, list[str]]:
        self._before = len(await fetch_rows(self._database))
        payload = f"{name[0].upper()}{name[1:]}"
        document = (
            f"mutation($input: {INPUTS.get(name, payload + 'Input')}!) {{ {name}(input: $input) "
            f"{{ ... on {payload}Payload {{ {fields} }} {PROBLEM} }} }}"
        )
        answer = await self._client.do(document, {"input": given})
        assert "code" not in answer, answer
        rows = (await fetch_rows(self._database))[self._before :]
        assert len({position for position, _, _ in rows}) == 1, f"{name} is one transaction"
        return answer, sorted(kind.name for _, _, kind in rows)


async def test_every_mutation_of_the_record_leaves_a_row_of_each_entity_that_it_changed(
    client: Client, database: Database
) -> None:
    telling = Telling(client, database)
    made, told = await telling.tell("createExperiment", "experiment { id }", name="track")
    experiment = made["experiment"]["id"]
    assert told == ["EXPERIMENT"]
    made, told = await telling.tell("createRun", "run { id }", experiment="track")
    run = made["run"]["id"]
    assert told == ["RUN"]
    series = [{"key": "loss", "steps": [1], "values": [2]}]
    of_run: dict[str, Json] = {
        "logMetrics": {"series": series},
        "logParams": {"params": {"lr": 1}},
        "updateRun": {"name": "new"},
        "resumeRun": {"attempt": make_uuid(), "fromStep": 0},
        "logBatch": {"params": {"depth": 2}, "series": series, "tags": {"a": "b"}},
        "finishRun": {},
    }
    for name, given in of_run.items():
        assert (name, (await telling.tell(name, "token", run=run, **given))[1]) == (name, ["RUN"])
    for on, kind in (({"run": run}, "RUN"), ({"id": experiment}, "EXPERIMENT")):
        assert (await telling.tell("setTags", "token", on=on, tags={"c": "d"}))[1] == [kind]
        assert (await telling.tell("removeTags", "token", on=on, keys=["c"]))[1] == [kind]

    note, told = await telling.tell("addNote", "note { id }", on={"run": run}, text="a")
    assert told == ["NOTE", "RUN"]
    on_note = {"note": note["note"]["id"]}
    assert (await telling.tell("editNote", "token", **on_note, text="b"))[1] == ["NOTE", "RUN"]
    for name in ("deleteNote", "restoreNote", "deleteNote", "purgeNote"):
        assert (name, (await telling.tell(name, "token", **on_note))[1]) == (name, ["NOTE", "RUN"])

    assert (await telling.tell("defineMetric", "token", experiment="track", key="loss", goal="MIN"))[1] == [
        "EXPERIMENT"
    ]
    for name in ("archiveRuns", "deleteRuns", "restoreRuns", "deleteRuns"):
        assert (name, (await telling.tell(name, "token", runs=[run]))[1]) == (name, ["RUN"])
    edits: list[tuple[str, Json]] = [
        ("updateExperiment", {"description": "why"}),
        ("archiveExperiment", {}),
        ("deleteExperiment", {}),
        ("restoreExperiment", {}),
    ]
    for name, given in edits:
        told = (await telling.tell(name, "token", experiment="track", **given))[1]
        assert (name, told) == (name, ["EXPERIMENT"])


async def test_what_changes_nothing_leaves_only_the_row_that_its_token_names(
    client: Client, database: Database
) -> None:
    telling = Telling(client, database)
    made, _ = await telling.tell("createRun", "run { id }", experiment="track", name="a", clientKey="k")
    before = await fetch_rows(database)
    await client.do(
        "mutation($input: CreateRunInput!) { createRun(input: $input) { __typename } }",
        {"input": {"experiment": "track", "name": "a", "clientKey": "k"}},
    )

    assert await fetch_rows(database) == before
    assert (await telling.tell("updateRun", "token", run=made["run"]["id"], name="a"))[1] == ["WORKSPACE"]
