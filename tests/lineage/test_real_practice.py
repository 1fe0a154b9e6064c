"""What people really do, each as the graph that the design says, written by hand."""

from __future__ import annotations

import sqlalchemy as sa

from domain.ids import NodeKind
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.runs import RunEdit, RunKind
from store import tables
from store.database import Database
from store.run_edits import delete_runs, edit_run
from tests.lineage import practice
from tests.lineage.building import Lineage, dataset, hour, model


async def chosen(lineage: Lineage) -> set[str]:
    """Return the edges that only choose."""
    names = await lineage.names()
    return {lineage.line(one, names) for one in await lineage.intervals() if one.is_open and one.held.choice}


async def test_crash_and_resume_from_a_checkpoint(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_crash_and_resume(lineage)

    assert await lineage.graph() == {
        "web@1 USED train training",
        "training GENERATED checkpoint s3://b/10.pt",
        "training GENERATED checkpoint s3://b/20.pt",
    }
    async with database.read() as conn:
        files = await conn.execute(sa.select(tables.artifacts.c.path, tables.artifacts.c.superseded))
        assert {tuple(row) for row in files} == {("10.pt", False), ("20.pt", True)}


async def test_fork_and_continued_training_under_a_new_name(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_fork(lineage)

    assert await lineage.graph() == {"web@1 USED train first", "first CONTINUED_AS second"}
    (continued,) = [one for one in await lineage.intervals() if one.edge.kind is EdgeKind.CONTINUED_AS]
    assert (continued.held.step, continued.held.held_from) == (100, hour(3))


async def test_fine_tuning(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_fine_tuning(lineage)

    assert await lineage.graph() == {
        "pretraining GENERATED checkpoint s3://b/last.pt",
        "s3://b/last.pt REGISTERED_AS gpt@1",
        "s3://b/last.pt USED initialise from a file",
        "gpt@1 USED initialise from a model",
    }


async def test_ensemble_merge_and_distillation(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_ensemble(lineage)

    assert await lineage.graph() == {
        "a@1 USED member merge",
        "b@1 USED member merge",
        "c@1 USED teacher merge",
        "merge GENERATED output soup@1",
    }


async def test_sweep_and_repeats_over_seeds(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_sweep(lineage)

    assert await lineage.graph() == {
        "sweep CALLED seed 1",
        "sweep CALLED seed 2",
        "web@1 USED train seed 1",
        "web@1 USED train seed 2",
    }


async def test_choosing_the_best(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_selection(lineage)
    inputs = {"a@1 USED candidate select", "b@1 USED candidate select", "web@1 USED validation select"}

    assert await lineage.graph() == {*inputs, "select GENERATED output best@1", "a@1 DERIVED best@1"}
    assert await chosen(lineage) == inputs


async def test_cross_validation(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_cross_validation(lineage)

    assert await lineage.graph() == {
        "all folds CALLED fold 1",
        "web@1 USED train/not 1 fold 1",
        "web@1 USED validation/1 fold 1",
        "web@1 USED validation/1 fold 1~",
        "web@1 USED train/not 1 in one",
        "web@1 USED train/not 2 in one",
        "web@1 USED validation/1 in one",
        "web@1 USED validation/1 in one~",
        "web@1 USED validation/2 in one",
        "web@1 USED validation/2 in one~",
    }
    assert await chosen(lineage) == {
        "web@1 USED validation/1 fold 1",
        "web@1 USED validation/1 in one",
        "web@1 USED validation/2 in one",
    }


async def test_several_generated_edges_into_one_version(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_same_bytes_made_twice(lineage)

    assert await lineage.graph() == {"monday GENERATED output web@1", "tuesday GENERATED output web@1"}


async def test_distributed_ranks(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_ranks(lineage)

    assert await lineage.graph() == {"web@1 USED train training", "training GENERATED output s3://b/m.pt"}
    assert len(await lineage.intervals()) == 2


async def test_nested_runs(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_nested_runs(lineage)

    assert await lineage.graph() == {
        "ingest GENERATED output web@ingest",
        "web@ingest USED train script?",
        "held out@1 USED test script~",
        "script CALLED group",
        "group CALLED training",
        "group CALLED measuring",
        "group CALLED own",
        "web@ingest USED train training?",
        "held out@1 USED test training~?",
        "training GENERATED output gpt@1",
        "web@ingest USED train measuring~?",
        "held out@1 USED test measuring~?",
        "other@1 USED train own",
    }


async def test_pseudo_labels(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_pseudo_labels(lineage)

    assert await lineage.graph(without=[EdgeKind.REVISION_OF]) == {
        "gpt@1 USED input predict",
        "unlabelled@1 USED input predict",
        "predict GENERATED prediction labels@1",
        "training MEASURED_IN training~",
        "held out@1 USED test training~",
        "training~ GENERATED prediction answers@1",
        "labels@1 USED train student",
        "answers@1 USED train student",
    }


async def test_splits(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_splits(lineage)

    assert await lineage.graph() == {
        "web@1 USED input split",
        "split GENERATED split train@1",
        "split GENERATED split test@1",
        "train@1 USED train training",
        "test@1 USED test training~",
        "web@1 USED train/train other",
        "web@1 USED test/test other~",
    }


async def test_streams_and_snapshots(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_stream(lineage)
    (used,) = await lineage.intervals()

    assert used.held.range == {"offsets": {"0": [17, 90]}, "from": "2026-11-01T00:00:00Z"}


async def test_feature_views(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_feature_view(lineage)
    lines = {
        line.replace(str(run), name) for line in await lineage.graph() for name, run in lineage.runs.items()
        if str(run) in line
    }  # fmt: skip

    assert lines == {
        "users@2 DERIVED users@2 as read by run training",
        "clicks@7 DERIVED users@2 as read by run training",
        "orders@early DERIVED users@2 as read by run training?",
        "users@2 as read by run training USED train training",
        "users@2 DERIVED users@2 as read by run again",
        "orders@late DERIVED users@2 as read by run again?",
        "users@2 as read by run again USED train again",
    }
    unknown = [one.held.range for one in await lineage.intervals() if one.is_open and one.held.unbound is not None]
    assert all(range_ is not None and range_["unknown"] is True for range_ in unknown)
    assert len(unknown) == 2


async def test_serving_logs_and_endpoint_tests(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_serving(lineage)

    assert await lineage.graph() == {
        "gpt@1 DEPLOYED_AS chat@1",
        "s3://b/raw.pt DEPLOYED_AS raw@1",
        "chat@1 USED evaluate endpoint test~",
    }
    deployed = [one for one in await lineage.intervals() if one.edge.kind is EdgeKind.DEPLOYED_AS]
    times = {(one.n, one.is_open, one.held.held_from, one.held.held_to) for one in deployed}
    assert times == {(1, True, hour(1), None), (1, False, hour(2), None), (2, True, hour(2), hour(4))}


async def test_a_copy_in_another_bucket_and_files_of_a_table(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_copy_and_files(lineage)

    assert await lineage.graph() == {
        "training GENERATED output s3://b/m.pt #ab",
        "s3://b/m.pt #ab SAME_CONTENT gs://mirror/m.pt #ab?",
        "ingest GENERATED output web@1",
        "writer GENERATED output s3://lake/web/part-1.parquet",
        "s3://lake/web/part-1.parquet PART_OF web@1?",
        "web@1 PART_OF s3://lake/web/part-2.parquet?",
        "s3://lake/web/part-2.parquet USED train reader",
    }


async def test_data_deleted_for_legal_reasons(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_erased_data(lineage)

    assert await lineage.graph() == {"people@1 USED train training", "training GENERATED output gpt@1"}
    async with database.read() as conn:
        stub = await conn.scalar(sa.select(tables.dataset_versions.c.availability))
    assert stub == {"state": "ERASED", "since": hour(3).isoformat(), "reason": "a person asked"}


async def test_a_deleted_run_keeps_its_edges(database: Database) -> None:
    lineage = Lineage(database)
    await practice.tell_erased_data(lineage)
    async with database.write() as tx:
        await delete_runs(tx, lineage.workspace, [lineage.runs["training"]])

    assert await lineage.graph() == {"people@1 USED train training", "training GENERATED output gpt@1"}


async def test_a_run_of_another_kind_has_its_edges_on_other_sides(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("run", start=1)
    await lineage.used(dataset("web@1"), "run", Role.TRAIN)
    await lineage.used(dataset("web@2"), "run", Role.VALIDATION)
    await lineage.used(dataset("log"), "run", Role.TEST)
    await lineage.generated("run", "s3://b/report.html", Role.REPORT)
    before = await lineage.graph(without=[])
    async with database.write() as tx:
        await edit_run(tx, lineage.workspace, lineage.runs["run"], RunEdit(kind=RunKind.SELECT))
    selecting = await lineage.graph(without=[])
    chosen_then = await chosen(lineage)
    async with database.write() as tx:
        await edit_run(tx, lineage.workspace, lineage.runs["run"], RunEdit(kind=RunKind.EVALUATE))
    measuring = await lineage.graph(without=[])
    async with database.write() as tx:
        await edit_run(tx, lineage.workspace, lineage.runs["run"], RunEdit(kind=RunKind.TRAIN))

    inputs = {"web@1 USED train run", "web@2 USED validation run", "log@initial USED test run?"}
    assert selecting == {*inputs, "run GENERATED report s3://b/report.html"}
    assert chosen_then == inputs
    assert measuring == {
        "run MEASURED_IN run~",
        "web@1 USED train run~",
        "web@2 USED validation run~",
        "log@initial USED test run~?",
        "run~ GENERATED report s3://b/report.html",
    }
    assert await lineage.graph(without=[]) == before
    intervals = await lineage.intervals()  # what was retracted and what took its place have one position
    assert {one.retracted for one in intervals if not one.is_open} <= {one.recorded for one in intervals}


async def test_small_and_empty_files_are_never_the_same_content(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("training", start=1, end=2)
    await practice.log_file(lineage, "training", "s3://b/config.json", digest=practice.DIGEST)
    await practice.describe(lineage, "s3://c/config.json", digest=practice.DIGEST, size=1023)

    assert await lineage.graph() == {"training GENERATED output s3://b/config.json #ab"}


async def test_the_same_bytes_registered_again_are_explained_by_their_own_file(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("training", start=1, end=2)
    await practice.log_file(lineage, "training", "s3://b/m.pt", digest=practice.DIGEST)
    await practice.register(lineage, "gpt@1", "s3://b/m.pt")
    await practice.register(lineage, "gpt@2", "s3://b/m.pt")
    await practice.register(lineage, "elsewhere@1", digest=practice.DIGEST)

    assert await lineage.graph() == {
        "training GENERATED output s3://b/m.pt #ab",
        "s3://b/m.pt #ab REGISTERED_AS gpt@1",
        "s3://b/m.pt #ab REGISTERED_AS gpt@2",
        "s3://b/m.pt #ab SAME_CONTENT elsewhere@1?",
    }


async def test_placeholders_that_turn_out_to_be_one_file_become_one(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("reader", start=3)
    await lineage.used("s3://b/m.pt", "reader", Role.INITIALISE)
    await practice.describe(lineage, "s3://b/m.pt", digest=practice.DIGEST)
    await practice.describe(lineage, "s3://b/m.pt", digest="sha256:" + "cd" * 32)
    await lineage.used(model("gpt@1"), "reader")

    assert await lineage.graph() == {"s3://b/m.pt #ab USED initialise reader", "gpt@1 USED input reader"}
    assert NodeKind.ARTIFACT_VERSION in {one.edge.source.kind for one in await lineage.intervals()}
