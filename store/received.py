"""Exactly once by (run, writer, sequence): which sequences of a writer were taken, for ever; digests of bodies."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from domain.errors import Conflict, TooLarge
from domain.ids import RunID, WorkspaceID
from store.database import Database
from store.forgetting import forget
from store.transactions import Transaction

KEPT = timedelta(days=30)
"""How long the digests of a writer stay after it was last heard of: until then another body is told from a repeat."""

MAX_GAPS = 1_000
"""Holes that the sequences of one writer may have at a time."""

Key = tuple[WorkspaceID, RunID, UUID]


@dataclass(frozen=True, slots=True)
class Claim:
    """A body that asks to be taken under (run, writer, sequence)."""

    workspace: WorkspaceID
    run: RunID
    writer: UUID
    sequence: int
    digest: bytes

    @property
    def key(self) -> Key:
        return self.workspace, self.run, self.writer


@dataclass(frozen=True, slots=True)
class Mark:
    """The sequences of one writer: all through `high_water` but for `gaps`, pairs of first and last, rising."""

    high_water: int
    gaps: tuple[tuple[int, int], ...]

    @classmethod
    def before_any(cls) -> Mark:
        return cls(-1, ())

    def has(self, sequence: int) -> bool:
        if sequence > self.high_water:
            return False
        at = bisect_right(self.gaps, (sequence, 2**63)) - 1
        return at < 0 or self.gaps[at][1] < sequence

    def take(self, sequence: int) -> Mark:
        """Return the mark with one sequence more. Raises `TooLarge` when there are too many holes."""
        if sequence > self.high_water:
            hole = ((self.high_water + 1, sequence - 1),) if sequence > self.high_water + 1 else ()
            taken = Mark(sequence, self.gaps + hole)
        else:
            at = bisect_right(self.gaps, (sequence, 2**63)) - 1
            first, last = self.gaps[at]
            rest = tuple(pair for pair in ((first, sequence - 1), (sequence + 1, last)) if pair[0] <= pair[1])
            taken = replace(self, gaps=self.gaps[:at] + rest + self.gaps[at + 1 :])
        if len(taken.gaps) > MAX_GAPS:
            raise TooLarge(
                f"sequence {sequence} leaves more than {MAX_GAPS} holes before it: send them first", path=["sequence"]
            )
        return taken


FETCH_MARKS = """
SELECT workspace, run, writer, high_water, gaps FROM received
JOIN unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS asked (workspace, run, writer) USING (workspace, run, writer)
"""
FETCH_DIGESTS = """
SELECT workspace, run, writer, sequence, digest FROM received_digests
JOIN unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) AS asked (workspace, run, writer, sequence)
USING (workspace, run, writer, sequence)
"""
SAVE_MARKS = """
INSERT INTO received (workspace, run, writer, high_water, gaps)
SELECT workspace, run, writer, high_water, CAST(gaps AS bigint[])
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])
     AS row (workspace, run, writer, high_water, gaps)
