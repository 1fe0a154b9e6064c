"""One group of requests in one transaction: who is refused, who is a repeat, who is written."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import DomainError
from domain.ids import RunID, WorkspaceID
from domain.points import Accepted
from store.counters import Counters, lock_counters, missing_run
from store.driver import fetch_driver
from store.metrics.preparing import Prepared
from store.metrics.staging import Staging
from store.received import Claim, Reception
from store.transactions import Transaction

Owner = tuple[WorkspaceID, RunID]
Outcome = Accepted | DomainError

SAVE_COUNTERS = """
UPDATE run_counters AS c
SET revision = row.revision, graph_revision = row.graph_revision, last_step = row.last_step,
    next_order = row.next_order, tail_segments = row.tail_segments, tail_points = row.tail_points,
    tail_bytes = row.tail_bytes, series = row.series, unsettled_from = row.unsettled_from,
    unsettled_keys = row.unsettled_keys, token_position = row.token_position, token_sequence = row.token_sequence,
    token_nonce = row.token_nonce
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
            $14::bigint[], $15::bigint[])
     AS row (workspace, run, revision, graph_revision, last_step, next_order, tail_segments, tail_points, tail_bytes,
             series, unsettled_from, unsettled_keys, token_position, token_sequence, token_nonce)
WHERE c.workspace = row.workspace AND c.run = row.run
"""


async def write_group(tx: Transaction, members: Sequence[Prepared]) -> list[Outcome]:
    """Write the members' points and return, in their order, what each is answered.

    Locks the counters of all their runs, by workspace and run; then reads what was received, so that of two requests
    with one sequence the second sees the first.
    """
    group = _Group(tx, members)
    await group.lock()
    await group.claim()
    await group.stage()
    return group.answer()


class _Group:
    def __init__(self, tx: Transaction, members: Sequence[Prepared]) -> None:
        self._tx = tx
        self._members = members
        self._counters: dict[Owner, Counters] = {}
        self._failures: dict[int, DomainError] = {}
        self._reception = Reception()

    async def lock(self) -> None:
        owners = sorted({(one.request.workspace, one.request.run) for one in self._members})
        for workspace in dict.fromkeys(owner[0] for owner in owners):
            runs = [run for where, run in owners if where == workspace]
            found = await lock_counters(self._tx, workspace, runs)
            self._counters |= {(workspace, run): counters for run, counters in found.items()}
        missing = {owner: await missing_run(self._tx, *owner) for owner in owners if owner not in self._counters}
        for index, member in enumerate(self._members):
            failure = missing.get((member.request.workspace, member.request.run))
            if failure is not None:
                self._failures[index] = failure

    async def claim(self) -> None:
        claims = [claim for _, member in self._going() if (claim := _claim(member)) is not None]
        if claims:
            await self._reception.fetch(await fetch_driver(self._tx.conn), claims)

    async def stage(self) -> None:
        """Stage one member after the other: a repeat of an earlier member of this group is a repeat already."""
        going = self._going()
        if not going:
            return
        staging = await Staging.begin(self._tx, list(self._counters.values()), [member for _, member in going])
        for index, member in going:
            try:
                await self._stage_one(staging, member)
            except DomainError as exc:
                self._failures[index] = exc
        await staging.write()
        driver = await fetch_driver(self._tx.conn)
        await self._reception.save(driver)
        newest = [(one, max(one.token, self._tx.token)) for one in self._counters.values()]
        rows = [
            (
                *(one.workspace, one.run, one.revision, one.graph_revision, one.last_step, one.next_order),
                *(one.tail_segments, one.tail_points, one.tail_bytes, one.series),
                *(one.unsettled_from, one.unsettled_keys),
                *(token.position, token.sequence, token.nonce),
            )
            for one, token in newest
        ]
        await driver.execute(SAVE_COUNTERS, *map(list, zip(*rows, strict=True)))

    async def _stage_one(self, staging: Staging, member: Prepared) -> None:
        claim = _claim(member)
        if claim is None:
            await staging.add(member)
        elif not self._reception.is_repeat(claim):
            self._reception.check(claim)
            await staging.add(member)
            self._reception.take(claim)

    def answer(self) -> list[Outcome]:
        tokens = {owner: max(one.token, self._tx.token) for owner, one in self._counters.items()}
        if len(self._failures) < len(self._members):
            self._tx.answer_token(self._members[0].request.workspace)
        return [
            self._failures.get(index)
            or Accepted(accepted=len(one), token=tokens[one.request.workspace, one.request.run])
            for index, one in enumerate(self._members)
        ]

    def _going(self) -> list[tuple[int, Prepared]]:
        return [(index, one) for index, one in enumerate(self._members) if index not in self._failures]


def _claim(member: Prepared) -> Claim | None:
    asked = member.request
    if asked.writer is None or asked.sequence is None:
        return None
    return Claim(asked.workspace, asked.run, asked.writer, asked.sequence, asked.digest)
