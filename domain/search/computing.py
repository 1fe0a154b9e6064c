"""What the functions of an aggregate compute, of any finite numbers: also of those whose sum or square is none."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from domain.search.aggregates import Function

LARGE = 1e150
"""From here on the squares of few numbers overflow. Postgres refuses to add them up, so they are computed here."""

HALF = 0.5


def compute(function: Function, values: Sequence[float]) -> float | None:
    """Return a function of finite numbers in their order; None where there is nothing to compute.

    A deviation beyond the largest double is infinity. Percentiles: type 7 of Hyndman and Fan, 1996.
    """
    if function is Function.COUNT:
        return float(len(values))
    if not values:
        return None
    if function.fraction is not None:
        return _interpolate(values, function.fraction)
    match function:
        case Function.MIN:
            return values[0]
        case Function.MAX:
            return values[-1]
        case Function.MEAN:
            return _average(values)
        case _:
            return _deviate(values) if len(values) > 1 else None


def _average(values: Sequence[float]) -> float:
    try:
        return statistics.fmean(values)
    except OverflowError:  # of the sum, never of the mean
        return float(statistics.mean(values))


def _deviate(values: Sequence[float]) -> float:
    try:
        return statistics.stdev(values)
    except OverflowError:
        return math.inf


def _interpolate(values: Sequence[float], fraction: float) -> float:
    place = fraction * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    share = place - low
    if math.isinf(values[high] - values[low]):
        return (values[low] * HALF * (1 - share) + values[high] * HALF * share) / HALF
    return values[low] + (values[high] - values[low]) * share
