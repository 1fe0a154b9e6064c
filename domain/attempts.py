"""The attempts of a run: which came later, and which points a later one superseded."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from domain.ids import AttemptID

UNNAMED = 0
"""The number of what was written before any attempt was named; the first of every order."""

MAX_ATTEMPTS = 1_000
"""Attempts of one run: every write reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One start of a run's code. `number` is its place by arrival; `after` the newest attempt its maker knew of."""

    number: int
    id: AttemptID
    after: AttemptID | None = None
    restart_count: int = 0
    from_step: int | None = None
    declared: bool = True


@dataclass(frozen=True, slots=True)
class AttemptOrder:
    """The attempts of a run in order: by chain, then the launcher's restart count, then arrival.

    An attempt that continues one which nobody has told us of yet comes after those that continue nothing.
    """

    attempts: tuple[Attempt, ...]
    _ranks: dict[int, int] = field(repr=False)
    _limits: dict[int, int | None] = field(repr=False)

    @classmethod
    def of(cls, attempts: Iterable[Attempt]) -> AttemptOrder:
        ordered = _sort(list(attempts))
        ranks = {UNNAMED: 0, **{one.number: rank for rank, one in enumerate(ordered, 1)}}
        limits: dict[int, int | None] = {}
        lowest: int | None = None
        for one in reversed(ordered):
            limits[one.number] = lowest
            lowest = _lower(lowest, one.from_step)
        limits[UNNAMED] = lowest
        return cls(tuple(ordered), ranks, limits)

    @property
    def current(self) -> AttemptID | None:
        """The newest attempt, or none where no attempt was ever named."""
        return self.attempts[-1].id if self.attempts else None

    @property
    def current_number(self) -> int:
        return self.attempts[-1].number if self.attempts else UNNAMED

    @property
    def numbers(self) -> list[int]:
        """The numbers in order, that of the unnamed one first."""
        return [UNNAMED, *(one.number for one in self.attempts)]

    def find(self, attempt: AttemptID | None) -> Attempt | None:
        return next((one for one in self.attempts if one.id == attempt), None)

    def rank(self, number: int) -> int:
        """Return the place in the order: 0 for the unnamed one."""
        return self._ranks[number]

    def limit(self, number: int) -> int | None:
        """Return the step above which points of this attempt are superseded, if there is one."""
        return self._limits[number]

    def is_earlier(self, attempt: AttemptID | None, other: AttemptID | None) -> bool:
        """Say whether `attempt` came before `other`: then it overwrites nothing of it. None is the unnamed one."""
        return self._rank_of(attempt) < self._rank_of(other)

    def _rank_of(self, attempt: AttemptID | None) -> int:
        found = self.find(attempt)
        return 0 if found is None else self._ranks[found.number]


def _lower(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)


def _sort(attempts: list[Attempt]) -> list[Attempt]:
    """Sort by chain; among those whose predecessors are all placed, the lowest (orphan, count, arrival) goes first."""
    known: set[UUID] = {one.id for one in attempts}
    # Only the roots differ in the first part of an entry: whether they continue an attempt nobody told us of.
    following: dict[UUID | None, list[Attempt]] = {}
    for one in attempts:
        following.setdefault(one.after if one.after in known else None, []).append(one)
    ready = [_entry(one) for one in following.get(None, [])]
    heapq.heapify(ready)
    placed: list[Attempt] = []
    while ready:
        one = heapq.heappop(ready)[-1]
        placed.append(one)
        for next_ in following.get(one.id, []):
            heapq.heappush(ready, _entry(next_))
    # A chain that bites its own tail has no start: its members come last, by count and arrival.
    left = {one.number for one in attempts} - {one.number for one in placed}
    return placed + sorted((one for one in attempts if one.number in left), key=lambda one: _entry(one)[1:3])


def _entry(one: Attempt) -> tuple[bool, int, int, Attempt]:
    return one.after is not None, one.restart_count, one.number, one
