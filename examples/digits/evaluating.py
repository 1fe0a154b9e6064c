"""Measuring a model on the test part: a run of its own, so that the test data is no ancestor of the model."""

from __future__ import annotations

import json
from typing import Any

from sklearn.metrics import accuracy_score, confusion_matrix

from examples.digits.data import Images
from examples.digits.files import Files
from examples.digits.journal import Journal, Ref
from examples.digits.runs import begin_run, write_run


def evaluate(journal: Journal, files: Files, name: str, model: Any, ref: Ref, test: Images) -> float:
    """Measure a model, write a report and the predictions, and return the accuracy."""
    run = begin_run(journal, f"evaluate {name}", "EVALUATE", model=name)
    run.use(test.ref, "TEST")
    run.use(ref, "EVALUATE")
    guessed = model.predict(test.pixels)
    accuracy = float(accuracy_score(test.labels, guessed))
    run.log("test_accuracy", 0, accuracy, on=test.ref, of=ref)
    report = {"accuracy": accuracy, "confusion": confusion_matrix(test.labels, guessed).tolist()}
    files.publish(run, f"{name}/report.json", json.dumps(report), "REPORT")
    files.publish(run, f"{name}/predictions.json", json.dumps(guessed.tolist()), "PREDICTION")
    write_run(run, entry_point="evaluating.py:evaluate")
    return accuracy
