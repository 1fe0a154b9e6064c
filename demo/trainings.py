"""Turns logs into trainings: splits the logs that hold several, merges the seeds that stand in two files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from demo.logs import Log, Row


@dataclass(frozen=True)
class Training:
    """One training: its log, which part of the log it is, and the files it was put together from."""

    log: Log
    val: tuple[Row, ...]
    train: tuple[Row, ...]
    part: int = 1
    parts: int = 1
    short_log: Log | None = None
    """The log with the last value only, where the seed stands in two files."""

    @property
    def key(self) -> str:
        """What the id of the run is made from: the path in the source, and the part where there are several."""
        return self.log.source_path if self.parts == 1 else f"{self.log.source_path}#{self.part}"

    @cached_property
    def clock(self) -> tuple[tuple[int, int], ...]:
        """The (step, clock) pairs, one a step: where both kinds of row print a step, the validation row's.

        The validation row is printed after the devices were synchronised, its clock is never behind the other's, and
        the last of them is the time that the records are compared by.
        """
        merged = {row.step: row.clock for row in self.train}
        merged.update((row.step, row.clock) for row in self.val)
        return tuple(sorted(merged.items()))

    @property
    def resets_after(self) -> int | None:
        """The step after which the clock was set back to zero (the end of the warm-up), if it was."""
        return next((a.step for a, b in pairwise(self.train) if b.clock < a.clock), None)

    @property
    def final_val_loss(self) -> float:
        loss = self.val[-1].loss
        if loss is None:
            raise ValueError(f"{self.key}: the last validation row has no loss")
        return loss


def read_trainings(logs: Iterable[Log]) -> list[Training]:
    """Return the trainings that the logs hold, in the order of the logs."""
    kept = list(logs)
    short = {_folder(log): log for log in kept if _is_short(log)}
    return [training for log in kept if not _is_short(log) for training in _split(log, short.get(_folder(log)))]


def _is_short(log: Log) -> bool:
    return log.source_path.endswith("/final_val_loss.txt")


def _folder(log: Log) -> str:
    return log.source_path.rpartition("/")[0]


def _split(log: Log, short_log: Log | None) -> Iterator[Training]:
    pieces = [tuple(piece) for piece in _pieces(log.val)]
    if len(pieces) > 1 and log.train:
        raise ValueError(f"{log.source_path}: several trainings with training rows")
    if short_log is not None and tuple(short_log.val) != pieces[-1][-1:]:
        raise ValueError(f"{short_log.source_path} is not the last value of {log.source_path}")
    for part, piece in enumerate(pieces, start=1):
        yield Training(log=log, val=piece, train=tuple(log.train), part=part, parts=len(pieces), short_log=short_log)


def _pieces(rows: Sequence[Row]) -> list[list[Row]]:
    """Cut where the step falls back."""
    pieces: list[list[Row]] = [[]]
    for row in rows:
        if pieces[-1] and row.step < pieces[-1][-1].step:
            pieces.append([])
        pieces[-1].append(row)
    return pieces
