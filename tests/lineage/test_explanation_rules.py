"""What a value rests on, what two ancestries differ in, what is folded: small graphs, answers by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from domain.ids import ExperimentID, NodeKey, NodeKind, RunID
from domain.lineage.collapsing import choose_repeats, collapse_links, collapse_nodes
from domain.lineage.comparing import OtherVersion, compare_ancestries
from domain.lineage.explaining import Part, explain, find_roots
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.metrics import MetricContext
from domain.runs import Run, RunKind, RunStatus
from tests.lineage.sketches import NOON, Sketch

NOTHING = MetricContext(on=None, subset=None, of=None)


def draw_project() -> tuple[Sketch, NodeKey, NodeKey]:
    """Draw data, a training watched on validation data, and a test; return the training and the test."""
    sketch = Sketch()
    training, testing, model = sketch.run("training"), sketch.run("testing", RunKind.EVALUATE), sketch.file("model")
    sketch.used(sketch.data("train"), training, Role.TRAIN)
    sketch.used(sketch.data("validation"), training, Role.VALIDATION)
    sketch.generated(training, model)
    sketch.used(model, testing, Role.EVALUATE)
    sketch.used(sketch.data("test"), testing, Role.TEST, subset="easy")
    return sketch, training, testing


def test_a_test_rests_on_its_own_data_and_on_that_of_the_model() -> None:
    sketch, _, testing = draw_project()
    found = explain(sketch.trace, testing, NOTHING)

    assert found.measured_on == (sketch.data("test"), "easy")
    assert [(use.role, use.version) for use in found.trained_on or ()] == [(Role.TRAIN, sketch.data("train"))]
    assert [(use.role, use.version) for use in found.selected_on or ()] == [
        (Role.VALIDATION, sketch.data("validation"))
    ]
    assert found.not_declared == [Part.CODE, Part.ENVIRONMENT]


def test_a_value_of_a_training_was_measured_on_what_its_point_says_and_else_nobody_knows() -> None:
    sketch, training, _ = draw_project()
    said = MetricContext(on=sketch.data("validation"), subset="first", of=None)

    assert explain(sketch.trace, training, said).measured_on == (sketch.data("validation"), "first")
    assert explain(sketch.trace, training, NOTHING).measured_on is None
    assert Part.MEASURED_ON in explain(sketch.trace, training, NOTHING).not_declared


def test_with_two_sets_of_test_data_nobody_guesses() -> None:
    sketch, _, testing = draw_project()
    sketch.used(sketch.data("other test"), testing, Role.TEST)

    assert explain(sketch.trace, testing, NOTHING).measured_on is None


def test_of_a_run_that_declared_nothing_everything_is_missing() -> None:
    sketch = Sketch()
    run = sketch.run("silent")

    assert explain(sketch.trace, run, NOTHING).not_declared == list(Part)


def test_code_environment_and_parents_are_those_of_the_run() -> None:
    sketch, training, _ = draw_project()
    code, place = NodeKey(NodeKind.CODE_REVISION, uuid4()), NodeKey(NodeKind.ENVIRONMENT, uuid4())
    sweep, before = sketch.run("sweep", RunKind.SWEEP), sketch.run("before")
    sketch.draw(EdgeKind.RAN_CODE, code, training)
    sketch.draw(EdgeKind.RAN_IN, place, training)
    sketch.draw(EdgeKind.CALLED, sweep, training)
    sketch.draw(EdgeKind.CONTINUED_AS, before, training)
    found = explain(sketch.trace, training, NOTHING)

    assert (found.code, found.environments, set(found.parents)) == ([code], [place], {sweep, before})


def test_the_roots_are_what_nothing_leads_into() -> None:
    sketch, training, testing = draw_project()
    ingest, raw = sketch.run("ingest", RunKind.INGEST), sketch.data("raw")
    split = sketch.run("split", RunKind.TRANSFORM)
    sketch.generated(ingest, raw)
    sketch.used(raw, split)
    sketch.generated(split, sketch.data("train"), Role.SPLIT)
    sketch.draw(EdgeKind.RAN_CODE, NodeKey(NodeKind.CODE_REVISION, uuid4()), training)

    assert set(find_roots(sketch.trace, [sketch.evaluation(testing)])) == {
        ingest,
        sketch.data("validation"),
        sketch.data("test"),
    }


def test_ancestries_differ_in_what_only_one_has_and_in_versions_of_one_name() -> None:
    sketch = Sketch()
    shared, one, other = sketch.data("shared"), sketch.data("raw 1"), sketch.data("raw 2")
    name = NodeKey(NodeKind.DATASET, uuid4())
    extra = sketch.data("extra")
    found = compare_ancestries({shared: 2, one: 1}, {shared: 2, other: 1, extra: 3}, {one: name, other: name})

    assert found.only_a == []
    assert found.only_b == [extra]
    assert found.other_version == [OtherVersion(name=name, a=one, b=other)]


def make_run(name: str, *, parent: UUID | None = None, later: int = 0) -> Run:
    return Run(
        id=RunID(uuid4()),
        experiment=ExperimentID(UUID(int=1)),
        number=1,
        name=name,
        description=None,
        kind=RunKind.TRANSFORM,
        status=RunStatus.FINISHED,
        parent=None if parent is None else RunID(parent),
        attempt=None,
        created_by=None,
        host=None,
        started_at=NOON + timedelta(days=later),
        ended_at=None,
        heartbeat_at=None,
        created_at=NOON,
        archived_at=None,
        deleted_at=None,
        revision=1,
        version=1,
    )


def test_repeats_of_a_job_are_shown_as_the_newest_with_their_number() -> None:
    """Two nights of one job, and two seeds of one group, whose names tell nothing."""
    group = uuid4()
    nights = [make_run("nightly", later=1), make_run("nightly", later=2)]
    seeds = [make_run("seed 1", parent=group), make_run("seed 2", parent=group, later=3)]
    runs = {run.key: run for run in (*nights, *seeds, replace(make_run("other"), kind=RunKind.TRAIN))}
    groups = collapse_nodes(dict.fromkeys(runs, 1), choose_repeats(runs))

    assert {(runs[each.shown].name, runs[each.shown].started_at.day, each.count) for each in groups} == {
        ("nightly", 3, 2),
        ("seed 2", 4, 2),
        ("other", 1, 1),
    }


def test_links_between_what_was_folded_are_counted() -> None:
    sketch = Sketch()
    name = NodeKey(NodeKind.DATASET, uuid4())
    for night in ("1", "2", "3"):
        sketch.used(sketch.data(f"raw {night}"), sketch.run("all", RunKind.TRANSFORM))
    folded = {sketch.data(f"raw {night}"): name for night in ("1", "2", "3")}
    (link,) = collapse_links(sketch.links, folded)

    assert (link.kind, link.role, link.source, link.count) == (EdgeKind.USED, Role.INPUT, name, 3)
