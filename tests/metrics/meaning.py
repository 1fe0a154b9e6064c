"""What metric points mean, by hand: a list of points in the order of their arrival, and loops over it."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.attempts import Attempt, AttemptOrder
from domain.ids import AttemptID


def bits(value: float) -> bytes:
    """Return a value's bytes: NaN equals NaN, and -0.0 is not 0.0."""
    return struct.pack("<d", value)


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One point as it arrived."""

    key: str
    step: int
    time: int
    value: float
    attempt: int
    arrival: int
    context: str | None = None


Shown = tuple[int, int, bytes]
Summed = tuple[int, int, int, Shown, Shown, Shown | None, Shown | None]


def shown(point: Logged) -> Shown:
    return point.step, point.time, bits(point.value)


@dataclass
class Meaning:
    """All that was logged to one run, and its attempts as they arrived."""

    points: list[Logged] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def order(self) -> AttemptOrder:
        return AttemptOrder.of(self.attempts)

    def log(self, key: str, step: int, time: int, value: float, attempt: int, context: str | None = None) -> None:
        self.points.append(
            Logged(
                key=key, step=step, time=time, value=value, attempt=attempt, arrival=len(self.points), context=context
            )
        )

    def name(self, attempt: AttemptID) -> int:
        """Return the number of an attempt, noting one that is new."""
        found = self.order.find(attempt)
        if found is None:
            found = Attempt(number=len(self.attempts) + 1, id=attempt, declared=False)
            self.attempts.append(found)
        return found.number

    def resume(self, attempt: AttemptID, after: AttemptID | None, count: int, from_step: int | None) -> None:
        number = self.name(attempt)
        self.attempts[number - 1] = Attempt(
            number=number, id=attempt, after=after, restart_count=count, from_step=from_step
        )

    def is_current(self, point: Logged) -> bool:
        """Say whether no later attempt goes on from a lower step."""
        order = self.order
        later = [one for one in order.attempts if order.rank(one.number) > order.rank(point.attempt)]
        return not any(one.from_step is not None and point.step > one.from_step for one in later)

    def curve(self, key: str, *, superseded: bool = False) -> list[Logged]:
        """Return the points of a key as they are read."""
        order = self.order
        found = [one for one in self.points if one.key == key and (superseded or self.is_current(one))]
        return sorted(found, key=lambda one: (one.step, order.rank(one.attempt), one.time, one.arrival))

    def highest_step(self) -> int | None:
        steps = [one.step for one in self.points if self.is_current(one)]
        return max(steps) if steps else None

    def summary(self, key: str, context: str | None = None) -> Summed | None:
        """Return count, NaNs, infinities, first, last, minimum, maximum; none for a series without points."""
        curve = [one for one in self.curve(key) if context is None or one.context == context]
        if not curve:
            return None
        numbers = [one for one in curve if not math.isnan(one.value)]
        return (
            len(curve),
            len(curve) - len(numbers),
            sum(math.isinf(one.value) for one in curve),
            shown(curve[0]),
            shown(curve[-1]),
            _extreme(numbers, 1),
            _extreme(numbers, -1),
        )


def _extreme(points: Sequence[Logged], sign: int) -> Shown | None:
    if not points:
        return None
    best = min(points, key=lambda one: (sign * one.value, one.step, one.time))
    # Zeros of both signs are equal: which of them is shown is not promised.
    return best.step, best.time, bits(best.value + 0.0)
