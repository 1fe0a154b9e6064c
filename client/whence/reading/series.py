"""Curves of runs as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whence.service import Service

if TYPE_CHECKING:
    import numpy

MOST_POINTS = 1_000_000
_DOCUMENT = """query Series($run: ID!, $keys: [String!]!, $points: Int!, $steps: StepRange) {
  metricSeries(run: $run, keys: $keys, points: $points, steps: $steps) { key exact count steps values timesMs }
}"""
_NAMES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


@dataclass(frozen=True)
class Series:
    """Points of one metric of one run, in the order of steps; the three arrays are of one length."""

    key: str
    steps: numpy.ndarray[Any, Any]
    """int64."""
    values: numpy.ndarray[Any, Any]
    """float64; NaN and infinities as they were logged."""
    times_ms: numpy.ndarray[Any, Any]
    """int64, milliseconds since 1970."""
    exact: bool
    """False where more points than asked for were reduced to an envelope of their lowest and highest values."""
    count: int
    """How many points there are."""

    def __len__(self) -> int:
        return len(self.steps)


def fetch_series(
    service: Service, run: str, keys: Sequence[str], *, points: int, steps: tuple[int, int] | None
) -> list[Series]:
    """Return one series for each key, empty where the run has none. Raises `Problem`, `Unreachable`."""
    import numpy

    span = None if steps is None else {"from": steps[0], "to": steps[1]}
    found = service.execute(_DOCUMENT, {"run": run, "keys": list(keys), "points": points, "steps": span})
    return [
        Series(
            one["key"],
            numpy.array(one["steps"], numpy.int64),
            numpy.array([_NAMES.get(value, value) for value in one["values"]], numpy.float64),
            numpy.array(one["timesMs"], numpy.int64),
            exact=one["exact"],
            count=one["count"],
        )
        for one in found["metricSeries"]
    ]
