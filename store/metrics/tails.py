"""The unsealed tail of a run: segments that are not in chunks yet, read as points of single series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from domain.points import Ints
from store.metrics.chunks import NO_POINTS, SeriesColumns
from store.metrics.segments import SegmentColumns, decode_segment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tail:
    """Points of segments, sorted by (key, attempt number) and within one by order of arrival."""

    keys: Ints
    attempts: Ints
    points: SeriesColumns

    def split(self) -> dict[tuple[int, int], SeriesColumns]:
        """Return the points of every (key, attempt), rising."""
        if not len(self.keys):
            return {}
        new = np.r_[True, (self.keys[1:] != self.keys[:-1]) | (self.attempts[1:] != self.attempts[:-1])]
        starts = np.flatnonzero(new)
        pairs = zip(self.keys[starts].tolist(), self.attempts[starts].tolist(), strict=True)
        bounds = pairwise([*starts.tolist(), len(self.keys)])
        return {pair: self.points.take(slice(a, b)) for pair, (a, b) in zip(pairs, bounds, strict=True)}


EMPTY_TAIL = Tail(keys=np.empty(0, np.int64), attempts=np.empty(0, np.int64), points=NO_POINTS)


def read_tail(rows: Sequence[Any], keys: Ints | None, sealed: tuple[int, int] | None) -> Tail:
    """Return the points of segment rows (order, attempt, payload; by order), of some keys or of all.

    `sealed` is (order, key) of an unfinished compaction: segments through that order are in chunks already for the
    keys through that key. Raises `CorruptPoints`.
    """
    parts: list[tuple[int, int, SegmentColumns]] = []
    for row in rows:
        columns = decode_segment(row["payload"], keys)
        if sealed is not None and row["order"] <= sealed[0]:
            columns = columns.select(columns.keys > sealed[1])
        if len(columns.values):
            parts.append((row["order"], row["attempt"], columns))
    if not parts:
        return EMPTY_TAIL
    return _join(parts)


def _join(parts: list[tuple[int, int, SegmentColumns]]) -> Tail:
    counts = [len(columns.values) for _, _, columns in parts]
    keys = np.concatenate([columns.key_column() for _, _, columns in parts])
    attempts = np.repeat(np.array([attempt for _, attempt, _ in parts], np.int64), counts)
    contexts = [
        columns.contexts if len(columns.contexts) else np.zeros(len(columns.values), np.int64)
        for _, _, columns in parts
    ]
    points = SeriesColumns(
        steps=np.concatenate([columns.steps for _, _, columns in parts]),
        times=np.concatenate([columns.times for _, _, columns in parts]),
        values=np.concatenate([columns.values for _, _, columns in parts]),
        orders=np.repeat(np.array([order for order, _, _ in parts], np.int64), counts),
        contexts=np.concatenate(contexts),
    )
    order = np.argsort(keys, kind="stable") if attempts.min() == attempts.max() else np.lexsort((attempts, keys))
    return Tail(keys=keys[order], attempts=attempts[order], points=points.take(order))
