"""The project from its first image to its last deployment, a step a day."""

from __future__ import annotations

import copy
from typing import Any

from examples.digits.choosing import combine, select, sweep
from examples.digits.data import FIRST, Images, Parts, extend_training_data, ingest, split
from examples.digits.days import Days
from examples.digits.evaluating import evaluate
from examples.digits.files import Files
from examples.digits.registry import Ref, Registry
from examples.digits.training import Plan, Trained, train, train_with_a_crash
from whence.tracking.handles import Named

ALL = 1797
CLASSIFIER, TUNED, ENSEMBLE = "digits-classifier", "digits-tuned", "digits-ensemble"


class Story:
    """What one step leaves for the next ones."""

    def __init__(self, days: Days, files: Files, registry: Registry) -> None:
        self.days = days
        self.files = files
        self.registry = registry

    def tell(self) -> None:
        """Do all of it."""
        parts = self._gather()
        base = self._train_the_first(parts)
        more = self._bring_more(parts)
        second = self._fine_tune(base, more, parts)
        wide = self._train_the_wide_one(more, parts)
        tuned = self._sweep(more, parts)
        self._combine(second, wide, tuned, parts)
        self._leak(parts)

    def _gather(self) -> Parts:
        raw = ingest(self.days, self.files, "1", 0, FIRST)
        return split(self.days, self.files, raw)

    def _train_the_first(self, parts: Parts) -> Trained:
        self.days.begin_next()
        base = train(self.days, self.files, Plan("train base", "base"), [parts.train], parts.validation)
        self._next_day()
        evaluate(self.days, self.files, "base", base.model, base.stored, parts.test)
        ref = self.registry.register(base.stored, CLASSIFIER, "1")
        self.registry.set_alias(CLASSIFIER, "champion", "1")
        self.registry.deploy(ref, "/digits", "1")
        return base

    def _bring_more(self, parts: Parts) -> Images:
        raw = ingest(self.days, self.files, "2", FIRST, ALL)
        return extend_training_data(self.days, self.files, raw, parts.train)

    def _fine_tune(self, base: Trained, data: Images, parts: Parts) -> tuple[Ref, Trained]:
        self._next_day()
        start = ({"model": {"name": CLASSIFIER, "alias": "champion"}}, copy.deepcopy(base.model))
        plan = Plan("fine-tune", "fine-tuned", epochs=6, rate=0.002)
        tuned = train(self.days, self.files, plan, [data], parts.validation, start=start)
        self._next_day()
        evaluate(self.days, self.files, "fine-tuned", tuned.model, tuned.stored, parts.test)
        ref = self.registry.register(tuned.stored, CLASSIFIER, "2")
        self.registry.set_alias(CLASSIFIER, "champion", "2")
        self.registry.deploy(ref, "/digits", "2")
        self.registry.undeploy("/digits", "1")
        return ref, tuned

    def _train_the_wide_one(self, data: Images, parts: Parts) -> Trained:
        self._next_day()
        plan = Plan("train wide", "wide", epochs=12, width=64)
        return train_with_a_crash(self.days, self.files, plan, [data], parts.validation, crash_at=8)

    def _sweep(self, data: Images, parts: Parts) -> tuple[Ref, Trained]:
        self._next_day()
        candidates = sweep(self.days, self.files, [data], parts.validation, [0.0005, 0.003, 0.02])
        self._next_day()
        winner = select(self.days, self.registry, candidates, parts.validation, TUNED, "1")
        return self.registry.register(winner.stored, TUNED, "1"), winner

    def _combine(self, second: tuple[Ref, Trained], wide: Trained, tuned: tuple[Ref, Trained], parts: Parts) -> None:
        self._next_day()
        members: list[tuple[Named, Any]] = [
            (second[0], second[1].model),
            (wide.stored, wide.model),
            (tuned[0], tuned[1].model),
        ]
        ensemble = combine(self.days, self.files, members, "ensemble")
        self._next_day()
        evaluate(self.days, self.files, "ensemble", ensemble.model, ensemble.stored, parts.test)
        ref = self.registry.register(ensemble.stored, ENSEMBLE, "1")
        self.registry.deploy(ref, "/digits-canary", "1")
        self._next_day()
        self.registry.undeploy("/digits-canary", "1")

    def _leak(self, parts: Parts) -> None:
        """Train on the test part too, as happens where somebody reads a whole folder: a leak, on purpose."""
        self._next_day()
        plan = Plan("train careless", "careless", epochs=8)
        data = [parts.train, parts.test]
        careless = train(self.days, self.files, plan, data, parts.validation)
        evaluate(self.days, self.files, "careless", careless.model, careless.stored, parts.test)
        self.registry.register(careless.stored, "digits-careless", "1")

    def _next_day(self) -> None:
        self.days.begin_next()