ON CONFLICT (workspace, run, writer)
DO UPDATE SET high_water = excluded.high_water, gaps = excluded.gaps, updated_at = now()
"""
SAVE_DIGESTS = """
INSERT INTO received_digests (workspace, run, writer, sequence, digest)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bytea[])
"""

FORGET = sa.text(
    """
    DELETE FROM received_digests USING (
        SELECT found.* FROM received CROSS JOIN LATERAL (
            SELECT workspace, run, writer, sequence FROM received_digests digests
            WHERE (digests.workspace, digests.run, digests.writer) = (received.workspace, received.run, received.writer)
            LIMIT :batch
        ) AS found WHERE received.updated_at < now() - CAST(:kept AS interval) LIMIT :batch
    ) AS old
    WHERE (received_digests.workspace, received_digests.run, received_digests.writer, received_digests.sequence)
          = (old.workspace, old.run, old.writer, old.sequence)
    """
)


class Reception:
    """The claims of one transaction: read once, decided one after the other in memory, written once.

    Read it after the counters of the runs are locked, or two requests may both take themselves for the first.
    """

    def __init__(self) -> None:
        self._marks: dict[Key, Mark] = {}
        self._digests: dict[tuple[Key, int], bytes] = {}
        self._taken: list[Claim] = []

    async def fetch(self, driver: asyncpg.Connection, claims: Sequence[Claim]) -> None:
        """Read what is known about these claims: one query, two where one may be a repeat."""
        marks = list(dict.fromkeys(claim.key for claim in claims))
        for row in await driver.fetch(FETCH_MARKS, *map(list, zip(*marks, strict=True))):
            gaps = row["gaps"]
            pairs = tuple(zip(gaps[::2], gaps[1::2], strict=True))
            self._marks[row["workspace"], row["run"], row["writer"]] = Mark(row["high_water"], pairs)
        repeats = [claim for claim in claims if self._mark(claim).has(claim.sequence)]
        if not repeats:
            return
        columns = zip(*((*claim.key, claim.sequence) for claim in repeats), strict=True)
        for row in await driver.fetch(FETCH_DIGESTS, *map(list, columns)):
            self._digests[(row["workspace"], row["run"], row["writer"]), row["sequence"]] = row["digest"]

    def is_repeat(self, claim: Claim) -> bool:
        """Say whether the sequence was taken already. Raises `Conflict` if that was with another body."""
        if not self._mark(claim).has(claim.sequence):
            return False
        known = self._digests.get((claim.key, claim.sequence))
        if known is not None and known != claim.digest:
            raise Conflict(
                f"writer {claim.writer} sent another body under sequence {claim.sequence} before", path=["sequence"]
            )
        return True

    def check(self, claim: Claim) -> None:
        """Raise `TooLarge` if a sequence that is no repeat leaves too many holes before it."""
        self._mark(claim).take(claim.sequence)

    def take(self, claim: Claim) -> None:
        """Take a sequence that is no repeat. Raises `TooLarge`; then nothing is taken."""
        self._marks[claim.key] = self._mark(claim).take(claim.sequence)
        self._digests[claim.key, claim.sequence] = claim.digest
        self._taken.append(claim)

    async def save(self, driver: asyncpg.Connection) -> None:
        """Write what was taken, in the order of run and writer."""
        if not self._taken:
            return
        touched = sorted({claim.key for claim in self._taken})
        marks = [self._marks[key] for key in touched]
        await driver.execute(
            SAVE_MARKS,
            *map(list, zip(*touched, strict=True)),
            [mark.high_water for mark in marks],
            ["{" + ",".join(f"{first},{last}" for first, last in mark.gaps) + "}" for mark in marks],
        )
        rows = sorted((*claim.key, claim.sequence, claim.digest) for claim in self._taken)
        await driver.execute(SAVE_DIGESTS, *map(list, zip(*rows, strict=True)))
        self._taken = []

    def _mark(self, claim: Claim) -> Mark:
        return self._marks.get(claim.key) or Mark.before_any()


async def claim(
    tx: Transaction, workspace: WorkspaceID, run: RunID, writer: UUID, sequence: int, digest: bytes
) -> bool:
    """Take a sequence of a writer, after `lock_run`; False for a repeat, which changes nothing and is answered alike.

    Raises `Conflict` when the sequence was taken with another body, `TooLarge` when too many are missing before it.
    """
    asked = Claim(workspace, run, writer, sequence, digest)
    reception = Reception()
    await reception.fetch(tx.driver, [asked])
    if reception.is_repeat(asked):
        return False
    reception.take(asked)
    await reception.save(tx.driver)
    return True


async def forget_digests(database: Database, *, kept: timedelta = KEPT) -> int:
    """Forget the digests of writers that were quiet for 30 days, a transaction a batch; return how many.

    What they sent is known for ever by its sequence: only another body under one is no longer told from a repeat.
    """
    return await forget(database, FORGET, kept=kept)
