"""Trainings: epoch by epoch, watched on validation data, with checkpoints that a crashed one goes on from."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

import whence
from examples.digits.beginning import EXPERIMENT, begin_run
from examples.digits.data import Images
from examples.digits.days import Days
from examples.digits.files import Files
from whence.tracking.handles import Artifact, Named

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
    """A trained model: its file, itself, and its best accuracy on the validation data."""

    stored: Artifact
    model: Any
    best: float


def train(
    days: Days,
    files: Files,
    plan: Plan,
    data: list[Images],
    validation: Images,
    *,
    start: tuple[Named, Any] | None = None,
    parent: str | None = None,
) -> Trained:
    """Train on the data, watched on the validation data; `start` is the model that it begins from."""
    with begin_run(days, plan.name, "TRAIN", parent=parent, **plan.params()) as run:
        _use_inputs(run, data, validation)
        model = plan.build()
        if start is not None:
            run.use_artifact(start[0], role="initialise")
            model = start[1]
        best = learn(files, run, plan, model, data, validation, first=1)
        stored = files.publish(run, f"{plan.model}/final.pickle", model, "model", step=plan.epochs)
    return Trained(stored, model, best)


def train_with_a_crash(
    days: Days, files: Files, plan: Plan, data: list[Images], validation: Images, *, crash_at: int
) -> Trained:
    """Train until the machine goes away, then go on from the last checkpoint: the same run, in another attempt."""
    run = begin_run(days, plan.name, "TRAIN", **plan.params())
    _use_inputs(run, data, validation)
    try:
        learn(files, run, plan, plan.build(), data, validation, first=1, crash_at=crash_at)
    except Crash:
        run.note("The machine went away.")
        run.finish("FAILED")
    from_step = crash_at - 1 - (crash_at - 1) % CHECKPOINT_EVERY
    model = files.read(_checkpoint(plan, from_step))
    with whence.init(
        EXPERIMENT, plan.name, id=run.id, resume="must", resume_from_step=from_step, snapshot=False, console=False
    ) as again:
        best = learn(files, again, plan, model, data, validation, first=from_step + 1)
        stored = files.publish(again, f"{plan.model}/final.pickle", model, "model", step=plan.epochs)
    return Trained(stored, model, best)


def learn(
    files: Files,
    run: whence.Run,
    plan: Plan,
    model: MLPClassifier,
    data: list[Images],
    validation: Images,
    *,
    first: int,
    crash_at: int | None = None,
) -> float:
    """Go over the data once an epoch, from epoch `first` to the plan's last; return the best validation accuracy."""
    pixels = numpy.concatenate([images.pixels for images in data])
    labels = numpy.concatenate([images.labels for images in data])
    best = 0.0
    for epoch in range(first, plan.epochs + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            order = numpy.random.default_rng([plan.seed, epoch]).permutation(len(labels))
            model.partial_fit(pixels[order], labels[order], classes=CLASSES)
        train_loss = log_loss(labels, model.predict_proba(pixels), labels=CLASSES)
        run.log({"train_loss": _round(train_loss)}, step=epoch)
        guessed = model.predict_proba(validation.pixels)
        accuracy = _round((guessed.argmax(axis=1) == validation.labels).mean())
        val_loss = _round(log_loss(validation.labels, guessed, labels=CLASSES))
        run.log({"val_loss": val_loss, "val_accuracy": accuracy}, step=epoch, on=validation.dataset)
        best = max(best, accuracy)
        if epoch == crash_at:
            raise Crash
        if epoch % CHECKPOINT_EVERY == 0:
            files.publish(run, _checkpoint(plan, epoch), model, "checkpoint", step=epoch)
    return best


def _round(value: Any) -> float:
    return round(float(value), 6)


def _use_inputs(run: whence.Run, data: list[Images], validation: Images) -> None:
    for images in data:
        run.use_dataset(images.dataset, role="train")
    run.use_dataset(validation.dataset, role="validation")


def _checkpoint(plan: Plan, epoch: int) -> str:
    return f"{plan.model}/epoch-{epoch:03}.pickle"
