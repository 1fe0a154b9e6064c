"""The project from its first image to its last deployment, a step a day."""

from __future__ import annotations

import copy

from examples.digits.choosing import combine, select, sweep
from examples.digits.data import FIRST, Images, Parts, extend_training_data, ingest, split
from examples.digits.evaluating import evaluate
from examples.digits.files import Files
from examples.digits.journal import EXPERIMENT, Journal, Ref
from examples.digits.registry import deploy, register, set_alias, undeploy
from examples.digits.training import Plan, Trained, train, train_with_a_crash

ALL = 1797
CLASSIFIER, TUNED, ENSEMBLE = "digits-classifier", "digits-tuned", "digits-ensemble"


class Story:
    """What one step leaves for the next ones."""

    def __init__(self, journal: Journal, files: Files) -> None:
        self.journal = journal
        self.files = files

    def tell(self) -> None:
        """Do all of it."""
        self._define()
        parts = self._gather()
        base = self._train_the_first(parts)
        more = self._bring_more(parts)
        second = self._fine_tune(base, more, parts)
        wide = self._train_the_wide_one(more, parts)
        tuned = self._sweep(more, parts)
        self._combine(second, wide, tuned, parts)
        self._leak(parts)

    def _define(self) -> None:
        self.journal.write("experiment", name=EXPERIMENT, description="Handwritten digits, from images to deployments.")
        for key, goal in (
            ("train_loss", "MIN"),
            ("val_loss", "MIN"),
            ("val_accuracy", "MAX"),
            ("test_accuracy", "MAX"),
        ):
            self.journal.write("metric_definition", experiment=EXPERIMENT, key=key, goal=goal)

    def _gather(self) -> Parts:
        raw = ingest(self.journal, self.files, "1", 0, FIRST)
        return split(self.journal, self.files, raw)

    def _train_the_first(self, parts: Parts) -> Trained:
        self.journal.days.begin_next()
        base = train(self.journal, self.files, Plan("train base", "base"), [parts.train], parts.validation)
        self._next_day()
        evaluate(self.journal, self.files, "base", base.model, base.stored.ref, parts.test)
        ref = register(self.journal, base.stored, CLASSIFIER, "1")
        set_alias(self.journal, CLASSIFIER, "champion", "1")
        deploy(self.journal, ref, "/digits", "1")
        return base

    def _bring_more(self, parts: Parts) -> Images:
        raw = ingest(self.journal, self.files, "2", FIRST, ALL)
        return extend_training_data(self.journal, self.files, raw, parts.train)

    def _fine_tune(self, base: Trained, data: Images, parts: Parts) -> tuple[Ref, Trained]:
        self._next_day()
        start = ({"model": {"name": CLASSIFIER, "alias": "champion"}}, copy.deepcopy(base.model))
        plan = Plan("fine-tune", "fine-tuned", epochs=6, rate=0.002)
        tuned = train(self.journal, self.files, plan, [data], parts.validation, start=start)
        self._next_day()
        evaluate(self.journal, self.files, "fine-tuned", tuned.model, tuned.stored.ref, parts.test)
        ref = register(self.journal, tuned.stored, CLASSIFIER, "2")
        set_alias(self.journal, CLASSIFIER, "champion", "2")
        deploy(self.journal, ref, "/digits", "2")
        undeploy(self.journal, "/digits", "1")
        return ref, tuned

    def _train_the_wide_one(self, data: Images, parts: Parts) -> Trained:
        self._next_day()
        plan = Plan("train wide", "wide", epochs=12, width=64, entry_point="training.py:train_with_a_crash")
        return train_with_a_crash(self.journal, self.files, plan, [data], parts.validation, crash_at=8)

    def _sweep(self, data: Images, parts: Parts) -> tuple[Ref, Trained]:
        self._next_day()
        candidates = sweep(self.journal, self.files, [data], parts.validation, [0.0005, 0.003, 0.02])
        self._next_day()
        winner = select(self.journal, candidates, parts.validation, TUNED, "1")
        return register(self.journal, winner.stored, TUNED, "1"), winner

    def _combine(self, second: tuple[Ref, Trained], wide: Trained, tuned: tuple[Ref, Trained], parts: Parts) -> None:
        self._next_day()
        members = [(second[0], second[1].model), (wide.stored.ref, wide.model), (tuned[0], tuned[1].model)]
        ensemble = combine(self.journal, self.files, members, "ensemble")
        self._next_day()
        evaluate(self.journal, self.files, "ensemble", ensemble.model, ensemble.stored.ref, parts.test)
        ref = register(self.journal, ensemble.stored, ENSEMBLE, "1")
        deploy(self.journal, ref, "/digits-canary", "1")
        self._next_day()
        undeploy(self.journal, "/digits-canary", "1")

    def _leak(self, parts: Parts) -> None:
        """Train on the test part too, as happens where somebody reads a whole folder: a leak, on purpose."""
        self._next_day()
        plan = Plan("train careless", "careless", epochs=8)
        data = [parts.train, parts.test]
        careless = train(self.journal, self.files, plan, data, parts.validation)
        evaluate(self.journal, self.files, "careless", careless.model, careless.stored.ref, parts.test)
        register(self.journal, careless.stored, "digits-careless", "1")

    def _next_day(self) -> None:
        self.journal.days.begin_next()
