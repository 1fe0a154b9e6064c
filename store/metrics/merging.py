"""Which chunks new points of a series open, and the chunks that take their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from domain.points import Ints
from store.metrics.chunks import SMALL, SeriesColumns, cut_points, make_chunk


class Neighbour(NamedTuple):
    """A chunk that stands near new points; sorted, neighbours are in the order of their points."""

    first_step: int
    last_step: int
    number: int
    points: int


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """New points of a series (sorted), the chunks they open, and what stands between chunks that stay closed.

    `places` says of every opened chunk, `fresh_places` of every new point, after how many closed chunks it comes:
    only what is in one place goes into one chunk, so that chunks of a series never overlap.
    """

    fresh: SeriesColumns
    fresh_places: Ints
    opened: list[Neighbour]
    places: list[int]

    def make_chunks(self, points: Mapping[int, SeriesColumns]) -> Iterator[tuple[Any, ...]]:
        """Yield the new chunks (store.metrics.chunks.make_chunk); `points` are those of the opened, by number."""
        for place in sorted({*self.places, *np.unique(self.fresh_places).tolist()}):
            old = [points[one.number] for one, where in zip(self.opened, self.places, strict=True) if where == place]
            new = self.fresh.take(self.fresh_places == place)
            together = SeriesColumns.concatenate([*old, new]).sorted() if old else new
            for piece in cut_points(together):
                yield make_chunk(piece)


def rebuild_series(fresh: SeriesColumns, neighbours: list[Neighbour]) -> Rebuilt:
    """Decide which chunks to open: those that a new point falls into, and small ones just before as many points.

    Small chunks are joined like the digits of a binary counter, so that a point is written again about log2 times
    until its chunk is full, whatever the size of the requests was.
    """
    flags = _opened(fresh.steps, neighbours)
    closed = [one for one, is_open in zip(neighbours, flags, strict=True) if not is_open]
    borders = np.array([one.last_step for one in closed], np.int64)
    places: list[int] = []
    passed = 0
    for is_open in flags:
        if is_open:
            places.append(passed)
        else:
            passed += 1
    return Rebuilt(
        fresh=fresh,
        fresh_places=np.searchsorted(borders, fresh.steps, "left"),
        opened=[one for one, is_open in zip(neighbours, flags, strict=True) if is_open],
        places=places,
    )


def _opened(steps: Ints, neighbours: list[Neighbour]) -> list[bool]:
    begins = np.searchsorted(steps, [one.first_step for one in neighbours], "left").tolist()
    ends = np.searchsorted(steps, [one.last_step for one in neighbours], "right").tolist()
    flags = [begin < end for begin, end in zip(begins, ends, strict=True)]
    following, right = len(steps), 0
    for index in range(len(neighbours) - 1, -1, -1):
        one = neighbours[index]
        right += following - ends[index]
        if not flags[index]:
            flags[index] = 0 < one.points <= right and one.points < SMALL
        right = right + one.points + ends[index] - begins[index] if flags[index] else 0
        following = begins[index]
    return flags
