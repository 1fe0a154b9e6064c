"""What a run read that names no version: by event time, never by arrival."""

from __future__ import annotations

from domain.lineage.edges import ALWAYS
from domain.lineage.kinds import EdgeKind, WriteMode
from domain.lineage.roles import Role
from domain.runs import RunKind, RunStatus
from store.database import Database
from store.lifecycle import beat, sweep_lost_runs
from tests.lineage.building import Lineage, dataset, hour

INGEST = RunKind.INGEST


async def test_a_reader_sees_the_latest_version_that_was_finished_before_it_started(database: Database) -> None:
    lineage = Lineage(database)
    for name, start, end in (("monday", 0, 1), ("tuesday", 2, 3), ("wednesday", 8, 9)):
        await lineage.run(name, INGEST, start=start, end=end)
        await lineage.generated(name, dataset("web"))
    await lineage.run("training", start=5, end=6)
    recorded = await lineage.used(dataset("web"), "training", Role.TRAIN)

    assert await lineage.graph() == {
        "monday GENERATED output web@monday",
        "tuesday GENERATED output web@tuesday",
        "wednesday GENERATED output web@wednesday",
        "web@tuesday USED train training?",
    }
    assert [one.held.held_from for one in recorded.edges] == [hour(5)]
    assert recorded.warnings == []


