"""The points of one transaction: each request is refused or staged, then one statement a table writes them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import asyncpg
import numpy as np

from domain.attempts import AttemptOrder
from domain.errors import InvalidInput, TooLarge
from domain.ids import RunID, WorkspaceID
from domain.metrics import MAX_SERIES
from store.counters import Counters
from store.driver import fetch_driver
from store.lineage.measuring import record_measured
from store.metrics.attempts import note_attempt, read_attempts
from store.metrics.contexts import RunContexts, fetch_contexts, insert_contexts
from store.metrics.folding import Folds
from store.metrics.preparing import CONTEXT_BITS, WIDE, Prepared, fold_columns_of, fold_measured, keep_points
from store.metrics.segments import INSERT_SEGMENTS, Segment, SegmentColumns
from store.metrics.settling import settle
from store.metrics.upserts import UPSERT_MEASUREMENTS, WRITE_POINTS, upsert_folds
from store.outbox import Changed, make_nonce
from store.transactions import Transaction

Owner = tuple[WorkspaceID, RunID]

KEY_BITS = 32
LARGEST_STEP = 2**63 - 1

MOST_UNSETTLED = 1_024
"""Segments of a run whose summaries may wait."""

MOST_UNSETTLED_POINTS = 1_000_000
"""Points that a run's segments may hold while summaries wait: 40 MB for whoever settles it."""

FETCH_KNOWN_KEYS = "SELECT key FROM metric_summaries WHERE workspace = $1 AND run = $2 AND key = ANY($3::int[])"


@dataclass(slots=True)
class StagedRun:
    """One run in a transaction: its locked counters, what was read under them, and the rows to come."""

    counters: Counters
    attempts: AttemptOrder
    contexts: RunContexts = field(default_factory=RunContexts)
    possible_series: int = 0
    is_late: bool = False
    folds: list[tuple[int, Folds]] = field(default_factory=list)
    measured: list[tuple[int, Folds]] = field(default_factory=list)

    def ranked(self, staged: list[tuple[int, Folds]]) -> list[Folds]:
        """Return staged folds with the ranks of their attempts, which are settled only when all are staged."""
        return [folds.renamed(folds.series, self.attempts.rank(number)) for number, folds in staged]


class Staging:
    """Points of any number of requests and runs whose counters this transaction has locked.

    `add` refuses a request before anything of it is staged, so that its neighbours are written without it.
    """

    def __init__(self, tx: Transaction, driver: asyncpg.Connection) -> None:
        self._tx = tx
        self._driver = driver
        self._runs: dict[Owner, StagedRun] = {}
        self._segments: list[Segment] = []

    @classmethod
    async def begin(cls, tx: Transaction, counters: Sequence[Counters], requests: Sequence[Prepared]) -> Staging:
        """Read the attempts of all those runs, and their contexts where a request has some.

        Decides for each run whether its summaries move now or later (store/metrics/settling.py); for one whose
        summaries move now, those of earlier requests move first.
        """
        staging = cls(tx, await fetch_driver(tx.conn))
        for workspace in dict.fromkeys(one.workspace for one in counters):
            those = {one.run: one for one in counters if one.workspace == workspace}
            orders = await read_attempts(tx, workspace, those)
            for run, order in orders.items():
                staging._runs[workspace, run] = StagedRun(those[run], order)
        for owner in {_owner(one) for one in requests if len(one.columns.contexts)} & staging._runs.keys():
            staging._runs[owner].contexts = await fetch_contexts(staging._driver, *owner)
        for owner, staged in sorted(staging._runs.items()):
            staged.is_late = _may_be_late(staged.counters, [one for one in requests if _owner(one) == owner])
            if not staged.is_late:
                await settle(tx.driver, staged.counters, staged.attempts)
        return staging

    async def add(self, prepared: Prepared) -> None:
        """Stage a request. Raises `InvalidInput` or `TooLarge`; then nothing of it is staged."""
        run = self._runs[_owner(prepared)]
        columns = _place_steps(run, prepared)
        run.contexts.check(prepared.request.columns.contexts)
        await self._check_series(run, prepared)
        number = await self._find_attempt(run, prepared)
        parts = prepared.parts if prepared.offsets is None else prepared.parts.with_steps(columns.steps)
        if len(columns.contexts):
            columns = replace(
                columns, contexts=run.contexts.number(columns.contexts, prepared.request.columns.contexts)
            )
            parts = parts.with_contexts(columns.contexts)
        _move_last_step(run, number, columns)
        if run.is_late:
            _put_off(run, columns)
        else:
            _stage_summaries(run, number, columns, prepared)
        payload = parts.pack()
        low, high = int(columns.steps.min()), int(columns.steps.max())
        counters = run.counters
        place = (counters.next_order, number, make_nonce(), len(prepared), low, high, payload)
        self._segments.append((counters.workspace, counters.run, *place))
        counters.next_order += 1
        counters.tail_segments += 1
        counters.tail_points += len(prepared)
        counters.tail_bytes += len(payload)

    async def write(self) -> None:
        """Write all that is staged, one statement a table, and raise the runs' revisions. Counters: the caller."""
        if not self._segments:
            return
        measured = {owner: list(run.contexts.fresh) for owner, run in sorted(self._runs.items())}
        for run in self._runs.values():
            await insert_contexts(self._driver, run.counters.workspace, run.counters.run, run.contexts)
        touched = [run for _, run in sorted(self._runs.items()) if run.folds]
        made = await self._insert(touched)
        for run in touched:
            run.counters.series += made.get((run.counters.workspace, run.counters.run), 0)
        for owner in dict.fromkeys(segment[:2] for segment in self._segments):
            self._runs[owner].counters.raise_revision(self._tx, Changed.POINTS)
        self._segments = []
        for owner, contexts in measured.items():  # last: lineage takes a lock that comes after all others
            if contexts:
                await record_measured(self._tx, *owner, contexts)

    async def _insert(self, touched: list[StagedRun]) -> dict[Owner, int]:
        owners = [(run.counters.workspace, run.counters.run) for run in touched]
        made: dict[Owner, int] = {}
        folds = _join([run.ranked(run.folds) for run in touched], KEY_BITS)
        segments = [list(column) for column in zip(*self._segments, strict=True)]
        if folds is None:
            await self._driver.execute(INSERT_SEGMENTS, *segments)
        else:
            rows = [owners[n] for n in (folds.series >> KEY_BITS).tolist()]
            keys = folds.series & ((1 << KEY_BITS) - 1)
            made = await upsert_folds(self._driver, WRITE_POINTS, rows, [keys], folds, before=segments)
        bits = KEY_BITS + CONTEXT_BITS
        measured = _join([run.ranked(run.measured) for run in touched], bits)
        if measured is not None:
            rows = [owners[n] for n in (measured.series >> bits).tolist()]
            keys = (measured.series & ((1 << bits) - 1)) >> CONTEXT_BITS
            contexts = measured.series & ((1 << CONTEXT_BITS) - 1)
            await upsert_folds(self._driver, UPSERT_MEASUREMENTS, rows, [keys, contexts], measured)
        return made

    async def _find_attempt(self, run: StagedRun, prepared: Prepared) -> int:
        asked = prepared.request.attempt
        if asked is None:
            return run.attempts.current_number
        found = run.attempts.find(asked)
        if found is None:
            owner = _owner(prepared)
            run.attempts = await note_attempt(self._tx, *owner, run.attempts, asked)
            found = run.attempts.find(asked)
            assert found is not None  # noqa: S101 - it was noted a line above
        return found.number

    async def _check_series(self, run: StagedRun, prepared: Prepared) -> None:
        """Refuse what would give the run too many series; only near the limit does that cost a query."""
        keys = prepared.columns.keys
        run.possible_series += len(keys)
        if run.is_late or run.counters.series + run.possible_series <= MAX_SERIES:
            return
        touched = set(keys.tolist()).union(*(folds.series.tolist() for _, folds in run.folds))
        rows = await self._driver.fetch(FETCH_KNOWN_KEYS, *_owner(prepared), list(touched))
        total = run.counters.series + len(touched) - len(rows)
        if total > MAX_SERIES:
            run.possible_series -= len(keys)
            raise TooLarge(f"run {run.counters.run} would have {total} series; at most {MAX_SERIES}", path=["series"])


