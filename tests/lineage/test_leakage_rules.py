"""Leakage as docs/lineage.md grades it: each rule, with the answer written by hand."""

from __future__ import annotations

from domain.ids import NodeKey
from domain.lineage.kinds import EdgeKind
from domain.lineage.leakage import Evidence, Finding, Grade, LeakKind, find_leakage
from domain.lineage.roles import Role
from domain.runs import RunKind
from tests.lineage.sketches import Sketch


def judge(sketch: Sketch, model: NodeKey, **more: object) -> list[tuple[Grade, LeakKind]]:
    return [(each.grade, each.kind) for each in findings(sketch, model, **more)]


def findings(sketch: Sketch, model: NodeKey, **more: object) -> list[Finding]:
    return find_leakage(Evidence(sketch.trace, **more), model).findings  # type: ignore[arg-type]


def train_and_test(
    sketch: Sketch, train: NodeKey, test: NodeKey, *, subsets: tuple[str | None, str | None] = (None, None)
) -> NodeKey:
    """Draw a training on the one and a test on the other; return the model."""
    training, testing = sketch.run("training"), sketch.run("testing", RunKind.EVALUATE)
    model = sketch.file("model")
    sketch.used(train, training, Role.TRAIN, subset=subsets[0])
    sketch.generated(training, model)
    sketch.used(model, testing, Role.EVALUATE)
    sketch.used(test, testing, Role.TEST, subset=subsets[1])
    return model


def test_training_on_the_test_version_is_proven() -> None:
    sketch = Sketch()
    data = sketch.data("all")
    model = train_and_test(sketch, data, data)
    (found,) = findings(sketch, model)

    assert (found.grade, found.kind) == (Grade.PROVEN, LeakKind.SAME_VERSION)
    assert [(link.kind, link.role) for link in found.path] == [
        (EdgeKind.USED, Role.TRAIN),
        (EdgeKind.GENERATED, Role.OUTPUT),
    ]


def test_the_same_subset_is_proven_and_one_without_a_name_is_possible() -> None:
    graded = []
    for subsets in (("a", "a"), ("a", None), (None, "a")):
        sketch = Sketch()
        data = sketch.data("all")
        graded += judge(sketch, train_and_test(sketch, data, data, subsets=subsets))

    assert [grade for grade, _ in graded] == [Grade.PROVEN, Grade.POSSIBLE, Grade.POSSIBLE]


def test_other_subsets_are_excluded_only_where_the_version_lists_them_as_splits() -> None:
    sketch = Sketch()
    data = sketch.data("all")
    model = train_and_test(sketch, data, data, subsets=("train", "test"))

    assert judge(sketch, model) == [(Grade.POSSIBLE, LeakKind.SAME_VERSION)]
    assert judge(sketch, model, splits={data: ["train", "test"]}) == [(Grade.EXCLUDED, LeakKind.SAME_VERSION)]
    assert judge(sketch, model, splits={data: ["train", "dev"]}) == [(Grade.POSSIBLE, LeakKind.SAME_VERSION)]


def test_equal_digests_are_the_same_data() -> None:
    sketch = Sketch()
    one, copy = sketch.data("one"), sketch.data("copy")
    model = train_and_test(sketch, one, copy)

    assert judge(sketch, model) == []
    assert judge(sketch, model, digests={one: "sha256:a", copy: "sha256:b"}) == []
    assert judge(sketch, model, digests={one: "sha256:a", copy: "sha256:a"}) == [(Grade.PROVEN, LeakKind.SAME_BYTES)]


def test_training_and_validation_in_one_run_is_at_most_possible() -> None:
    """As cross-validation does it: the whole of the data stands in both places, its folds do not."""
    sketch = Sketch()
    data, run, model = sketch.data("all"), sketch.run("five folds"), sketch.file("model")
    sketch.used(data, run, Role.TRAIN)
    sketch.used(data, run, Role.VALIDATION)
    sketch.generated(run, model)

    assert judge(sketch, model) == [(Grade.POSSIBLE, LeakKind.SAME_VERSION)]


