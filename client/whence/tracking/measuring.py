"""Metrics of a run: points by step, and what was measured on what."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

from whence.tracking.columns import Context
from whence.tracking.handles import Named, find_reference
from whence.tracking.recording import MAX_ROWS
from whence.tracking.values import is_plain, make_plain
from whence.tracking.writing import RunWriter, drop_none

_LEAST_STEP = -(1 << 63)
_GREATEST_STEP = (1 << 63) - 1

_GOALS = {"minimize": "MIN", "maximize": "MAX"}
Goal = Literal["minimize", "maximize"]


class Measures(RunWriter):
    """A run that is measured."""

    _contexts: dict[Any, Context | None]

    def log(
        self,
        values: Mapping[str, Any],
        step: int | None = None,
        *,
        on: Named | None = None,
        subset: str | None = None,
        of: Named | None = None,
    ) -> None:
        """Log metrics of one step, in about a microsecond.

        `values` maps keys (1 to 500 characters) to numbers: NaN and infinities are kept, tensors and arrays of one
        element are read at once, nested mappings become `outer/inner`; what is no number is left out with a warning.
        `step` is an int64; left out, it counts on from the last one. `on` is what was measured on and `of` what was
        measured: what `use_dataset`, `log_artifact` or `register_model` gave back, or a reference; `subset` is a part
        of `on`.
        """
        if self._ended:
            self._warn("log() after finish(): nothing is recorded")
            return
        if not is_plain(values):
            values = make_plain(values, self._warn)
        if self._prefix:
            values = {self._prefix + key: value for key, value in values.items()}
        else:
            values = dict(values)
        if not values:
            return
        rows = self._rows
        rows.append((values, self._count(step), time.time_ns() // 1_000_000, self._find_context(on, subset, of)))
        if len(rows) == 1:
            self._wake()
        elif len(rows) > MAX_ROWS:
            self._recorder.flush()

    def define_metric(
        self, key: str, *, goal: Goal | None = None, unit: str | None = None, step_metric: str | None = None
    ) -> None:
        """Say what a metric of the run's experiment means; saying it again replaces it.

        `goal` is what `best` goes by, `unit` such as `nats` or `s`, `step_metric` the key of the metric that is its
        horizontal axis, where that is not the step.
        """
        wanted = None if goal is None else _GOALS.get(goal, goal.upper())
        fields = {"experiment": self.experiment, "key": key, "goal": wanted, "unit": unit, "stepMetric": step_metric}
        self._add_keyed("defineMetric", drop_none(fields))

    def _count(self, step: int | None) -> int | None:
        if step is None:
            step = self._next_step
        elif step.__class__ is not int or not _LEAST_STEP <= step <= _GREATEST_STEP:
            step = self._read_step(step)
        if step is None:  # a resumed run: the service counts on from its highest step
            return None
        if self._next_step is not None and step >= self._next_step:
            self._next_step = step + 1
        return step

    def _read_step(self, step: Any) -> int | None:
        """Return a step as an int64; what cannot be one counts as left out."""
        try:
            read = int(step)
        except (TypeError, ValueError, OverflowError):
            read = None
        if read is not None and _LEAST_STEP <= read <= _GREATEST_STEP:
            return read
        self._warn(f"step {str(step)[:40]} is no int64; the points count on from the last step")
        return self._next_step

    def _find_context(self, on: Named | None, subset: str | None, of: Named | None) -> Context | None:
        """Return the context of points, the same object for the same things: points are grouped by it."""
        if on is None and of is None and subset is None:
            return None
        key: Any = (on, subset, of)
        try:
            return self._contexts[key]
        except KeyError:
            pass
        except TypeError:  # a reference as a mapping has no hash
            key = repr(key)
        if key not in self._contexts:
            self._contexts[key] = self._make_context({"on": on, "subset": subset, "of": of})
        return self._contexts[key]

    def _make_context(self, given: dict[str, Any]) -> Context | None:
        made: list[tuple[str, Any]] = []
        for name, value in drop_none(given).items():
            try:
                made.append((name, value if name == "subset" else find_reference(value)))
            except TypeError as exc:
                self._warn(f"log({name}=...): {exc}; the points are logged without it")
        return tuple(made) or None
