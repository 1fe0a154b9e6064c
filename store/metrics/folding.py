"""Summaries as columns: points become one row a series, and rows of the same series become one, by array operations."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.points import Floats, Ints


@dataclass(slots=True, kw_only=True, eq=False)
class Places:
    """A point of every row: its step, time, value and the rank of its attempt (domain.metrics.MetricPoint.place)."""

    step: Ints
    time: Ints
    value: Floats
    rank: Ints

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Places:
        return Places(step=self.step[rows], time=self.time[rows], value=self.value[rows], rank=self.rank[rows])

    @classmethod
    def concatenate(cls, parts: list[Places]) -> Self:
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


@dataclass(slots=True, kw_only=True, eq=False)
class Folds:
    """One summary a row. `series` numbers what a row is of; among rows of one series, later rows arrived later.

    A row without minimum (all its points are NaN) has NaN as the value of `minimum` and `maximum`.
    """

    series: Ints
    count: Ints
    nans: Ints
    infinities: Ints
    first: Places
    last: Places
    minimum: Places
    maximum: Places

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def of_points(cls, series: Ints, points: Places) -> Self:
        """Return one row a point."""
        values = points.value
        ones = np.ones(len(values), np.int64)
        return cls(
            series=series,
            count=ones,
            nans=np.isnan(values).astype(np.int64),
            infinities=np.isinf(values).astype(np.int64),
            first=points,
            last=points,
            minimum=points,
            maximum=points,
        )

    @classmethod
    def concatenate(cls, parts: list[Folds]) -> Self:
        return cls(
            series=np.concatenate([part.series for part in parts]),
            count=np.concatenate([part.count for part in parts]),
            nans=np.concatenate([part.nans for part in parts]),
            infinities=np.concatenate([part.infinities for part in parts]),
            first=Places.concatenate([part.first for part in parts]),
            last=Places.concatenate([part.last for part in parts]),
            minimum=Places.concatenate([part.minimum for part in parts]),
            maximum=Places.concatenate([part.maximum for part in parts]),
        )

    def renamed(self, series: Ints, rank: int) -> Folds:
        """Return the rows under other numbers, of points whose attempt has this rank."""
        ranks = np.full(len(self), rank, np.int64)
        return replace(self, series=series, first=replace(self.first, rank=ranks), last=replace(self.last, rank=ranks))

    def merge(self) -> Folds:
        """Return one row a series, in the order of the series' numbers."""
        if len(self) == 0:
            return self
        order = np.argsort(self.series, kind="stable")
        ordered = self.series[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        if len(starts) == len(order) and (order[1:] > order[:-1]).all():
            return self
        return Folds(
            series=ordered[starts],
            count=np.add.reduceat(self.count[order], starts),
            nans=np.add.reduceat(self.nans[order], starts),
            infinities=np.add.reduceat(self.infinities[order], starts),
            first=_first(self.first.take(order), starts),
            last=_last(self.last.take(order), starts),
            minimum=_extreme(self.minimum.take(order), starts, sign=1),
            maximum=_extreme(self.maximum.take(order), starts, sign=-1),
        )


def fold_points(series: Ints, points: Places) -> Folds:
    """Return one row a series of points in the order of their arrival."""
    return Folds.of_points(series, points).merge()


def _bounds(starts: Ints, length: int) -> tuple[Ints, Ints]:
    counts = np.diff(np.r_[starts, length])
    return np.repeat(np.arange(len(starts)), counts), counts


def _rises(places: Places, starts: Ints) -> bool:
    """Say whether every series' steps rise strictly: then its first row is first and its last is last."""
    rising = places.step[1:] > places.step[:-1]
    rising[starts[1:] - 1] = True
    return bool(rising.all())


def _first(places: Places, starts: Ints) -> Places:
    if _rises(places, starts):
        return places.take(starts)
    groups, _ = _bounds(starts, len(places.step))
    # lexsort is stable: among equals the earlier arrival stays first.
    order = np.lexsort((places.time, places.rank, places.step, groups))
    return places.take(order[starts])


def _last(places: Places, starts: Ints) -> Places:
    ends = np.r_[starts[1:], len(places.step)] - 1
    if _rises(places, starts):
        return places.take(ends)
    groups, _ = _bounds(starts, len(places.step))
    order = np.lexsort((places.time, places.rank, places.step, groups))
    return places.take(order[ends])


def _extreme(places: Places, starts: Ints, *, sign: int) -> Places:
    """Return the lowest (sign 1) or highest value of every series; among equals that of the lowest step, then time."""
    groups, counts = _bounds(starts, len(places.step))
    signed = places.value if sign == 1 else -places.value
    lowest = np.fmin.reduceat(signed, starts)
    candidates = np.flatnonzero((signed == np.repeat(lowest, counts)) | np.repeat(np.isnan(lowest), counts))
    where = groups[candidates]
    if len(candidates) > len(starts):
        order = np.lexsort((places.time[candidates], places.step[candidates], where))
        candidates, where = candidates[order], where[order]
    return places.take(candidates[np.searchsorted(where, np.arange(len(starts)))])
