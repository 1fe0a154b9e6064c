"""Outputs whose role nobody told: by the kind of their run, whenever that is known, unless somebody tells it."""

from __future__ import annotations

import pytest

from domain.errors import Conflict
from domain.lineage.roles import Role
from domain.runs import RunEdit, RunKind
from store.database import Database
from store.lineage.retracting import retract
from store.run_edits import edit_run
from tests.lineage.building import Lineage, dataset
from tests.lineage.practice import log_file, measure

REPORT = "s3://b/report.html"


async def change_kind(lineage: Lineage, run: str, kind: RunKind) -> None:
    async with lineage.database.write() as tx:
        await edit_run(tx, lineage.workspace, lineage.runs[run], RunEdit(kind=kind))


async def test_an_untold_role_follows_the_kind_of_the_run(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("run", start=1)
    await lineage.generated("run", dataset("web@1"))
    await log_file(lineage, "run", REPORT)
    await lineage.generated("run", dataset("told@1"), Role.OUTPUT)
    before = await lineage.graph()
    await change_kind(lineage, "run", RunKind.EVALUATE)
    measuring = await lineage.graph()
    await change_kind(lineage, "run", RunKind.TRAIN)

    assert measuring == {
        "run~ GENERATED report web@1",
        f"run~ GENERATED report {REPORT}",
        "run~ GENERATED output told@1",
    }
    assert before == {
        "run GENERATED output web@1",
        f"run GENERATED output {REPORT}",
        "run GENERATED output told@1",
    }
    assert await lineage.graph() == before


@pytest.mark.parametrize("told_first", [False, True])
async def test_a_role_that_is_told_takes_the_place_of_the_untold(database: Database, told_first: bool) -> None:
    lineage = Lineage(database)
    await lineage.run("run", start=1)
    roles = [Role.REPORT, None] if told_first else [None, Role.REPORT]
    answers = [await lineage.generated("run", REPORT, role) for role in roles]

    assert await lineage.graph() == {f"run~ GENERATED report {REPORT}"}
    assert [one.edge.role for one in answers[-1].edges] == [Role.REPORT]
    assert answers[-1].warnings == []


async def test_what_an_evaluation_made_stays_a_report_whatever_the_run_becomes(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("run", RunKind.EVALUATE, start=1)
    await lineage.generated("run", dataset("scores@1"), Role.PREDICTION)
    await change_kind(lineage, "run", RunKind.TRAIN)

    assert await lineage.graph() == {"run~ GENERATED prediction scores@1"}


async def test_what_points_were_measured_on_comes_back_when_what_was_better_is_taken_back(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("run", start=1)
    await measure(lineage, "run", "web@1")
    said = await lineage.used(dataset("web@1"), "run", Role.VALIDATION)
    between = await lineage.graph()
    async with database.write() as tx:
        await retract(tx, lineage.workspace, [one.edge.id for one in said.edges])
    (measured,) = [one for one in await lineage.intervals() if one.is_open and one.edge.role is Role.TEST]

    assert between == {"web@1 USED validation run", "web@1 USED validation run~"}
    assert await lineage.graph() == {"web@1 USED test run~"}
    with pytest.raises(Conflict, match="points"):
        async with database.write() as tx:
            await retract(tx, lineage.workspace, [measured.edge.id])