def split(sketch: Sketch) -> tuple[NodeKey, NodeKey, NodeKey]:
    """Draw raw data that a run split in two."""
    raw, run = sketch.data("raw"), sketch.run("split", RunKind.TRANSFORM)
    train, test = sketch.data("train"), sketch.data("test")
    sketch.used(raw, run)
    for part in (train, test):
        sketch.generated(run, part, Role.SPLIT)
    return raw, train, test


def test_parts_of_one_split_are_excluded_though_they_have_an_ancestor_in_common() -> None:
    sketch = Sketch()
    _, train, test = split(sketch)

    assert judge(sketch, train_and_test(sketch, train, test)) == [(Grade.EXCLUDED, LeakKind.COMMON_ANCESTOR)]


def test_a_common_ancestor_without_a_split_is_possible() -> None:
    sketch = Sketch()
    raw, train, test = sketch.data("raw"), sketch.data("train"), sketch.data("test")
    for name, part in (("one", train), ("two", test)):
        run = sketch.run(name, RunKind.TRANSFORM)
        sketch.used(raw, run)
        sketch.generated(run, part)
    (found,) = findings(sketch, train_and_test(sketch, train, test))

    assert (found.grade, found.kind) == (Grade.POSSIBLE, LeakKind.COMMON_ANCESTOR)
    assert found.path[0].source == raw
    assert [link.role for link in found.path] == [Role.INPUT, Role.OUTPUT, Role.TRAIN, Role.OUTPUT]


def test_a_version_is_its_own_ancestor() -> None:
    """Trained on what was made from the test data."""
    sketch = Sketch()
    test, augmented = sketch.data("test"), sketch.data("augmented")
    run = sketch.run("augment", RunKind.TRANSFORM)
    sketch.used(test, run)
    sketch.generated(run, augmented)

    assert judge(sketch, train_and_test(sketch, augmented, test)) == [(Grade.POSSIBLE, LeakKind.COMMON_ANCESTOR)]


def test_a_split_does_not_help_where_the_raw_data_comes_in_beside_it() -> None:
    sketch = Sketch()
    raw, train, test = split(sketch)
    join, joined = sketch.run("join", RunKind.TRANSFORM), sketch.data("joined")
    sketch.used(train, join)
    sketch.used(raw, join)
    sketch.generated(join, joined)

    assert judge(sketch, train_and_test(sketch, joined, test)) == [(Grade.POSSIBLE, LeakKind.COMMON_ANCESTOR)]


def test_a_split_does_not_help_where_the_test_part_itself_comes_in() -> None:
    sketch = Sketch()
    _, train, test = split(sketch)
    join, joined = sketch.run("join", RunKind.TRANSFORM), sketch.data("joined")
    sketch.used(train, join)
    sketch.used(test, join)
    sketch.generated(join, joined)

    assert judge(sketch, train_and_test(sketch, joined, test)) == [(Grade.POSSIBLE, LeakKind.COMMON_ANCESTOR)]


def test_what_was_made_of_the_parts_is_still_kept_apart() -> None:
    sketch = Sketch()
    _, train, test = split(sketch)
    clean, cleaned = sketch.run("clean", RunKind.TRANSFORM), sketch.data("cleaned")
    sketch.used(train, clean)
    sketch.generated(clean, cleaned)

    assert judge(sketch, train_and_test(sketch, cleaned, test)) == [(Grade.EXCLUDED, LeakKind.COMMON_ANCESTOR)]


def test_a_model_is_passed_and_its_data_found() -> None:
    """Pseudo-labels: the teacher learned from the test data, and its predictions are what the student learns from."""
    sketch = Sketch()
    test, teaching, predicting = sketch.data("test"), sketch.run("teaching"), sketch.run("predict", RunKind.PREDICT)
    teacher, labels = sketch.file("teacher"), sketch.file("labels")
    sketch.used(test, teaching, Role.TRAIN)
    sketch.generated(teaching, teacher)
    sketch.used(teacher, predicting)
    sketch.generated(predicting, labels, Role.PREDICTION)

    assert judge(sketch, train_and_test(sketch, labels, test)) == [(Grade.POSSIBLE, LeakKind.COMMON_ANCESTOR)]


