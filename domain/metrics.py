"""What a metric series says: points, summaries and how they fold, goals, contexts, and the limits on all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from domain.ids import NodeKey

MAX_POINTS = 1_000_000
"""Points that one request may hold."""

MAX_SERIES = 100_000
"""Series that one run may have."""

MAX_CONTEXTS = 1_000
"""Contexts (on, subset, of) that the points of one run may declare."""

SYSTEM = "system/"
"""The namespace of what machines measure of themselves: left out of lists unless it is asked for."""

RANK = "rank/"
"""The namespace of what single ranks of a distributed run log: left out of lists unless it is asked for."""

HIDDEN = (SYSTEM, RANK)


class Goal(Enum):
    """Which end of a metric is the good one."""

    MIN = "MIN"
    MAX = "MAX"


class Attempts(Enum):
    """Which attempts' points a reader wants."""

    CURRENT = "CURRENT"
    ALL = "ALL"


class Duplicates(Enum):
    """What a reader wants where a series has several points at one step."""

    ALL = "ALL"
    LAST_PER_STEP = "LAST_PER_STEP"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricContext:
    """What points were measured on (a data version and a subset of it), and of (a checkpoint or model version)."""

    on: NodeKey | None = None
    subset: str | None = None
    of: NodeKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One value at a step and a time (milliseconds since 1970). `rank` is its attempt's place in the run's order."""

    step: int
    time: int
    value: float
    rank: int = 0

    @property
    def place(self) -> tuple[int, int, int]:
        """What "first" and "last" go by; among equals, arrival decides."""
        return self.step, self.rank, self.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What run tables show of a series: NaN is counted and may be first or last, and is never minimum or maximum."""

    count: int
    nans: int
    infinities: int
    first: MetricPoint
    last: MetricPoint
    minimum: MetricPoint | None
    maximum: MetricPoint | None

    @classmethod
    def of(cls, point: MetricPoint) -> Self:
        """Return the summary of one point."""
        nan = math.isnan(point.value)
        extreme = None if nan else point
        return cls(
            count=1,
            nans=int(nan),
            infinities=int(math.isinf(point.value)),
            first=point,
            last=point,
            minimum=extreme,
            maximum=extreme,
        )

    def merge(self, later: Summary) -> Self:
        """Return the summary of both sets of points, of which `later` arrived after."""
        return replace(
            self,
            count=self.count + later.count,
            nans=self.nans + later.nans,
            infinities=self.infinities + later.infinities,
            first=later.first if later.first.place < self.first.place else self.first,
            last=later.last if later.last.place >= self.last.place else self.last,
            minimum=_extreme(self.minimum, later.minimum, sign=1),
            maximum=_extreme(self.maximum, later.maximum, sign=-1),
        )

    def best(self, goal: Goal | None) -> MetricPoint | None:
        """Return the best point by a goal; without a goal nothing is best."""
        if goal is None:
            return None
        return self.minimum if goal is Goal.MIN else self.maximum


def _extreme(a: MetricPoint | None, b: MetricPoint | None, *, sign: int) -> MetricPoint | None:
    """Return the lower (sign 1) or higher (sign -1) value; among equals that of the lowest step, then time."""
    if a is None or b is None:
        return b if a is None else a
    return b if (sign * b.value, b.step, b.time) < (sign * a.value, a.step, a.time) else a


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDefinition:
    """What is known of a key in an experiment: its goal, its unit, and the metric that is its horizontal axis."""

    goal: Goal | None = None
    unit: str | None = None
    step_metric: str | None = None
