"""Which version of a dataset a reader saw, by event time: never by arrival, so that late facts give the same answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
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
    """A version and how it came to be; `told`: when it did, where somebody said so of the version itself."""

    id: UUID
    name: str
    writes: tuple[Write, ...] = ()
    told: datetime | None = None

    @property
    def finished(self) -> datetime | None:
        """Return when it was there to be read: as told, else when the first of its alternative writers was done."""
        done = [write.finished for write in self.writes if write.finished is not None]
        return self.told or min(done, default=None)


@dataclass(frozen=True, slots=True)
class Reading:
    """When a run read: from its start until its end (None while it runs), or at one moment that it told."""

    run: RunID | None
    started: datetime
    ended: datetime | None


def order_versions(versions: Collection[DatedVersion]) -> list[DatedVersion]:
    """Return the versions whose time is known, by time, then name."""
    dated = [(one.finished, one.name, one) for one in versions if one.finished is not None]
    return [one for _, _, one in sorted(dated, key=lambda row: row[:2])]


def find_latest(ordered: Sequence[DatedVersion], moment: datetime) -> DatedVersion | None:
    """Return the latest version that was finished at a moment."""
    found = None
    for one in ordered:
        if one.finished is not None and one.finished > moment:
            break
        found = one
    return found


def bind(reading: Reading, versions: Collection[DatedVersion]) -> tuple[DatedVersion | None, list[DatedVersion]]:
    """Return the version that a reading saw, and those that were being written meanwhile.

    The latest that finished, in whatever way, before the start; None stands for the version `initial`. What the run
    itself wrote it did not read.
    """
    others = [one for one in versions if all(write.run != reading.run for write in one.writes)]
    latest = find_latest(order_versions(others), reading.started)
    meanwhile = [one for one in others if one is not latest and any(_overlaps(write, reading) for write in one.writes)]
    return latest, sorted(meanwhile, key=lambda one: one.name)


def _overlaps(write: Write, reading: Reading) -> bool:
    """Say whether a version was being written while it was read; one that was done before was not."""
    begins_in_time = write.started < reading.ended if reading.ended is not None else True
    if reading.ended == reading.started:
        begins_in_time = write.started <= reading.started
    return begins_in_time and (write.finished is None or write.finished > reading.started)