def _owner(prepared: Prepared) -> Owner:
    return prepared.request.workspace, prepared.request.run


def _may_be_late(counters: Counters, requests: Sequence[Prepared]) -> bool:
    """Say whether summaries may wait: a wide request, or one behind it, as long as what waits stays small.

    So much smaller than the limit of series that no request could pass it unseen: each key may be a new one.
    """
    if counters.unsettled_from is None and all(len(one.columns.keys) < WIDE for one in requests):
        return False
    waiting = 0 if counters.unsettled_from is None else counters.next_order - counters.unsettled_from
    return (
        waiting + len(requests) <= MOST_UNSETTLED
        and counters.tail_points + sum(map(len, requests)) <= MOST_UNSETTLED_POINTS
        and counters.series + counters.unsettled_keys + sum(len(one.columns.keys) for one in requests) <= MAX_SERIES
    )


def _place_steps(run: StagedRun, prepared: Prepared) -> SegmentColumns:
    """Give steps to points that came without: on from the run's highest, the same for every series."""
    if prepared.offsets is None:
        return prepared.columns
    highest = -1 if run.counters.last_step is None else run.counters.last_step
    if highest + int(prepared.offsets.max()) > LARGEST_STEP:
        raise InvalidInput(f"after step {highest} there is no step left to count on to", path=["series", "steps"])
    steps = np.where(prepared.offsets > 0, highest + prepared.offsets, prepared.columns.steps)
    return replace(prepared.columns, steps=steps)


def _move_last_step(run: StagedRun, number: int, columns: SegmentColumns) -> None:
    """Raise the run's highest step by the points that no later attempt superseded."""
    limit = run.attempts.limit(number)
    steps = columns.steps if limit is None else columns.steps[columns.steps <= limit]
    if len(steps):
        highest = int(steps.max())
        run.counters.last_step = highest if run.counters.last_step is None else max(highest, run.counters.last_step)


def _put_off(run: StagedRun, columns: SegmentColumns) -> None:
    """Leave the segment that is about to be staged to a later settling."""
    counters = run.counters
    if counters.unsettled_from is None:
        counters.unsettled_from = counters.next_order
    counters.unsettled_keys += len(columns.keys)


def _stage_summaries(run: StagedRun, number: int, columns: SegmentColumns, prepared: Prepared) -> None:
    """Fold what no later attempt superseded; the rest is kept, out of every summary."""
    current = keep_points(columns, run.attempts.limit(number))
    if not len(current.values):
        return
    is_as_prepared = prepared.offsets is None and len(current.values) == len(columns.values)
    folds = prepared.folds if is_as_prepared else None
    run.folds.append((number, fold_columns_of(current) if folds is None else folds))
    measured = fold_measured(current)
    if measured is not None:
        run.measured.append((number, measured))


def _join(parts: list[list[Folds]], bits: int) -> Folds | None:
    """Return the folds of all runs as one, a row a series: numbered run x 2^bits + series."""
    shifted = [
        replace(folds, series=folds.series | (index << bits)) for index, those in enumerate(parts) for folds in those
    ]
    return Folds.concatenate(shifted).merge() if shifted else None
