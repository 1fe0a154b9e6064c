"""One series put together from its chunks and its tail: which chunks must be opened, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from domain.attempts import AttemptOrder
from domain.metrics import Attempts, Duplicates
from domain.points import Floats, Ints
from store.metrics.chunks import ChunkID, Curve, SeriesColumns, open_curve
from store.metrics.envelopes import MAX_CUT, is_cut, make_borders, reduce_rows
from store.metrics.folding import Folds, Places
from store.metrics.headers import NO_LIMIT, Headers, limits_of, ranks_of

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Points as they are answered; `count` is that of all that were asked for. `contexts` is None where all are 0."""

    exact: bool
    count: int
    steps: Ints
    times: Ints
    values: Floats
    ranks: Ints
    contexts: Ints | None = None

    @classmethod
    def empty(cls) -> Self:
        none = np.empty(0, np.int64)
        return cls(exact=True, count=0, steps=none, times=none, values=np.empty(0, np.float64), ranks=none)


@dataclass(slots=True, kw_only=True, eq=False)
class SeriesSource:
    """What stands of one series: chunk headers, tail points by attempt, and what the reader wants of them."""

    headers: Headers
    tail: Mapping[int, SeriesColumns]
    order: AttemptOrder
    steps: tuple[int, int]
    attempts: Attempts
    duplicates: Duplicates
    _whole: Flags = field(init=False)
    _closed: Flags = field(init=False)
    _borders: Ints | None = field(init=False, default=None)

    def plan(self, points: int | None) -> list[ChunkID]:
        """Decide which chunks are opened, and return them; the others answer by their headers."""
        first, last = self.headers.ints("first_step"), self.headers.ints("last_step")
        top = np.minimum(self._limits(self.headers.ints("attempt")), self.steps[1])
        touched = first <= top
        self._whole = touched & (first >= self.steps[0]) & (last <= top)
        if self.duplicates is Duplicates.LAST_PER_STEP:
            self._whole &= ~self._has_doubles(touched)
        self._closed = np.zeros(len(self.headers), np.bool_)
        if points is not None and int(self.headers.ints("count")[self._whole].sum()) > points:
            self._plan_envelope(points)
        return self.headers.take(touched & ~self._closed).ids()

    def _plan_envelope(self, points: int) -> None:
        first = self.headers.ints("first_step")[self._whole]
        last = self.headers.ints("last_step")[self._whole]
        self._borders = make_borders(first, last, points=points, room=MAX_CUT)
        self._closed = self._whole.copy()
        self._closed[self._whole] = ~is_cut(self._borders, first, last)

    def _has_doubles(self, touched: Flags) -> Flags:
        """Say of which chunks a step may occur twice: in themselves, in a chunk beside them, or in the tail."""
        first, last = self.headers.ints("first_step"), self.headers.ints("last_step")
        begins, ends = np.sort(first[touched]), np.sort(last[touched])
        overlaps = np.searchsorted(begins, last, "right") - np.searchsorted(ends, first, "left") > 1
        steps = np.sort(np.concatenate([np.empty(0, np.int64), *(one.steps for one in self.tail.values())]))
        in_tail = np.searchsorted(steps, last, "right") > np.searchsorted(steps, first, "left")
        return np.asarray(self.headers.columns["repeats"]) | overlaps | in_tail

    def read(self, points: int | None, opened: Mapping[int, Any]) -> Series:
        """Return the series, from headers and those chunks that `plan` asked for, by number."""
        columns, ranks = self._gather(opened)
        if self.duplicates is Duplicates.LAST_PER_STEP and len(columns):
            last = np.r_[columns.steps[1:] != columns.steps[:-1], True]
            columns, ranks = columns.take(last), ranks[last]
        closed = self.headers.take(self._closed)
        count = len(columns) + int(closed.ints("count").sum())
        if points is None or (count <= points and not len(closed)):
            return Series(
                exact=True,
                count=count,
                steps=columns.steps,
                times=columns.times,
                values=columns.values,
                ranks=ranks,
                contexts=columns.contexts,
            )
        return self._reduce(points, count, columns, ranks, closed)

    def _gather(self, opened: Mapping[int, Any]) -> tuple[Curve, Ints]:
        """Return all opened points that were asked for, by (step, rank, time), then arrival; and their ranks."""
        numbers = self.headers.ints("number").tolist()
        rows = [(opened[number], row) for row, number in enumerate(numbers) if number in opened]
        together = open_curve([row for row, _ in rows], list(self.tail.values()))
        if not len(together):
            return together, together.steps
        headers = self.headers.ints("attempt")[[row for _, row in rows]] if rows else np.empty(0, np.int64)
        counts = [row["count"] for row, _ in rows] + [len(part) for part in self.tail.values()]
        attempts = np.repeat(np.r_[headers, np.array(list(self.tail), np.int64)], counts)
        top = np.minimum(self._limits(attempts), self.steps[1])
        kept = (together.steps >= self.steps[0]) & (together.steps <= top)
        if not kept.all():
            together, attempts = together.take(kept), attempts[kept]
        ranks = ranks_of(self.order, attempts)
        if (together.steps[1:] > together.steps[:-1]).all():
            return together, ranks
        # Stable: among equals those of chunks come first, then those of the tail by arrival, as they arrived.
        order = np.lexsort((together.times, ranks, together.steps))
        return together.take(order), ranks[order]

    def _reduce(self, points: int, count: int, columns: Curve, ranks: Ints, closed: Headers) -> Series:
        rows = [Folds.of_points(columns.steps, _places(columns, ranks))] if len(columns) else []
        if len(closed):
            rows.append(closed.fold(closed.ints("first_step"), ranks_of(self.order, closed.ints("attempt"))))
        together = Folds.concatenate(rows)
        borders = self._borders
        if borders is None:
            borders = make_borders(together.first.step, together.last.step, points=points, room=len(together))
        steps, times, values, kept = reduce_rows(together, borders)
        return Series(exact=False, count=count, steps=steps, times=times, values=values, ranks=kept)

    def _limits(self, attempts: Ints) -> Ints:
        if self.attempts is Attempts.ALL:
            return np.full(len(attempts), NO_LIMIT, np.int64)
        return limits_of(self.order, attempts)


def _places(columns: Curve, ranks: Ints) -> Places:
    return Places(step=columns.steps, time=columns.times, value=columns.values, rank=ranks)
