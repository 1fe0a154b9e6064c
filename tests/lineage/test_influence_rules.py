"""What is to be done with what lies below bad data: retrain, measure again, choose again; answers by hand."""

from __future__ import annotations

from domain.lineage.influence import Influence, weigh
from domain.lineage.kinds import EdgeKind
from domain.lineage.roles import Role
from domain.runs import RunKind
from tests.lineage.sketches import Sketch

WEIGHTS, MEASUREMENT, SELECTION = Influence.WEIGHTS, Influence.MEASUREMENT, Influence.SELECTION


def test_training_data_is_in_the_weights_and_in_what_serves_them() -> None:
    sketch = Sketch()
    data, run, model = sketch.data("train"), sketch.run("training"), sketch.file("model")
    version, served = sketch.model("1"), sketch.deployment("1")
    sketch.used(data, run, Role.TRAIN)
    sketch.generated(run, model)
    sketch.draw(EdgeKind.REGISTERED_AS, model, version)
    sketch.draw(EdgeKind.DEPLOYED_AS, version, served)

    assert weigh(sketch.trace, [data]) == dict.fromkeys([run, model, version, served], WEIGHTS)


def test_test_data_is_in_the_report_and_in_no_model() -> None:
    sketch = Sketch()
    test, run, report = sketch.data("test"), sketch.run("testing", RunKind.EVALUATE), sketch.file("report")
    sketch.used(test, run, Role.TEST)
    sketch.generated(run, report, Role.REPORT)

    assert weigh(sketch.trace, [test]) == {sketch.evaluation(run): MEASUREMENT, report: MEASUREMENT}


def test_validation_data_chose_the_model_and_measured_it() -> None:
    sketch = Sketch()
    held, run, model = sketch.data("validation"), sketch.run("training"), sketch.file("model")
    sketch.used(held, run, Role.VALIDATION)
    sketch.generated(run, model)

    assert weigh(sketch.trace, [held]) == {run: SELECTION, model: SELECTION, sketch.evaluation(run): MEASUREMENT}


def test_what_a_select_run_used_only_chose() -> None:
    sketch = Sketch()
    data, training, candidate = sketch.data("train"), sketch.run("training"), sketch.file("candidate")
    select, winner = sketch.run("select", RunKind.SELECT), sketch.model("winner")
    sketch.used(data, training, Role.TRAIN)
    sketch.generated(training, candidate)
    sketch.used(candidate, select, Role.CANDIDATE)
    sketch.generated(select, winner)

    assert weigh(sketch.trace, [data]) == {training: WEIGHTS, candidate: WEIGHTS, select: SELECTION, winner: SELECTION}


def test_the_winner_of_a_selection_was_made_from_the_data_of_its_training() -> None:
    sketch = Sketch()
    data, training, candidate = sketch.data("train"), sketch.run("training"), sketch.file("candidate")
    select, winner = sketch.run("select", RunKind.SELECT), sketch.model("winner")
    sketch.used(data, training, Role.TRAIN)
    sketch.generated(training, candidate)
    sketch.used(candidate, select, Role.CANDIDATE)
    sketch.generated(select, winner)
    sketch.draw(EdgeKind.REGISTERED_AS, candidate, winner)

    assert weigh(sketch.trace, [data])[winner] is WEIGHTS


def test_a_dashboard_fed_by_a_report_is_no_reason_to_retrain_and_a_student_of_predictions_is() -> None:
    sketch = Sketch()
    test, testing = sketch.data("test"), sketch.run("testing", RunKind.EVALUATE)
    report, predictions = sketch.file("report"), sketch.file("predictions")
    feeding, dashboard = sketch.run("feed", RunKind.TRANSFORM), sketch.data("dashboard")
    learning, student = sketch.run("learn"), sketch.file("student")
    sketch.used(test, testing, Role.TEST)
    sketch.generated(testing, report, Role.REPORT)
    sketch.generated(testing, predictions, Role.PREDICTION)
    sketch.used(report, feeding)
    sketch.generated(feeding, dashboard)
    sketch.used(predictions, learning, Role.TRAIN)
    sketch.generated(learning, student)

    assert weigh(sketch.trace, [test]) == {
        sketch.evaluation(testing): MEASUREMENT,
        report: MEASUREMENT,
        predictions: MEASUREMENT,
        feeding: MEASUREMENT,
        dashboard: MEASUREMENT,
        learning: WEIGHTS,
        student: WEIGHTS,
    }
