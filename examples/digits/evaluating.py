"""Measuring a model on the test part: a run of its own, so that the test data is no ancestor of the model."""

from __future__ import annotations

import json
from typing import Any

from sklearn.metrics import accuracy_score, confusion_matrix

from examples.digits.beginning import begin_run
from examples.digits.data import Images
from examples.digits.days import Days
from examples.digits.files import Files
from whence.tracking.handles import Artifact


def evaluate(days: Days, files: Files, name: str, model: Any, stored: Artifact, test: Images) -> float:
    """Measure a model, write a report and the predictions, and return the accuracy."""
    with begin_run(days, f"evaluate {name}", "EVALUATE", model=name) as run:
        run.use_dataset(test.dataset, role="test")
        run.use_artifact(stored, role="evaluate")
        guessed = model.predict(test.pixels)
        accuracy = float(accuracy_score(test.labels, guessed))
        run.log({"test_accuracy": round(accuracy, 6)}, step=0, on=test.dataset, of=stored)
        report = {"accuracy": accuracy, "confusion": confusion_matrix(test.labels, guessed).tolist()}
        files.publish(run, f"{name}/report.json", json.dumps(report), "report")
        files.publish(run, f"{name}/predictions.json", json.dumps(guessed.tolist()), "prediction")
    return accuracy
