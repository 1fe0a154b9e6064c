"""Choosing and combining: a sweep with a selection, and an ensemble."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder

from examples.digits.beginning import begin_run
from examples.digits.data import Images
from examples.digits.days import Days
from examples.digits.files import Files
from examples.digits.registry import Registry
from examples.digits.training import CLASSES, Plan, Trained, train
from whence.tracking.handles import Named


def sweep(days: Days, files: Files, data: list[Images], validation: Images, rates: list[float]) -> list[Trained]:
    """Train once for each learning rate, below a run that holds them together."""
    with begin_run(days, "sweep over lr", "SWEEP", lr=rates) as run:
        plan = Plan("", "", epochs=6, width=32)
        return [
            train(
                days,
                files,
                replace(plan, name=f"sweep lr={rate}", model=f"sweep/lr-{rate}", rate=rate),
                data,
                validation,
                parent=str(run.id),
            )
            for rate in rates
        ]


def select(
    days: Days, registry: Registry, candidates: list[Trained], validation: Images, name: str, version: str
) -> Trained:
    """Choose the candidate that did best on the validation data, and give it a version of its own in the registry."""
    with begin_run(days, "select the best lr", "SELECT", metric="val_accuracy") as run:
        for candidate in candidates:
            run.use_artifact(candidate.stored, role="candidate")
        run.use_dataset(validation.dataset, role="validation")
        winner = max(candidates, key=lambda candidate: candidate.best)
        run.log({"val_accuracy": winner.best}, step=0, on=validation.dataset, of=winner.stored)
    registry.choose(run, name, version)
    return winner


def combine(days: Days, files: Files, members: list[tuple[Named, Any]], path: str) -> Trained:
    """Make one model of several: the mean of what they say."""
    with begin_run(days, "ensemble", "MERGE", model=path, members=len(members)) as run:
        for ref, _ in members:
            run.use_artifact(ref, role="member")
        estimators = [(f"member {number}", each) for number, (_, each) in enumerate(members, start=1)]
        ensemble = VotingClassifier(estimators, voting="soft")
        # Its members have learned already: they are put together, not trained again.
        ensemble.estimators_ = [each for _, each in members]
        ensemble.le_ = LabelEncoder().fit(CLASSES)
        ensemble.classes_ = ensemble.le_.classes_
        stored = files.publish(run, f"{path}/final.pickle", ensemble, "model")
    return Trained(stored, ensemble, 0.0)