def test_a_leak_of_the_model_it_started_from_is_its_own() -> None:
    sketch = Sketch()
    train, test = sketch.data("train"), sketch.data("test")
    first, base = sketch.run("first"), sketch.file("base")
    sketch.used(test, first, Role.TRAIN)
    sketch.generated(first, base)
    model = train_and_test(sketch, train, test)
    sketch.used(base, sketch.run("training"), Role.INITIALISE)

    assert judge(sketch, model) == [(Grade.PROVEN, LeakKind.SAME_VERSION)]


def test_a_leak_of_a_member_or_of_a_run_that_it_continued_is_its_own() -> None:
    merged, continued = Sketch(), Sketch()
    for sketch in (merged, continued):
        early, data = sketch.run("early"), sketch.data("test")
        sketch.used(data, early, Role.TRAIN)
        sketch.generated(early, sketch.file("early"))
        train_and_test(sketch, sketch.data("train"), data)
    merged.used(merged.file("early"), merged.run("training"), Role.MEMBER)
    continued.draw(EdgeKind.CONTINUED_AS, continued.run("early"), continued.run("training"))

    assert [judge(sketch, sketch.file("model")) for sketch in (merged, continued)] == [
        [(Grade.PROVEN, LeakKind.SAME_VERSION)]
    ] * 2


def test_a_registered_model_has_the_leak_of_its_file() -> None:
    sketch = Sketch()
    data = sketch.data("all")
    file = train_and_test(sketch, data, data)
    sketch.draw(EdgeKind.REGISTERED_AS, file, sketch.model("1"))
    sketch.draw(EdgeKind.REGISTERED_AS, file, sketch.model("2"))

    assert judge(sketch, sketch.model("1")) == judge(sketch, sketch.model("2")) == judge(sketch, file)
    assert judge(sketch, file) == [(Grade.PROVEN, LeakKind.SAME_VERSION)]


def test_the_data_of_a_baseline_is_no_test_data() -> None:
    sketch = Sketch()
    data = sketch.data("all")
    model = train_and_test(sketch, sketch.data("train"), sketch.data("test"))
    other = sketch.run("other", RunKind.EVALUATE)
    sketch.used(model, other, Role.BASELINE)
    sketch.used(data, other, Role.TEST)
    sketch.used(data, sketch.run("training"), Role.TRAIN)

    assert judge(sketch, model) == []


def test_test_data_that_a_select_run_used_is_a_proven_choice() -> None:
    sketch = Sketch()
    train, test = sketch.data("train"), sketch.data("test")
    candidate = train_and_test(sketch, train, test)
    select, winner = sketch.run("select", RunKind.SELECT), sketch.model("winner")
    sketch.used(candidate, select, Role.CANDIDATE)
    sketch.used(test, select, Role.TEST)
    sketch.generated(select, winner)
    sketch.draw(EdgeKind.REGISTERED_AS, candidate, winner)
    (found,) = findings(sketch, winner)

    assert (found.grade, found.kind, found.test.version) == (Grade.PROVEN, LeakKind.CHOICE, test)


def test_test_data_that_stopped_the_training_is_a_proven_choice() -> None:
    sketch = Sketch()
    train, test = sketch.data("train"), sketch.data("test")
    model = train_and_test(sketch, train, test)
    sketch.used(test, sketch.run("training"), Role.VALIDATION)

    assert judge(sketch, model) == [(Grade.PROVEN, LeakKind.CHOICE)]


def test_nothing_to_compare_is_counted_as_zero_and_never_excluded() -> None:
    sketch = Sketch()
    run, model = sketch.run("training"), sketch.file("model")
    sketch.generated(run, model)
    found = find_leakage(Evidence(sketch.trace), model)

    assert (found.findings, found.train, found.test) == ([], 0, 0)


def test_both_sides_are_counted_by_their_versions() -> None:
    sketch = Sketch()
    model = train_and_test(sketch, sketch.data("a"), sketch.data("c"))
    sketch.used(sketch.data("b"), sketch.run("training"), Role.TRAIN)
    sketch.used(sketch.data("b"), sketch.run("training"), Role.TRAIN, subset="half")
    found = find_leakage(Evidence(sketch.trace), model)

    assert (found.train, found.test) == (2, 1)
