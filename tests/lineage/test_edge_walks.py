"""Walks over the record's edges: distances, cuts between levels, stops and hubs, two kinds of time; answers by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.ids import NodeKey, WorkspaceID
from domain.lineage.answers import Reason, Walk, has_cycle
from domain.lineage.edges import Held
from domain.lineage.kinds import EdgeKind
from domain.lineage.questions import AsOf, Direction, Question
from domain.lineage.roles import Role
from domain.positions import Position
from domain.runs import RunKind
from store.database import Database
from store.edge_walks import walk_edges
from store.edges import fetch_open, record_edges, retract_edges
from tests.lineage.sketches import NOON, SPACE, Sketch

SPACE_ID = WorkspaceID(SPACE)


async def record(database: Database, sketch: Sketch) -> None:
    """Write the edges of a sketch; ends need no rows for a walk over edges."""
    async with database.write() as tx:
        await record_edges(tx, SPACE_ID, {each.edge: each.held for each in sketch.intervals})


async def walk(database: Database, start: NodeKey, direction: Direction = Direction.UPSTREAM, **more: Any) -> Walk:
    async with database.read() as conn:
        return await walk_edges(conn, SPACE_ID, Question(starts=(start,), direction=direction, **more))


def draw_chain() -> Sketch:
    """Draw raw -> clean -> data -> training -> model, its code beside it, and a sweep that called the training."""
    sketch = Sketch()
    clean, training = sketch.run("clean", RunKind.TRANSFORM), sketch.run("training")
    sketch.used(sketch.data("raw"), clean)
    sketch.generated(clean, sketch.data("data"))
    sketch.used(sketch.data("data"), training, Role.TRAIN)
    sketch.generated(training, sketch.file("model"))
    sketch.draw(EdgeKind.CALLED, sketch.run("sweep", RunKind.SWEEP), training)
    return sketch


async def test_distances_are_those_of_the_shortest_way_and_parents_are_joined_and_not_passed(
    database: Database,
) -> None:
    sketch = draw_chain()
    await record(database, sketch)
    found = await walk(database, sketch.file("model"))

    assert found.depths == {
        sketch.file("model"): 0,
        sketch.run("training"): 1,
        sketch.data("data"): 2,
        sketch.run("clean"): 3,
        sketch.data("raw"): 4,
    }
    assert found.parents == {sketch.run("sweep"): 2}
    assert len(found.intervals) == 5
    assert found.complete


async def test_a_walk_that_is_cut_says_why_and_where(database: Database) -> None:
    sketch = draw_chain()
    await record(database, sketch)
    by_depth = await walk(database, sketch.file("model"), max_depth=2)
    by_nodes = await walk(database, sketch.file("model"), most_nodes=2)

    for found, reason in ((by_depth, Reason.DEPTH), (by_nodes, Reason.NODES)):
        assert set(found.depths.values()) == {0, 1, 2}
        assert (found.reasons, found.left_out, found.frontier) == ({reason}, 1, [sketch.data("data")])


async def test_a_walk_as_deep_as_the_graph_is_complete(database: Database) -> None:
    sketch = draw_chain()
    await record(database, sketch)

    assert (await walk(database, sketch.file("model"), max_depth=4)).complete


async def test_a_stop_is_shown_and_not_passed_and_a_start_of_a_stopped_kind_is_passed(database: Database) -> None:
    sketch = draw_chain()
    await record(database, sketch)
    data = sketch.data("data")
    found = await walk(database, sketch.file("model"), stop_at={data.kind})
    from_data = await walk(database, data, stop_at={data.kind})

    assert list(found.depths) == [sketch.file("model"), sketch.run("training"), data]
    assert list(from_data.depths) == [data, sketch.run("clean"), sketch.data("raw")]
    assert found.complete


async def test_a_hub_is_shown_with_its_count_and_not_passed(database: Database) -> None:
    sketch = Sketch()
    raw, load = sketch.data("raw"), sketch.run("load", RunKind.INGEST)
    sketch.generated(load, raw)
    for number in range(5):
        sketch.used(raw, sketch.run(f"reader {number}", RunKind.TRANSFORM))
    await record(database, sketch)
    found = await walk(database, load, Direction.DOWNSTREAM, hub=5)
    from_hub = await walk(database, raw, Direction.DOWNSTREAM, hub=5)

    assert (list(found.depths), found.hubs, found.reasons) == ([load, raw], {raw: 5}, {Reason.HUB})
    assert len(from_hub.depths) == 6


async def test_a_retracted_edge_does_not_connect_and_is_still_known_at_its_time(database: Database) -> None:
    sketch = draw_chain()
    await record(database, sketch)
    async with database.read() as conn:
        (edge,) = await fetch_open(conn, SPACE_ID, targets=[sketch.run("training").uuid], kinds=[EdgeKind.USED])
    async with database.write() as tx:
        await retract_edges(tx, SPACE_ID, [edge.edge.id])
    now = await walk(database, sketch.file("model"))
    then = await walk(database, sketch.file("model"), as_of=AsOf(known=edge.recorded))
    before = await walk(database, sketch.file("model"), as_of=AsOf(known=Position(edge.recorded - 1)))

    assert [len(each.depths) for each in (now, then, before)] == [2, 5, 1]


async def test_edges_hold_from_their_own_time(database: Database) -> None:
    sketch = Sketch()
    for number in (1, 2):
        sketch.draw(EdgeKind.DERIVED, sketch.data(f"source {number}"), sketch.data("derived"))
        edge = sketch.intervals[-1].edge
        async with database.write() as tx:
            await record_edges(tx, SPACE_ID, {edge: Held(held_from=NOON + timedelta(days=number))})
    found = [
        len((await walk(database, sketch.data("derived"), as_of=AsOf(at=NOON + timedelta(days=days)))).depths)
        for days in (0, 1, 2)
    ]

    assert found == [1, 2, 3]


@pytest.mark.parametrize("direction", Direction)
async def test_a_cycle_is_walked_once_and_told(database: Database, direction: Direction) -> None:
    sketch = Sketch()
    stream, run = sketch.data("stream"), sketch.run("loop", RunKind.TRANSFORM)
    sketch.used(stream, run)
    sketch.generated(run, stream)
    await record(database, sketch)
    found = await walk(database, stream, direction)

    assert found.depths == {stream: 0, run: 1}
    assert has_cycle(found)
    assert not has_cycle(await walk(database, stream, direction, kinds={EdgeKind.USED}))


async def test_roles_subsets_and_what_only_chooses_narrow_a_walk(database: Database) -> None:
    sketch = Sketch()
    run = sketch.run("training")
    sketch.used(sketch.data("train"), run, Role.TRAIN, subset="a")
    sketch.used(sketch.data("validation"), run, Role.VALIDATION)
    await record(database, sketch)

    async def above(**more: Any) -> set[NodeKey]:
        return set((await walk(database, run, **more)).depths) - {run}

    both = {sketch.data("train"), sketch.data("validation")}
    assert await above() == both
    assert await above(roles={Role.TRAIN}) == {sketch.data("train")}
    assert await above(skip_choice=True) == {sketch.data("train")}
    assert await above(subset="b") == {sketch.data("validation")}
