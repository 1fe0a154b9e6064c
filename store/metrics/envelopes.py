"""An envelope: a long series as few points that keep every minimum and maximum, and both ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from domain.points import Floats, Ints
from store.metrics.folding import Folds, Places

MAX_CUT = 64
"""Chunks that may be opened because a border cuts them (0.1 ms each); beyond, borders move to chunk borders."""

ENDS = 2
"""Points of an answer that are kept for the ends of the series."""


def make_borders(first: Ints, last: Ints, *, points: int, room: int) -> Ints:
    """Return the steps that begin the buckets of an envelope of at most `points` points, the first bucket's left out.

    `first` and `last` are the steps of chunks, `room` says how many of them may be cut. Buckets are of equal width in
    steps; a border moves to the nearest chunk's begin if that is at most half a bucket away, and if too many chunks
    would still be cut, all borders do.
    """
    buckets = max(1, (points - ENDS) // 2)
    low, high = int(first.min()), int(last.max())
    # In Python's integers: the range may be wider than 2^63.
    borders = np.array([low + (high - low) * n // buckets for n in range(1, buckets)], np.int64)
    begins = np.unique(first)
    snapped = _snap(borders, begins)
    width = max(1, (high - low) // buckets)
    near = np.abs(snapped.astype(np.float64) - borders.astype(np.float64)) <= width / 2
    moved = np.unique(np.where(near, snapped, borders))
    if np.count_nonzero(is_cut(moved, first, last)) <= room:
        return moved
    return np.unique(snapped)


def is_cut(borders: Ints, first: Ints, last: Ints) -> NDArray[np.bool_]:
    """Say which chunks have points in more than one bucket."""
    cut: NDArray[np.bool_] = np.searchsorted(borders, first, "right") != np.searchsorted(borders, last, "right")
    return cut


def _snap(borders: Ints, begins: Ints) -> Ints:
    at = np.searchsorted(begins, borders)
    left, right = begins[np.maximum(at - 1, 0)], begins[np.minimum(at, len(begins) - 1)]
    distances = borders.astype(np.float64) - left.astype(np.float64), right.astype(np.float64) - borders
    return np.where(distances[0] <= distances[1], left, right)


def reduce_rows(rows: Folds, borders: Ints) -> tuple[Ints, Ints, Floats, Ints]:
    """Return steps, times, values and ranks of the envelope of rows (points, or chunks that lie in one bucket).

    A bucket gives its minimum and its maximum in the order of their steps (one point where they are the same), or its
    first point where all are NaN; the series' first and last point are always there.
    """
    buckets = np.searchsorted(borders, rows.first.step, "right").astype(np.int64)
    folded = replace(rows, series=buckets).merge()
    empty = np.isnan(folded.minimum.value)
    whole = replace(folded, series=np.zeros(len(folded), np.int64)).merge()
    found = Places.concatenate(
        [
            whole.first,
            folded.minimum.take(~empty),
            folded.maximum.take(~empty),
            folded.first.take(empty),
            whole.last,
        ]
    )
    return _sorted_once(found)


def _sorted_once(places: Places) -> tuple[Ints, Ints, Floats, Ints]:
    bits = places.value.view(np.int64)
    order = np.lexsort((bits, places.time, places.rank, places.step))
    columns = [places.step[order], places.rank[order], places.time[order], bits[order]]
    again = np.ones(len(order), np.bool_)
    for column in columns:
        again[1:] &= column[1:] == column[:-1]
    again[0] = False
    kept = ~again
    return columns[0][kept], columns[2][kept], places.value[order][kept], columns[1][kept]
