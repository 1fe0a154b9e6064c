"""Trainings: epoch by epoch, watched on validation data, with checkpoints that a crashed one goes on from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import numpy
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from examples.digits.data import Images
from examples.digits.files import Files, Stored, read_model
from examples.digits.journal import Journal, Ref
from examples.digits.runs import Run, begin_run, write_run

CLASSES = numpy.arange(10)
CHECKPOINT_EVERY = 5


class Crash(Exception):
    """The machine went away in the middle of a training."""


@dataclass(frozen=True)
class Plan:
    """What a training is to do."""

    name: str
    model: str
    epochs: int = 10
    width: int = 24
    rate: float = 0.005
    seed: int = 1
    entry_point: str = "training.py:train"

    def params(self) -> dict[str, Any]:
        """Return the parameters as they are recorded."""
        return {"model": self.model, "epochs": self.epochs, "width": self.width, "lr": self.rate, "seed": self.seed}

    def build(self) -> MLPClassifier:
        """Return a model that has learned nothing yet."""
        return MLPClassifier(
            hidden_layer_sizes=(self.width,), learning_rate_init=self.rate, random_state=self.seed, batch_size=64
        )


@dataclass(frozen=True)
class Trained:
    """A trained model: itself, the run that made it, and its file."""

    run: str
    stored: Stored
    model: Any
    best: float


def train(
    journal: Journal,
    files: Files,
    plan: Plan,
    data: list[Images],
    validation: Images,
    *,
    start: tuple[Ref, Any] | None = None,
    parent: str | None = None,
) -> Trained:
    """Train on the data, watched on the validation data; `start` is the model that it begins from."""
    run = begin_run(journal, plan.name, "TRAIN", parent=parent, **plan.params())
    _use_inputs(run, data, validation)
    model = plan.build()
    if start is not None:
        run.use(start[0], "INITIALISE")
        model = start[1]
    learn(files, run, plan, model, data, validation, first=1)
    return _finish(files, run, plan, model)


def train_with_a_crash(
    journal: Journal, files: Files, plan: Plan, data: list[Images], validation: Images, *, crash_at: int
) -> Trained:
    """Train until the machine goes away, then go on from the last checkpoint: the same run, in another attempt."""
    run = begin_run(journal, plan.name, "TRAIN", **plan.params())
    _use_inputs(run, data, validation)
    try:
        learn(files, run, plan, plan.build(), data, validation, first=1, crash_at=crash_at)
    except Crash:
        write_run(run, status="FAILED", entry_point=plan.entry_point, note="The machine went away.")
    from_step = crash_at - 1 - (crash_at - 1) % CHECKPOINT_EVERY
    model = read_model(Stored("", "", 0, files.folder / _checkpoint(plan, from_step)))
    attempt = str(uuid5(UUID(run.id), "second attempt"))
    journal.write("resume", run=run.id, attempt=attempt, fromStep=from_step)
    learn(files, run, plan, model, data, validation, first=from_step + 1)
    stored = files.publish(run, f"{plan.model}/final.pickle", model, "OUTPUT", step=plan.epochs)
    journal.write("metrics", run=run.id, attempt=attempt, series=run.take_series())
    for kind, fields in run.take_facts():
        journal.write(kind, **fields)
    journal.write("finish", run=run.id, attempt=attempt, status="FINISHED", endedAt=journal.now())
    return Trained(run.id, stored, model, model.score(validation.pixels, validation.labels))


def learn(
    files: Files,
    run: Run,
    plan: Plan,
    model: MLPClassifier,
    data: list[Images],
    validation: Images,
    *,
    first: int,
    crash_at: int | None = None,
) -> None:
    """Go over the data once an epoch, from epoch `first` to the plan's last."""
    pixels = numpy.concatenate([images.pixels for images in data])
    labels = numpy.concatenate([images.labels for images in data])
    for epoch in range(first, plan.epochs + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            order = numpy.random.default_rng([plan.seed, epoch]).permutation(len(labels))
            model.partial_fit(pixels[order], labels[order], classes=CLASSES)
        run.log("train_loss", epoch, log_loss(labels, model.predict_proba(pixels), labels=CLASSES))
        guessed = model.predict_proba(validation.pixels)
        run.log("val_loss", epoch, log_loss(validation.labels, guessed, labels=CLASSES), on=validation.ref)
        run.log("val_accuracy", epoch, (guessed.argmax(axis=1) == validation.labels).mean(), on=validation.ref)
        if epoch == crash_at:
            raise Crash
        if epoch % CHECKPOINT_EVERY == 0:
            files.publish(run, _checkpoint(plan, epoch), model, "CHECKPOINT", step=epoch)


def _use_inputs(run: Run, data: list[Images], validation: Images) -> None:
    for images in data:
        run.use(images.ref, "TRAIN")
    run.use(validation.ref, "VALIDATION")


def _finish(files: Files, run: Run, plan: Plan, model: MLPClassifier) -> Trained:
    stored = files.publish(run, f"{plan.model}/final.pickle", model, "OUTPUT", step=plan.epochs)
    best = max(run.series["val_accuracy"]["values"])
    write_run(run, entry_point=plan.entry_point)
    return Trained(run.id, stored, model, best)


def _checkpoint(plan: Plan, epoch: int) -> str:
    return f"{plan.model}/epoch-{epoch:03}.pickle"
