"""Choosing and combining: a sweep with a selection, and an ensemble."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder

from examples.digits.data import Images
from examples.digits.files import Files
from examples.digits.journal import Journal, Ref, model
from examples.digits.runs import begin_run, write_run
from examples.digits.training import CLASSES, Plan, Trained, train


def sweep(journal: Journal, files: Files, data: list[Images], validation: Images, rates: list[float]) -> list[Trained]:
    """Train once for each learning rate, below a run that holds them together."""
    run = begin_run(journal, "sweep over lr", "SWEEP", lr=rates)
    write_run(run, entry_point="choosing.py:sweep")
    plan = Plan("", "", epochs=6, width=32, entry_point="choosing.py:sweep")
    return [
        train(
            journal,
            files,
            replace(plan, name=f"sweep lr={rate}", model=f"sweep/lr-{rate}", rate=rate),
            data,
            validation,
            parent=run.id,
        )
        for rate in rates
    ]


def select(journal: Journal, candidates: list[Trained], validation: Images, name: str, version: str) -> Trained:
    """Choose the candidate that did best on the validation data, and give it a version of its own in the registry."""
    run = begin_run(journal, "select the best lr", "SELECT", metric="val_accuracy")
    for candidate in candidates:
        run.use(candidate.stored.ref, "CANDIDATE")
    run.use(validation.ref, "VALIDATION")
    winner = max(candidates, key=lambda candidate: candidate.best)
    run.log("val_accuracy", 0, winner.best, on=validation.ref, of=winner.stored.ref)
    run.generate(model(name, version=version), "OUTPUT")
    write_run(run, entry_point="choosing.py:select")
    return winner


def combine(journal: Journal, files: Files, members: list[tuple[Ref, Any]], path: str) -> Trained:
    """Make one model of several: the mean of what they say."""
    run = begin_run(journal, "ensemble", "MERGE", model=path, members=len(members))
    for ref, _ in members:
        run.use(ref, "MEMBER")
    estimators = [(f"member {number}", each) for number, (_, each) in enumerate(members, start=1)]
    ensemble = VotingClassifier(estimators, voting="soft")
    # Its members have learned already: they are put together, not trained again.
    ensemble.estimators_ = [each for _, each in members]
    ensemble.le_ = LabelEncoder().fit(CLASSES)
    ensemble.classes_ = ensemble.le_.classes_
    stored = files.publish(run, f"{path}/final.pickle", ensemble, "OUTPUT")
    write_run(run, entry_point="choosing.py:combine")
    return Trained(run.id, stored, ensemble, 0.0)