async def test_a_writer_that_failed_left_a_version_too(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("ingest", INGEST, start=0)
    await lineage.generated("ingest", dataset("web"))
    await lineage.finish("ingest", 1, RunStatus.FAILED)
    await lineage.run("training", start=5)
    await lineage.used(dataset("web"), "training")

    assert "web@ingest USED input training?" in await lineage.graph()


async def test_what_was_written_while_it_was_read_is_marked(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("before", INGEST, start=0, end=1)
    await lineage.run("meanwhile", INGEST, start=4, end=7)
    await lineage.run("still", INGEST, start=2)
    await lineage.run("after", INGEST, start=6, end=8)
    await lineage.run("training", start=5, end=6)
    for writer in ("before", "meanwhile", "still", "after"):
        await lineage.generated(writer, dataset("web"))
    await lineage.used(dataset("web"), "training")

    assert {line for line in await lineage.graph() if "USED" in line} == {
        "web@before USED input training?",
        "web@meanwhile USED input overlapping training?",
        "web@still USED input overlapping training?",
    }


async def test_before_the_first_known_write_there_is_the_initial_version(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("training", start=5)
    await lineage.used(dataset("web"), "training")
    assert await lineage.graph() == {"web@initial USED input training?"}

    await lineage.run("late", INGEST, start=1, end=2)
    await lineage.generated("late", dataset("web"))

    assert await lineage.graph() == {"late GENERATED output web@late", "web@late USED input training?"}
    known = [one for one in await lineage.intervals() if one.edge.kind is EdgeKind.USED]
    assert sorted(one.is_open for one in known) == [False, True]


async def test_the_end_of_a_writer_decides_when_its_version_could_be_read(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("first", INGEST, start=0, end=1)
    await lineage.run("second", INGEST, start=2)
    await lineage.run("training", start=5, end=6)
    await lineage.generated("first", dataset("web"))
    await lineage.generated("second", dataset("web"))
    await lineage.used(dataset("web"), "training")
    before = {line for line in await lineage.graph() if "USED" in line}
    await lineage.finish("second", 3)

    assert before == {"web@first USED input training?", "web@second USED input overlapping training?"}
    assert {line for line in await lineage.graph() if "USED" in line} == {"web@second USED input training?"}


async def test_a_run_that_reads_and_writes_one_dataset_did_not_read_what_it_wrote(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("first", INGEST, start=0, end=1)
    await lineage.run("clean", RunKind.TRANSFORM, start=2, end=3)
    await lineage.generated("first", dataset("web"))
    await lineage.used(dataset("web"), "clean")
    await lineage.generated("clean", dataset("web"))

    assert await lineage.graph() == {
        "first GENERATED output web@first",
        "web@first USED input clean?",
        "clean GENERATED output web@clean",
    }


async def test_appends_hold_what_the_version_before_them_held(database: Database) -> None:
    lineage = Lineage(database)
    modes = {"a": WriteMode.OVERWRITE, "b": WriteMode.APPEND, "c": None, "d": WriteMode.MERGE}
    for place, (name, mode) in enumerate(modes.items()):
        await lineage.run(name, INGEST, start=place, end=place + 0.5)
        await lineage.generated(name, dataset("log"), mode=mode)

    derived = {line for line in await lineage.graph(without=()) if "GENERATED" not in line}
    assert derived == {
        "log@a DERIVED log@b?",
        "log@c DERIVED log@d?",
        "log@a REVISION_OF log@b?",
        "log@b REVISION_OF log@c?",
        "log@c REVISION_OF log@d?",
    }


async def test_times_that_nobody_gave_follow_the_runs(database: Database) -> None:
    lineage = Lineage(database)
    await lineage.run("training", start=5)
    await lineage.used(dataset("web@3"), "training")
    await lineage.generated("training", "s3://b/model.pt", Role.CHECKPOINT, step=10)
    await lineage.say(EdgeKind.DERIVED, dataset("web@2"), dataset("web@3"))
    running = {one.edge.kind: one.held.held_from for one in await lineage.intervals()}
    await lineage.finish("training", 8)
    ended = {one.edge.kind: one.held.held_from for one in await lineage.intervals() if one.is_open}

    assert running == {EdgeKind.USED: hour(5), EdgeKind.GENERATED: hour(5), EdgeKind.DERIVED: ALWAYS}
    assert ended == {EdgeKind.USED: hour(5), EdgeKind.GENERATED: hour(8), EdgeKind.DERIVED: ALWAYS}


async def test_a_run_is_bound_anew_past_what_it_wrote_itself(database: Database) -> None:
    """What it wrote, told to be older than itself, hides no version from it that is told of late."""
    lineage = Lineage(database)
    await lineage.run("training", start=6, end=7)
    await lineage.used(dataset("web"), "training")
    await lineage.generated("training", dataset("web@own"), held_from=hour(5))
    await lineage.run("load", INGEST, start=2, end=3)
    await lineage.generated("load", dataset("web@late"))

    assert "web@late USED input training?" in await lineage.graph()
    assert "web@initial USED input training?" not in await lineage.graph()


async def test_a_late_version_binds_only_readings_that_may_be_of_it(database: Database) -> None:
    """Three nights, a reader after each; the second night is told of last, and then moves behind the third."""
    lineage = Lineage(database)
    for night in (1, 3):
        await lineage.run(f"night {night}", INGEST, start=2 * night, end=2 * night + 0.5)
        await lineage.generated(f"night {night}", dataset(f"web@{night}"))
    for night in (1, 2, 3):
        await lineage.run(f"reader {night}", start=2 * night + 1, end=2 * night + 1.5)
        await lineage.used(dataset("web"), f"reader {night}")
    await lineage.run("night 2", INGEST, start=4, end=4.5)
    await lineage.generated("night 2", dataset("web@2"))
    told = {line for line in await lineage.graph() if "USED" in line}
    order = {line for line in await lineage.graph(without=[]) if "REVISION_OF" in line}
    await lineage.generated("night 2", dataset("web@2"), held_from=hour(6.8))
    moved = {line for line in await lineage.graph() if "USED" in line}

    assert told == {f"web@{night} USED input reader {night}?" for night in (1, 2, 3)}
    assert order == {"web@1 REVISION_OF web@2?", "web@2 REVISION_OF web@3?"}
    assert moved == {
        "web@1 USED input reader 1?",
        "web@1 USED input reader 2?",
        "web@2 USED input overlapping reader 2?",  # now it was still being written
        "web@2 USED input reader 3?",
    }
    assert {line for line in await lineage.graph(without=[]) if "REVISION_OF" in line} == {
        "web@1 REVISION_OF web@3?",
        "web@3 REVISION_OF web@2?",
    }


async def test_a_writer_that_was_lost_has_not_finished(database: Database) -> None:
    """Nobody knows whether it wrote all: it is read as what is still being written, until its end is told."""
    lineage = Lineage(database)
    await lineage.run("lost", INGEST, start=1)
    await lineage.generated("lost", dataset("web"))
    async with database.write() as tx:
        await beat(tx, lineage.workspace, lineage.runs["lost"])
    async with database.write() as tx:
        await tx.driver.execute("UPDATE run_counters SET heartbeat = now() - interval '1 hour'")
    assert await sweep_lost_runs(database) == 1
    await lineage.run("training", start=5, end=6)
    await lineage.used(dataset("web"), "training")
    before = {line for line in await lineage.graph() if "USED" in line}
    await lineage.finish("lost", 2, RunStatus.FAILED)

    assert before == {"web@initial USED input training?", "web@lost USED input overlapping training?"}
    assert {line for line in await lineage.graph() if "USED" in line} == {"web@lost USED input training?"}
