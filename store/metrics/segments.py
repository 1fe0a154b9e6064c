"""A segment's payload: the points of one request, sorted by key, in columns."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.ids import RunID, WorkspaceID
from domain.metrics import MAX_POINTS
from domain.points import Floats, Ints
from store.metrics.codec import CorruptPoints, decode_floats, decode_ints, encode_floats, encode_ints

VERSION = 1
_HEAD = struct.Struct("<BII7I")

INSERT_SEGMENTS = """
INSERT INTO metric_segments (workspace, run, "order", attempt, nonce, points, lowest_step, highest_step, payload)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[], $5::bigint[], $6::int[], $7::bigint[],
                     $8::bigint[], $9::bytea[])
"""

Segment = tuple[WorkspaceID, RunID, int, int, int, int, int, int, bytes]
"""A row of a segment, as it is inserted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentColumns:
    """Points sorted by key; those of one key in the order in which they were given.

    `keys` are interned ids, rising; `counts` says how many points each has. `contexts` are numbers of the run's
    contexts, 0 for none; empty where no point has one.
    """

    keys: Ints
    counts: Ints
    steps: Ints
    times: Ints
    values: Floats
    contexts: Ints

    @property
    def starts(self) -> Ints:
        """Where the points of each key begin."""
        starts = np.zeros(len(self.counts), np.int64)
        np.cumsum(self.counts[:-1], out=starts[1:])
        return starts

    def key_column(self) -> Ints:
        """Return the key of every point."""
        return np.repeat(self.keys, self.counts)

    def select(self, wanted: NDArray[np.bool_]) -> SegmentColumns:
        """Return the points of those keys (one flag a key)."""
        points = np.repeat(wanted, self.counts)
        return SegmentColumns(
            keys=self.keys[wanted],
            counts=self.counts[wanted],
            steps=self.steps[points],
            times=self.times[points],
            values=self.values[points],
            contexts=self.contexts[points] if len(self.contexts) else self.contexts,
        )


@dataclass(frozen=True, slots=True)
class SegmentParts:
    """A segment's encoded columns: what does not depend on the run's counters is encoded before its transaction."""

    points: int
    keys: int
    columns: tuple[bytes, bytes, bytes, bytes, bytes, bytes]

    def pack(self) -> bytes:
        sizes = [len(column) for column in self.columns]
        return b"".join([_HEAD.pack(VERSION, self.points, self.keys, *sizes, 0), *self.columns])

    def with_steps(self, steps: Ints) -> SegmentParts:
        keys, counts, _, times, values, contexts = self.columns
        return SegmentParts(self.points, self.keys, (keys, counts, encode_ints(steps), times, values, contexts))

    def with_contexts(self, contexts: Ints) -> SegmentParts:
        return SegmentParts(self.points, self.keys, (*self.columns[:5], encode_ints(contexts)))


def encode_segment(columns: SegmentColumns) -> SegmentParts:
    """Encode all columns."""
    return SegmentParts(
        len(columns.values),
        len(columns.keys),
        (
            encode_ints(columns.keys),
            encode_ints(columns.counts),
            encode_ints(columns.steps),
            encode_ints(columns.times),
            encode_floats(columns.values),
            encode_ints(columns.contexts) if len(columns.contexts) else b"",
        ),
    )


def decode_segment(payload: bytes, keys: Ints | None = None) -> SegmentColumns:
    """Return a segment's points, or those of `keys` (sorted) alone. Raises `CorruptPoints`."""
    try:
        version, points, count, *sizes = _HEAD.unpack_from(payload)
        if version != VERSION or _HEAD.size + sum(sizes) != len(payload):
            raise CorruptPoints("a segment's head does not fit its length")
        if not 0 < count <= points <= MAX_POINTS:  # before memory is taken for them
            raise CorruptPoints(f"no segment has {points} points of {count} series")
    except struct.error as exc:
        raise CorruptPoints("a segment is shorter than its head") from exc
    bounds = np.cumsum([_HEAD.size, *sizes]).tolist()
    parts = [payload[a:b] for a, b in pairwise(bounds)]
    ids = decode_ints(parts[0], count)
    counts = decode_ints(parts[1], count)
    if int(counts.sum()) != points or int(counts.min()) < 1:
        raise CorruptPoints(f"a segment of {points} points counts {int(counts.sum())}")
    wanted = None if keys is None else np.isin(ids, keys, assume_unique=True)
    if wanted is not None and not wanted.any():
        return EMPTY
    found = SegmentColumns(
        keys=ids,
        counts=counts,
        steps=decode_ints(parts[2], points),
        times=decode_ints(parts[3], points),
        values=decode_floats(parts[4], points),
        contexts=decode_ints(parts[5], points) if parts[5] else np.empty(0, np.int64),
    )
    return found if wanted is None or wanted.all() else found.select(wanted)


_NONE = np.empty(0, np.int64)
EMPTY = SegmentColumns(
    keys=_NONE, counts=_NONE, steps=_NONE, times=_NONE, values=np.empty(0, np.float64), contexts=_NONE
)
