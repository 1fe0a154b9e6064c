"""Which version of a dataset a reader saw, by event time: never by arrival, so that late facts give the same answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.ids import RunID
from domain.lineage.kinds import WriteMode

INITIAL = "initial"
"""Name of the version that stands for a dataset before its first known write."""


@dataclass(frozen=True, slots=True)
class Write:
    """One run's making of a version: from its start to when it was finished, None while it goes on."""

    run: RunID
    started: datetime
    finished: datetime | None
    mode: WriteMode | None = None


@dataclass(frozen=True, slots=True)
class DatedVersion:
    """A version and how it came to be; `told`: when it did, where somebody said so of the version itself.

    `finished`: when it was there to be read, as told, else when the first of its alternative writers was done.
    """

    id: UUID
    name: str
    writes: tuple[Write, ...] = ()
    told: datetime | None = None
    finished: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        done = [write.finished for write in self.writes if write.finished is not None]
        object.__setattr__(self, "finished", self.told or min(done, default=None))


@dataclass(frozen=True, slots=True)
class Reading:
    """When a run read: from its start until its end (None while it runs), or at one moment that it told."""

    run: RunID | None
    started: datetime
    ended: datetime | None


class Versions:
    """The versions of a dataset, put in order once for all that read them.

    `ordered`: those whose time is known, by time, then name.
    """

    def __init__(self, versions: Iterable[DatedVersion]) -> None:
        self.all = list(versions)
        dated = [(one.finished, one.name, one) for one in self.all if one.finished is not None]
        dated.sort(key=lambda row: row[:2])
        self.ordered = [one for _, _, one in dated]
        self._times = [time for time, _, _ in dated]
        writes = [(write.finished, write, one) for one in self.all for write in one.writes]
        self._unfinished = [(write, one) for finished, write, one in writes if finished is None]
        done = sorted(((finished, write, one) for finished, write, one in writes if finished), key=lambda row: row[0])
        self._done = [(write, one) for _, write, one in done]
        self._ends = [finished for finished, _, _ in done]

    def list_until(self, moment: datetime) -> Iterator[DatedVersion]:
        """Give the versions that were finished at a moment, the latest first."""
        for place in reversed(range(bisect_right(self._times, moment))):
            yield self.ordered[place]

    def find_next(self, moment: datetime) -> DatedVersion | None:
        """Return the first version that was finished at a moment or after it."""
        place = bisect_left(self._times, moment)
        return self.ordered[place] if place < len(self.ordered) else None

    def bind(self, reading: Reading) -> tuple[DatedVersion | None, list[DatedVersion]]:
        """Return the version that a reading saw, and those that were being written meanwhile.

        The latest that finished, in whatever way, before the start; None stands for the version `initial`. What the
        run itself wrote it did not read.
        """
        latest = next((one for one in self.list_until(reading.started) if not _is_by(one, reading.run)), None)
        later = self._done[bisect_right(self._ends, reading.started) :]
        written = {one.id: one for write, one in (*later, *self._unfinished) if _begins_in_time(write, reading)}
        meanwhile = [one for one in written.values() if one is not latest and not _is_by(one, reading.run)]
        return latest, sorted(meanwhile, key=lambda one: one.name)


def _is_by(version: DatedVersion, run: RunID | None) -> bool:
    return any(write.run == run for write in version.writes)


def _begins_in_time(write: Write, reading: Reading) -> bool:
    """Say whether a version that was not done before a reading was begun before its end."""
    if reading.ended is None:
        return True
    return write.started < reading.ended or write.started == reading.started == reading.ended
